"""What Podman answers in another way than Docker, through the same API. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from pytest_platform.docker.api import InspectedContainer, time_of

CONTAINER_VARIABLE: Final = "container=podman"
"""What Podman says in each container's environment; no secret of anybody."""

_PAUSE: Final = timedelta(seconds=10)
"""Podman starts a container again at once, where Docker waits ever longer. Machines are busy."""

_FOR_EVER: Final = frozenset({"always", "unless-stopped"})


def is_podman(inspected: InspectedContainer) -> bool:
    """Return whether Podman made a container."""
    host = inspected.host_config
    notes = host.annotations or {}
    # A container that never ran has no annotations; Docker knows no such UTS mode.
    return notes.get("io.container.manager") == "libpod" or host.uts_mode == "private"


_IN_DOCKERS_WORDS: Final = {
    **dict.fromkeys(("configured", "initialized"), "created"),
    "stopped": "exited",
    "stopping": "running",
}


def status_of(inspected: InspectedContainer) -> str:
    """Return the status in Docker's words; Podman 4 has more of them."""
    return _IN_DOCKERS_WORDS.get(inspected.state.status, inspected.state.status)


def is_between_runs(inspected: InspectedContainer, now: datetime) -> bool:
    """Return whether a container is about to be started again by its restart policy.

    Podman says ``exited`` of it, and counts the restart when it is done. Docker says
    ``restarting``, and has counted it. The clock behind ``now`` may differ from the Engine's.
    """
    if status_of(inspected) != "exited" or not is_podman(inspected):
        return False
    finished = time_of(inspected.state.finished_at)
    return _starts_again(inspected) and finished is not None and abs(now - finished) < _PAUSE


def _starts_again(inspected: InspectedContainer) -> bool:
    policy = inspected.host_config.restart_policy
    if policy is None or policy.name != "on-failure":
        return policy is not None and policy.name in _FOR_EVER
    most, count = policy.maximum_retry_count or 0, inspected.restart_count or 0
    return inspected.state.exit_code != 0 and (not most or count < most)
