"""From when on a container's log is of its last run."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

import inspected
from pytest_platform.docker.snapshot import Container, read_container
from pytest_platform.probes.log import _since

START = datetime(2026, 5, 17, 1, 8, 47, tzinfo=UTC)


def _container(status: str, ended: float) -> Container:
    """Return one whose last known end is so many seconds after its start."""
    times = {"StartedAt": START, "FinishedAt": START + timedelta(seconds=ended)}
    state = {
        "Status": status,
        "ExitCode": 0,
        **{key: time.isoformat() for key, time in times.items()},
    }
    return read_container(inspected.container({"State": state}))


@pytest.mark.parametrize(
    ("status", "ended", "since"),
    [
        ("running", -10, -5),
        ("running", -0.2, -0.1),
        ("paused", -0.2, -0.1),
        ("exited", 10, -2),
        # The Engine noted the end of one that failed at once before it noted the start.
        ("exited", -0.2, -2),
        ("dead", -0.2, -2),
    ],
)
def test_it_is_after_the_run_before(status: str, ended: float, since: float) -> None:
    assert _since(_container(status, ended), START) == START + timedelta(seconds=since)
