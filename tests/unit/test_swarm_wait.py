"""How often a manager is asked while something is waited for."""

from __future__ import annotations

import time

from pytest_platform.swarm.wait import FIRST, LAST, Polled, polled


def test_the_manager_is_asked_ever_more_seldom() -> None:
    pauses = []
    with polled() as waiting:
        for _ in range(12):
            pauses.append(waiting.pause)
            # As if the pause were over.
            waiting.asked = time.monotonic() - 2 * LAST
            assert waiting.within(0)
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1]) == (FIRST, LAST)


def test_before_the_pause_is_over_nothing_is_asked() -> None:
    waiting = Polled(pause=3600, asked=time.monotonic())
    assert not waiting.within(0)
    assert waiting.pause == 3600
