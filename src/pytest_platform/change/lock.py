"""The lock of a project on its host. It names its holder and is never taken silently."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from getpass import getuser
from pathlib import Path
from socket import gethostname
from uuid import uuid4

import msgspec

from pytest_platform.change.decode import decoded
from pytest_platform.errors import PlatformError
from pytest_platform.hosts.transport import Transport

FOLDER = "/var/lock"
"""World-writable on Linux, and empty after a reboot: no lock outlives what it guards."""

TIMEOUT = 20.0

# $1 is the lock, $2 the holder. With `set -C` the shell opens with O_EXCL, which takes
# nothing that is there, not even a folder or a link. What was taken is read back. One that has
# just been taken is empty for a moment, so that one is read again.
_READ = """
read_lock() { [ -f "$1" ] && dd if="$1" bs=4096 count=1 2>/dev/null; }
see_lock() {
  [ -e "$1" ] || [ -h "$1" ] || return 0
  [ -s "$1" ] || sleep 1
  read_lock "$1" || echo no file
}
"""
_TAKE = (
    _READ
    + """
umask 022
if [ ! -e "$1" ] && [ ! -h "$1" ] && (
  set -C
  exec 3>"$1" || exit 1
  printf '%s\\n' "$2" >&3 || { rm -f "$1"; exit 1; }
) && [ ! -h "$1" ] && [ "$(read_lock "$1")" = "$2" ]; then exit 0; fi
see_lock "$1"
exit 1
"""
)
_SEE = _READ + 'see_lock "$1"'
_GIVE_BACK = _READ + 'if [ "$(read_lock "$1")" = "$2" ]; then rm -f "$1"; else exit 1; fi'


class LockHeld(PlatformError):
    """Somebody else holds the lock, or it cannot be taken. The message names the holder."""

    code = "guard.lock"


class Holder(msgspec.Struct, frozen=True):
    """Who holds a lock: the user, the machine and process that run pytest, since when, for what."""

    user: str
    machine: str
    pid: int
    since: str
    run: str
    module: str

    @classmethod
    def me(cls, module: str, since: str) -> Holder:
        """Describe this process."""
        return cls(_user(), gethostname(), os.getpid(), since, uuid4().hex[:12], module)

    def __str__(self) -> str:
        return (
            f"{self.user} on {self.machine} (process {self.pid}, run {self.run}) "
            f"since {self.since}, for {self.module}"
        )


@contextmanager
def held(transport: Transport, project: str, holder: Holder) -> Iterator[None]:
    """Hold the lock of ``project`` on the transport's host, and give it back afterwards.

    Raises:
        LockHeld: somebody else holds it; the message says who, and what to do when that
            run is dead. A lock that cannot be reached is held by somebody else.
    """
    path = _path(project)
    text = msgspec.json.encode(holder).decode()
    try:
        _take(transport, path, text)
        yield
    finally:
        # Gives back our own lock only, so it is right after a failed or interrupted take too.
        with suppress(PlatformError):
            transport.run(["sh", "-c", _GIVE_BACK, "sh", path, text], timeout=TIMEOUT)


def held_by(transport: Transport, project: str) -> str | None:
    """Say who holds the lock of ``project``; nothing where it is free, None where nobody knows."""
    path = _path(project)
    try:
        result = transport.run(["sh", "-c", _SEE, "sh", path], timeout=TIMEOUT)
    except PlatformError:
        return None
    if result.returncode != 0:
        return None
    return _explain(path, result.stdout, "") if result.stdout else ""


def _path(project: str) -> str:
    return f"{FOLDER}/pytest-platform-{project}.lock"


def _take(transport: Transport, path: str, text: str) -> None:
    argv = ["sh", "-uc", _TAKE, "sh", path, text]
    try:
        result = transport.run(argv, timeout=TIMEOUT)
    except PlatformError as error:
        message = f"the lock {path} cannot be reached: {error}"
        raise LockHeld(message) from None
    if result.returncode == 0:
        return
    raise LockHeld(_explain(path, result.stdout, result.stderr))


def _explain(path: str, said: str, trouble: str) -> str:
    other = decoded(said, Holder)
    if other is None:
        detail = (trouble.strip().splitlines() or ["it names no holder"])[-1]
        return f"the lock {path} cannot be taken: {detail}; look at it and remove it by hand"
    if other.machine == gethostname() and not _alive(other.pid):
        return (
            f"the lock {path} was left by {other}; that process is gone. Read its audit line "
            f"and look at the container; when nothing runs any more: rm {path}"
        )
    return f"the lock {path} is held by {other}; wait for its end"


def _alive(pid: int) -> bool:
    """Return whether a process lives on this machine, where pytest runs, wherever the lock is."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return Path(f"/proc/{pid}").is_dir()
    except (OSError, OverflowError):
        return True
    return True


def _user() -> str:
    try:
        return getuser()
    except (OSError, KeyError):
        return str(os.getuid())
