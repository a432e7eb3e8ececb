"""Commands on the host, each with a deadline. What cannot be answered is a refusal."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from math import ceil
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from pytest_platform.change.refusal import Refusal
from pytest_platform.errors import PlatformError
from pytest_platform.hosts.transport import CommandMissing, CommandResult, CommandTimeout, Transport
from pytest_platform.secrets import Secrets
from pytest_platform.secrets.names import says_credential

QUICK = 30.0
"""Seconds for a question about a name."""

READING = 3600.0
"""Seconds for reading a whole backup."""

_GRACE = 10.0
_NOT_FOUND = 127
_NOT_ALLOWED = 126
_TIMED_OUT = frozenset({124, 143})
_ENVIRONMENT = {"LC_ALL": "C", "TZ": "UTC"}
_SHOWN = 160
_IN_URL = re.compile(r"(?<=://)[^/\s@]+(?=@)")

# The last bytes of what a command prints, and then its exit status, which a pipe loses.
_ENDING = 'keep=$1; shift; { "$@"; echo "exit $?"; } | tail -c "$keep"'
_ERROR = re.compile(r"Fatal: |[\w.]*Error: ")
_STATUS = re.compile(r"exit ([0-9]{1,3})\n\Z")
_STATUS_LENGTH = len("exit 255\n")

# They choose the code of a refusal, never whether there is one.
_WORDS = {
    "no such file or directory": "backup.absent",
    "does not exist": "backup.absent",
    "permission denied": "backup.unreadable",
    "wrong password": "backup.credentials",
    "empty password": "backup.credentials",
    "passphrase supplied": "backup.credentials",
    "verification failed": "backup.damaged",
    "integrity error": "backup.damaged",
}


class BackupHost(Struct, frozen=True):
    """The place where the backup lies.

    ``secrets`` are taken out of everything that a command says about a failure.
    """

    transport: Transport
    secrets: Secrets
    quick: float = QUICK
    reading: float = READING

    def ask(
        self, argv: Sequence[str], *, reading: bool = False, program: str = ""
    ) -> CommandResult | Refusal:
        """Run a command; the exit status is for the caller to judge."""
        program = program or argv[0]
        seconds = ceil(self.reading if reading else self.quick)
        try:
            # The host ends the command too, when the connection to it is gone.
            limited = ["timeout", str(seconds), *argv]
            done = self.transport.run(limited, timeout=seconds + _GRACE, env=_ENVIRONMENT)
        except CommandTimeout:
            return _late(program, seconds)
        except CommandMissing:
            return self.missing("timeout", "")
        except PlatformError as error:
            return Refusal("backup.host", f"the host has to answer: {self.clean(str(error))}")
        if done.returncode in _TIMED_OUT:
            return _late(program, seconds)
        if done.returncode in {_NOT_FOUND, _NOT_ALLOWED}:
            return self.missing(program, done.stderr)
        return done

    def answer(
        self,
        argv: Sequence[str],
        purpose: str,
        codes: Mapping[int, str] | None = None,
        *,
        reading: bool = False,
    ) -> str | Refusal:
        """Run a command and return what it prints. Any exit status but 0 refuses.

        ``purpose`` ends the sentence "… has to exit 0 to"; ``codes`` names what an exit
        status means, where the program says so.
        """
        done = self.ask(argv, reading=reading)
        if isinstance(done, Refusal) or done.returncode == 0:
            return done if isinstance(done, Refusal) else done.stdout
        return self.failed(argv[0], purpose, done, codes)

    def ending(
        self,
        argv: Sequence[str],
        purpose: str,
        keep: int,
        codes: Mapping[int, str] | None = None,
        *,
        program: str = "",
    ) -> str | Refusal:
        """Read all that a command prints, on the host, and return the last ``keep`` bytes.

        ``program`` is the one to name where ``argv`` is a script around it.
        """
        program = program or argv[0]
        script = ["sh", "-c", _ENDING, "sh", str(keep + _STATUS_LENGTH), *argv]
        done = self.ask(script, reading=True, program=program)
        if isinstance(done, Refusal):
            return done
        status = _STATUS.search(done.stdout)
        code = int(status[1]) if status else -1
        if code in {_NOT_FOUND, _NOT_ALLOWED}:
            return self.missing(program, done.stderr)
        if status is None or code != 0:
            return self.failed(program, purpose, CommandResult(code, "", done.stderr), codes)
        return done.stdout[: status.start()][-keep:]

    def failed(
        self,
        program: str,
        purpose: str,
        done: CommandResult,
        codes: Mapping[int, str] | None = None,
    ) -> Refusal:
        """Say that a program did not do what it was to do."""
        said, whole = self.clean(done.stderr), done.stderr.lower()
        code = next((code for words, code in _WORDS.items() if words in whole), None)
        code = code or (codes or {}).get(done.returncode, "backup.unreadable")
        message = f"{program} has to exit 0 to {purpose}; it exited {done.returncode}"
        return Refusal(code, f"{message}: {said}" if said else message)

    def missing(self, program: str, stderr: str) -> Refusal:
        """Say that a program, or one that it needs, is not there."""
        said = self.clean(stderr)
        message = f"{program} has to be there on the host, for whoever runs the commands there"
        return Refusal("backup.tool_missing", f"{message}: {said}" if said else message)

    def clean(self, text: str) -> str:
        """Return the end of the line that tells why a program failed, without credentials."""
        hidden = self.secrets.hide(_telling_line(text), "[redacted]")
        printable = "".join(letter if letter.isprintable() else " " for letter in hidden)
        told = _IN_URL.sub("[redacted]", printable).strip()
        return told if len(told) <= _SHOWN else f"…{told[-_SHOWN:]}"


def credentials(environment: Mapping[str, str]) -> Secrets:
    """Return the values of the variables that by their names are credentials."""
    return Secrets(outside=(pair for pair in environment.items() if says_credential(pair[0])))


def _telling_line(text: str) -> str:
    """Return the last line, or the one above it in which restic or borg names the error."""
    lines = [line for line in reversed(text.splitlines()) if line.strip()]
    named = (line for line in lines if _ERROR.match(line))
    return next(named, lines[0] if lines else "")


def _late(program: str, seconds: int) -> Refusal:
    message = f"{program} has to end within {seconds} s, and may not wait for a password"
    return Refusal("backup.timeout", message)


T = TypeVar("T")
_FRACTION = re.compile(r"\.[0-9]+")


def read_json(said: str | Refusal, program: str, read: Callable[[Any], T]) -> T | Refusal:
    """Decode an answer and take from it what ``read`` takes.

    ``read`` may raise what indexing and conversion raise.
    """
    if isinstance(said, Refusal):
        return said
    try:
        return read(msgspec.json.decode(said))
    except (AttributeError, LookupError, OverflowError, TypeError, ValueError):
        message = f"{program} has to answer in the JSON that is known here; use another version"
        return Refusal("backup.unreadable", message)


def read_time(text: str) -> datetime:
    """Read a time; one without offset is in UTC, as the command's environment asks.

    Raises:
        ValueError: it is not a time.
    """
    moment = datetime.fromisoformat(_FRACTION.sub("", text))
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
