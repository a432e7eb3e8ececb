"""Compare desired with observed, field by field. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pytest_platform.checks.drift import describe, fields, rights
from pytest_platform.checks.drift.model import Desired, Drift, Evidence, Hash, Observed

CONFIG = "container.config"
_PRIVATE = "as declared (made of variables, so not shown)", "something else (not shown either)"
_BY_HASH = "the settings in the Compose files", "other settings (the hash differs)"

FIELDS: Mapping[str, Callable[[Desired, Observed, Evidence], fields.Sides | None]] = {
    "container.image": fields.image,
    "container.command": fields.command,
    "container.entrypoint": fields.entrypoint,
    "container.environment": fields.environment,
    "container.ports": fields.ports,
    "container.mounts": fields.mounts,
    "container.networks": fields.networks,
    "container.restart": fields.restart,
    "container.user": fields.user,
    "container.healthcheck": fields.healthcheck,
    "container.labels": fields.labels,
}
"""What is compared, by the code of its drift, the most telling first."""


def compare(
    desired: Desired, observed: Observed, evidence: Evidence | None = None
) -> tuple[Drift, ...]:
    """Return every difference. Empty where a deployment would change nothing."""
    known = evidence or Evidence()
    drifts = [
        Drift(code, *_shown(code, sides, desired))
        for code, field in FIELDS.items()
        if (sides := field(desired, observed, known))
    ]
    if not drifts and (sides := _otherwise(desired, observed, known)):
        drifts.append(Drift(CONFIG, *sides))
    return tuple(drifts)


def _otherwise(desired: Desired, observed: Observed, known: Evidence) -> fields.Sides | None:
    """Return what differs where no field above does."""
    sides = rights.config(desired, observed, known)
    return sides or (_BY_HASH if known.config_hash is Hash.DIFFERENT else None)


def _shown(code: str, sides: fields.Sides, desired: Desired) -> fields.Sides:
    """Hide what may hold a secret: it is made of variables, now or when it was deployed."""
    if code.removeprefix("container.") in desired.private:
        return _PRIVATE
    return describe.apart(*sides)
