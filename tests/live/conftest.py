"""A clock moved by hand, and a sink that can be waited for."""

import threading
from collections.abc import Callable, Iterator

import pytest

from cnnviz_widgets.live import Worker

PATIENCE = 30.0  # seconds until a test that waits in vain gives up


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Recorder:
    """A sink that writes down what it is told, and by which thread."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.frames: list[object] = []
        self.states: list[str] = []
        self.errors: list[Exception] = []
        self.threads: set[str] = set()
        self.busy_for = 0.0

    def delay(self) -> float:
        return self.busy_for

    def show(self, frame: object) -> None:
        with self.changed:
            self.frames.append(frame)
            self.threads.add(threading.current_thread().name)
            self.changed.notify_all()

    def tell(self, state: str, error: Exception | None) -> None:
        with self.changed:
            self.states.append(state)
            if error is not None:
                self.errors.append(error)
            self.changed.notify_all()

    def wait_for(self, condition: Callable[[], bool]) -> None:
        with self.changed:
            assert self.changed.wait_for(condition, PATIENCE), (self.states, self.frames)

    def wait_for_state(self, state: str) -> None:
        self.wait_for(lambda: self.states[-1:] == [state])

    def wait_for_frames(self, count: int) -> None:
        self.wait_for(lambda: len(self.frames) >= count)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sink() -> Recorder:
    return Recorder()


@pytest.fixture
def worker() -> Iterator[Worker]:
    worker = Worker("worker-under-test")
    yield worker
    worker.shutdown(PATIENCE)
    assert not threads()


def threads() -> list[threading.Thread]:
    """The threads of workers made by tests."""
    return [each for each in threading.enumerate() if each.name == "worker-under-test"]
