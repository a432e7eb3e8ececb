"""The services of a Compose project as they are written, and the lines on which they stand.

What Compose renders is what counts; this is for places to show to people, and for what can be
said of files that it cannot render.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from pytest_platform.compose.references import included_files, walk
from pytest_platform.compose.tree import Node, documents
from pytest_platform.reading import read_text

_WORDS: Final[Mapping[str, object]] = {"true": True, "false": False, "null": None, "~": None}
KeyPath = tuple[str | int, ...]


class WrittenService(Struct, frozen=True):
    """A service in a file: the last one that has it. ``line`` is that of its name."""

    file: Path
    text: str
    line: int
    node: Node


def services_in(files: Sequence[Path]) -> dict[str, WrittenService]:
    """Return the services by name, those of included files too. Never raises."""
    found: dict[str, WrittenService] = {}
    for file, text in _texts(files):
        for tree in documents(text):
            section = tree.find("services")
            for name, line, node in section[1].children if section else ():
                found[name] = WrittenService(file, text, line, node)
    return found


def lines_below(node: Node, path: KeyPath = ()) -> Iterator[tuple[KeyPath, int]]:
    """Yield the line of each key and list element below a node, by its path."""
    listed = _is_list(node)
    for name, line, child in node.children:
        here = (*path, int(name) if listed else name)
        yield here, line
        yield from lines_below(child, here)


def as_data(node: Node) -> Any:
    """Return a node as plain data, merge keys resolved; types are guessed by their text."""
    if not node.children:
        text = node.text
        return int(text) if text.isdigit() else _WORDS.get(text, text)
    if _is_list(node):
        return [as_data(child) for _, _, child in node.children]
    merged: dict[str, Any] = {}
    for name, _, child in node.children:
        if name == "<<":
            parts = child.children if _is_list(child) else [("", 0, child)]
            for _, _, part in parts:
                data = as_data(part)
                merged = {**(data if isinstance(data, dict) else {}), **merged}
    own = {name: as_data(child) for name, _, child in node.children if name != "<<"}
    return {**merged, **own}


def _is_list(node: Node) -> bool:
    names = [name for name, _, _ in node.children]
    return bool(names) and names == [str(index) for index in range(len(names))]


def _texts(files: Sequence[Path]) -> list[tuple[Path, str]]:
    """Read the files and what they include; included ones first, as theirs gives way."""
    read: dict[Path, str] = {}

    def included_in(file: Path) -> list[Path]:
        read[file] = _text(file)
        return included_files(documents(read[file]), file) if "include" in read[file] else []

    order = list(walk(files, included_in))
    return [(file, read[file]) for file in sorted(order, key=set(files).__contains__)]


def _text(file: Path) -> str:
    try:
        return read_text(file, None)
    except (OSError, ValueError):
        return ""
