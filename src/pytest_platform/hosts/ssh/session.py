"""A session over the connection to a host: one shell that is fed one script."""

from __future__ import annotations

import contextlib
import os
import subprocess
import threading
import time
from collections.abc import Sequence
from typing import Any

from pytest_platform.hosts.bounded import BoundedOutput
from pytest_platform.hosts.ssh import scripts
from pytest_platform.hosts.ssh.errors import SshError
from pytest_platform.hosts.ssh.master import Master

_PAUSE = 0.25
"""Seconds before sshd is asked again for a session."""

_SESSION_SECONDS = 10.0
"""How long sshd is asked again for a session, while it has too many."""

_END = 256
"""How many bytes of the end of a stream are kept in any case: there stands how it ended."""

_KILLED_SECONDS = 60.0

_NO_SESSION = "session open refused by peer"


def run_script(
    master: Master, script: bytes, mark: str, timeout: float, limit: int | None
) -> tuple[BoundedOutput, bool]:
    """Run a script over the connection; return its output, and whether it was too late.

    Raises:
        SshError: sshd takes no session. Code ``ssh.sessions``.
    """
    deadline = time.monotonic() + timeout
    patience = time.monotonic() + min(_SESSION_SECONDS, timeout)
    while True:
        left = deadline - time.monotonic()
        output, late = _converse(master.session(), script, mark, left, limit)
        # Behind the mark it is the command that speaks.
        if output.stderr.begun or _NO_SESSION not in output.stderr.text().lower():
            return output, late
        # The session before may not be gone yet, where sshd allows but two.
        if time.monotonic() + _PAUSE >= patience:
            message = (
                f"sshd on {master.shown} takes no second session on a connection; "
                "set MaxSessions to 2 or more there"
            )
            raise SshError("ssh.sessions", message)
        time.sleep(_PAUSE)


def _converse(
    command: Sequence[str], script: bytes, mark: str, timeout: float, limit: int | None
) -> tuple[BoundedOutput, bool]:
    """Feed a script to a shell and read until its end; its input stays open until then."""
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as stdin, os.fdopen(writing, "wb", buffering=0) as feed:
        process = subprocess.Popen(
            command,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        stdin.close()
        feeder = threading.Thread(target=_feed, args=(feed, script), daemon=True)
        feeder.start()
        output = BoundedOutput(process, limit, _END, scripts.line(mark))
        try:
            if late := not output.read(timeout):
                process.kill()
                output.read(_KILLED_SECONDS)
        except BaseException:
            process.kill()
            raise
        finally:
            with process:
                feeder.join()
    return output, late


def _feed(pipe: Any, script: bytes) -> None:
    with contextlib.suppress(OSError):
        view = memoryview(script)
        while view:
            view = view[pipe.write(view) :]
