"""How the checks of a module differ on a stack of one's own."""

from __future__ import annotations

from dataclasses import replace

from pytest_platform.checks import idempotence
from pytest_platform.checks.suite import Check
from pytest_platform.module.loader import Module
from pytest_platform.run.context import Context
from pytest_platform.verdict import Result, Verdict

NO_DRIFT = "a stack of its own is made from the files: there is nothing to compare"


def adapted(module: Module, group: str, checks: list[Check]) -> list[Check]:
    """Return the checks of one group. A one-shot is run twice; drift there is none."""
    if group == "drift":
        return [replace(check, answer=_no_drift) for check in checks]
    if group == "smoke" and module.one_shot and not module.manifest.spec.runtime.hook:
        return [*checks, _idempotent(module)]
    return checks


def _no_drift(_: Context) -> Result:
    return Result(Verdict.SKIPPED, NO_DRIFT)


def _idempotent(module: Module) -> Check:
    place = module.at("spec", "runtime", "expected_state")

    def answer(context: Context) -> Result:
        return idempotence.run_twice(module, context)

    return Check("smoke", "idempotent", place, answer, live=True)
