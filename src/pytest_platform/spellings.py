"""The spellings in which a value turns up in texts: its lines, its quotings, its encodings."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from urllib.parse import quote, quote_plus, urlsplit

MIN_LENGTH = 4
"""Shorter values cannot be told from ordinary text and are not looked for."""

_MIN_INNER = 6
"""Fewer characters of base64 than this may be those of any other text."""

_ORDINARY = frozenset(
    {
        *("true", "false", "none", "null", "default", "enabled", "disabled"),
        *("running", "healthy", "unhealthy", "starting", "exited", "created", "paused"),
        *("restarting", "removing", "dead", "passed", "failed", "error", "skipped"),
        *("local", "localhost"),
    }
)
"""Words of every report. As values they keep nothing from anybody."""

_ESCAPE = re.compile(r"%[0-9A-F]{2}")
_FOR_URLS = str.maketrans("+/", "-_")


def spellings(value: str) -> Iterator[str]:
    """Yield the spellings of a value, of each of its lines, and of the password of a URL."""
    for part in (value, *value.splitlines(), *_passwords(value)):
        text = part.strip()
        if len(text) >= MIN_LENGTH and text.lower() not in _ORDINARY:
            yield text
            yield from _quoted(text)
            yield from _in_urls(text)
            yield from _in_base64(text)


def _quoted(text: str) -> Iterator[str]:
    """Yield it as JSON, Python and the traces of shells quote it, without the outer quotes."""
    yield json.dumps(text)[1:-1]
    yield json.dumps(text, ensure_ascii=False)[1:-1]
    yield repr(text)[1:-1]
    yield text.replace("'", "'\\''")
    yield text.replace("'", "'\"'\"'")


def _in_urls(text: str) -> Iterator[str]:
    data = _bytes(text)
    for coded in (quote(data, safe=""), quote(data), quote_plus(data)):
        yield coded
        yield _ESCAPE.sub(lambda found: found[0].lower(), coded)


def _in_base64(text: str) -> Iterator[str]:
    """Yield its base64, alone and amid other text, as in ``base64("user:" + password)``.

    Base64 writes 3 bytes as 4 characters. So what stands before it shifts it by 0 to 2 bytes, and
    the characters at its ends that hold bits of something else are left out.
    """
    data = _bytes(text)
    coded = [base64.b64encode(data).decode().rstrip("=")]
    for shift in range(3):
        shifted = base64.b64encode(bytes(shift) + data).decode()
        inner = shifted[-(-8 * shift // 6) : 8 * (shift + len(data)) // 6]
        coded += [inner] * (len(inner) >= _MIN_INNER)
    for one in coded:
        yield one
        yield one.translate(_FOR_URLS)


def _bytes(text: str) -> bytes:
    """Encode a text; a variable of the environment may hold bytes that are no UTF-8."""
    return text.encode("utf-8", "surrogateescape")


def _passwords(value: str) -> Iterator[str]:
    if "://" not in value:
        return
    try:
        parts = urlsplit(value)
        yield from filter(None, (parts.password,))
    except ValueError:
        return
