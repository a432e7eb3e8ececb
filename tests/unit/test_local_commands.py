"""Commands on this machine: how much of their output is kept, and what is left of them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from e2e.waiting import until
from pytest_platform.hosts.transport import CommandTimeout, Local

TIMEOUT = 60.0
MANY = 20_000_000
SLOW = "sleep 600 & echo $! >child; echo $$ >own; wait"


def test_of_much_output_the_beginning_is_kept() -> None:
    script = f"printf begin; head -c {MANY} /dev/zero; printf short >&2; exit 3"
    result = Local().run(["sh", "-c", script], timeout=TIMEOUT, limit=1000)
    assert (result.returncode, len(result.stdout), result.stderr) == (3, 1000, "short")
    assert result.stdout.startswith("begin")
    assert result.cut == {"stdout"}


def test_both_streams_at_once() -> None:
    script = f"head -c {MANY} /dev/zero & head -c {MANY} /dev/zero >&2; wait"
    result = Local().run(["sh", "-c", script], timeout=TIMEOUT, limit=10)
    assert (len(result.stdout), len(result.stderr)) == (10, 10)
    assert result.cut == {"stdout", "stderr"}


@pytest.mark.parametrize("limit", [4, None])
def test_what_is_not_over_the_limit_is_whole(limit: int | None) -> None:
    result = Local().run(["printf", "four"], timeout=TIMEOUT, limit=limit)
    assert (result.stdout, result.cut) == ("four", frozenset())


def test_an_endless_output_ends_with_the_time() -> None:
    with pytest.raises(CommandTimeout):
        Local().run(["cat", "/dev/zero"], timeout=0.5, limit=10)


def test_a_command_that_is_late_leaves_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CommandTimeout):
        Local().run(["sh", "-c", SLOW], timeout=3)
    until(lambda: _all_gone(tmp_path), "all have ended")


def test_a_command_that_is_interrupted_leaves_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.chdir(tmp_path)

    def interrupt() -> None:
        until((tmp_path / "own").exists, "it runs")
        os.kill(os.getpid(), signal.SIGINT)

    # A run in the background inherits that Ctrl-C is ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    request.addfinalizer(lambda: signal.signal(signal.SIGINT, before))
    threading.Thread(target=interrupt).start()
    with pytest.raises(KeyboardInterrupt):
        Local().run(["sh", "-c", SLOW], timeout=TIMEOUT)
    until(lambda: _all_gone(tmp_path), "all have ended")


def test_memory_stays_small() -> None:
    script = (
        "import resource, sys\n"
        "from pytest_platform.hosts.transport import Local\n"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "before = peak()\n"
        "Local().run(['head', '-c', '200000000', '/dev/zero'], timeout=60, limit=1000)\n"
        "print(peak() - before)\n"
    )
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True).stdout
    assert int(said) < 50_000  # in KiB


def _all_gone(folder: Path) -> bool:
    # A busy machine may not have come to writing them at all.
    files = [path for path in (folder / "own", folder / "child") if path.exists()]
    return not any(_runs(path.read_text().strip()) for path in files)


def _runs(number: str) -> bool:
    try:
        state = Path(f"/proc/{number}/stat").read_text()
    except OSError:
        return False
    return state.rpartition(")")[2].split()[0] not in {"Z", "X"}
