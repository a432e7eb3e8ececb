"""Waiting for tasks: Swarm sends no event of one, so the manager is asked now and then."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from msgspec import Struct

FIRST: Final = 1.0
"""Seconds after which the manager is asked again at first."""
LAST: Final = 5.0
"""Seconds between two questions where nothing has happened for long."""
_SLOWER: Final = 1.3


class Polled(Struct):
    """Says that it is time to look again, ever more seldom."""

    pause: float = FIRST
    asked: float = 0.0

    def within(self, seconds: float) -> bool:
        """Wait at most ``seconds``; tell whether the pause is over."""
        left = self.asked + self.pause - time.monotonic()
        time.sleep(max(0.0, min(seconds, left)))
        if left > seconds:
            return False
        self.asked = time.monotonic()
        self.pause = min(self.pause * _SLOWER, LAST)
        return True


@contextmanager
def polled() -> Iterator[Polled]:
    """Begin to wait now."""
    yield Polled(asked=time.monotonic())
