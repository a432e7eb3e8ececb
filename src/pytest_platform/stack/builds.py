"""What an image is built from, as far as it lies on the host."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

_ELSEWHERE = ("https://", "http://", "git://", "ssh://", "git@", "github.com/")
_NO_FILES = (*_ELSEWHERE, "docker-image://", "service:", "target:")


def built_from(build: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield each path of a rendered ``build`` with what must stand there, a folder or a file.

    What is neither known to be elsewhere nor a whole path is yielded as it is.
    """
    if not build:
        return
    context = str(build.get("context") or "(no context)")
    if not context.startswith(_ELSEWHERE):
        yield context, "folder"
    for other in (build.get("additional_contexts") or {}).values():
        if not str(other).startswith(_NO_FILES):
            yield str(other), "folder"
    dockerfile = str(build.get("dockerfile") or "")
    if dockerfile and (dockerfile.startswith("/") or not context.startswith(_ELSEWHERE)):
        yield str(PurePosixPath(context) / dockerfile), "file"
