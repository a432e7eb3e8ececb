"""The probe ``exec``: run a command in a container, look at its exit code and output."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from pytest_platform.checks.matchers import Matchers, mismatches, shown
from pytest_platform.checks.probe import ProbeKind, Target
from pytest_platform.host.exec import ExecResult, ExecTimeout
from pytest_platform.module.model import Base, Duration, Text, seconds
from pytest_platform.verdict import Finding

CODE = "probe.exec"


class Exec(Base, frozen=True):
    """Run a command in a running container; it must end with `exit_code`."""

    command: Annotated[
        tuple[str, ...],
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
    exit_code: Annotated[int, Meta(ge=0, le=255, description="The exit code that is expected.")] = 0
    stdout: Annotated[Matchers | None, Meta(description="What stdout must be like.")] = None
    stderr: Annotated[Matchers | None, Meta(description="What stderr must be like.")] = None
    timeout: Annotated[Duration, Meta(description="How long the command may take.")] = "10s"


def observe(spec: Exec, target: Target) -> ExecResult | ExecTimeout:
    """Run the command once. Not to end in time is a fact about the service, not an error."""
    try:
        return target.exec(spec.command, service=spec.service, timeout=seconds(spec.timeout))
    except ExecTimeout as timeout:
        return timeout


def judge(spec: Exec, result: ExecResult | ExecTimeout) -> list[Finding]:
    """Compare the exit code first, then the output."""
    if isinstance(result, ExecTimeout):
        return [Finding(CODE, str(result), f"ends within {spec.timeout}", "still running")]
    if result.exit_code != spec.exit_code:
        said = shown(result.stderr.strip() or result.stdout)
        message = f"'{' '.join(spec.command)[:80]}' exited {result.exit_code}, saying: {said}"
        return [Finding(CODE, message, f"exited {spec.exit_code}", f"exited {result.exit_code}")]
    streams = (("stdout", spec.stdout, result.stdout), ("stderr", spec.stderr, result.stderr))
    return [
        finding
        for what, matchers, text in streams
        if matchers
        for finding in mismatches(matchers, text, code=CODE, what=what)
    ]


KIND = ProbeKind(Exec, observe, judge, lambda spec: [spec.service] if spec.service else [])
