"""Ends of a pipeline that succeed whatever they are given."""

from __future__ import annotations

from typing import Final

from pytest_platform.scripts import endings
from pytest_platform.scripts.commands import QUIET
from pytest_platform.scripts.syntax import Node

_FILTERS: Final = frozenset(
    {"tee", "cat", "logger", "gzip", "xz", "zstd", "bzip2", "sed", "awk", "sort", "head", "tail"}
    | {"tr", "cut", "ts", "uniq", "wc", "xxd", "base64"}
)


def always_succeeds(last: Node) -> bool:
    """Say whether the end of a pipeline succeeds whatever it is given."""
    words = endings.plain_of(last)
    if words[:1] == ("jq",):
        return not any(word == "--exit-status" or _has_e(word) for word in words[1:])
    return bool(words) and words[0] in _FILTERS | QUIET


def _has_e(option: str) -> bool:
    return option.startswith("-") and not option.startswith("--") and "e" in option
