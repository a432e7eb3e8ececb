"""How the checks of a module differ on an ephemeral stack."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from pytest_platform.checks import idempotence
from pytest_platform.checks.check import Check, ModuleCheck
from pytest_platform.checks.contract.check import apply_waivers
from pytest_platform.module.loader import Module
from pytest_platform.run.context import Context
from pytest_platform.verdict import Result, Verdict

NO_DRIFT = "a stack of its own is made from the files: there is nothing to compare"


@dataclass(frozen=True, slots=True)
class NoDriftCheck(ModuleCheck):
    """Takes the place of the drift check: an ephemeral stack cannot differ from its files."""

    group: ClassVar[str] = "drift"

    def answer(self, context: Context) -> Result:  # noqa: ARG002
        """Skip."""
        return Result(Verdict.SKIPPED, NO_DRIFT)


@dataclass(frozen=True, slots=True)
class IdempotenceCheck(ModuleCheck):
    """A one-shot can run a second time without harm."""

    group: ClassVar[str] = "smoke"

    def answer(self, context: Context) -> Result:
        """Run it again; a waiver accepts what is found, and nothing else."""
        result = idempotence.run_twice(self.module, context)
        waived = any(one.code == idempotence.CODE for one in self.module.manifest.spec.waivers)
        judged = result.verdict is Verdict.PASSED or result.code == idempotence.CODE
        if not (waived and judged):
            return result
        return apply_waivers(self.module, idempotence.CODE, result.findings, context.today)


def adapted(module: Module, group: str, checks: list[Check]) -> list[Check]:
    """Return the checks of one group. A one-shot is run twice; drift there is none."""
    if group == "drift":
        return [NoDriftCheck(check.name, check.location, module) for check in checks]
    if group == "smoke" and module.one_shot and not module.manifest.spec.runtime.hook:
        place = module.at("spec", "runtime", "expected_state")
        return [*checks, IdempotenceCheck("idempotent", place, module)]
    return checks
