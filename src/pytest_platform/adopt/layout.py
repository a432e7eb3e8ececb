"""YAML as a careful person writes it: short forms, and reasons as comments in one column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import yaml

_COLUMN: Final = 60
"""Comments do not stand further to the right than this because of one long line."""


@dataclass(frozen=True, slots=True)
class YamlLine:
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
    widths = [len(line.text) for line in lines if line.reason and len(line.text) <= _COLUMN]
    column = max(widths, default=0) + 2
    return "".join(f"{_with_comment(line, column)}\n" for line in lines)


def _with_comment(line: YamlLine, column: int) -> str:
    if not line.reason:
        return line.text
    said = " ".join(line.reason.split())
    return f"{line.text}{' ' * max(2, column - len(line.text))}# {said}"
