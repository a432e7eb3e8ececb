"""Files of variables, read without Compose: also where it refuses them, and each line alone.

python-dotenv follows Compose's grammar: comments, quotes, escapes, values of several lines.
Compose itself could be asked (``config --environment``), but it answers for a whole project or
not at all, and takes a process each time.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from pytest_platform.reading import read_bytes

MAX_BYTES: Final = 1024 * 1024

_PAIR: Final = re.compile(r"\s*(?:export\s+)?([^\s=:#]+)\s*[=:]\s*(.*)")


def entries(path: Path) -> Iterator[tuple[str, str | None]]:
    """Yield names and values; a value is None where the line is only a name.

    Where a line can be read in more than one way, each of the values is yielded. Yields
    nothing for what is no file. Never raises.
    """
    text = read(path)
    if text:
        yield from parse(text)


def parse(text: str) -> Iterator[tuple[str, str | None]]:
    """Yield names and values of the text of such a file."""
    from dotenv.parser import parse_stream

    for binding in parse_stream(io.StringIO(text)):
        if binding.key is not None and not binding.error:
            yield binding.key, binding.value
        for line in binding.original.string.splitlines():
            yield from _as_it_is(line)


def _as_it_is(line: str) -> Iterator[tuple[str, str]]:
    """Yield what stands right of the name, and where there is none, the line."""
    found = _PAIR.fullmatch(line)
    if found and not line.lstrip().startswith("#"):
        name, value = found.groups()
        yield from ((name, one) for one in dict.fromkeys((value.strip(), value.strip(" '\""))))
    elif "=" not in line and " " not in line.strip() and not re.fullmatch(r"\s*\w*", line):
        yield "", line.strip()


def read(path: Path) -> str:
    """Return the text of a file; bytes that are no UTF-8 stay in it as the system has them."""
    try:
        data = read_bytes(path, MAX_BYTES)
    except OSError:
        return ""
    return data.decode("utf-8-sig", "surrogateescape")
