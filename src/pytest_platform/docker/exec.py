"""Running a command inside a container, bounded in time and in output."""

from __future__ import annotations

import socket
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from msgspec import Struct

from pytest_platform.docker.output import pieces
from pytest_platform.docker.writable import WritableEngine
from pytest_platform.errors import PlatformError


class ContainerNotRunning(PlatformError):
    """A command was to run in a container that does not run."""

    code = "container.not_running"


class ExecTimeout(PlatformError):
    """A command in a container did not end within its timeout."""

    code = "exec.timeout"


class ExecResult(Struct, frozen=True):
    """How a command in a container ended; ``cut`` names the streams that were not kept whole."""

    exit_code: int
    stdout: str
    stderr: str
    cut: frozenset[str] = frozenset()


def exec_in(
    engine: WritableEngine, container: str, command: Sequence[str], *, timeout: float, limit: int
) -> ExecResult:
    """Run a command in a container; ``timeout`` in seconds, ``limit`` in bytes per stream.

    Raises:
        ContainerNotRunning: the container does not run.
        ExecTimeout: the command did not end in time. It goes on in the container, since
            the Engine has no way to end it.
        EngineError: the Engine cannot be asked.
    """
    from docker.errors import APIError

    with engine.asking() as client:
        try:
            created = client.exec_create(container, list(command))
            stream = client.exec_start(created["Id"], socket=True)
        except APIError as error:
            if error.status_code in {404, 409}:
                message = f"the container does not run: {error.explanation}"
                raise ContainerNotRunning(message) from None
            raise
        stdout, stderr, late = _read(stream, timeout, limit)
        if late:
            message = f"the command did not end within {timeout:g} s"
            raise ExecTimeout(message)
        code = client.exec_inspect(created["Id"])["ExitCode"]
    streams = {"stdout": stdout, "stderr": stderr}
    cut = frozenset(name for name, read in streams.items() if len(read) > limit)
    return ExecResult(int(code), _text(stdout, limit), _text(stderr, limit), cut)


def _read(stream: Any, timeout: float, limit: int) -> tuple[bytes, bytes, bool]:
    """Read both streams; a timer hangs up, since the SDK's read has no deadline."""
    from docker.utils.socket import STDERR

    late = threading.Event()

    def hang_up() -> None:
        late.set()
        with suppress(OSError):
            getattr(stream, "_sock", stream).shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(timeout, hang_up)
    timer.daemon = True
    timer.start()
    out, err = bytearray(), bytearray()
    # The socket itself lacks what came together with the head of the answer: the output of a
    # command that was quicker than its reader.
    reader = stream._response.raw._fp.fp  # noqa: SLF001 - the SDK gives nothing else
    try:
        for number, piece in pieces(reader):
            buffer = err if number == STDERR else out
            buffer += piece[: max(0, limit + 1 - len(buffer))]
    finally:
        timer.cancel()
        # The response holds the connection, which would stay open without it.
        stream._response.close()  # noqa: SLF001
    return bytes(out), bytes(err), late.is_set()


def _text(data: bytes, limit: int) -> str:
    return data[:limit].decode(errors="replace")
