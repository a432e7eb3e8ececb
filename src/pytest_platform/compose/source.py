"""Where a field of a Compose service was written, as well as that can be told.

What runs is always rendered by Compose; this only finds a line to show to people.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from pytest_platform.compose.tree import Node, documents
from pytest_platform.module.loader import Module
from pytest_platform.module.source import MAX_BYTES, inside
from pytest_platform.verdict import Location

_MAX_FILES: Final = 500
_SERVICE: Final = 2
"""The length of the path of a service; a shorter match says nothing."""


class _Place(NamedTuple):
    depth: int
    file: Path
    line: int


def locate(module: Module, path: tuple[str, ...]) -> Location:
    """Return where ``path``, such as ``("services", "db", "ports")``, stands in the files.

    A field that cannot be found gives the nearest parent that can, at least the first
    file. Where several files have it, the last one holds. Never raises.
    """
    best = _Place(_SERVICE - 1, module.compose_files[0], 1)
    for file, trees in _files(module, path[1]):
        for tree in trees:
            depth, line = _deepest(tree, path)
            if depth >= max(best.depth, _SERVICE):
                best = _Place(depth, file, line)
    return Location(_shown(best.file, module.root), best.line)


def _deepest(node: Node, path: tuple[str, ...]) -> tuple[int, int]:
    """Return how much of ``path`` is there, and the line of its last part."""
    line = 1
    for depth, name in enumerate(path):
        found = node.find(name)
        if found is None:
            return depth, line
        line, node = found
    return len(path), line


def _files(module: Module, wanted: str) -> Iterator[tuple[Path, list[Node]]]:
    """Yield the files that may speak of ``wanted``, those that are included first."""
    pending = list(reversed(module.compose_files))
    read: dict[Path, list[Node]] = {}
    order: list[Path] = []
    while pending and len(order) < _MAX_FILES:
        file = pending.pop()
        if file not in read:
            order.append(file)
            read[file] = _read(file, module.root, wanted)
            pending.extend(one for tree in read[file] for one in included(tree, file.parent))
    declared = set(module.compose_files)
    for file in sorted(order, key=lambda one: one in declared):
        yield file, read[file]


def _read(file: Path, root: Path, wanted: str) -> list[Node]:
    try:
        if not inside(file, root) or not file.is_file() or file.stat().st_size > MAX_BYTES:
            return []
        text = file.read_text(encoding="utf-8-sig", errors="replace")
    except (OSError, RuntimeError, ValueError):
        return []
    return documents(text) if wanted in text or "include" in text else []


def included(tree: Node, folder: Path) -> Iterator[Path]:
    """Yield the files of ``include``, in its short and its long form."""
    entries = tree.find("include")
    for _, _, entry in entries[1].children if entries else ():
        found = entry.find("path") if not entry.text else (0, entry)
        if found is not None:
            texts = [found[1].text, *(child.text for _, _, child in found[1].children)]
            yield from (_absolute(folder, text) for text in texts if text and "$" not in text)


def _absolute(folder: Path, text: str) -> Path:
    try:
        return (folder / text).resolve()
    except (OSError, RuntimeError, ValueError):
        return folder


def _shown(file: Path, root: Path) -> str:
    root = root.resolve()
    return file.relative_to(root).as_posix() if file.is_relative_to(root) else str(file)
