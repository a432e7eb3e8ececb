"""Which files a Compose file names by ``include`` and ``extends``, and the one walk over them.

As they are written, without Compose: also of files that it cannot render.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator
from pathlib import Path
from typing import Final, NamedTuple, TypeVar

from pytest_platform.compose.tree import Node

_MAX_FILES: Final = 500

Part = TypeVar("Part", bound=Hashable)


class Included(NamedTuple):
    """A file that is included, as written; relative paths in it may begin at ``folder``."""

    path: str
    folder: str = ""


class Extended(NamedTuple):
    """A service that another one extends; ``file`` is empty where it is in the same one."""

    file: str
    service: str


def walk(first: Iterable[Part], further: Callable[[Part], Iterable[Part]]) -> Iterator[Part]:
    """Yield parts of a project, each once and 500 at the most: the first ones, then what they name.

    ``further`` gives what one of them names.
    """
    pending, seen = deque(first), set[Part]()
    while pending and len(seen) < _MAX_FILES:
        part = pending.popleft()
        if part not in seen:
            seen.add(part)
            yield part
            pending.extend(further(part))


def included(tree: Node) -> Iterator[Included]:
    """Yield the files of ``include``, in its short and its long form."""
    entries = tree.at("include")
    for _, _, entry in entries.children if entries else ():
        found = entry if entry.text else entry.at("path")
        folder = entry.at("project_directory")
        for text in (found.text, *(one.text for _, _, one in found.children)) if found else ():
            if text:
                yield Included(text, folder.text if folder else "")


def extended(service: Node) -> Extended | None:
    """Return what a service extends, in the short and the long form; None where it is nothing."""
    extends = service.at("extends")
    if extends is None:
        return None
    file, name = extends.at("file"), extends.at("service")
    return Extended(file.text if file else "", name.text if name else extends.text)


def beside(file: Path, text: str) -> Path | None:
    """Return the file that a text in another one names; None where a variable decides."""
    if not text or "$" in text:
        return None
    try:
        return (file.parent / text).resolve()
    except (OSError, RuntimeError, ValueError):
        return None


def included_files(trees: Iterable[Node], file: Path) -> list[Path]:
    """Return the files that the documents of a file include, as far as no variable decides."""
    found = (beside(file, one.path) for tree in trees for one in included(tree))
    return [path for path in found if path]
