"""Stages: each gives a verdict, and one that wants to be alone is."""

import sys
from pathlib import Path

import pytest

from tools import checks
from tools.checks import Stage


def stage(name: str, code: str, **options: bool) -> Stage:
    return Stage(name, [sys.executable, "-c", code], **options)


def test_every_stage_gives_a_verdict_with_what_it_printed_last(capfd: pytest.CaptureFixture[str]):
    stages = [stage("first", "raise SystemExit('no')"), stage("second", "print('a'); print('b')")]
    assert checks.run(stages) == 1
    first, second = capfd.readouterr().out.splitlines()[-2:]
    assert first.split()[0] == "failed"
    assert first.endswith("no")
    assert second.split()[0] == "passed"
    assert second.endswith("b")


@pytest.mark.parametrize("status", [0, 1])
def test_what_runs_beside_others_counts_and_is_shown_in_one_piece(
    status: int, capfd: pytest.CaptureFixture[str]
):
    code = f"print('one'); print('two'); raise SystemExit({status})"
    stages = [stage("beside", code, beside=True), stage("other", "print('three')")]
    assert checks.run(stages) == status
    shown = capfd.readouterr().out
    assert "one\ntwo\n" in shown
    assert "three\n" in shown


def test_one_that_is_alone_waits_for_those_that_run_beside_others(tmp_path: Path):
    ended = tmp_path / "ended"
    slow = f"import time, pathlib; time.sleep(0.3); pathlib.Path({str(ended)!r}).touch()"
    sees = f"import os, sys; sys.exit(not os.path.exists({str(ended)!r}))"
    assert checks.run([stage("slow", slow, beside=True), stage("sees", sees, alone=True)]) == 0
