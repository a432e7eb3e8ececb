"""The checks of the group ``contract``: they read files only; what they find may be waived."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Final

from pytest_platform.checks.check import Check, ModuleCheck
from pytest_platform.checks.contract.facts import Facts
from pytest_platform.checks.registry import ContractJudge
from pytest_platform.errors import PlatformError, Problem
from pytest_platform.module.baseline import Baseline
from pytest_platform.module.loader import Module
from pytest_platform.run.context import Context
from pytest_platform.verdict import Finding, Location, Result, Verdict, failed, passed


@dataclass(frozen=True, slots=True)
class ContractCheck(ModuleCheck):
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
            return unread_result(self.module, self.code, unread, context.today)
        if self.code == "contract.healthcheck" and self._image_has_one(findings, context):
            return passed("the image brings a health check, as its host has it")
        baseline = context.catalog.baseline if findings else None
        return apply_waivers(self.module, self.code, findings, context.today, baseline)

    def _image_has_one(self, findings: Sequence[Finding], context: Context) -> bool:
        """Say whether images bring the health check that no file declares, where they are seen."""
        from pytest_platform.checks.contract.healthcheck import UNDECLARED
        from pytest_platform.checks.on_compose import image_behind

        module = self.module
        undeclared = any(one.actual == UNDECLARED for one in findings)
        if not (undeclared and context.remote_mode.live):
            return False
        try:
            containers = context.fleet.snapshot(module).of(module.project, module.service)
            images = [image_behind(one, module, context) for one in containers]
        except PlatformError:
            return False  # The check of the state says why.
        checks = [one.healthcheck if one else None for one in images]
        return bool(checks) and all(one and one.test != ("NONE",) for one in checks)


@dataclass(frozen=True, slots=True)
class SchemaCheck(ModuleCheck):
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

    problems: Sequence[Problem]

    def answer(self, context: Context) -> Result:  # noqa: ARG002
        """Return a finding for each problem of the file."""
        findings = [
            Finding(one.code, one.message, location=one.location, excerpt=one.excerpt)
            for one in self.problems
        ]
        return failed(findings, self.location)


NEVER_SOFTENED: Final = frozenset(
    f"contract.{name}"
    for name in ("schema", "compose", "command_shape", "script", "masked_failure", "interpolation")
)
"""Findings that make other verdicts a lie: they fail in a draft, too."""


def apply_waivers(
    module: Module,
    code: str,
    findings: Sequence[Finding],
    today: date,
    baseline: Baseline | None = None,
) -> Result:
    """Return the result of the check ``code`` that found ``findings``.

    A result that passed with a message is a warning; ``findings`` are what was accepted. What
    the ``baseline`` accepts counts only where all is accepted: one new finding fails alone.
    """
    default = module.at("spec")
    if baseline is not None and findings:
        known = [(one, baseline.of(module.name, one, default)) for one in findings]
        left = [one for one, entry in known if entry is None or today > entry.last_day]
        ends = [entry.last_day for _, entry in known if entry]
        if not left:
            message = f"the baseline accepts it until {min(ends)}: {findings[0].message}"
            return _accepted(findings, message, default)
        findings = left
    waivers = [one for one in enumerate(module.manifest.spec.waivers) if one[1].code == code]
    index, waiver = max(waivers, key=lambda one: one[1].last_day, default=(0, None))
    if waiver is not None:
        place = module.at("spec", "waivers", index)
        if today > waiver.last_day:
            return failed([_ended(code, waiver.until, place), *findings], default)
        return _accepted(findings, f"waived until {waiver.until}: {waiver.reason}", place)
    if not findings:
        return passed()
    softens = code not in NEVER_SOFTENED or all(one.softens for one in findings)
    if module.manifest.metadata.contract == "draft" and softens:
        return _accepted(findings, f"a draft only warns: {findings[0].message}", default)
    return failed(findings, default)


def unread_result(module: Module, code: str, error: PlatformError, today: date) -> Result:
    """Return the result of the check ``code`` that had nothing to read; a waiver accepts that."""
    if any(one.code == code for one in module.manifest.spec.waivers):
        return apply_waivers(
            module, code, [Finding(code, str(error), location=error.location)], today
        )
    return Result(Verdict.SKIPPED, str(error), location=error.location)


def _ended(code: str, day: str, place: Location) -> Finding:
    message = (
        f"the waiver of {code} ended on {day}: renew it with a reason, "
        "or mend what it accepts and remove it"
    )
    return Finding(code, message, expected="a waiver that holds", actual=day, location=place)


def _accepted(findings: Sequence[Finding], message: str, place: Location) -> Result:
    if not findings:
        return passed("a waiver accepts what is no longer found: remove it")
    return Result(Verdict.PASSED, message, location=place, findings=tuple(findings))
