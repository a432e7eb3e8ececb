"""What is looked for of a value: itself, its encodings, and pieces of it that matter."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final, NamedTuple

from pytest_platform.secrets.shapes import is_public, is_word
from pytest_platform.secrets.views import plain

MIN_LENGTH: Final = 4
"""Shorter values cannot be told from ordinary text and are not looked for."""

PIECE: Final = 24
"""As much of a longer value is hidden by itself, where it was cut or broken into lines."""

END: Final = 6
"""As much of the beginning of a value is hidden before ``...``, and of its end after it."""

_SURE: Final = 8
"""A shorter word is hidden as a word only, a shorter value only with its quoting."""

_SHORTEST_CUT: Final = 10
_MOST: Final = 0.7
"""How much of a value has to be there where one piece of it was found."""

_MIN_INNER: Final = 6
"""Fewer characters of base64 than this may be those of any other text."""

_MAX_PORT: Final = 5
_FOR_URLS: Final = str.maketrans("+/", "-_")
_LETTERS: Final = re.compile(r"[A-Za-z]+")


class Form(NamedTuple):
    """One text to look for.

    ``alone`` holds where no letter may stand beside it, ``quoted`` where it only counts with
    quoting in or around it, ``pieces`` where parts of it count.
    """

    text: str
    alone: bool = False
    quoted: bool = False
    pieces: bool = True


class Piece(NamedTuple):
    """A part of a form by which more of it is found. ``least`` is how much has to be there."""

    text: str
    form: str
    place: int
    least: int


def forms(value: str) -> Iterator[Form]:
    """Yield the forms of one value. A value that says nothing, such as a port, has none."""
    text = plain(value.strip())
    if len(text) < MIN_LENGTH or (text.isdigit() and len(text) <= _MAX_PORT):
        return
    short = len(text) < _SURE
    whole = not is_word(value.strip()) and "://" not in value and not is_public(value)
    quoted = short and len(text) < len(value.strip())
    alone = short and not quoted and _LETTERS.fullmatch(text) is not None
    yield Form(text, alone=alone, quoted=quoted, pieces=whole)
    for coded in _encoded(value.strip()):
        yield Form(plain(coded))


def pieces(form: Form) -> Iterator[Piece]:
    """Yield the parts of a form by which it is found where it was cut without a mark."""
    text = form.text
    if not form.pieces or len(text) < _SHORTEST_CUT:
        return
    last = len(text) - PIECE
    if last >= PIECE:
        for at in (*range(0, last, PIECE), last):
            yield Piece(text[at : at + PIECE], text, at, PIECE)
    else:
        at = -(-len(text) // 4)
        yield Piece(text[at : len(text) - at], text, at, int(len(text) * _MOST))


def ends(form: Form) -> tuple[str, ...]:
    """Return the beginning and the end that count beside ``...``; of a short value none do."""
    text = form.text
    return (text[:END], text[-END:]) if form.pieces and len(text) >= _SHORTEST_CUT else ()


def _encoded(text: str) -> Iterator[str]:
    """Yield its hexadecimal digits, and its base64.

    Base64 stands alone or amid other text, as in ``base64("user:" + password)``. It writes
    3 bytes as 4 characters. So what stands before it shifts it by 0 to 2 bytes, and the
    characters at its ends that hold bits of something else are left out.
    """
    data = text.encode("utf-8", "surrogateescape")
    yield data.hex()
    yield data.hex().upper()
    coded = [base64.b64encode(data).decode().rstrip("=")]
    for shift in range(3):
        shifted = base64.b64encode(bytes(shift) + data).decode()
        inner = shifted[-(-8 * shift // 6) : 8 * (shift + len(data)) // 6]
        coded += [inner] * (len(inner) >= _MIN_INNER)
    for one in coded:
        yield one
        yield one.translate(_FOR_URLS)


_ORDINARY: Final = frozenset(
    [
        "true",
        "false",
        "none",
        "null",
        "default",
        "enabled",
        "disabled",
        "local",
        "localhost",
        "root",
        "admin",
        "test",
        "docker",
    ]
)

_PROSE: Final = re.compile(r'"""(?:[^"]|"(?!""))*"""|#.*')
_TEXT: Final = re.compile(r'"([^"\n]*)"')
_WORD: Final = re.compile(r"(?<!\w)[A-Za-z]+(?:[-_.][A-Za-z]+)*(?!\w)")
_PARTS: Final = re.compile(r"[-_.]")


def is_own(value: str) -> bool:
    """Return whether a value is a word of our messages and codes.

    >>> is_own("restart"), is_own("contract.image.pinned"), is_own("Kq7vXw2Zr9TbNm4")
    (True, True, False)
    """
    return is_word(value) and (value.lower() in _ORDINARY or value.lower() in _own_words())


@cache
def _own_words() -> frozenset[str]:
    """Return the words of the texts in this package, which are its messages and a few more.

    They are read where a value is a word, and not listed: no list would stay complete.
    """
    code = _PROSE.sub("", "\n".join(_sources(files("pytest_platform"))))
    found = _WORD.findall("\n".join(_TEXT.findall(code)))
    words = {word.lower() for word in found}
    return frozenset(words | {part for word in words for part in _PARTS.split(word)})


def _sources(folder: Traversable) -> list[str]:
    texts: list[str] = []
    for entry in folder.iterdir():
        if entry.name.endswith(".py"):
            texts.append(entry.read_text(encoding="utf-8"))
        elif entry.is_dir():
            texts += _sources(entry)
    return texts
