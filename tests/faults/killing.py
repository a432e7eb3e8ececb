"""Killing a run at a moment that comes from its number, so that a failure can be repeated.

``PLATFORM_KILLS`` says how many runs are killed, in all of these tests together.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time

from e2e.waiting import until
from faults.inventory import Inventory

KILLS = int(os.environ.get("PLATFORM_KILLS", "12"))
LONGEST = float(os.environ.get("PLATFORM_KILLED_WITHIN", "4"))
"""Seconds within which a run is killed: by then a stack is up, on a quiet machine."""
WAYS = (
    "an ephemeral stack",
    "waiting",
    "a plan",
    "waiting over ssh",
    "an apply",
    "an apply over ssh",
)


def numbers(*ways: str) -> list[tuple[int, str]]:
    """Give the kills of some ways, each with its number and its way."""
    every = ((number, WAYS[number % len(WAYS)]) for number in range(KILLS))
    return [(number, way) for number, way in every if way in ways]


def kill(number: int, process: subprocess.Popen[str], before: Inventory) -> None:
    """Kill a run at its moment, and wait until all that it had started is gone, too.

    What Compose is ordered to do it does to its end, and then it is gone.
    """
    time.sleep(random.Random(number).uniform(0, LONGEST))  # noqa: S311 - a moment, no secret
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    until(lambda: not before.processes(), "no process is left")
