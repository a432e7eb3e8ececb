"""The probe ``log``: what a service must, or must not, have written since it was started."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Literal

from msgspec import Meta, Struct
from msgspec.structs import replace

from pytest_platform.docker.snapshot import Container, read_container
from pytest_platform.probes import patterns
from pytest_platform.probes.container import Service, containers_of
from pytest_platform.probes.kind import NoContainer, ProbeKind, Target
from pytest_platform.probes.matchers import Matchers, Unseen, around, mismatches, shown
from pytest_platform.verdict import Finding

CODE = "probe.log"
LIMIT = 4 * 1024 * 1024
"""Bytes that are read of a log."""

_SHOWN_LINES = 5
_RUNS = {"running", "paused"}
_BEFORE_START = timedelta(seconds=2)


class Log(Matchers, frozen=True):
    """Look at what each container of a service has written since it was started.

    At least one expectation is needed.
    """

    never: Annotated[
        str | None,
        Meta(
            description="A regular expression (Python) that must not be found.",
            examples=[r"^(ERROR|FATAL)\b"],
        ),
    ] = None
    stream: Annotated[
        Literal["both", "stdout", "stderr"], Meta(description="Which output to look at.")
    ] = "both"
    tail: Annotated[
        Annotated[int, Meta(ge=1, le=1_000_000)] | None,
        Meta(
            description="Look at this many of the last lines only; for logs of more than 4 MiB.",
            examples=[1000],
        ),
    ] = None
    service: Service = None

    def __post_init__(self) -> None:
        if self.never is not None:
            patterns.refuse(self.never)
        others = (getattr(self, key) for key in Matchers.__struct_fields__)
        if self.never is None or any(one is not None for one in others):
            super().__post_init__()


class Written(Struct, frozen=True):
    """What one container wrote. ``cut`` tells that only the beginning was read."""

    container: str
    text: str
    cut: bool


def observe(spec: Log, target: Target) -> list[Written]:
    """Read the log of every container of the service, as it is now.

    Raises:
        NoContainer: there is none, or it was never started.
        EngineError: the log cannot be read.
    """
    streams = ("stdout", "stderr") if spec.stream == "both" else (spec.stream,)
    if whole := target.gathered(spec.service, streams, spec.tail, LIMIT):
        name, data, cut = whole
        return [Written(name, data.decode(errors="replace"), cut)]
    written = []
    for seen in containers_of(target, spec.service):
        inspected = target.engine.inspect(seen.id)
        if inspected is None:
            message = f"{seen.name} was removed meanwhile"
            raise NoContainer(message)
        container = read_container(inspected)
        if container.started_at is None:
            message = f"{container.name} was never started, so it has no log"
            raise NoContainer(message)
        data, cut = target.engine.log(
            inspected,
            since=_since(container, container.started_at).timestamp(),
            streams=streams,
            tail=spec.tail,
            limit=LIMIT,
        )
        written.append(Written(container.name, data.decode(errors="replace"), cut))
    return written


def _since(container: Container, started: datetime) -> datetime:
    """Return a time before the first line of this run and after the last one of the run before.

    Lines may be noted a moment before the start, and a moment after the end. The end that is
    known of one that has stopped is this run's, also where it is noted before the start.
    """
    last = container.finished_at if container.status in _RUNS else None
    return last + (started - last) / 2 if last and last < started else started - _BEFORE_START


def judge(spec: Log, written: list[Written]) -> list[Finding]:
    """Look at each log for itself."""
    return [finding for one in written for finding in _judge(spec, one)]


def _judge(spec: Log, log: Written) -> list[Finding]:
    what = f"the log of {log.container}"
    found = _mismatches(spec, log, what)
    if spec.never is not None and (span := patterns.search(spec.never, log.text)):
        message = f"{what} matches /{spec.never}/, which must not occur"
        line = around(log.text, *span)
        found.append(Finding(CODE, message, f"does not match /{spec.never}/", line))
    if spec.never is not None and log.cut and not found:
        message = f"{what} is longer than what is read of it; look at its tail only"
        raise Unseen(message)
    return found


def _mismatches(spec: Log, log: Written, what: str) -> list[Finding]:
    found = mismatches(spec, log.text, code=CODE, what=what, cut=log.cut)
    return [replace(one, actual=_last_lines(one.actual or "")) for one in found]


def _last_lines(text: str) -> str:
    """Keep the end of a text that may be long, in whole lines."""
    lines = text.splitlines()
    return shown("\n".join(lines[-_SHOWN_LINES:]))


KIND = ProbeKind(Log, observe, judge, lambda spec: [spec.service] if spec.service else [])
