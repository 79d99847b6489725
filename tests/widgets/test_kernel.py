"""In a real kernel with subshells, as JupyterLab uses it."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import start_new_kernel

from .conftest import PATIENCE

SETUP = """
import cnnviz_widgets as cw
from cnnviz_widgets.widgets.shared import bundles
bundles.STATIC = bundles.Path({static!r})
view = cw.GradientAscent(cw.load("digits"), "conv3:5", steps=10**6)
"""


class Lab:
    """As much of a JupyterLab as sends messages to a view on a subshell of its own."""

    def __init__(self, client: BlockingKernelClient) -> None:
        self.client = client

    def run(self, code: str) -> None:
        reply = self.client.execute(code, reply=True, timeout=PATIENCE)
        assert reply["content"]["status"] == "ok", reply["content"]

    def start(self, code: str) -> str:
        return self.client.execute(code)

    def value(self, expression: str) -> str:
        reply = self.client.execute(
            "", user_expressions={"it": expression}, reply=True, timeout=PATIENCE
        )
        return reply["content"]["user_expressions"]["it"]["data"]["text/plain"]

    def create_subshell(self) -> str:
        return self._control("create_subshell_request", {})["subshell_id"]

    def delete_subshell(self, subshell: str) -> None:
        self._control("delete_subshell_request", {"subshell_id": subshell})

    def command(self, comm_id: str, subshell: str, command: str) -> None:
        content = {"type": "command", "command": command}
        data = {"method": "custom", "content": content}
        message = self.client.session.msg("comm_msg", {"comm_id": comm_id, "data": data})
        message["header"]["subshell_id"] = subshell
        self.client.shell_channel.send(message)

    def wait_for_state(self, state: str) -> None:
        """Wait until a view has said so."""
        for data in self._from_views():
            if data.get("state", {}).get("state") == state:
                return

    def wait_for_frames(self, count: int) -> None:
        for data in self._from_views():
            count -= data.get("content", {}).get("type") == "frame"
            if not count:
                return

    def _from_views(self) -> Iterator[dict[str, Any]]:
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            yield self.client.get_iopub_msg(timeout=PATIENCE)["content"].get("data", {})
        raise AssertionError("what was waited for did not come")

    def _control(self, kind: str, content: dict[str, Any]) -> dict[str, Any]:
        self.client.control_channel.send(self.client.session.msg(kind, content))
        reply = self.client.get_control_msg(timeout=PATIENCE)["content"]
        assert reply["status"] == "ok", reply
        return reply


@pytest.fixture
def lab(static) -> Iterator[Lab]:
    manager, client = start_new_kernel(kernel_name="python3")
    lab = Lab(client)
    lab.run(SETUP.format(static=str(static)))
    yield lab
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def test_a_page_is_heard_after_a_reload_and_while_a_cell_runs(lab):
    comm_id = lab.value("view.comm.comm_id").strip("'")
    old = lab.create_subshell()
    lab.command(comm_id, old, "play")
    lab.wait_for_frames(2)
    lab.delete_subshell(old)
    new = lab.create_subshell()
    lab.command(comm_id, new, "pause")
    lab.wait_for_state("paused")
    lab.command(comm_id, new, "play")
    lab.wait_for_state("running")
    cell = lab.start("while view.state == 'running': pass")
    lab.wait_for_frames(2)
    lab.command(comm_id, new, "stop")
    reply = lab.client.get_shell_msg(timeout=PATIENCE)
    while reply["parent_header"]["msg_id"] != cell:
        reply = lab.client.get_shell_msg(timeout=PATIENCE)
    assert reply["content"]["status"] == "ok"
    assert lab.value("view.state") == "'idle'"
