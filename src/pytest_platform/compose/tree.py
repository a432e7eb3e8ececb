"""Compose files as trees of nodes that know their lines, read more leniently than ours.

Compose accepts what ``module.yaml`` may not hold: equal anchors, several documents in
a file, merge keys, tags such as ``!reset``. Nothing here interprets values.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final, NamedTuple

import yaml
from msgspec import Struct, field

_LOADER: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MAX_DEPTH: Final = 100
_MAX_REPEATED: Final = 1_000_000
"""Values that the aliases of a file may stand for, a long text counting as more than one."""
_TEXT_PER_VALUE: Final = 100
_MERGE: Final = "<<"


class Node(Struct):
    """A value. The children of a list are named ``0``, ``1`` and so on.

    ``span`` is where a scalar begins and ends, in characters of the file.
    """

    text: str = ""
    children: list[tuple[str, int, Node]] = field(default_factory=list)
    """Name, line and value of each, in the order of the file."""
    span: tuple[int, int] = (0, 0)

    def find(self, name: str) -> tuple[int, Node] | None:
        """Return line and value of a child; the last one has it, then what is merged in."""
        own = [(line, node) for key, line, node in self.children if key == name]
        return own[-1] if own else self._assigned(name) or self._merged(name, set())

    def at(self, *path: str) -> Node | None:
        """Return the value at a path of names; None where there is none."""
        node = self
        for name in path:
            found = node.find(name)
            if found is None:
                return None
            node = found[1]
        return node

    def descend(self) -> Iterator[Node]:
        """Yield this node and all below it, in the order of the file and each once."""
        pending, seen = [self], set[int]()
        while pending:
            node = pending.pop()
            if id(node) not in seen:
                seen.add(id(node))
                yield node
                pending.extend(child for _, _, child in reversed(node.children))

    def _assigned(self, name: str) -> tuple[int, Node] | None:
        """Look for ``NAME=value`` among the elements of a list."""
        start = f"{name}="
        for _, line, node in self.children:
            if node.text == name or node.text.startswith(start):
                return line, node
        return None

    def _merged(self, name: str, seen: set[int]) -> tuple[int, Node] | None:
        for key, _, node in self.children:
            if key == _MERGE and id(node) not in seen:
                seen.add(id(node))
                for one in (node, *(child for _, _, child in node.children)):
                    own = [(line, node) for key, line, node in one.children if key == name]
                    if found := own[-1] if own else one._merged(name, seen):  # noqa: SLF001
                        return found
        return None


def documents(text: str) -> list[Node]:
    """Return the documents of a file, as far as they can be read. Never raises.

    The nodes are shared by all who read the same text: nobody changes them.
    """
    return list(_parsed(text).documents)


def too_much(text: str) -> str:
    """Return why no program could hold what a text stands for; empty where one can."""
    return _parsed(text).too_much


def is_readable(text: str) -> bool:
    """Return whether a text is YAML to its end."""
    return _parsed(text).readable


class _Parsed(NamedTuple):
    documents: tuple[Node, ...]
    readable: bool
    too_much: str = ""


@lru_cache(maxsize=16)
def _parsed(text: str) -> _Parsed:
    """Return the documents of a text as far as they can be read, and whether all of it can."""
    # Bytes that are no UTF-8 may stand in it as the system has them; libyaml takes none.
    known = text.encode("utf-8", "replace").decode()
    events = iter(yaml.parse(known, Loader=_LOADER))
    found: list[Node] = []
    try:
        found.extend(
            _node(next(events), events, _Anchors(), 0)
            for event in events
            if isinstance(event, yaml.DocumentStartEvent)
        )
    except _TooMuch as error:
        # What follows is left unread: libyaml takes a time that is square to the depth.
        return _Parsed((), readable=False, too_much=str(error))
    except yaml.YAMLError:
        return _Parsed(tuple(found), readable=False)
    return _Parsed(tuple(found), known == text)


class _TooMuch(Exception):
    """Nobody nests a Compose file like this, or has aliases that stand for millions of values."""


class _Anchors(Struct):
    """What aliases stand for, and how many values they have repeated so far."""

    nodes: dict[str, Node] = field(default_factory=dict)
    repeated: int = 0
    _sizes: dict[int, int] = field(default_factory=dict)

    def repeat(self, name: str) -> Node:
        node = self.nodes.get(name, Node())
        self.repeated += self._size(node)
        if self.repeated > _MAX_REPEATED:
            raise _TooMuch(f"has aliases for more than {_MAX_REPEATED} values: write less")
        return node

    def _size(self, node: Node) -> int:
        known = self._sizes.get(id(node))
        if known is None:
            below = sum(self._size(child) for _, _, child in node.children)
            known = self._sizes[id(node)] = 1 + len(node.text) // _TEXT_PER_VALUE + below
        return known


def _node(event: Any, events: Iterator[Any], anchors: _Anchors, depth: int) -> Node:
    if depth > _MAX_DEPTH:
        raise _TooMuch(f"nests deeper than {_MAX_DEPTH} levels: write less")
    if isinstance(event, yaml.AliasEvent):
        return anchors.repeat(str(event.anchor))
    node = Node()
    if isinstance(event, yaml.ScalarEvent):
        node.text = event.value
        node.span = _span(event)
    elif isinstance(event, yaml.SequenceStartEvent):
        node.children.extend(_items(events, anchors, depth))
    else:
        node.children.extend(_fields(events, anchors, depth))
    if event.anchor:
        anchors.nodes[event.anchor] = node
    return node


def _span(event: Any) -> tuple[int, int]:
    return event.start_mark.index, event.end_mark.index


_Child = tuple[str, int, Node]


def _items(events: Iterator[Any], anchors: _Anchors, depth: int) -> Iterator[_Child]:
    index = 0
    while not isinstance(event := next(events), yaml.SequenceEndEvent):
        yield str(index), event.start_mark.line + 1, _node(event, events, anchors, depth + 1)
        index += 1


def _fields(events: Iterator[Any], anchors: _Anchors, depth: int) -> Iterator[_Child]:
    while not isinstance(event := next(events), yaml.MappingEndEvent):
        key = _node(event, events, anchors, depth + 1).text
        yield key, event.start_mark.line + 1, _node(next(events), events, anchors, depth + 1)
