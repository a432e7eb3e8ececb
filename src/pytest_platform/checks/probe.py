"""A probe of a module as a check: it is asked, and asked again within its time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from pytest_platform.checks.blocked import blocked
from pytest_platform.checks.check import Check, unanswered
from pytest_platform.errors import PlatformError
from pytest_platform.hosts.ssh.errors import SshError
from pytest_platform.module.loader import DeclaredProbe
from pytest_platform.probes.retry import retried
from pytest_platform.run.context import Context
from pytest_platform.run.observer import services_of_probe
from pytest_platform.verdict import Result, failed, passed


@dataclass(frozen=True, slots=True)
class _ProbeCheck(Check):
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
