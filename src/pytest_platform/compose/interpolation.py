"""What a text of a Compose file says before anybody sets a variable."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from pytest_platform.secrets.texts import UNKNOWN

__all__ = [
    "UNKNOWN",
    "Variable",
    "declared",
    "optional",
    "split_outside",
    "undefended",
    "variables",
]

_VARIABLE: Final = re.compile(r"\$\$|\$\{([A-Za-z_]\w*)|\$([A-Za-z_]\w*)")
_DEFAULT: Final = re.compile(r":?[-+](.*)", re.DOTALL)
_DEEPEST: Final = 20


class Variable(NamedTuple):
    """A variable, and the text that the file gives in place of its value, if any."""

    name: str
    default: str | None


def declared(text: str, depth: int = 0) -> str:
    """Return ``text`` with every variable replaced by its default, or by ``UNKNOWN``.

    >>> declared("${IMAGE:-busybox:${TAG:-1.37}}@$$")
    'busybox:1.37@$'
    """
    if "$" not in text:
        return text
    return "".join(
        piece if isinstance(piece, str) else _value(piece, depth) for piece in _pieces(text)
    )


def variables(text: str, depth: int = 0) -> Iterator[Variable]:
    """Yield the variables in ``text``, those in defaults of others included."""
    for piece in _pieces(text):
        if isinstance(piece, Variable):
            yield piece
            if piece.default and depth < _DEEPEST:
                yield from variables(piece.default, depth + 1)


def undefended(text: str, start: int = 0, depth: int = 0) -> Iterator[tuple[str, int]]:
    """Yield each variable that stands without ``-``, ``?`` or ``+``, and where it does.

    >>> list(undefended("$A ${B} ${C:?} ${D:-${E}} $$F"))
    [('A', 0), ('B', 3), ('E', 20)]
    """
    position = 0
    while match := _VARIABLE.search(text, position):
        position = match.end()
        if match[2]:
            yield match[2], start + match.start()
        elif match[1]:
            end = closing(text, position)
            rest = text[position:end]
            if not rest and end < len(text):
                yield match[1], start + match.start()
            elif rest.startswith(("-", ":-")) and depth < _DEEPEST:
                inner = start + position + rest.index("-") + 1
                yield from undefended(rest[rest.index("-") + 1 :], inner, depth + 1)
            position = end + 1


def optional(text: str) -> list[str]:
    """Return the variables of which it counts whether they are set: ``${NAME:+text}``."""
    return sorted({found[1] for found in re.finditer(r"(?<!\$)\$\{(\w+):?\+", text)})


def split_outside(text: str, separator: str) -> list[str]:
    """Split a text where the separator stands outside of variables; by "" into variables and rest.

    >>> split_outside("${A:-1:2}:80", ":"), split_outside("${A:-${B}}x", "")
    (['${A:-1:2}', '80'], ['${A:-${B}}', 'x'])
    """
    pieces: list[str] = []
    position = 0
    while match := _VARIABLE.search(text, position):
        end = closing(text, match.end()) + 1 if match[1] else match.end()
        pieces += [text[position : match.start()], text[match.start() : end]]
        position = end
    pieces.append(text[position:])
    if not separator:
        return [piece for piece in pieces if piece]
    words = [""]
    for index, piece in enumerate(pieces):
        first, *rest = [piece] if index % 2 else piece.split(separator)
        words[-1] += first
        words += rest
    return words


def _value(variable: Variable, depth: int) -> str:
    if variable.default is None or depth >= _DEEPEST:
        return UNKNOWN
    return declared(variable.default, depth + 1)


def _pieces(text: str) -> Iterator[str | Variable]:
    position = 0
    while match := _VARIABLE.search(text, position):
        yield text[position : match.start()]
        position = match.end()
        if match[0] == "$$":
            yield "$"
        elif match[2]:
            yield Variable(match[2], None)
        else:
            end = closing(text, position)
            default = _DEFAULT.fullmatch(text[position:end])
            yield Variable(match[1], default[1] if default else None)
            position = end + 1
    yield text[position:]


def closing(text: str, position: int) -> int:
    """Return where the brace that is open at ``position`` closes."""
    depth = 1
    for index in range(position, len(text)):
        if text[index] == "}":
            depth -= 1
            if depth == 0:
                return index
        elif text.startswith("${", index):
            depth += 1
    return len(text)
