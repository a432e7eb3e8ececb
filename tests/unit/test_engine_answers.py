"""Answers are read whole, and those of several Engines in several threads."""

import subprocess
import sys

import pytest

from faults.answering import engine_executing
from pytest_platform.docker.exec import ExecResult, exec_in
from pytest_platform.docker.writable import WritableEngine
from pytest_platform.hosts.transport import Local

FIRST_READ_IN_TWO_THREADS = """
import time
from threading import Barrier, Thread
from msgspec import Struct
from pytest_platform.docker.api import understood

class Inner(Struct):
    number: "time.sleep(0.2) or int"

class Answer(Struct):
    inner: Inner
    text: str

at_once, read = Barrier(2), []

def reader():
    at_once.wait()
    read.append(understood({"inner": {"number": 1}, "text": "two"}, Answer, "a-host"))

threads = [Thread(target=reader) for _ in range(2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert read == [Answer(Inner(1), "two")] * 2, read
"""


def test_two_threads_read_their_first_answer_at_once() -> None:
    """A type whose annotation takes its time is met by the second thread half learned."""
    command = [sys.executable, "-X", "faulthandler", "-c", FIRST_READ_IN_TWO_THREADS]
    outcome = subprocess.run(command, capture_output=True, text=True, check=False)
    assert outcome.returncode == 0, outcome.stderr


@pytest.mark.parametrize("size", [1, 5000, 200_000])
def test_output_that_comes_with_the_head_of_the_answer(
    monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    """A command may have ended before anybody reads what the Engine says of its start."""
    with engine_executing(b"x" * size) as port:
        monkeypatch.setenv("DOCKER_HOST", f"tcp://127.0.0.1:{port}")
        engine = WritableEngine(Local())
        try:
            result = exec_in(engine, "a-container", ["ls"], timeout=60, limit=size)
        finally:
            engine.close()
    assert result == ExecResult(0, "x" * size, "")
