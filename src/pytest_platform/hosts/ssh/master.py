"""The one connection to a host: an ssh master process in a private folder.

It lives as long as its standard input, which this process holds. So it ends, and its
folder goes, however this process ends.
"""

from __future__ import annotations

import contextlib
import os
import re
import select
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from typing import IO, cast

from pytest_platform.hosts.ssh import errors, scripts
from pytest_platform.hosts.ssh.command_lines import CommandLines
from pytest_platform.hosts.ssh.destination import Destination
from pytest_platform.hosts.ssh.errors import SshError
from pytest_platform.hosts.ssh.scripts import HostFacts
from pytest_platform.hosts.transport import CommandMissing

# ssh waits for the process that holds its input; then nobody else removes the folder.
_KEEPER = 'trap : HUP INT TERM; folder=$1; shift; "$@"; code=$?; rm -rf -- "$folder"; exit "$code"'

# A socket's path may have 104 bytes; ssh appends 17 to it while it makes the socket.
_LONGEST_FOLDER = 70
_PLAIN_PATH = re.compile(r"[A-Za-z0-9/._+-]+")

_CONTROL_SECONDS = 30.0
_END_SECONDS = 5.0
_SAID_BYTES = 64 * 1024


class Master:
    """One ssh process. ``start`` it once, then ask for its ``facts``.

    ``close`` may be called at any time, from any thread.
    """

    def __init__(self, destination: Destination, config: Path | None, shown: str) -> None:
        self.shown = shown
        self.folder = _private_folder()
        self._lines = CommandLines(destination, config, self.folder / "m")
        self._log = (self.folder / "log").open("w+b", buffering=0)
        self._process: subprocess.Popen[bytes] | None = None
        self._mark = ""
        self._began = 0.0
        self._output = b""
        self._changing = threading.Lock()
        self._closed = False

    def start(self, mark: str) -> None:
        """Begin to log in, and to look around there; ``mark`` is put around what is seen."""
        self._mark, self._began = mark, time.monotonic()
        with self._changing:
            if not self._closed:
                self._process = self._spawn()
                stdin = cast("IO[bytes]", self._process.stdin)
                with contextlib.suppress(BrokenPipeError):
                    os.write(stdin.fileno(), scripts.login(mark))

    def facts(self, seconds: float) -> HostFacts:
        """Return what is seen there, at most ``seconds`` after the start.

        Where the ssh config has a longer ``ConnectTimeout``, that is how long it may take.

        Raises:
            SshError: it cannot be done; the process has ended.
            CommandMissing: there is no ssh client.
        """
        try:
            return self._wait(seconds)
        except BaseException:
            self.close()
            raise

    def alive(self) -> bool:
        """Return whether the connection is there. Asks the process, not the host.

        Raises:
            SshError: as ``control``.
        """
        if self._process is None or self._process.poll() is not None:
            return False
        return self.control("check").returncode == 0

    def control(self, order: str, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        """Give the process an order, such as ``check`` or ``forward``.

        Raises:
            SshError: the process hangs. Code ``ssh.timeout``.
        """
        try:
            return subprocess.run(
                [*self._lines.client("-O", order), *arguments, "--", "master"],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_CONTROL_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            message = (
                f"the ssh process of the connection to {self.shown} hangs: it took no order "
                f"within {_CONTROL_SECONDS:g} s"
            )
            raise SshError(errors.TIMEOUT, message) from None

    def session(self) -> list[str]:
        """Return the command that opens a shell over the connection."""
        return [*self._lines.client("-T"), "--", "master", scripts.SHELL]

    def said(self) -> str:
        """Return what ssh has said; the end of it, where it is much. Nothing once it is closed."""
        with contextlib.suppress(ValueError):
            descriptor = self._log.fileno()
            start = max(0, os.fstat(descriptor).st_size - _SAID_BYTES)
            return os.pread(descriptor, _SAID_BYTES, start).decode(errors="replace")
        return ""

    def close(self) -> None:
        """End the connection, and with it all that goes over it."""
        with self._changing:
            self._closed = True
            process, self._process = self._process, None
        if process is not None:
            _end(process)
        self._log.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _spawn(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            ["sh", "-c", _KEEPER, "sh", str(self.folder), *self._lines.master()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            env={**os.environ, "SSH_ASKPASS_REQUIRE": "never"},
            # No terminal on which a jump host could ask, and no signal from its keys.
            start_new_session=True,
        )

    def _wait(self, seconds: float) -> HostFacts:
        process = self._process
        if process is None:
            raise SshError("ssh.closed", f"the connection to {self.shown} is closed")
        with cast("IO[bytes]", process.stdout):
            facts = self._read(process, self._began + seconds)
            facts = facts or self._read(process, self._began + self._lines.connect_timeout())
        if facts is None:
            late = round(time.monotonic() - self._began)
            message = f"the login on {self.shown} was not done within {late} s"
            raise SshError(errors.TIMEOUT, message)
        return facts

    def _read(self, process: subprocess.Popen[bytes], deadline: float) -> HostFacts | None:
        """Read until the facts are complete; None where the deadline comes first."""
        stdout = cast("IO[bytes]", process.stdout)
        waiting = select.poll()
        waiting.register(stdout, select.POLLIN)
        while waiting.poll(max(0.0, 1000 * (deadline - time.monotonic()))):
            if not (more := os.read(stdout.fileno(), 65536)):
                raise self._refusal(process)
            # A login shell may print what it likes, and for as long as it likes.
            self._output = (self._output + more)[-_SAID_BYTES:]
            if facts := scripts.read_facts(self._output.decode(errors="replace"), self._mark):
                return facts
            if time.monotonic() >= deadline:
                break
        return None

    def _refusal(self, process: subprocess.Popen[bytes]) -> Exception:
        """Say why ssh ended before the script could run."""
        code = process.wait()
        said = self.said()
        if code == 127:  # noqa: PLR2004 - the shell's word for a program that is not there
            if not shutil.which("ssh"):
                return CommandMissing("there is no ssh client; install OpenSSH's")
        elif code == 255:  # noqa: PLR2004 - ssh's own exit code
            return errors.explain(said, self.shown)
        told = errors.last_line(self._output.decode(errors="replace") + said)
        message = f"the login shell on {self.shown} ended with {code}: {told or 'it said nothing'}"
        return SshError("ssh.login", message)


def _end(process: subprocess.Popen[bytes]) -> None:
    for one in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, one)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_END_SECONDS)
            break
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.close()


def _private_folder() -> Path:
    """Make a folder that only this user may enter, with a short path."""
    try:
        for place in (os.environ.get("XDG_RUNTIME_DIR", ""), tempfile.gettempdir()):
            short = len(place) <= _LONGEST_FOLDER and _PLAIN_PATH.fullmatch(place)
            if short and os.path.isdir(place) and os.access(place, os.W_OK | os.X_OK):  # noqa: PTH112
                return Path(tempfile.mkdtemp(prefix="pp-ssh-", dir=place))
        return Path(tempfile.mkdtemp(prefix="pp-ssh-", dir="/tmp"))
    except OSError as error:
        message = f"no folder can be made for the connection: {error}; set TMPDIR to another place"
        raise SshError("ssh.folder", message) from None
