"""The normal form of the parts of a service that files and API write in different ways. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

TOOLS: Final = ("com.docker.stack.", "io.portainer.")
"""How labels begin that the tools which deploy stacks add of their own."""

GRACE: Final = 10 * 10**9
"""Nanoseconds between the request to stop and the end, where nobody says."""


def restart(condition: str, delay: int, attempts: int, window: int) -> dict[str, Any]:
    """Return a restart policy with Swarm's own values where nobody says."""
    return {
        "condition": condition or "any",
        "delay": delay or 5 * 10**9,
        "attempts": attempts,
        "window": window,
    }


def update(  # noqa: PLR0913, PLR0917 - as many as an update has
    parallelism: Any, delay: int, action: str, monitor: int, ratio: Any, order: str
) -> dict[str, Any]:
    """Return how an update goes, with Swarm's own values where nobody says."""
    return {
        "parallelism": 1 if parallelism is None else int(parallelism),
        "delay": delay,
        "failure action": action or "pause",
        "monitor": monitor or 5 * 10**9,
        "failure ratio": float(ratio or 0),
        "order": order or "stop-first",
    }


def labels(
    container: Mapping[str, Any] | None, service: Mapping[str, Any] | None
) -> dict[str, str]:
    """Return the labels of the containers, marked as such, and those of the service."""
    inner = {f"container {key}": one for key, one in _own_labels(container or {}).items()}
    return {**inner, **_own_labels(service or {})}


def _own_labels(given: Mapping[str, Any]) -> dict[str, str]:
    """Leave out the labels that tools add."""
    return {key: str(one) for key, one in given.items() if not key.startswith(TOOLS)}


def capabilities(names: Iterable[str]) -> frozenset[str]:
    """Write capabilities as the API does."""
    upper = (name.upper() for name in names)
    return frozenset(one if one == "ALL" else f"CAP_{one.removeprefix('CAP_')}" for one in upper)


def given(values: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what is empty, which is what nobody has said."""
    return {key: one for key, one in values.items() if one}
