"""Odd values and broken texts for fuzzing; each comes from its number, so it can be repeated.

``PLATFORM_FUZZ`` says how many cases each of these tests has.
"""

from __future__ import annotations

import os
import random
from collections.abc import Sequence
from typing import Any

COUNT = int(os.environ.get("PLATFORM_FUZZ", "4000"))
SHARES = 4
ODD: list[Any] = [
    None,
    0,
    -1,
    1.5,
    "",
    "x",
    True,
    [],
    [[]],
    {},
    {"": None},
    [None],
    {"a": {"b": 1}},
]


def chance(number: int) -> random.Random:
    """Return the choices of one case."""
    return random.Random(number)  # noqa: S311 - a choice, no secret


def of_share(share: int, slower: int = 1) -> range:
    """Give the numbers of one share; of a test that is so much ``slower``, fewer."""
    return range(share, max(COUNT // slower, SHARES), SHARES)


def broken(number: int, text: str, pieces: Sequence[str]) -> str:
    """Break a text in one to six places."""
    by = chance(number)
    for _ in range(by.randint(1, 6)):
        at = by.randrange(len(text) + 1)
        end = min(len(text), at + by.choice((0, 0, 1, 5, 60)))
        new = by.choice((*pieces, text[at : at + 80] * 2))
        text = text[:at] + new + text[end:]
    return text


def changed(by: random.Random, value: Any, often: float = 0.15) -> Any:
    """Put something odd in the place of a part, leave one out, or add one."""
    if by.random() < often:
        return by.choice(ODD)
    if isinstance(value, dict):
        kept = {
            key: changed(by, one, often) for key, one in value.items() if by.random() > often / 2
        }
        return {**kept, "odd": by.choice(ODD)} if by.random() < often else kept
    return [changed(by, one, often) for one in value] if isinstance(value, list) else value
