"""Imports pytest, its plugins and the product, and then forks a process for each run.

    fork_server.py SOCKET PYTEST-ARGUMENT...

A request is one packet on the socket: what to run, the folder and the environment as JSON, and
with it the pipes for stdout, stderr and the status. The status is the run's process id on a line,
and its exit code when it has ended.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import pkgutil
import runpy
import socket
import sys
import tempfile
import threading
from pathlib import Path
from typing import NamedTuple

import pytest

import ran

_LARGEST = 1 << 20
_PIPES = 3
_STDOUT, _STDERR = 1, 2


class Request(NamedTuple):
    """What to run, where, and where its output goes."""

    argv: list[str]
    cwd: str
    env: dict[str, str]
    pipes: list[int]


class _Preload:
    """Imports the product while pytest's import hook is there, as if a run had needed it."""

    def pytest_configure(self) -> None:
        import pytest_platform

        for found in pkgutil.walk_packages(pytest_platform.__path__, "pytest_platform."):
            if not found.name.endswith(("__main__", "_worker")):
                importlib.import_module(found.name)


def preload(arguments: list[str]) -> None:
    """Have pytest load its plugins once, in an empty folder, without a test."""
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        Path("pytest.ini").write_text("[pytest]\n", encoding="utf-8")
        code = pytest.main(["--help", *arguments], plugins=[_Preload()])
    assert code == pytest.ExitCode.OK, code
    assert threading.active_count() == 1, threading.enumerate()
    # What is there now is no garbage: no run looks through it.
    gc.collect()
    gc.freeze()


def serve(server: socket.socket) -> Request | None:
    """Fork a process for each request, and return the request in it. Return None at the end."""
    while True:
        packet, pipes, *_ = socket.recv_fds(server, _LARGEST, _PIPES)
        if not packet:
            return None
        _reap()
        if os.fork() == 0:
            server.close()
            argv, cwd, env = json.loads(packet)
            return _supervised(Request(argv, cwd, env, pipes))
        for pipe in pipes:
            os.close(pipe)


def _reap() -> None:
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _supervised(request: Request) -> Request:
    """Return in a process of its own, for which this one waits."""
    stdout, stderr, status = request.pipes
    if pid := os.fork():
        os.close(stdout)
        os.close(stderr)
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        os.write(status, b"%d\n" % code)
        os._exit(0)
    os.setsid()
    os.write(status, b"%d\n" % os.getpid())
    os.dup2(stdout, _STDOUT)
    os.dup2(stderr, _STDERR)
    for pipe in request.pipes:
        os.close(pipe)
    return request


def run(request: Request) -> None:
    """Run what ``python -m`` would run."""
    os.chdir(request.cwd)
    os.environ.clear()
    os.environ.update(request.env)
    # Imported only now, since pytest warns of a plugin that was there before its import hook.
    xdist = importlib.import_module("xdist.plugin")
    # It has kept what the path was when it was imported, for its workers.
    sys.path[0] = xdist._sys_path[0] = request.cwd
    # pytest has asked for it in this process already.
    tempfile.tempdir = None
    sys.argv[:] = request.argv
    ran.start_in_fork(request.env)
    runpy.run_module(request.argv[0], run_name="__main__", alter_sys=True)


def main() -> None:
    """Serve until the other end of the socket is closed."""
    number, *arguments = sys.argv[1:]
    preload(arguments)
    with socket.socket(fileno=int(number)) as server:
        request = serve(server)
    if request:
        run(request)


if __name__ == "__main__":
    main()
