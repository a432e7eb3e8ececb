"""The scalars of a YAML text with their paths and places, for editing it in place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import yaml
from msgspec import Struct

_LOADER: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
MAX_DEPTH: Final = 100
_PROPERTIES: Final = re.compile(r"(?:[&!]\S*\s+)*")
Path = tuple[str, ...]


class TooDeep(Exception):
    """Nobody nests a Compose file like this."""


class Scalar(Struct):
    """A value. ``used`` is where an alias uses it; ``start`` and ``end`` count characters."""

    path: Path
    value: str
    start: int
    end: int
    prefix: str
    used: Path = ()

    @property
    def declares(self) -> bool:
        """Whether it names a Compose file, under ``include`` or ``extends``."""
        if self.path[:1] == ("include",):
            return self.path[2:3] in ((), ("path",))
        return self.path[-2:] == ("extends", "file")

    @property
    def holds_values(self) -> bool:
        """Whether it names a file of variables or labels."""
        keys = [key for key in self.path if not key.isdigit()]
        named = keys[:-1] if keys[-1:] == ["path"] else keys
        return named[-1:] in (["env_file"], ["label_file"])


class Key(Struct):
    """A key of a mapping; ``path`` ends with it, and ``whole`` is where its value ends.

    Blanks and comments behind a value of several lines belong to it.
    """

    path: Path
    start: int
    end: int
    prefix: str = ""
    whole: int = 0

    def matches(self, cut: Path) -> bool:
        """Return whether it is the key that is cut, where ``*`` stands for any part of a path.

        What is cut everywhere is also cut in an anchor, below ``x-``.
        """
        if self.path[0].startswith("x-") and ("*" in cut or cut[0].startswith("x-")):
            return self.path[-1] == cut[-1]
        same_depth = len(self.path) == len(cut)
        return same_depth and all(b in {"*", a} for a, b in zip(self.path, cut, strict=True))


def scalars(text: str) -> Iterator[Scalar | Key]:
    """List keys and scalar values in the order of the text.

    Raises:
        yaml.YAMLError: it is no YAML.
        TooDeep: nothing of it can be read.
    """
    walk = _Walk(text)
    walk.stream()
    yield from walk.found


class _Walk:
    def __init__(self, text: str) -> None:
        self._text = text
        self._events = iter(yaml.parse(text, Loader=_LOADER))
        self._anchors: dict[str, Scalar] = {}
        self.found: list[Scalar | Key] = []

    def stream(self) -> None:
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                self._node(next(self._events), ())

    def _node(self, event: Any, path: Path) -> int:
        """Read a value; return where it ends in the text."""
        if len(path) > MAX_DEPTH:
            raise TooDeep
        if isinstance(event, yaml.AliasEvent):
            if scalar := self._anchors.get(str(event.anchor)):
                scalar.used = scalar.used or path
        elif isinstance(event, yaml.ScalarEvent):
            self._scalar(event, path)
        elif isinstance(event, yaml.SequenceStartEvent):
            event = self._items(path)
        else:
            event = self._fields(path)
        end: int = event.end_mark.index
        return end

    def _scalar(self, event: Any, path: Path) -> None:
        start, end = event.start_mark.index, event.end_mark.index
        match = _PROPERTIES.match(self._text, start, end)
        prefix = match[0] if match and (event.anchor or event.tag) else ""
        scalar = Scalar(path, event.value, start, end, prefix)
        self.found.append(scalar)
        if event.anchor:
            self._anchors[str(event.anchor)] = scalar

    def _items(self, path: Path) -> Any:
        index = 0
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            self._node(event, (*path, str(index)))
            index += 1
        return event

    def _fields(self, path: Path) -> Any:
        event: Any = next(self._events)
        while not isinstance(event, yaml.MappingEndEvent):
            key = str(getattr(event, "value", ""))
            found = Key((*path, key), event.start_mark.index, event.end_mark.index)
            self.found.append(found)
            found.whole = self._node(next(self._events), (*path, key))
            event = next(self._events)
        return event
