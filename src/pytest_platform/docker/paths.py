"""Paths in a container, followed through links to where the Engine can look."""

from __future__ import annotations

import posixpath
from pathlib import PurePosixPath

from pytest_platform.docker.api import InspectedContainer
from pytest_platform.docker.engine import Engine
from pytest_platform.errors import PlatformError

_LINKS = 16
_TMPFS = "tmpfs"
_LINK = 1 << 27
"""The bit of Go's ``FileMode`` for a symbolic link."""


class FilesHidden(PlatformError):
    """The path is in a file system that only the running container has."""

    code = "files.hidden"


def resolve(engine: Engine, container: str, path: str) -> str | None:
    """Return the path behind all links; None where nothing is there.

    Raises:
        FilesHidden: the path is where the Engine cannot look.
        EngineError: the Engine cannot be asked.
    """
    hidden = _hidden(engine.inspect(container))
    for _ in range(_LINKS):
        _refuse_hidden(path, hidden)
        stat = engine.path_stat(container, path)
        if stat is None:
            there = _through_links(engine, container, path)
            if there is None:
                return None
            path = there
        elif int(stat["mode"]) & _LINK:
            path = stat["linkTarget"]
        else:
            return path
    return None


def _through_links(engine: Engine, container: str, path: str) -> str | None:
    """Replace the first link among the folders of a path; None where there is none.

    The Engine follows them itself, but for those that lead to where it cannot look.
    """
    pure = PurePosixPath(path)
    for folder in list(reversed(pure.parents))[1:]:
        stat = engine.path_stat(container, str(folder))
        if stat is None:
            return None
        if int(stat["mode"]) & _LINK:
            return posixpath.join(stat["linkTarget"], pure.relative_to(folder))
    return None


def _hidden(container: InspectedContainer | None) -> set[str]:
    hidden = {"/proc", "/sys", "/dev"}
    if container:
        host = container.host_config
        hidden |= {one.destination for one in container.mounts or () if one.type == _TMPFS}
        hidden |= {one.target for one in host.mounts or () if one.type == _TMPFS}
        hidden |= (host.tmpfs or {}).keys()
    return hidden - {""}


def _refuse_hidden(path: str, hidden: set[str]) -> None:
    plain = PurePosixPath(posixpath.normpath(path))
    for place in hidden:
        if plain.is_relative_to(posixpath.normpath(place)):
            message = (
                f"{path} is in {place}, a file system that only the running container has; "
                "use the probe exec"
            )
            raise FilesHidden(message)
