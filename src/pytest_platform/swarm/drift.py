"""What differs between a stack's files and the settings of a service. Pure.

Both sides are brought into one normal form, a value for each code: what the API fills in, such as
the digest of an image or a restart policy of its own, is no difference.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from msgspec import Struct

from pytest_platform.compose.service import RenderedService
from pytest_platform.swarm.desired import wanted
from pytest_platform.swarm.observed import seen_in

KEYS: Final[Mapping[str, str]] = {
    "container.mounts": "volumes",
    "service.mode": "deploy",
    "service.replicas": "deploy",
    "service.placement": "deploy",
    "service.resources": "deploy",
    "service.update_config": "deploy",
    "service.endpoint": "deploy",
}
"""Where in the service of the files a code stands, unless it is the last part of the code."""


class Difference(Struct, frozen=True):
    """One named difference, with both sides as people read them; never values of variables."""

    code: str
    expected: str
    actual: str

    @property
    def key(self) -> str:
        """The key of the service in the files that is at fault."""
        return KEYS.get(self.code, self.code.rpartition(".")[2])


def differences(
    service: RenderedService,
    model: Mapping[str, Any],
    spec: Mapping[str, Any],
    networks: Mapping[str, str],
    digest: Callable[[str], str],
) -> Iterator[Difference]:
    """Compare a service of the rendered ``model`` with its ``spec``, whose values are digests."""
    declared = wanted(service, model, digest)
    observed = seen_in(spec, networks)
    declared["container.image"], observed["container.image"] = _images(
        declared["container.image"], observed["container.image"]
    )
    for code, value in declared.items():
        if value != observed[code]:
            yield Difference(code, *_told(code, value, observed[code]))


def _images(declared: str, observed: str) -> tuple[str, str]:
    """Leave out the digest that a deployment adds, where the files have none."""
    if "@" in declared:
        return declared.partition("@")[2], observed.partition("@")[2]
    return declared, observed.partition("@")[0]


def _told(code: str, declared: Any, observed: Any) -> tuple[str, str]:
    if isinstance(declared, dict):
        keys = [key for key in {*declared, *observed} if declared.get(key) != observed.get(key)]
        if code == "container.environment":
            return f"{', '.join(sorted(keys))} as in the files", "other values"
        sides = [{key: side.get(key) for key in sorted(keys)} for side in (declared, observed)]
        first, second = (", ".join(f"{k} {_shown(v)}" for k, v in side.items()) for side in sides)
        return first, second
    if isinstance(declared, frozenset):
        return _shown(declared - observed), _shown(observed - declared)
    return _shown(declared), _shown(observed)


def _shown(value: Any) -> str:
    if isinstance(value, frozenset):
        return ", ".join(sorted(map(_shown, value))) or "none"
    if isinstance(value, tuple | list):
        return " ".join(map(_shown, value)) or "none"
    return "none" if value in (None, "", {}) else str(value)
