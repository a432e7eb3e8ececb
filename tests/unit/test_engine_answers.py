"""Answers of several Engines are read in several threads."""

import subprocess
import sys

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
