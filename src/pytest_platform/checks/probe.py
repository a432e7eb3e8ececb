"""A probe of a module as a check: it is asked, and asked again within its time."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from msgspec.structs import replace

from pytest_platform.checks.check import ModuleCheck, unanswered
from pytest_platform.checks.states import blocked
from pytest_platform.errors import PlatformError
from pytest_platform.hosts.ssh.errors import SshError
from pytest_platform.module.loader import DeclaredProbe
from pytest_platform.run.context import Context
from pytest_platform.run.graph import services_of_probe
from pytest_platform.verdict import Result, Verdict, failed, passed


@dataclass(frozen=True, slots=True)
class _ProbeCheck(ModuleCheck):
    """One probe of a module."""

    probe: DeclaredProbe

    def answer(self, context: Context) -> Result:
        """Ask until the answer is right or the time is over, unless a dependency is at fault."""

        def attempt(number: int) -> Result:
            try:
                return self._ask(context, again=number > 1)
            except PlatformError as error:
                return unanswered(error)

        def given_up() -> bool:
            return isinstance(context.fleet.host_of(self.module).transport.failure(), SshError)

        return blocked(self.module, context) or retried(
            attempt, within=self.probe.within, given_up=given_up
        )

    def _ask(self, context: Context, *, again: bool) -> Result:
        """Ask once. The containers may be others by now, where it is asked again."""
        services = services_of_probe(self.module, self.probe, context.probes)
        target = context.target(self.module, again=services if again else ())
        kind = context.probes[self.probe.kind]
        findings = kind.judge(self.probe.spec, kind.observe(self.probe.spec, target))
        # A connection to the host that went away meanwhile says nothing about the service.
        if findings and (lost := target.transport.failure()):
            raise lost
        return failed(findings, self.probe.location) if findings else passed()


class HealthProbeCheck(_ProbeCheck):
    """A probe under ``health``."""

    group: ClassVar[str] = "health"


class SmokeProbeCheck(_ProbeCheck):
    """A probe under ``smoke``."""

    group: ClassVar[str] = "smoke"


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
            return _in_time(result, tries, within, over=over) if within else result
        sleep(min(pause, left))
        pause = min(2 * pause, LONGEST_PAUSE)


def _in_time(result: Result, tries: int, within: float, *, over: bool) -> Result:
    """Say how often it was tried, in front: a message may be cut at its end."""
    times = "once" if tries == 1 else f"{tries} times"
    if result.verdict is Verdict.PASSED:
        said = f"; {result.message}" if result.message else ""
        return replace(result, message=f"passed when tried {times}{said}" if tries > 1 else "")
    tried = f"tried {times} in {within:g} s" if over else f"tried {times}, and then given up"
    return replace(result, message=f"{tried}, and last: {result.message}")
