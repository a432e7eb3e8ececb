"""Waiting for conditions. No test here asserts how long something takes."""

from __future__ import annotations

import time
from collections.abc import Callable

PATIENCE = 90.0
"""Seconds after which what is waited for is taken to have failed, on a slow machine too."""


def until(question: Callable[[], object], what: str, *, within: float = PATIENCE) -> None:
    """Ask until the answer is true; fails the test when it never becomes so."""
    deadline = time.monotonic() + within
    while not question():
        assert time.monotonic() < deadline, f"waited {within:g} s in vain for: {what}"
        time.sleep(0.05)
