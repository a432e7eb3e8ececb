"""Trying again: how often, for how long, and what is told. The clock is the test's."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from pytest_platform.checks.probe import LONGEST_PAUSE, retried
from pytest_platform.verdict import Result, Verdict, passed

FAILED = Result(Verdict.FAILED, "answered 503", "probe.http")
ERROR = Result(Verdict.ERROR, "web has no container", "probe.no_container")


@dataclass
class Clock:
    """Stands still but for sleep, and for the time that each try takes."""

    each: float = 0.0
    time: float = 100.0
    tries: list[int] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)

    def run(self, within: float, *answers: Result, given_up_after: int = 1000) -> Result:
        """Answer tries in turn, the last one for ever; none can pass after so many."""

        def attempt(number: int) -> Result:
            self.tries.append(number)
            self.time += self.each
            return answers[min(number, len(answers)) - 1]

        def given_up() -> bool:
            return len(self.tries) >= given_up_after

        return retried(
            attempt, within=within, given_up=given_up, now=lambda: self.time, sleep=self.sleep
        )

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.time += seconds


def test_one_try_without_within() -> None:
    clock = Clock(each=5)
    assert clock.run(0, FAILED) is FAILED
    assert (clock.tries, clock.pauses) == ([1], [])


def test_what_passes_at_once_is_not_tried_again() -> None:
    clock = Clock()
    assert clock.run(30, passed()).message == ""
    assert clock.tries == [1]


def test_it_passes_in_the_end() -> None:
    clock = Clock()
    result = clock.run(30, FAILED, ERROR, passed("all is well"))
    assert result.verdict is Verdict.PASSED
    assert result.message == "passed when tried 3 times; all is well"
    assert clock.tries == [1, 2, 3]


@pytest.mark.parametrize("last", [FAILED, ERROR])
def test_it_says_how_often_and_what_it_last_saw(last: Result) -> None:
    clock = Clock()
    result = clock.run(10, Result(Verdict.FAILED, "before"), last)
    assert (result.verdict, result.code) == (last.verdict, last.code)
    assert result.message == f"tried {len(clock.tries)} times in 10 s, and last: {last.message}"
    assert sum(clock.pauses) == pytest.approx(10)


def test_the_last_try_is_when_the_time_is_over() -> None:
    """What comes right at the last moment passes."""
    clock = Clock()
    count = len(clock.tries) if clock.run(10, FAILED) else 0
    again = Clock()
    assert again.run(10, *[FAILED] * (count - 1), passed()).verdict is Verdict.PASSED


def test_a_try_is_never_cut_short() -> None:
    """``within`` says until when a try may begin, and not how long one may take."""
    clock = Clock(each=10)
    result = clock.run(2, FAILED)
    assert clock.tries == [1]
    assert result.message == "tried once in 2 s, and last: answered 503"


def test_pauses_grow_and_stay_short() -> None:
    clock = Clock()
    clock.run(60, FAILED)
    assert clock.pauses[:3] == [0.1, 0.2, 0.4]
    assert max(clock.pauses) == LONGEST_PAUSE


def test_what_cannot_heal_is_not_tried_again() -> None:
    clock = Clock()
    result = clock.run(60, ERROR, given_up_after=2)
    assert clock.tries == [1, 2]
    assert result.verdict is Verdict.ERROR
    assert result.message == f"tried 2 times, and then given up, and last: {ERROR.message}"
