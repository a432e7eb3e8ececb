"""The checks of the group ``contract``: they read files only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from pytest_platform.checks.check import Check
from pytest_platform.checks.contract import waivers
from pytest_platform.checks.contract.facts import Facts
from pytest_platform.checks.registry import ContractJudge
from pytest_platform.module.loader import Broken
from pytest_platform.run.context import Context
from pytest_platform.verdict import Finding, Result, failed, passed


@dataclass(frozen=True, slots=True)
class ContractCheck(Check):
    """One rule about what is declared. ``code`` is that of its findings."""

    group: ClassVar[str] = "contract"
    live: ClassVar[bool] = False

    code: str
    judge: ContractJudge

    def answer(self, context: Context) -> Result:
        """Apply the rule, then the waivers of the module."""
        from pytest_platform.checks.contract.on_units import Unread

        facts = Facts(self.module, context.catalog, context.renderer, context.today)
        try:
            findings = [facts.placed(finding) for finding in self.judge(facts)]
        except Unread as unread:
            return waivers.unread(self.module, self.code, unread, context.today)
        baseline = context.catalog.baseline if findings else None
        return waivers.apply(self.module, self.code, findings, context.today, baseline)


@dataclass(frozen=True, slots=True)
class SchemaCheck(Check):
    """The file of the module can be read. It was, where the module exists."""

    group: ClassVar[str] = "contract"
    live: ClassVar[bool] = False

    def answer(self, context: Context) -> Result:  # noqa: ARG002
        """Pass."""
        return passed()


@dataclass(frozen=True, slots=True)
class BrokenFileCheck(Check):
    """The file of the module cannot be read; its problems are the findings."""

    group: ClassVar[str] = "contract"
    live: ClassVar[bool] = False

    module: Broken  # type: ignore[assignment]

    def answer(self, context: Context) -> Result:  # noqa: ARG002
        """Return a finding for each problem of the file."""
        findings = [
            Finding(one.code, one.message, location=one.location, excerpt=one.excerpt)
            for one in self.module.problems
        ]
        return failed(findings, self.location)
