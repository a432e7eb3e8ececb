"""Readings of a text: without escape sequences, decoded, unquoted, each with the way back.

A value may stand in a text as JSON, Go, PHP, HTML, a URL, a shell, SQL or YAML writes it, with
colours or characters without width in its middle. In place of all its spellings, one form of it
is looked for in a few readings of the text.
"""

from __future__ import annotations

import html
import itertools
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterator
from functools import cache
from typing import Final
from urllib.parse import unquote_to_bytes

from msgspec import Struct, field

QUOTING: Final = "\\'\"`$"
"""Characters that are written for others or doubled by quotings, and so are left out."""

_ROUNDS: Final = 3
"""How often a text may be encoded: JSON in a URL in JSON."""

_QUOTING: Final = re.compile(rf"[{re.escape(QUOTING)}]+")
_ESCAPED: Final = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]PX^_][^\x07\x1b\n]*(?:\x07|\x1b\\)|\x1b[@-Z\\^_a-z=>]"
    r"|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]+|[^\x00-\x7f]"
)
_SPECIAL: Final = re.compile(r"[^\t\n\r -~]")
_PERCENT: Final = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_ENTITY: Final = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_BACKSLASH: Final = re.compile(
    r"(?:\\x[0-9A-Fa-f]{2})+|(?:\\[0-3][0-7]{2})+|(?:\\u[0-9A-Fa-f]{4})+|\\U[0-9A-Fa-f]{8}"
    r"|\\u\{[0-9A-Fa-f]{1,6}\}|\\[^\n]"
)
_CONTROLS: Final = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "a": "\a", "e": "\x1b"}
_SURROGATES: Final = range(0xD800, 0xE000)
_UNKNOWN: Final = "\N{REPLACEMENT CHARACTER}"
_LAST_CHARACTER: Final = 0x10FFFF


class _Layer(Struct):
    """One step from a text to another. ``at`` and ``origin`` are where each stretch begins.

    ``solid`` tells that a stretch stands for the whole of what it was made of.
    """

    text: str
    at: list[int] = field(default_factory=lambda: [0])
    origin: list[int] = field(default_factory=lambda: [0])
    solid: list[bool] = field(default_factory=lambda: [False])

    def start(self, index: int) -> int:
        """Return where the character at ``index`` begins in the text before."""
        one = bisect_right(self.at, index) - 1
        return self.origin[one] + (0 if self.solid[one] else index - self.at[one])

    def end(self, index: int) -> int:
        """Return where the character at ``index`` ends in the text before."""
        one = bisect_right(self.at, index) - 1
        return self.origin[one + 1] if self.solid[one] else self.start(index) + 1


class View(Struct, frozen=True):
    """A reading of a text."""

    text: str
    layers: tuple[_Layer, ...] = ()

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return from where to where a part of this reading stands in the text itself."""
        for layer in reversed(self.layers):
            start, end = layer.start(start), layer.end(end - 1)
        return start, end

    def through(self, pattern: re.Pattern[str], replace: Callable[[str], str]) -> View:
        """Return a reading in which matches are replaced; itself where there is none."""
        layer = _replaced(self.text, pattern, replace)
        return self if layer is None else View(layer.text, (*self.layers, layer))


def views(text: str) -> Iterator[View]:
    """Yield the readings of a text in which a value, written as ``plain``, has to be looked for."""
    seen = {text}
    raw = View(text)
    stripped = _stripped(raw)
    if stripped is not raw:
        # What looks like an escape sequence may be part of a value.
        yield _unquoted(raw.through(_SPECIAL, _folded))
    yield _unquoted(stripped)
    seen.add(stripped.text)
    for view in _decoded(stripped):
        if view.text not in seen:
            seen.add(view.text)
            yield _unquoted(view)


def plain(text: str) -> str:
    """Return the one form of a value that is looked for."""
    return _unquoted(_stripped(View(text))).text


def _decoded(view: View) -> Iterator[View]:
    """Yield it decoded in each order of ways, then in all ways as often as that changes anything.

    The order matters: what one way leaves may look like a code of another by chance.
    """
    level, seen = [view], {view.text}
    for _ in range(_ROUNDS):
        following = []
        for one, decode in itertools.product(level, _DECODERS):
            further = _stripped(decode(one))
            if further.text not in seen:
                seen.add(further.text)
                following.append(further)
                yield further
        level = following
    for _ in range(_ROUNDS):
        before = view
        for decode in _DECODERS:
            view = _stripped(decode(view))
        if view is before:
            return
        yield view


def _stripped(view: View) -> View:
    return view if _SPECIAL.search(view.text) is None else view.through(_ESCAPED, _folded)


def _unquoted(view: View) -> View:
    """Leave quoting out. A plus is a blank in a form's data, so they count as the same."""
    bare = view.through(_QUOTING, lambda _: "")
    return View(bare.text.replace("+", " "), bare.layers)


def _percent(view: View) -> View:
    return view.through(_PERCENT, _of_percent) if "%" in view.text else view


def _entities(view: View) -> View:
    return view.through(_ENTITY, html.unescape) if "&" in view.text else view


def _backslashes(view: View) -> View:
    return view.through(_BACKSLASH, _of_backslash) if "\\" in view.text else view


_DECODERS: Final = (_entities, _percent, _backslashes)


def _of_percent(coded: str) -> str:
    return _text(unquote_to_bytes(coded))


def _of_backslash(coded: str) -> str:
    kind = coded[1]
    if kind == "x":
        return _text(bytes.fromhex(coded.replace("\\x", "")))
    if kind in "uU" and len(coded) > len("\\u"):
        return _of_unicode(coded)
    if kind.isdigit() and len(coded) > len("\\0"):
        return _text(bytes(int(one, 8) for one in coded.split("\\")[1:]))
    return _CONTROLS.get(kind, kind)


def _of_unicode(coded: str) -> str:
    points = [int(one.strip("{}"), 16) for one in re.split(r"\\[uU]", coded)[1:]]
    text = "".join(chr(point) for point in points if point <= _LAST_CHARACTER)
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")


@cache
def _of_character(character: str) -> str:
    """Return a character without accents and style; nothing for one without width."""
    if ord(character) in _SURROGATES:
        return _UNKNOWN
    parts = unicodedata.normalize("NFKD", character)
    return "".join(one for one in parts if unicodedata.category(one) not in _NOTHING)


_NOTHING: Final = frozenset({"Cc", "Cf", "Mn", "Me"})


def _folded(found: str) -> str:
    return "" if len(found) > 1 or found.isascii() else _of_character(found)


def _replaced(text: str, pattern: re.Pattern[str], replace: Callable[[str], str]) -> _Layer | None:
    layer, pieces, read, size = _Layer(""), [], 0, 0
    for found in pattern.finditer(text):
        start, end = found.span()
        piece = replace(found[0])
        size += start - read
        pieces += [text[read:start], piece]
        if piece:
            layer.at.append(size)
            layer.origin.append(start)
            layer.solid.append(True)
            size += len(piece)
        layer.at.append(size)
        layer.origin.append(end)
        layer.solid.append(False)
        read = end
    if not pieces:
        return None
    layer.text = "".join([*pieces, text[read:]])
    return layer
