"""What a snapshot keeps for comparing: documents of containers and images, without values.

Environments are replaced by digests here, at the boundary. A digest is made with a key
that lives as long as the run, so it tells nothing to anybody else.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from pytest_platform.docker import api
from pytest_platform.docker.engine import PROJECT, SERVICE, Engine

ONEOFF = "com.docker.compose.oneoff"
_FILES = "com.docker.compose.project.config_files"
_AT_WORK = frozenset({"running", "restarting", "paused"})

Inspected = TypeVar("Inspected", api.InspectedContainer, api.InspectedImage)


class Digests:
    """Makes digests of values. One per run: only digests of the same one can be compared."""

    __slots__ = ("_key",)

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)

    def __repr__(self) -> str:
        return "<Digests>"

    def of(self, value: str) -> str:
        """Return the digest of one value."""
        return hmac.new(self._key, value.encode(), hashlib.sha256).hexdigest()

    def without_values(self, inspected: Inspected) -> Inspected:
        """Return what was inspected with digests in place of the environment's values."""
        config = inspected.config
        if config is None:
            return inspected
        entries = list(map(self._entry, config.env or ()))
        return replace(inspected, config=replace(config, env=entries))

    def _entry(self, entry: str) -> str:
        name, separator, value = entry.partition("=")
        return f"{name}={self.of(value)}" if separator else name


class Listed(Struct, frozen=True):
    """One container of a Compose project, of whatever service; ``files`` it was made from."""

    name: str
    project: str
    service: str
    id: str = ""
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Details:
    """``containers`` and ``images`` by id, ``references`` from names of images to ids.

    ``listed`` are all containers of all projects, without those of ``compose run``, of which
    ``one_offs`` are those that have not ended. ``networks`` and ``volumes`` are those of the
    Engine, by name.
    """

    digests: Digests
    containers: Mapping[str, api.InspectedContainer] = field(default_factory=dict, repr=False)
    images: Mapping[str, api.InspectedImage] = field(default_factory=dict, repr=False)
    references: Mapping[str, str] = field(default_factory=dict)
    listed: tuple[Listed, ...] = ()
    one_offs: tuple[Listed, ...] = ()
    networks: Mapping[str, api.InspectedNetwork] = field(default_factory=dict)
    volumes: Mapping[str, api.InspectedVolume] = field(default_factory=dict)

    def ids_of(self, project: str) -> dict[str, list[str]]:
        """Return the ids of a project's containers by service, the first container first."""
        found: dict[str, list[str]] = {}
        for one in sorted(self.listed, key=lambda one: one.name):
            if one.project == project and one.id:
                found.setdefault(one.service, []).append(one.id)
        return found


def details(
    engine: Engine,
    digests: Digests,
    listed: Collection[api.ListedContainer],
    inspected: Iterable[api.InspectedContainer],
    volumes: Iterable[api.InspectedVolume] = (),
) -> Details:
    """Keep what comparing needs: one list of images, and one inspect for each distinct one.

    Raises:
        EngineError: the Engine cannot be asked.
    """
    containers = {one.id: digests.without_values(one) for one in inspected}
    wanted = sorted({one.image or "" for one in containers.values()} - {""})
    paths = [f"/images/{image}/json" for image in wanted]
    answer, *answers = engine.ask(["/networks", *paths]) if wanted else [()]
    networks = api.understood(answer or (), list[api.InspectedNetwork], engine.host)
    images = api.understood(answers, list[api.InspectedImage | None], engine.host)
    return Details(
        digests,
        containers,
        {id_: digests.without_values(one) for id_, one in zip(wanted, images, strict=True) if one},
        dict(_references(engine.list_images())) if containers else {},
        tuple(_listed(one) for one in listed if not _is_one_off(one)),
        tuple(_listed(one) for one in listed if _is_one_off(one) and one.state in _AT_WORK),
        {one.name: one for one in networks},
        {one.name: one for one in volumes},
    )


def _references(images: Iterable[api.ListedImage]) -> Iterator[tuple[str, str]]:
    for image in images:
        for name in (*(image.repo_tags or ()), *(image.repo_digests or ())):
            if "<none>" not in name:
                yield name, image.id


def _is_one_off(container: api.ListedContainer) -> bool:
    return (container.labels or {}).get(ONEOFF) == "True"


def _listed(container: api.ListedContainer) -> Listed:
    labels = container.labels or {}
    names = container.names or [container.id[:12]]
    files = tuple(filter(None, labels.get(_FILES, "").split(",")))
    name, project = names[0].lstrip("/"), labels.get(PROJECT, "")
    return Listed(name, project, labels.get(SERVICE, ""), container.id, files)
