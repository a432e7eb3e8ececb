"""How a command ended and what it said, judged in the same way wherever it ran."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Protocol

from msgspec import Meta, Struct

from pytest_platform.probes.json_path import JsonValue, json_mismatches
from pytest_platform.probes.matchers import Matchers, mismatches, shown
from pytest_platform.verdict import Finding

_WORDS = 80

ExitCode = Annotated[int, Meta(ge=0, le=255, description="The exit code that is expected.")]
Stdout = Annotated[Matchers | None, Meta(description="What stdout must be like.")]
Stderr = Annotated[Matchers | None, Meta(description="What stderr must be like.")]
StdoutJson = Annotated[
    tuple[JsonValue, ...], Meta(description="What stdout, read as JSON, must hold.")
]


class Said(Struct, frozen=True):
    """``cut`` names the streams of which only the beginning was read."""

    exit_code: int
    stdout: str
    stderr: str
    cut: frozenset[str] = frozenset()


class ExpectedOutput(Protocol):
    """What ``exec`` and ``command`` declare."""

    @property
    def command(self) -> Sequence[str]: ...
    @property
    def exit_code(self) -> int: ...
    @property
    def stdout(self) -> Matchers | None: ...
    @property
    def stderr(self) -> Matchers | None: ...
    @property
    def json(self) -> tuple[JsonValue, ...]: ...
    @property
    def timeout(self) -> str: ...


def ended(spec: ExpectedOutput, said: Said | None, code: str) -> list[Finding]:
    """Return what is wrong with how a command ended; ``said`` is None where it did not.

    Raises:
        PlatformError: see ``mismatches``.
    """
    command = " ".join(spec.command)[:_WORDS]
    if said is None:
        message = f"'{command}' did not end within {spec.timeout}"
        return [Finding(code, message, f"ends within {spec.timeout}", "still running")]
    if said.exit_code != spec.exit_code:
        words = shown(said.stderr.strip() or said.stdout)
        message = f"'{command}' exited {said.exit_code}, saying: {words}"
        return [Finding(code, message, f"exited {spec.exit_code}", f"exited {said.exit_code}")]
    found: list[Finding] = []
    streams = (("stdout", spec.stdout, said.stdout), ("stderr", spec.stderr, said.stderr))
    for what, matchers, text in streams:
        if matchers:
            found += mismatches(matchers, text, code=code, what=what, cut=what in said.cut)
    found += json_mismatches(spec.json, said.stdout, code=code, what=_named("stdout", said))
    return found


def _named(stream: str, said: Said) -> str:
    return f"{stream}, of which only the beginning was read," if stream in said.cut else stream
