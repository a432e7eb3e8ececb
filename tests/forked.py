"""Runs ``python -m MODULE`` in a fork of a process that has imported the product already.

Most of a small run's time is the import of pytest, its plugins and the product. A server imports
them once (:mod:`fork_server`); each run is a fork of it: a process and a session of its own, with
its own folder, environment, output and exit, as one that was started from scratch has. Tests
that have the start, a signal or a terminal as their subject use :mod:`subprocess`.

With ``PLATFORM_FROM_SCRATCH=1`` in the environment every run is started from scratch.
"""

from __future__ import annotations

import atexit
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import BinaryIO

import fork_server

UNUSED = ("-p", "no:hypothesispytest", "-p", "no:anyio")
"""Plugins of other packages that no test needs: their imports are half of a small run's time."""
LEAN = (*UNUSED, "-p", "no:rerunfailures", "-p", "no:pytest-retry")
"""Also without those that run tests again, which have tests of their own."""
_READ_AT_START = ("PYTHON", "LC_", "LANG", "LD_", "TZ")
"""How the variables begin that an interpreter reads when it starts."""
_SOURCE = str(Path(__file__).resolve().parents[1] / "src")
_OF_A_SERVER = ("PATH", "HOME")


@dataclass(frozen=True)
class Ended:
    """How a run has ended. ``pid`` was its process, and its process group."""

    pid: int
    returncode: int
    stdout: str
    stderr: str


def run(module: str, *args: str, cwd: Path, env: Mapping[str, str], timeout: float) -> Ended:
    """Run a module to its end. ``LEAN`` is among the arguments of a run of pytest.

    Raises :class:`subprocess.TimeoutExpired` after ``timeout`` seconds, when the run was killed.
    """
    argv = [module, *args]
    start = _at_start(env)
    if os.environ.get("PLATFORM_FROM_SCRATCH") or not _is_plain(start):
        return _from_scratch(argv, cwd, env, timeout)
    with ExitStack() as stack:
        ends = [os.pipe() for _ in ("stdout", "stderr", "status")]
        readers = [stack.enter_context(os.fdopen(reader, "rb")) for reader, _ in ends]
        _server(frozenset(start.items())).start(argv, cwd, env, [writer for _, writer in ends])
        return _follow(argv, readers, timeout)


def _at_start(env: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in env.items() if name.startswith(_READ_AT_START)}


def _is_plain(start: Mapping[str, str]) -> bool:
    """Tell whether an interpreter that starts so is like this one."""
    here = _at_start(os.environ)
    others = _paths(start) - _paths(here) - {_SOURCE}
    return not others and {**start, "PYTHONPATH": ""} == {**here, "PYTHONPATH": ""}


def _paths(start: Mapping[str, str]) -> set[str]:
    return set(filter(None, start.get("PYTHONPATH", "").split(os.pathsep)))


def _from_scratch(argv: Sequence[str], cwd: Path, env: Mapping[str, str], timeout: float) -> Ended:
    with subprocess.Popen(
        [sys.executable, "-m", *argv],
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        try:
            stdout, stderr = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    return Ended(process.pid, process.returncode, stdout.decode(), stderr.decode())


def _follow(argv: Sequence[str], readers: Sequence[BinaryIO], timeout: float) -> Ended:
    *_, status = readers
    pid = int(status.readline())
    with ThreadPoolExecutor(len(readers)) as pool:
        reads = [pool.submit(one.read) for one in readers]
        if wait(reads, timeout).not_done:
            os.killpg(pid, signal.SIGKILL)
            stdout, stderr, _ = (one.result() for one in reads)
            raise subprocess.TimeoutExpired(argv, timeout, stdout, stderr)
    stdout, stderr, code = (one.result() for one in reads)
    return Ended(pid, int(code), stdout.decode(), stderr.decode())


class _Server:
    """The process that is forked. Should this one be killed, it ends by the end of its socket."""

    def __init__(self, start: Mapping[str, str]) -> None:
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._lock = threading.Lock()
        kept = {name: os.environ[name] for name in _OF_A_SERVER if name in os.environ}
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, fork_server.__file__, str(theirs.fileno()), *LEAN],
                cwd="/",
                env={**kept, **start},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )

    def start(
        self, argv: Sequence[str], cwd: Path, env: Mapping[str, str], writers: Sequence[int]
    ) -> None:
        """Have a run started. The ends of its pipes are closed here."""
        request = json.dumps([list(argv), str(cwd), dict(env)]).encode()
        try:
            with self._lock:
                socket.send_fds(self._socket, [request], writers)
        finally:
            for writer in writers:
                os.close(writer)

    def close(self) -> None:
        """End it, and wait for its end."""
        with self._socket:
            self._socket.shutdown(socket.SHUT_RDWR)
        self._process.wait()


@cache
def _server(start: frozenset[tuple[str, str]]) -> _Server:
    server = _Server(dict(start))
    atexit.register(server.close)
    return server
