"""Asking for many things at once, so that the way there and back is waited for once."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TypeVar

CONNECTIONS = 32
"""How many questions are on the way to one Engine at once, and connections kept for them."""

NEAR = 0.01
"""Seconds in which an Engine nearby answers. There is nothing to wait for, and threads cost."""

Item = TypeVar("Item")
Answer = TypeVar("Answer")


def at_once(ask: Callable[[Item], Answer], items: Sequence[Item]) -> list[Answer]:
    """Return the answers in the order of the items.

    How long the first one takes tells whether the others are better asked for at once. What
    the first failure raises is raised at once: the rest is not waited for, so a host that
    hangs costs one deadline. The threads keep no process from ending.
    """
    if not items:
        return []
    began = time.monotonic()
    first, *rest = items
    answers = [ask(first)]
    if not rest or time.monotonic() - began < NEAR:
        return answers + [ask(item) for item in rest]

    from multiprocessing.pool import ThreadPool

    with ThreadPool(min(len(rest), CONNECTIONS)) as pool:
        return answers + list(pool.imap(ask, rest))
