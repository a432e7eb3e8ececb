"""Which files a Compose project is made of, as far as they can be told without rendering."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from pytest_platform.compose.tree import Node, documents
from pytest_platform.module.source import MAX_BYTES
from pytest_platform.reading import read_text

_MAX_FILES: Final = 500


def taking_part(files: Iterable[Path]) -> list[Path]:
    """Return these Compose files, and those that they include or extend. Never raises.

    Files with values, such as ``.env`` and those of ``env_file``, do not count: they differ
    from host to host.
    """
    found: dict[Path, None] = {}
    pending = list(files)
    while pending and len(found) < _MAX_FILES:
        file = pending.pop(0)
        if file not in found:
            found[file] = None
            pending += _named_in(file)
    return list(found)


def _named_in(file: Path) -> Iterator[Path]:
    try:
        text = read_text(file, MAX_BYTES + 1)
    except OSError:
        return
    if len(text) <= MAX_BYTES and ("include" in text or "extends" in text):
        for tree in documents(text):
            for name in (*_included(tree), *_extended(tree)):
                if name and "$" not in name:
                    yield (file.parent / name).resolve()


def _included(tree: Node) -> Iterator[str]:
    """Yield the files of ``include``, in its short and its long form."""
    for _, _, entry in _children(tree, "include"):
        path = (0, entry) if entry.text else entry.find("path")
        if path:
            yield from (path[1].text, *(child.text for _, _, child in path[1].children))


def _extended(tree: Node) -> Iterator[str]:
    for _, _, service in _children(tree, "services"):
        extends = service.find("extends")
        file = extends[1].find("file") if extends else None
        if file:
            yield file[1].text


def _children(tree: Node, name: str) -> list[tuple[str, int, Node]]:
    found = tree.find(name)
    return found[1].children if found else []
