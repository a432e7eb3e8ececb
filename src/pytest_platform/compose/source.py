"""Where a field of a Compose service was written, as well as that can be told.

What runs is always rendered by Compose; this only finds a line to show to people.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from pytest_platform.compose.interpolation import undefended
from pytest_platform.compose.references import Extended, beside, extended, included_files, walk
from pytest_platform.compose.tree import Node, documents
from pytest_platform.module.loader import Module
from pytest_platform.module.source import MAX_BYTES, inside
from pytest_platform.reading import read_text
from pytest_platform.verdict import Location

_MAX_EXTENDS: Final = 20
_SERVICE: Final = 2
"""The length of the path of a service; a shorter match says nothing."""


class _Place(NamedTuple):
    """Of how much of a path this is the place, where that is, and the value there."""

    depth: int
    file: Path
    line: int
    node: Node


def locate(module: Module, path: tuple[str, ...], at: int | None = None) -> Location:
    """Return where ``path``, such as ``("services", "db", "ports")``, stands in the files.

    With ``at``, where this character of the text at ``path`` stands, with its column.
    A field that cannot be found gives the nearest parent that can, at least the first
    file. Where several files have it, the last one holds. Never raises.
    """
    best = _best(module, path)
    shown = _shown(best.file, module.root)
    if at is None or best.depth < len(path) or not best.node.text:
        return Location(shown, best.line)
    text = _text(best.file, module.root)
    return Location(shown, *position(text, best.node.span, best.node.text, at))


def locate_variable(module: Module, path: tuple[str, ...], name: str) -> Location:
    """Return where the value of a variable is asked for, at ``path`` or as near as can be.

    Compose renders a field in its long form, of which the file may hold the short one.
    """
    for depth in range(len(path), _SERVICE - 1, -1):
        place = _best(module, path[:depth])
        for node in place.node.descend() if place.depth >= _SERVICE else ():
            found = [at for one, at in undefended(node.text) if one == name]
            if found:
                text = _text(place.file, module.root)
                spot = position(text, node.span, node.text, found[0])
                return Location(_shown(place.file, module.root), *spot)
    return locate(module, path)


def _best(module: Module, path: tuple[str, ...]) -> _Place:
    best = _Place(_SERVICE - 1, module.compose_files[0], 1, Node())
    for file, trees in _files(module, path[1]):
        for tree in trees:
            found = _deepest(file, tree, path, module.root)
            if found.depth >= max(best.depth, _SERVICE):
                best = found
    return best


def _deepest(file: Path, tree: Node, path: tuple[str, ...], root: Path, turns: int = 0) -> _Place:
    """Return how much of ``path`` is there, also in the services that a service extends."""
    best = _within(file, tree, path)
    service = tree.at(*path[:_SERVICE])
    base = extended(service) if service else None
    if base and _SERVICE <= best.depth < len(path) and turns < _MAX_EXTENDS:
        further = (path[0], base.service, *path[_SERVICE:])
        for there, other in _extended(base, file, tree, root):
            place = _deepest(there, other, further, root, turns + 1)
            best = place if place.depth > best.depth else best
    return best


def _within(file: Path, node: Node, path: tuple[str, ...]) -> _Place:
    line = 1
    for depth, name in enumerate(path):
        found = node.find(name)
        if found is None:
            return _Place(depth, file, line, node)
        line, node = found
    return _Place(len(path), file, line, node)


def _extended(base: Extended, file: Path, tree: Node, root: Path) -> Iterator[tuple[Path, Node]]:
    """Yield the documents of the file that ``extends`` names, or the one in which it stands."""
    if not base.file:
        yield file, tree
    elif path := beside(file, base.file):
        yield from ((path, other) for other in _read(path, root, base.service))


def _files(module: Module, wanted: str) -> Iterator[tuple[Path, list[Node]]]:
    """Yield the files that may speak of ``wanted``, those that are included first."""
    read: dict[Path, list[Node]] = {}

    def included_in(file: Path) -> list[Path]:
        read[file] = _read(file, module.root, wanted)
        return included_files(read[file], file)

    order = list(walk(module.compose_files, included_in))
    for file in sorted(order, key=set(module.compose_files).__contains__):
        yield file, read[file]


def _read(file: Path, root: Path, wanted: str) -> list[Node]:
    text = _text(file, root)
    return documents(text) if wanted in text or "include" in text else []


def _text(file: Path, root: Path) -> str:
    try:
        text = read_text(file, MAX_BYTES + 1) if inside(file, root) else ""
    except (OSError, RuntimeError):
        return ""
    return text if len(text) <= MAX_BYTES else ""


def _shown(file: Path, root: Path) -> str:
    root = root.resolve()
    return file.relative_to(root).as_posix() if file.is_relative_to(root) else str(file)


_PROPERTIES: Final = re.compile(r"(?:[&!]\S*\s+)*")

_TOKENS: Final = {
    "'": re.compile(r"''|\S"),
    '"': re.compile(r"\\(?:x..|u.{4}|U.{8}|\r?\n|.)|\S", re.DOTALL),
}

_PLAIN: Final = re.compile(r"\S")
_BLANK_ESCAPES: Final = {r"\n": "\n", r"\t": "\t", r"\ ": " ", r"\r": "\r", "\\\t": "\t"}


def position(text: str, span: tuple[int, int], value: str, at: int) -> tuple[int, int]:
    """Return line and column, both from 1, of character ``at`` of the scalar within ``span``."""
    return position_of_index(text, _index(text, span, value, at))


def position_of_index(text: str, index: int) -> tuple[int, int]:
    """Return line and column, both from 1, of a character of a text."""
    return text.count("\n", 0, index) + 1, index - text.rfind("\n", 0, index)


def _index(text: str, span: tuple[int, int], value: str, at: int) -> int:
    tokens = _tokens(text, *span)
    token = next(tokens, None)
    here = token[0] if token else span[0]
    for char in value[: at + 1]:
        if token is None:
            break
        if char.isspace() and char != _BLANK_ESCAPES.get(token[1]):
            continue
        here, token = token[0], next(tokens, None)
    return here


def _tokens(text: str, start: int, end: int) -> Iterator[tuple[int, str]]:
    """Yield what stands for a character that is no plain white space, and where it begins."""
    properties = _PROPERTIES.match(text, start, end)
    start = properties.end() if properties else start
    style = text[start : start + 1]
    pattern = _TOKENS.get(style, _PLAIN)
    if style in _TOKENS:
        start, end = start + 1, end - 1
    elif style in {"|", ">"}:
        start = text.find("\n", start, end) + 1 or end
    for found in pattern.finditer(text, start, end):
        continues = style == '"' and found[0].rstrip("\r\n") == "\\"
        if not continues:
            yield found.start(), found[0]
