"""YAML as a careful person writes it: short forms, and reasons as comments in one column."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import yaml
from msgspec import Struct

_WIDTH: Final = 80
"""A comment that would end further to the right stands above its line."""


class YamlLine(Struct, frozen=True):
    """A line of a file, and why it says what it says; empty where that is plain."""

    text: str
    reason: str = ""


def flow(value: Any) -> str:
    """Return a value in the short form of YAML, on one line."""
    text = yaml.safe_dump(
        value, default_flow_style=True, sort_keys=False, width=10**6, allow_unicode=True
    )
    return str(text).removesuffix("\n...\n").strip()


def joined(lines: Sequence[YamlLine]) -> str:
    """Return the text of a file."""
    beside = [line for line in lines if line.reason and _end(line, len(line.text)) <= _WIDTH]
    column = max((len(line.text) for line in beside), default=0)
    return "".join(f"{one}\n" for line in lines for one in _with_comment(line, column))


def _with_comment(line: YamlLine, column: int) -> Iterator[str]:
    """Yield a line with its comment in the common column, or else above."""
    said = " ".join(line.reason.split())
    at = max(column, len(line.text))
    if said and _end(line, at) > _WIDTH:
        indent = len(line.text) - len(line.text.lstrip())
        yield f"{' ' * indent}# {said}"
        yield line.text
    else:
        yield f"{line.text:{at}}  # {said}" if said else line.text


def _end(line: YamlLine, column: int) -> int:
    return column + len("  # ") + len(" ".join(line.reason.split()))
