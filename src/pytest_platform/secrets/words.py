"""The words of our own sentences. As values they keep nothing from anybody."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final

from pytest_platform.secrets.shapes import is_word

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
    """Tell whether a value is a word of our messages and codes.

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
