"""Asking for many things at once, so that the way there and back is waited for once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

CONNECTIONS = 100
"""How many questions are on the way to one Engine at once, and connections kept for them."""

Answer = TypeVar("Answer")


def at_once(questions: Sequence[Callable[[], Answer]], *, far: bool) -> list[Answer]:
    """Return the answers in the order of the questions; one by one, unless it is ``far``.

    What the first failure raises is raised at once: the rest is not waited for, so a host
    that hangs costs one deadline. The threads keep no process from ending.
    """
    if not far:
        return [ask() for ask in questions]

    from multiprocessing.pool import ThreadPool

    with ThreadPool(min(len(questions), CONNECTIONS) or 1) as pool:
        return list(pool.imap(lambda ask: ask(), questions))
