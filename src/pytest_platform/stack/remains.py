"""What a stack consists of, found by its label alone or its private folder, and its removal."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from pytest_platform.docker.writable import WritableEngine
from pytest_platform.errors import EngineError
from pytest_platform.stack import place
from pytest_platform.stack.builds import Left
from pytest_platform.stack.owner import LABEL, Owner, is_name

if TYPE_CHECKING:
    import docker

_AGAIN = 0.3
_ROUNDS = 60
_AT_ONCE = 8
"""As many parts are removed at once; `docker compose down` does the same with all."""
_KINDS = ("containers", "volumes", "networks", "images")


class Remains(Struct):
    """The parts of one stack, by their kinds. ``owner`` is None where its labels name none."""

    project: str
    owner: Owner | None = None
    containers: list[str] = field(default_factory=list)
    volumes: list[str] = field(default_factory=list)
    networks: list[str] = field(default_factory=list)
    images: list[str] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        kinds = (*_KINDS, "folders")
        counts = [(len(getattr(self, kind)), kind) for kind in kinds]
        parts = [f"{count} {kind if count > 1 else kind[:-1]}" for count, kind in counts if count]
        return f"{self.project} ({', '.join(parts) or 'nothing'})"

    @property
    def left_over(self) -> bool:
        """Whether its run was killed: its process is gone, and it was not to be kept.

        To keep a stack is to keep what the Engine has of it, not the folder alone.
        """
        kept = self.owner and self.owner.keep and any(getattr(self, kind) for kind in _KINDS)
        return self.owner is not None and not kept and self.owner.is_gone()


def find(engine: WritableEngine, project: str | None = None) -> list[Remains]:
    """Find what there is of all stacks, or of one.

    Raises:
        EngineError: the Engine cannot be asked.
    """
    found: dict[str, Remains] = {}
    with engine.asking() as client:
        for kind, identity, labels in _labelled(client, project):
            name = labels[LABEL]
            if not is_name(name):
                continue
            stack = found.setdefault(name, Remains(name))
            getattr(stack, kind).append(identity)
            with suppress(ValueError):
                stack.owner = stack.owner or Owner.of(labels)
    for name, owner in place.find(project):
        stack = found.setdefault(name, Remains(name))
        stack.folders.append(name)
        stack.owner = stack.owner or owner
    return [found[name] for name in sorted(found)]


def remove(engine: WritableEngine, project: str, *, complete: bool = False) -> None:
    """Remove a stack with its volumes. Whoever is just making more of it finds it gone too.

    Unless it is ``complete``: what made it has come to its end, so nothing can follow.

    Raises:
        EngineError: the Engine cannot be asked, or something cannot be removed.
    """
    quiet = 0
    for attempt in range(_ROUNDS):
        stacks = find(engine, project)
        quiet = 0 if stacks else quiet + 1
        if quiet > 1 or (quiet and complete):
            break
        for stack in stacks:
            _remove(engine, stack)
        if not complete or attempt:
            time.sleep(_AGAIN)
    else:
        message = f"parts of the stack {project} cannot be removed; look: docker ps -a"
        raise EngineError(message)


def remove_of_builds(engine: WritableEngine, left: Left, before: Collection[str]) -> list[str]:
    """Remove what builds have left, but for images that were there ``before``, by their ids.

    Returns what of it is still there, as when somebody else's build goes on from there.

    Raises:
        EngineError: the Engine cannot be asked.
    """
    if not (left.containers or left.images):
        return []
    with engine.asking() as client:
        for one in left.containers:
            _try(lambda one: client.remove_container(one, force=True, v=True), one)
        for _ in left.images:
            # None is removed that something else is made from: so the last one goes first.
            images = _made(client, left, before)
            for one in images:
                _try(lambda one: client.remove_image(one, noprune=True), one)
            if not images:
                break
        there = [one["Id"][:12] for one in client.containers(all=True)]
        return [one for one in left.containers if one in there] + _made(client, left, before)


def _made(client: docker.APIClient, left: Left, before: Collection[str]) -> list[str]:
    """Return the images that builds have made and nobody has named, the last one first."""
    found = [
        one["Id"]
        for one in client.images(all=True)
        if one["Id"] not in before and not _is_named(one)
    ]
    return [one for short in left.images[::-1] for one in found if one[7:19] == short]


def _is_named(image: Mapping[str, Any]) -> bool:
    names = [*(image["RepoTags"] or ()), *(image["RepoDigests"] or ())]
    return any("<none>" not in name for name in names)


def remove_left_overs(engine: WritableEngine) -> Iterator[Remains]:
    """Remove the stacks that killed runs have left; yield each when it is gone.

    Raises:
        EngineError: as ``remove``.
    """
    for stack in find(engine):
        if stack.left_over:
            remove(engine, stack.project)
            yield stack


def _labelled(
    client: docker.APIClient, project: str | None
) -> Iterator[tuple[str, str, Mapping[str, str]]]:
    label = {"label": LABEL if project is None else f"{LABEL}={project}"}
    for one in client.containers(all=True, filters=label):
        yield "containers", one["Id"], one["Labels"]
    for one in client.volumes(filters=label).get("Volumes") or ():
        yield "volumes", one["Name"], one["Labels"]
    for one in client.networks(filters=label):
        yield "networks", one["Id"], one["Labels"]
    for one in client.images(filters=label):
        yield "images", one["Id"], one["Labels"]


def _remove(engine: WritableEngine, stack: Remains) -> None:
    """Go by kinds: nothing can be removed that something else still uses."""
    with engine.asking() as client:
        kinds: list[tuple[Iterable[str], Callable[[str], Any]]] = [
            (stack.containers, lambda one: client.remove_container(one, force=True, v=True)),
            (stack.volumes, lambda one: client.remove_volume(one, force=True)),
            (stack.networks, client.remove_network),
            (stack.images, lambda one: client.remove_image(one, force=True)),
            (stack.folders, place.remove),
        ]
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for identities, removal in kinds:
                list(pool.map(partial(_try, removal), identities))


def _try(removal: Callable[[str], Any], identity: str) -> None:
    """Remove one part. One that is gone, or still in use, is looked at once more later."""
    from docker.errors import APIError

    with suppress(APIError):
        removal(identity)
