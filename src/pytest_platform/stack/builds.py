"""What an image is built from, as far as it lies on the host, and what its build leaves there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from msgspec import Struct

from pytest_platform.compose.service_parts import ServiceBuild

_ELSEWHERE = ("https://", "http://", "git://", "ssh://", "git@", "github.com/")
_NO_FILES = (*_ELSEWHERE, "docker-image://", "service:", "target:")

_CONTAINER = re.compile(r"^ ---> Running in ([0-9a-f]{12})\b", re.MULTILINE)
_IMAGE = re.compile(r"^ ---> ([0-9a-f]{12})$", re.MULTILINE)


class Left(Struct, frozen=True):
    """Containers and images of builds, by their short ids; labels they have none.

    BuildKit leaves neither. The builder before it leaves the container of a step that failed,
    and the image of each step before it, as of each stage but the last one.
    """

    containers: tuple[str, ...] = ()
    images: tuple[str, ...] = ()


def left_by(said: str) -> Left:
    """Read what a build has worked with in what it said; images may have been there before."""
    return Left(_unique(_CONTAINER, said), _unique(_IMAGE, said))


def _unique(pattern: re.Pattern[str], said: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(found[1] for found in pattern.finditer(said)))


def built_from(build: ServiceBuild) -> Iterator[tuple[str, str]]:
    """Yield each path of a rendered ``build`` with what must stand there, a folder or a file.

    What is neither known to be elsewhere nor a whole path is yielded as it is.
    """
    context = build.context or "(no context)"
    if not context.startswith(_ELSEWHERE):
        yield context, "folder"
    for other in build.additional_contexts.values():
        if not str(other).startswith(_NO_FILES):
            yield str(other), "folder"
    dockerfile = build.dockerfile
    if dockerfile and (dockerfile.startswith("/") or not context.startswith(_ELSEWHERE)):
        yield str(PurePosixPath(context) / dockerfile), "file"
