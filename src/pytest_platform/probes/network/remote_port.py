"""Whether a port is open, asked on a host that is reached through another program.

Who forwards connections takes them before it knows of anybody at the other end. So a
silent service and a firewall that drops packets look alike from here, and the host is asked.
"""

from __future__ import annotations

import math
import re

from msgspec import Struct

from pytest_platform.errors import PlatformError
from pytest_platform.hosts.transport import CommandResult, Transport
from pytest_platform.probes.kind import Endpoint
from pytest_platform.probes.network.connect import BrokenConnection, NoWay

_GRACE = 30.0
"""Seconds for the way there and back."""

# The end of time there is told apart from a way that is silent: it brings an exit code.
_CONNECT = """
LC_ALL=C; export LC_ALL
if ! command -v timeout; then exit 90
elif command -v bash; then exec timeout "$3" bash -c ': 3<>"/dev/tcp/$0/$1"' "$1" "$2"
elif command -v nc; then exec timeout "$3" nc -z -v -w "$3" "$1" "$2"
else exit 90
fi >/dev/null
"""
_NO_PROGRAM = 90
_LATE = {124, 143}


class CannotTell(PlatformError):
    """The host has no program that could tell an open port from a silent way to it."""

    code = "probe.cannot_tell"


class _Reason(Struct, frozen=True):
    said: re.Pattern[str]
    why: str
    refused: bool = False
    late: bool = False


_REASONS = (
    _Reason(re.compile("refused", re.IGNORECASE), "connection refused", refused=True),
    _Reason(re.compile("time(d )?out", re.IGNORECASE), "no answer", late=True),
    _Reason(re.compile("no route to host", re.IGNORECASE), "no such host on its network"),
    _Reason(
        re.compile(
            "name or service not known|no address associated|does not resolve|bad address"
            "|unknown host|not known",
            re.IGNORECASE,
        ),
        "there is no such name",
    ),
)


def closed_remotely(
    endpoint: Endpoint, transport: Transport, seconds: float
) -> BrokenConnection | None:
    """Connect on the host itself, for at most ``seconds``; None where the port is open.

    Raises:
        CannotTell: the host has no program for it.
        NoWay: the host has no way to the address.
        PlatformError: the host cannot be asked.
    """
    words = (endpoint.host, str(endpoint.port), str(max(1, math.ceil(seconds))))
    result = transport.run(["sh", "-c", _CONNECT, "sh", *words], timeout=seconds + _GRACE)
    return read(result, endpoint.name, transport.name)


def read(result: CommandResult, name: str, host: str) -> BrokenConnection | None:
    """Read how connecting there ended.

    Raises:
        PlatformError: as ``closed_remotely``.
    """
    if result.returncode == 0:
        return None
    if result.returncode == _NO_PROGRAM:
        message = (
            f"{host} has no bash or nc with timeout, so whether {name} is open cannot be told "
            "through ssh; install one there, or say with expect what must be answered"
        )
        raise CannotTell(message)
    if result.returncode in _LATE:
        return BrokenConnection("no answer in time", late=True)
    for reason in _REASONS:
        if reason.said.search(result.stderr):
            return BrokenConnection(reason.why, late=reason.late, refused=reason.refused)
    # Bash says why first, and then that this made a bad file name.
    said = result.stderr.strip().splitlines() or [f"exit code {result.returncode}"]
    message = f"{name} cannot be reached from {host}: {said[0]}"
    raise NoWay(message)
