"""Which Python an environment is made of."""

import sys

from tools import environment

OURS = f"{sys.version_info.major}.{sys.version_info.minor}"


def test_the_python_that_runs_serves_for_its_version():
    assert environment.find_python(OURS) == sys.executable


def test_a_version_that_is_not_there_is_passed_over():
    assert environment.find_python("2.0") is None
    assert environment.find_python("2.0", OURS) == sys.executable
