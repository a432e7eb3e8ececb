"""The process in which the checks that read shell are answered. See ``apart``."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Mapping
from multiprocessing.connection import Connection

from pytest_platform.checks.contract import (
    command_shape,
    masked_failure,
    mutations,
    replaced,
    script,
)
from pytest_platform.verdict import Finding

CHECKS: Mapping[str, Callable[..., list[Finding] | list[str]]] = {
    "command_shape": command_shape.findings,
    "script": script.findings,
    "interpolation": replaced.findings,
    "masked_failure": masked_failure.findings,
    "mutations": mutations.findings,
    "declarations": mutations.declarations,
    "unread": script.unread_findings,
}


def main(descriptor: int, seconds: float) -> None:
    """Answer until nobody is there to ask. The signal of the timer ends native code as well."""
    with Connection(descriptor) as connection:
        while True:
            try:
                number, check, arguments = connection.recv()
            except EOFError:
                return
            signal.setitimer(signal.ITIMER_PROF, seconds)
            answer = CHECKS[check](*arguments)
            signal.setitimer(signal.ITIMER_PROF, 0)
            connection.send((number, answer))


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]))
