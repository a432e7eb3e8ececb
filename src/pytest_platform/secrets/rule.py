"""The one rule of what is secret, by where a value comes from, its name and its shape."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from itertools import chain
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

from pytest_platform.secrets.forms import MIN_LENGTH
from pytest_platform.secrets.names import says_public, says_secret
from pytest_platform.secrets.shapes import is_public, is_word
from pytest_platform.secrets.texts import UNKNOWN, in_text, is_literal, login, shaped

_BETWEEN: Final = re.compile(r"[,;:=|\t]")
_QUOTES: Final = " \t\n'\"{}[]"


def of_secret(value: str) -> Iterator[str]:
    """Yield a value that is secret by where it stands, and all its parts that are not public."""
    yield from _whole(value)
    for part in chain(value.splitlines(), _parts(value), _split(value)):
        if not is_public(part):
            yield from _whole(part)


def of_named(name: str, value: str) -> Iterator[str]:
    """Yield what is secret in the value of a literal: by its name, its shape, or what it holds."""
    if says_secret(name) and is_literal(value):
        yield from of_secret(value)
        return
    if password := login(name, value):
        yield password
    yield from of_text(value)


def of_outside(name: str, value: str) -> Iterator[str]:
    """Yield what is secret in a value that comes from outside the Compose file.

    All that neither the name nor the shape says to be public.
    """
    if says_secret(name):
        yield from of_named(name, value)
    elif says_public(name) or is_public(value):
        yield from of_text(value)
    else:
        yield from _whole(value)
        for part in chain(_parts(value), _split(value), of_text(value)):
            if not is_word(part) and not is_public(part):
                yield from _whole(part)


def of_text(text: str) -> Iterator[str]:
    """Yield what is secret in a text by names, commands and shapes in it."""
    for found in chain(shaped(text), in_text(text)):
        yield from _whole(found.value.strip(_QUOTES))
    if "://" in text:
        yield from _of_url(text.strip(_QUOTES), sure=False)


def _whole(value: str) -> Iterator[str]:
    """Yield a value and its lines but words; of one not known in part, what is known of it."""
    for known in value.split(UNKNOWN):
        lines = (line for line in known.splitlines() if not is_word(line.strip()))
        for one in (known, *lines):
            if len(text := one.strip()) >= MIN_LENGTH:
                yield text


def _split(value: str) -> Iterator[str]:
    """Yield the fields of lists and of lines such as ``user:password``."""
    if "-----BEGIN" in value:
        return
    for line in value.splitlines():
        fields = [part.strip(_QUOTES) for part in _BETWEEN.split(line)]
        yield from (
            part
            for part in fields
            if len(part) >= MIN_LENGTH and part != line and not _is_prose(part)
        )


def _is_prose(part: str) -> bool:
    """Return whether a field is words side by side: ``u password`` of ``user=u password=…``."""
    words = part.split()
    return len(words) > 1 and all(len(one) < MIN_LENGTH or is_word(one) for one in words)


def _parts(value: str) -> Iterator[str]:
    """Yield what is written in a value as JSON, or as a URL."""
    text = value.strip()
    if text.startswith(("{", "[")):
        with suppress(ValueError, RecursionError):
            yield from _leaves(json.loads(text))
    for word in text.split():
        if "://" in word:
            yield from _of_url(word.strip(_QUOTES), sure=True)


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _leaves(one)
    elif isinstance(value, str | int) and not isinstance(value, bool):
        yield str(value)


def _of_url(url: str, *, sure: bool) -> Iterator[str]:
    """Yield the password of a URL, and the values of its query; its user where it is ``sure``."""
    try:
        parts = urlsplit(url.removeprefix("jdbc:"))
        user, password = parts.username, parts.password
        asked = parse_qsl(parts.query.replace(";", "&"))
    except ValueError:
        return
    for value in (password, user if sure or password is None else None):
        if value and (sure or value is password) and UNKNOWN not in value:
            yield from {value, unquote(value)}
    for name, value in asked:
        if UNKNOWN not in value and (says_secret(name) or (sure and not is_word(value))):
            yield value
