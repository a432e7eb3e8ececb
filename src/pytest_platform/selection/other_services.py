"""The other services of a Compose file that a service is made of. Pure."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple

from pytest_platform.compose.image_name import normal, of_service
from pytest_platform.compose.interpolation import UNKNOWN, declared
from pytest_platform.compose.service import volumes_taken
from pytest_platform.compose.tree import Node

Services = Mapping[str, Mapping[str, Any]]
"""The documents of services before interpolation, by name: their fields have no fixed form."""


class ImageBuilder(NamedTuple):
    """A service that builds, and the names of what it builds; None where they are not known."""

    service: str
    images: frozenset[str] | None


def builders(tree: Node, project: str) -> Iterator[ImageBuilder]:
    """Yield the services of a document that build an image."""
    services = tree.at("services")
    for name, _, service in services.children if services else ():
        build = service.at("build")
        if build is not None:
            image, tags = service.at("image"), build.at("tags")
            texts = [image.text if image and image.text else f"{project}-{name}"]
            texts += [one.text for _, _, one in tags.children] if tags else []
            known = not any(UNKNOWN in declared(text) for text in texts)
            yield ImageBuilder(name, frozenset(map(_name, texts)) if known else None)


def others(tree: Node, service: str, built: Collection[ImageBuilder]) -> Iterator[str]:
    """Yield the services whose build or mounts a service takes over, as this document says."""
    own = tree.at("services", service)
    if own is None:
        return
    for image in _images(own):
        for one in built:
            unknown = one.images is None or UNKNOWN in declared(image)
            if one.service != service and (unknown or _name(image) in (one.images or ())):
                yield one.service
    taken = own.at("volumes_from")
    for _, _, child in taken.children if taken else ():
        yield declared(child.text).partition(":")[0]
    contexts = own.at("build", "additional_contexts")
    for _, _, child in contexts.children if contexts else ():
        _, found, name = child.text.partition("service:")
        if found:
            yield name


def rendered_others(services: Services, name: str, project: str) -> set[str]:
    """Return the same for rendered services, those that these are made of included."""
    pending, seen = [name], {name}
    while pending:
        own = services.get(pending.pop()) or {}
        found = {other for other in services if _takes(own, other, services[other], project)}
        pending += found - seen
        seen |= found
    return seen - {name}


def _takes(own: Mapping[str, Any], other: str, service: Mapping[str, Any], project: str) -> bool:
    build = service.get("build") or {}
    image = str(service.get("image") or "")
    tags = build.get("tags") or () if isinstance(build, Mapping) else ()
    images = {normal(str(one)) for one in (of_service(image, project, other), *tags)}
    mounts = [one for one in own.get("volumes") or () if isinstance(one, Mapping)]
    used = [own.get("image"), *(one.get("source") for one in mounts if one.get("type") == "image")]
    taken = {name for name, _ in volumes_taken(map(str, own.get("volumes_from") or ()))}
    return (
        other in taken
        or f"service:{other}" in json.dumps(own.get("build"))
        or (bool(build) and not images.isdisjoint(normal(str(one)) for one in used if one))
    )


def _images(service: Node) -> Iterator[str]:
    if image := service.at("image"):
        yield image.text
    mounts = service.at("volumes")
    for _, _, mount in mounts.children if mounts else ():
        kind, source = mount.at("type"), mount.at("source")
        if kind and source and kind.text == "image":
            yield source.text


def _name(image: str) -> str:
    return normal(declared(image))
