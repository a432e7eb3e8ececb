"""The checks that read shell answer in a process of their own, and only that one can die."""

from __future__ import annotations

import os
import select
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from pytest_platform.checks.contract.sandbox import Apart, Unanswered
from pytest_platform.compose.service import service_of

CRASHING = (
    "import ctypes, sys\n"
    "from pytest_platform.checks.contract import sandbox_worker as child\n"
    "child.CHECKS = {**child.CHECKS, 'crash': lambda *_: ctypes.string_at(0)}\n"
    "child.CHECKS = {**child.CHECKS, 'leave': lambda *_: sys.exit(7)}\n"
    "child.main(int(sys.argv[1]), float(sys.argv[2]))\n"
)
NAMES = [f"f{number}" for number in range(10)]
# Each function calls all of them, so there are as many ways through it as nobody can go.
ENDLESS = "".join(f"{name}() {{ {'; '.join(NAMES)}; }}\n" for name in NAMES) + "f0\n"
BAD: dict[str, Any] = {"entrypoint": ["sh", "-c"], "command": ["mc", "mb", "a"]}


@pytest.fixture
def apart() -> Iterator[Apart]:
    one = Apart(("-P", "-c", CRASHING), cpu_seconds=0.5)
    yield one
    one.close()


def _finds(apart: Apart) -> bool:
    (found,) = apart.ask("command_shape", service_of(BAD), BAD)
    return bool(found.code == "contract.command_shape")


@pytest.mark.parametrize(("check", "how"), [("crash", "SIGSEGV"), ("leave", "exit code 7")])
def test_a_crash_is_no_answer_and_the_next_question_has_one(
    apart: Apart, check: str, how: str
) -> None:
    assert _finds(apart)
    with pytest.raises(Unanswered, match=f"crashed on what the container runs .{how}"):
        apart.ask(check)
    assert _finds(apart)


def test_a_script_that_takes_for_ever_is_no_answer(apart: Apart) -> None:
    service = {"command": ["sh", "-c", ENDLESS]}
    with pytest.raises(Unanswered, match=r"found no end within 0\.5 s of processor time"):
        apart.ask("masked_failure", service_of(service), service)
    assert _finds(apart)


def test_many_statements_take_no_longer_than_few(apart: Apart) -> None:
    """It was once quadratic: this took most of a minute."""
    apart.cpu_seconds = 20
    service = {"command": ["sh", "-c", "a\n" * 6_000]}
    (found,) = apart.ask("masked_failure", service_of(service), service)
    assert "only the last command counts" in found.message


SAY_WHO = (
    "import os, signal\n"
    "from pytest_platform.checks.contract.sandbox import _APART\n"
    "from pytest_platform.compose.service import RenderedService\n"
    "_APART.ask('command_shape', RenderedService(), {})\n"
    "print(_APART._process.pid, flush=True)\n"
)


@pytest.mark.parametrize("end", ["", "os.kill(os.getpid(), signal.SIGKILL)"])
def test_it_ends_with_us(end: str) -> None:
    argv = [sys.executable, "-W", "error", "-c", SAY_WHO + end]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    try:
        process = os.pidfd_open(int(done.stdout))
    except ProcessLookupError:
        return
    try:
        assert select.select([process], [], [], 60)[0], "it is left behind"
    finally:
        os.close(process)


def test_each_thread_gets_the_answer_to_its_own_question() -> None:
    one = Apart()

    def right(number: int) -> bool:
        service = {"entrypoint": ["sh", "-c"], "command": [f"program{number} x"]}
        (found,) = one.ask("mutations", service_of(service), service, [])
        return f"program{number} x" in found.message

    try:
        with ThreadPoolExecutor(8) as pool:
            assert all(pool.map(right, range(8 * 200)))
    finally:
        one.close()
