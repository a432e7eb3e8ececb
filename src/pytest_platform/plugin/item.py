"""One check as pytest sees it, and what a run has seen of its module."""

from __future__ import annotations

import time
import traceback
import warnings
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from pytest_platform.checks.check import Check
from pytest_platform.checks.states import state_findings
from pytest_platform.errors import PlatformError
from pytest_platform.module.loader import Broken, Module
from pytest_platform.plugin.run import Run
from pytest_platform.report import answers
from pytest_platform.report.answers import CheckAnswer, ObservedModule
from pytest_platform.report.explain import explain
from pytest_platform.report.redact import told
from pytest_platform.verdict import Location, Result, Verdict

_BUG = Result(
    Verdict.ERROR,
    "pytest-platform itself failed here; please report the traceback",
    "platform.internal",
)
"""Stands until the check has answered, so that a crash of ours is never taken for a pass."""


def _broken(error: Exception, location: Location) -> Result:
    """Return what a check answers that ended with an error of ours: one line and where."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    at = f"{Path(place.filename).name}:{place.lineno}"
    message = (
        f"pytest-platform itself failed here, at {at}: {type(error).__name__}: {error}; "
        "please report it with what --full-trace shows"
    )
    return replace(_BUG, message=message, location=location)


class PlatformWarning(pytest.PytestWarning):
    """A contract finding that does not fail: the module is a draft, or it is waived."""


class CheckFailed(Exception):
    """A check did not pass. The text is all that people are shown."""


class CheckItem(pytest.Item):
    """One check.

    Its module is not its attribute ``module``: of a test, that is the Python module, and other
    plugins rely on it.
    """

    check: Check
    declared: Module | Broken
    run: Run
    result: Result | None
    seconds: float

    @classmethod
    def of(
        cls, parent: pytest.Collector, check: Check, module: Module | Broken, run: Run
    ) -> CheckItem:
        """Make the node for one check."""
        node: CheckItem = cls.from_parent(parent, name=check.name)
        node.check, node.declared, node.run = check, module, run
        node.result, node.seconds = None, 0.0
        return node

    def runtest(self) -> None:
        """Answer the question; a verdict other than ``passed`` becomes pytest's outcome."""
        context = self.run.context
        began = time.perf_counter()
        self.result = _BUG
        try:
            result = self.result = self.check.run(context)
        except pytest.fail.Exception:
            # Another plugin has interrupted it, as pytest-timeout does: the report says so.
            self.result = None
            raise
        except Exception as error:
            if self.config.getoption("fulltrace"):
                raise
            result = self.result = _broken(error, self.check.location)
        self.seconds = time.perf_counter() - began
        if result.verdict is Verdict.SKIPPED:
            pytest.skip(result.message)
        if result.verdict is not Verdict.PASSED:
            raise CheckFailed(explain(result, self.run.settings.root, context.vault.secrets()))
        if result.findings and self._is_draft():
            self._warn(result)

    def _initrequest(self) -> None:
        """Forget the last answer: plugins that retry tests call this of a test in Python."""
        self.result, self.seconds = None, 0.0

    def repr_failure(
        self,
        excinfo: pytest.ExceptionInfo[BaseException],
        style: Any = None,  # noqa: ARG002
    ) -> Any:
        """Show what people need, and a traceback only for what is our own fault."""
        if isinstance(excinfo.value, CheckFailed | PlatformWarning):
            return str(excinfo.value)
        # Whatever the options say: local variables may hold what nobody may be shown.
        return excinfo.getrepr(style="short", showlocals=False)

    def reportinfo(self) -> tuple[Any, int, str]:
        """Point at the line of the file that declares what is checked."""
        return (
            self.run.settings.root / self.check.location.file,
            self.check.location.line - 1,
            f"{self.declared.name}::{self.check.group}::{self.name}",
        )

    def answer(self, result: Result) -> CheckAnswer:
        """Return what the JSON document takes from this item; ``result`` is what became of it."""
        secrets = self.run.secrets()
        placed = replace(result, location=result.location or self.check.location)
        id_ = f"{self.check.group}::{self.check.name}"
        return CheckAnswer(
            subject=answers.subject_of(self.declared, host_shown(self.run, self.declared)),
            check=answers.check_of(id_, placed, self.seconds, secrets, self.run.settings.root),
            observation=self._observed(),
            details=answers.details_of(result, secrets),
            total=self.run.total(self.declared.name),
        )

    def _is_draft(self) -> bool:
        module = self.declared
        return isinstance(module, Module) and module.manifest.metadata.contract == "draft"

    def _warn(self, result: Result) -> None:
        """Warn; where warnings are errors (``-W error``), the check has failed."""
        try:
            for finding in result.findings:
                place = finding.location or self.check.location
                said = told(finding.message, self.run.secrets())
                warning = PlatformWarning(f"{place}: {finding.code}: {said}")
                # Not self.warn(): at its own place, one finding of many modules is shown once.
                file = str(self.run.settings.root / place.file)
                warnings.warn_explicit(warning, PlatformWarning, file, place.line)
        except PlatformWarning:
            code = result.findings[0].code
            self.result = replace(result, verdict=Verdict.FAILED, code=code)
            raise

    def _observed(self) -> ObservedModule:
        """Return what was seen of the module; null where this check did not look."""
        offline = not self.run.remote_mode.live or self.check.group == "contract"
        if offline or self.result is None or isinstance(self.declared, Broken):
            return ObservedModule()
        try:
            return observation_of(self.run, self.declared)
        except PlatformError:
            return ObservedModule()


def host_shown(run: Run, module: Module | Broken) -> str:
    """Name the host of a module, where that is another than this one and known."""
    if not run.remote_mode.elsewhere or isinstance(module, Broken):
        return ""
    try:
        return run.remote_mode.place_of(module).name
    except PlatformError:
        return ""


def observation_of(run: Run, module: Module) -> ObservedModule:
    """Describe the containers of a module as the run's snapshot shows them."""
    context = run.context
    seen = context.state_alone(module)
    wrong = state_findings(module, context, asker=module)
    return ObservedModule(
        observed=[answers.container_of(one) for one in seen.workloads],
        contradiction=answers.contradiction_of(wrong[0], run.secrets()) if wrong else None,
    )


def observed_already(run: Run, module: Module | Broken) -> ObservedModule:
    """Describe what another check or a fixture has observed of a module; asks no host."""
    if run.begun and isinstance(module, Module) and run.context.fleet.has_snapshot(module):
        with suppress(PlatformError):
            return observation_of(run, module)
    return ObservedModule()
