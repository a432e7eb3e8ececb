"""The probe ``exec``: run a command in a container, look at its exit code and output."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from pytest_platform.docker.exec import ExecTimeout
from pytest_platform.module.forms import Base, Duration, Text
from pytest_platform.probes.container import Argument
from pytest_platform.probes.kind import ProbeKind, Target
from pytest_platform.probes.matchers import shown
from pytest_platform.probes.output import ExitCode, Said, Stderr, Stdout, StdoutJson, ended
from pytest_platform.units import seconds
from pytest_platform.verdict import Finding

CODE = "probe.exec"

_NOT_RUN = {126, 127}
_ENGINES_WORD = "OCI runtime exec failed: "


class Exec(Base, frozen=True):
    """Run a command in a running container; it must end with `exit_code`."""

    command: Annotated[
        tuple[Argument, ...],
        Meta(
            min_length=1,
            description="The program and its arguments; no shell is added.",
            examples=[["ls", "/data"]],
        ),
    ]
    service: Annotated[
        Text | None,
        Meta(
            description="The service of the module's project to run it in; default: its own.",
            examples=["minio"],
        ),
    ] = None
    exit_code: ExitCode = 0
    stdout: Stdout = None
    stderr: Stderr = None
    json: StdoutJson = ()
    timeout: Annotated[Duration, Meta(description="How long the command may take.")] = "10s"


def observe(spec: Exec, target: Target) -> Said | None:
    """Run the command once. Not to end in time is a fact about the service, not an error."""
    try:
        result = target.exec(spec.command, service=spec.service, timeout=seconds(spec.timeout))
    except ExecTimeout:
        return None
    return Said(result.exit_code, result.stdout, result.stderr, result.cut)


def judge(spec: Exec, said: Said | None) -> list[Finding]:
    """Compare the exit code first, then the output."""
    if said and (why := _why_not_run(said)):
        message = (
            f"'{spec.command[0]}' cannot be run in the container ({why}), which may have no shell; "
            "name a program that it has, or use the probe file"
        )
        return [Finding(CODE, message, "a program that can be run", shown(said.stdout))]
    return ended(spec, said, CODE)


def _why_not_run(said: Said) -> str:
    """Return the Engine's reason where the command was never started.

    It says so in place of the command, with the exit code that a shell would give.
    """
    output = said.stdout.strip() or said.stderr.strip()
    if said.exit_code not in _NOT_RUN or not output.startswith(_ENGINES_WORD):
        return ""
    return output.removesuffix(": unknown").rpartition(": ")[2]


KIND = ProbeKind(Exec, observe, judge, lambda spec: [spec.service] if spec.service else [])
