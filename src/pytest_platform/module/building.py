"""Plain data from the events of a YAML parser, bounded in depth and size.

Scalars follow YAML 1.2: ``on`` and ``22:22`` are text. Numbers with a dot stay text
too, because in these files they are versions and not quantities.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import yaml

from pytest_platform.module.places import ModuleSource, Path_, Span, Unreadable, problem_at
from pytest_platform.text import quoted

MAX_NODES = 20_000
MAX_DEPTH = 64
_TEXT_PER_NODE = 100
"""A long text counts as more than one value, or an alias could repeat it for free."""

_NULL = {"", "~", "null", "Null", "NULL"}
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INT = re.compile(r"[-+]?[0-9]{1,18}|0o[0-7]{1,18}|0x[0-9a-fA-F]{1,15}")


class _Anchor(NamedTuple):
    data: Any
    nodes: int
    height: int


class Builder:
    """Builds the data of one document and notes the places in ``source``."""

    def __init__(self, source: ModuleSource) -> None:
        self._source = source
        self._anchors: dict[str, _Anchor | None] = {}
        self._nodes = 0
        self._deepest = 0
        self._events: Iterator[Any] = iter(())

    def document(self, events: Iterator[Any]) -> Any:
        """Return the data of the only document.

        Raises:
            Unreadable: it holds what has no place in these files.
            yaml.YAMLError: it is not YAML.
        """
        self._events = events
        next(events)  # the stream starts
        if isinstance(next(events), yaml.StreamEndEvent):
            return None
        data = self._node(next(events), (), 0)
        next(events)  # the document ends
        following = next(events)
        if not isinstance(following, yaml.StreamEndEvent):
            raise self._refuse(following, "a second document; keep one module in a file")
        return data

    def _node(self, event: Any, path: Path_, depth: int) -> Any:
        self._reach(event, depth)
        self._source.values[path] = _span(event)
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event, depth)
        if event.tag is not None and event.tag != "!":
            tag = quoted(event.tag.replace("tag:yaml.org,2002:", "!!"))
            raise self._refuse(event, f"the tag {tag} has no meaning here; remove it")
        build = self._anchored if event.anchor else self._data
        return build(event, path, depth)

    def _anchored(self, event: Any, path: Path_, depth: int) -> Any:
        nodes, deepest = self._nodes, self._deepest
        self._deepest = depth
        self._anchors[event.anchor] = None  # not complete yet
        data = self._data(event, path, depth)
        height = self._deepest - depth
        self._anchors[event.anchor] = _Anchor(data, self._nodes - nodes, height)
        self._deepest = max(deepest, self._deepest)
        return data

    def _data(self, event: Any, path: Path_, depth: int) -> Any:
        self._count(event, 1)
        if isinstance(event, yaml.ScalarEvent):
            self._count(event, len(event.value) // _TEXT_PER_NODE)
            return _scalar(event)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(path, depth)
        return self._mapping(path, depth)

    def _sequence(self, path: Path_, depth: int) -> list[Any]:
        items: list[Any] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            child = (*path, len(items))
            self._source.keys[child] = _span(event)
            items.append(self._node(event, child, depth + 1))
        return items

    def _mapping(self, path: Path_, depth: int) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._key(event, path, mapping)
            child = (*path, key)
            self._source.keys[child] = _span(event)
            mapping[key] = self._node(next(self._events), child, depth + 1)
        return mapping

    def _key(self, event: Any, path: Path_, mapping: dict[str, Any]) -> str:
        if not isinstance(event, yaml.ScalarEvent):
            hint = "; text that starts with '{' needs quotes"
            braces = isinstance(event, yaml.MappingStartEvent)
            raise self._refuse(event, f"a key must be plain text{hint if braces else ''}")
        key: str = event.value
        if key in mapping:
            first = self._source.keys[*path, key].line
            message = f"the key {quoted(key)} stands twice; it is on line {first} already"
            raise self._refuse(event, message)
        self._count(event, len(key) // _TEXT_PER_NODE)
        return key

    def _alias(self, event: Any, depth: int) -> Any:
        anchor = self._anchors.get(event.anchor)
        if anchor is None:
            inside = event.anchor in self._anchors
            fault = "is part of what it stands for" if inside else "has no anchor before it"
            raise self._refuse(event, f"the alias {quoted('*' + event.anchor)} {fault}")
        self._reach(event, depth + anchor.height)
        self._count(event, anchor.nodes)
        return anchor.data

    def _reach(self, event: Any, depth: int) -> None:
        self._deepest = max(self._deepest, depth)
        if depth > MAX_DEPTH:
            raise self._refuse(event, f"nested deeper than {MAX_DEPTH} levels")

    def _count(self, event: Any, nodes: int) -> None:
        self._nodes += nodes
        if self._nodes > MAX_NODES:
            message = f"holds more than {MAX_NODES} values once its aliases are written out"
            raise self._refuse(event, message)

    def _refuse(self, event: Any, message: str) -> Unreadable:
        source = self._source
        return Unreadable(problem_at(source.file, source.text, _span(event), message))


def _span(event: Any) -> Span:
    start, end = event.start_mark, event.end_mark
    width = end.column - start.column if end.line == start.line else 1
    return Span(start.line + 1, start.column, max(1, width))


def _scalar(event: Any) -> str | int | bool | None:
    text: str = event.value
    # The C parser gives plain scalars the style "", the Python one None.
    if event.style or event.tag == "!" or not event.implicit[0]:
        return text
    if text in _NULL:
        return None
    if text in _BOOL:
        return _BOOL[text]
    if _INT.fullmatch(text):
        return int(text, 0) if text[:2] in {"0o", "0x"} else int(text)
    return text
