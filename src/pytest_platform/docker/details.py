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

from msgspec import Struct

from pytest_platform.docker import shapes
from pytest_platform.docker.engine import PROJECT, SERVICE, Document, Engine
from pytest_platform.docker.shapes import understood

ONEOFF = "com.docker.compose.oneoff"
_FILES = "com.docker.compose.project.config_files"
_AT_WORK = frozenset({"running", "restarting", "paused"})


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

    def without_values(self, document: Document) -> Document:
        """Return an ``inspect`` document with digests in place of the environment's values."""
        config = document.get("Config") or {}
        entries: Iterable[str] = config.get("Env") or ()
        return {**document, "Config": {**config, "Env": dict(map(self._entry, entries))}}

    def _entry(self, entry: str) -> tuple[str, str | None]:
        name, separator, value = entry.partition("=")
        return name, self.of(value) if separator else None


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
    containers: Mapping[str, Document] = field(default_factory=dict, repr=False)
    images: Mapping[str, Document] = field(default_factory=dict, repr=False)
    references: Mapping[str, str] = field(default_factory=dict)
    listed: tuple[Listed, ...] = ()
    one_offs: tuple[Listed, ...] = ()
    networks: Mapping[str, Document] = field(default_factory=dict)
    volumes: Mapping[str, Document] = field(default_factory=dict)

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
    listed: Collection[Document],
    documents: Iterable[Document],
    volumes: Iterable[Document] = (),
) -> Details:
    """Keep what comparing needs: one list of images, and one inspect for each distinct one.

    Raises:
        EngineError: the Engine cannot be asked.
    """
    containers = {one["Id"]: digests.without_values(one) for one in documents}
    wanted = sorted({one.get("Image") or "" for one in containers.values()} - {""})
    images = [f"/images/{image}/json" for image in wanted]
    networks, *seen = engine.ask(["/networks", *images]) if wanted else [()]
    understood(networks, list[shapes.NamedShape] | None, engine.host)
    understood(seen, list[shapes.ImageShape | None], engine.host)
    found = {image: one for image, one in zip(wanted, seen, strict=True) if one}
    return Details(
        digests,
        containers,
        {image: digests.without_values(document) for image, document in found.items()},
        dict(_references(engine.list_images())) if containers else {},
        tuple(_listed(one) for one in listed if not _is_one_off(one)),
        tuple(_listed(one) for one in listed if _is_one_off(one) and one.get("State") in _AT_WORK),
        {one["Name"]: one for one in networks or ()},
        {one["Name"]: one for one in volumes},
    )


def _references(images: Iterable[Document]) -> Iterator[tuple[str, str]]:
    for image in images:
        for name in (*(image.get("RepoTags") or ()), *(image.get("RepoDigests") or ())):
            if "<none>" not in name:
                yield name, image["Id"]


def _is_one_off(document: Document) -> bool:
    return (document.get("Labels") or {}).get(ONEOFF) == "True"


def _listed(document: Document) -> Listed:
    labels = document.get("Labels") or {}
    names = document.get("Names") or [document["Id"][:12]]
    files = tuple(filter(None, labels.get(_FILES, "").split(",")))
    name, project = names[0].lstrip("/"), labels.get(PROJECT, "")
    return Listed(name, project, labels.get(SERVICE, ""), document["Id"], files)
