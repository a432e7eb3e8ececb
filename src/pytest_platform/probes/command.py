"""The probe ``command``: run a program on the host, look at its exit code and output."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from pytest_platform.errors import PlatformError
from pytest_platform.hosts.transport import CommandTimeout
from pytest_platform.module.forms import Base, Duration
from pytest_platform.probes.container import Argument
from pytest_platform.probes.kind import MAX_OUTPUT, ProbeKind, Target
from pytest_platform.probes.output import ExitCode, Said, Stderr, Stdout, StdoutJson, ended
from pytest_platform.units import seconds
from pytest_platform.verdict import Finding

CODE = "probe.command"


class ElsewhereEngine(PlatformError):
    """Commands would run on another machine than the one that the module runs on."""

    code = "probe.elsewhere"


class Command(Base, frozen=True):
    """Run a program on the module's host; it must end with `exit_code`."""

    command: Annotated[
        tuple[Argument, ...],
        Meta(
            min_length=1,
            description="The program and its arguments; no shell is added.",
            examples=[["systemctl", "is-active", "restic.timer"]],
        ),
    ]
    exit_code: ExitCode = 0
    stdout: Stdout = None
    stderr: Stderr = None
    json: StdoutJson = ()
    timeout: Annotated[Duration, Meta(description="How long the program may take.")] = "10s"


def observe(spec: Command, target: Target) -> Said | None:
    """Run the program once; None where it did not end in time.

    Raises:
        CommandMissing: there is no such program on the host.
        ElsewhereEngine: the Engine is on another machine.
    """
    if not target.transport.beside_engine():
        message = "the Engine is on another machine, where this command would not run; use exec"
        raise ElsewhereEngine(message)
    try:
        timeout = seconds(spec.timeout)
        result = target.transport.run(spec.command, timeout=timeout, limit=MAX_OUTPUT)
    except CommandTimeout:
        return None
    # What a signal ended has a negative code here, and over ssh and in a container this one.
    code = 128 - result.returncode if result.returncode < 0 else result.returncode
    return Said(code, result.stdout, result.stderr, result.cut)


def judge(spec: Command, said: Said | None) -> list[Finding]:
    """Compare the exit code first, then the output."""
    return ended(spec, said, CODE)


KIND = ProbeKind(Command, observe, judge)
