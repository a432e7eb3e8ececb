"""An example of another plugin that adds a kind of probe: a query to a PostgreSQL container.

It is used like this, and ``within`` comes with it:

    smoke:
      - name: the migrations have run
        within: 30s
        query:
          sql: SELECT count(*) FROM migrations
          answer: {at_least: 12}

A plugin that is installed is found by its entry point ``pytest11``; for one project, this
file may be its ``conftest.py`` as well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

from msgspec import Meta

from pytest_platform.probes import (
    Base,
    Duration,
    ExecResult,
    ExecTimeout,
    Finding,
    Matchers,
    ProbeKind,
    Target,
    Text,
    mismatches,
    seconds,
)

CODE = "probe.query"


class Query(Base, frozen=True, kw_only=True):
    """Run a query; its answer must be as described."""

    sql: Annotated[Text, Meta(description="The query.", examples=["SELECT 6 * 7"])]
    answer: Annotated[Matchers, Meta(description="What psql must print, without a frame.")]
    service: Annotated[
        Text | None,
        Meta(description="The service to ask; default: the module's.", examples=["postgres"]),
    ] = None
    user: Annotated[Text, Meta(description="Who asks.")] = "postgres"
    timeout: Annotated[Duration, Meta(description="How long one try may take.")] = "10s"


def observe(spec: Query, target: Target) -> ExecResult | ExecTimeout:
    """Ask once, and return what there was to see. Raise only where nobody could look."""
    command = ["psql", "--no-psqlrc", "--username", spec.user, "-At", "-c", spec.sql]
    try:
        return target.exec(command, service=spec.service, timeout=seconds(spec.timeout))
    except ExecTimeout as timeout:
        # Not to answer in time is a fact about the database, so it is for judge.
        return timeout


def judge(spec: Query, seen: ExecResult | ExecTimeout) -> Sequence[Finding]:
    """Compare. No I/O here: all that may be said is what ``observe`` has seen."""
    if isinstance(seen, ExecTimeout):
        return [Finding(CODE, str(seen), f"an answer within {spec.timeout}", "none")]
    if seen.exit_code:
        message = f"psql exited {seen.exit_code}, saying: {seen.stderr}"
        return [Finding(CODE, message, "exited 0", f"exited {seen.exit_code}")]
    return mismatches(spec.answer, seen.stdout, code=CODE, what="the answer")


def services(spec: Query) -> Sequence[str]:
    """Name the services that have to be looked at, beside the module's own."""
    return [spec.service] if spec.service else []


def pytest_platform_probes() -> Mapping[str, ProbeKind]:
    """Add the kind under the name by which module files use it."""
    return {"query": ProbeKind(Query, observe, judge, services)}
