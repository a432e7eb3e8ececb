"""What the files say of networks and volumes beside the services, against those that are there.

Where Compose of one version made and renders them, their config hash decides. Otherwise what
the files do declare is compared with ``inspect``. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct

from pytest_platform.checks.drift import describe
from pytest_platform.checks.drift.model import Drift, own_labels
from pytest_platform.compose import config_hash
from pytest_platform.compose.rendered import unescaped
from pytest_platform.compose.service import RenderedService
from pytest_platform.docker.api import InspectedNetwork, InspectedVolume

NETWORK, VOLUME = "network.config", "volume.config"
NONE = "none"
_COMPOSE = "com.docker.compose."
_WANTED, _OTHERWISE = "the settings in the Compose files", "other settings (the hash differs)"

Model = Mapping[str, Any]
OnEngine = InspectedNetwork | InspectedVolume
Parts = Iterator[tuple[str, str, str]]


class Different(Struct, frozen=True):
    """A network or volume that differs: its name on the Engine, its key in the files."""

    drift: Drift
    name: str
    key: str


class TopLevelKind(Struct, frozen=True):
    """Networks or volumes: ``parts`` yields a name, what is declared, and what is there."""

    code: str
    section: str
    hash: Callable[[Model], str]
    parts: Callable[[Model, Any], Parts]


def differing(
    kind: TopLevelKind,
    keys: Iterable[str],
    model: Model,
    seen: Mapping[str, OnEngine],
    version: str,
) -> Iterator[Different]:
    """Yield what differs of what the files name by ``keys``.

    ``model`` is the rendered project, ``seen`` are the Engine's by name, ``version`` is that of
    the Compose that rendered.
    """
    for key in dict.fromkeys(keys):
        wanted: Model = (model.get(kind.section) or {}).get(key) or {}
        name = wanted.get("name") or key
        there = seen.get(name)
        if there is not None and wanted and not wanted.get("external"):
            sides = _sides(kind, wanted, there, version)
            if sides:
                yield Different(Drift(kind.code, *sides), name, key)


def networks_of(service: RenderedService) -> list[str]:
    """Name the networks of a rendered service by their keys."""
    return [] if service.network_mode else list(service.networks)


def volumes_of(service: RenderedService) -> list[str]:
    """Name the volumes of a rendered service by their keys."""
    return [one.source for one in service.volumes if one.type == "volume" and one.source]


def _sides(
    kind: TopLevelKind, wanted: Model, there: OnEngine, version: str
) -> tuple[str, str] | None:
    labels = there.labels or {}
    hashed = labels.get(f"{_COMPOSE}config-hash")
    same_version = labels.get(f"{_COMPOSE}version") == version
    if hashed and same_version and hashed == kind.hash(wanted):
        return None
    parts = [one for one in kind.parts(unescaped(wanted), there) if one[1] != one[2]]
    if not parts:
        return (_WANTED, _OTHERWISE) if hashed and same_version else None
    expected = ", ".join(f"{name} {describe.masked(want) or NONE}" for name, want, _ in parts)
    actual = ", ".join(f"{name} {describe.masked(have) or NONE}" for name, _, have in parts)
    return describe.apart(describe.shortened(expected), describe.shortened(actual))


def _network(wanted: Model, there: InspectedNetwork) -> Parts:
    if driver := wanted.get("driver"):
        yield "driver", driver, there.driver
    yield from _options(wanted, there)
    yield "internal", _flag(wanted.get("internal")), _flag(there.internal)
    yield "attachable", _flag(wanted.get("attachable")), _flag(there.attachable)
    ranges = (there.ipam.config if there.ipam else None) or []
    for config in (wanted.get("ipam") or {}).get("config") or ():
        if subnet := config.get("subnet"):
            have = [one.subnet for one in ranges]
            yield "subnet", subnet, subnet if subnet in have else ", ".join(filter(None, have))
    yield from _labels(wanted, there)


def _volume(wanted: Model, there: InspectedVolume) -> Parts:
    yield "driver", wanted.get("driver") or "local", there.driver
    yield from _options(wanted, there)
    yield from _labels(wanted, there)


def _options(wanted: Model, there: OnEngine) -> Parts:
    have = there.options or {}
    for name, value in (wanted.get("driver_opts") or {}).items():
        yield name, str(value), str(have.get(name, ""))


def _labels(wanted: Model, there: OnEngine) -> Parts:
    want, have = own_labels(wanted.get("labels") or {}), own_labels(there.labels or {})
    for name in sorted(want.keys() | have.keys()):
        yield f"label {name}", want.get(name, ""), have.get(name, "")


def _flag(value: object) -> str:
    return "yes" if value else "no"


KINDS = (
    (TopLevelKind(NETWORK, "networks", config_hash.of_network, _network), networks_of),
    (TopLevelKind(VOLUME, "volumes", config_hash.of_volume, _volume), volumes_of),
)
"""What is compared, each with how its keys are found in a service."""
