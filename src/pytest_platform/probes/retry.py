"""Trying again until a check passes. What bounds a single try is not known here."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from pytest_platform.verdict import Result, Verdict

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 2.0
"""Seconds between two tries: little at first, twice as much each time."""


def retried(
    attempt: Callable[[int], Result],
    *,
    within: float,
    given_up: Callable[[], bool] = lambda: False,
    now: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Result:
    """Try until it passes or ``within`` seconds are over; ``attempt`` is told which try it is.

    A try that has begun is never cut short, and there is always a first one. There is no
    other where ``given_up`` tells that none can pass any more. The result is the last one,
    and says how often it was tried.
    """
    began, tries, pause = now(), 0, FIRST_PAUSE
    while True:
        tries += 1
        result = attempt(tries)
        left = within - (now() - began)
        over = result.verdict is Verdict.PASSED or left <= 0
        if over or given_up():
            return _told(result, tries, within, over=over) if within else result
        sleep(min(pause, left))
        pause = min(2 * pause, LONGEST_PAUSE)


def _told(result: Result, tries: int, within: float, *, over: bool) -> Result:
    """Say how often it was tried, in front: a message may be cut at its end."""
    times = "once" if tries == 1 else f"{tries} times"
    if result.verdict is Verdict.PASSED:
        said = f"; {result.message}" if result.message else ""
        return replace(result, message=f"passed when tried {times}{said}" if tries > 1 else "")
    tried = f"tried {times} in {within:g} s" if over else f"tried {times}, and then given up"
    return replace(result, message=f"{tried}, and last: {result.message}")
