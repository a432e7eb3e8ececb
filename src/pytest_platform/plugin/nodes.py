"""Modules as pytest sees them: a file, its groups, and an item for each check."""

from __future__ import annotations

import time
import traceback
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from pytest_platform.checks.check import GROUPS, Check
from pytest_platform.errors import PlatformError
from pytest_platform.module.loader import Broken, Module
from pytest_platform.plugin.modules import groups_of, host_shown, observation_of, total_of
from pytest_platform.plugin.run import Run
from pytest_platform.report.answers import (
    CheckAnswer,
    ObservedModule,
    check_of,
    details_of,
    subject_of,
)
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


class ModuleFile(pytest.File):
    """One ``module.yaml``. A broken one gives a failing item and never stops the collection."""

    run: Run

    @classmethod
    def of(cls, parent: pytest.Collector, path: Any, run: Run) -> ModuleFile:
        """Make the node for the file at ``path``."""
        node: ModuleFile = cls.from_parent(parent, path=path)
        node.run = run
        return node

    def collect(self) -> Iterator[pytest.Collector]:
        yield from _groups(self, self.path.parent.name, self.run)


class ComposeFile(ModuleFile):
    """The first file of a Compose project of which every service is a module in memory."""

    def collect(self) -> Iterator[pytest.Collector]:
        selected = self.run.selected
        for name in sorted(selected if selected is not None else self.run.catalog.names()):
            yield Service.at(self, name)


class Service(pytest.Collector):
    """One service of a Compose project."""

    @classmethod
    def at(cls, parent: ComposeFile, name: str) -> Service:
        """Make the node for the service ``name``."""
        node: Service = cls.from_parent(parent, name=name)
        return node

    def collect(self) -> Iterator[pytest.Collector]:
        yield from _groups(self, self.name, self.getparent(ModuleFile).run)  # type: ignore[union-attr]


def _groups(node: pytest.Collector, name: str, run: Run) -> Iterator[Group]:
    """Make the nodes of a module's groups; ``-m health`` needs no other to be built."""
    module = run.catalog.get(name)
    node.add_marker(pytest.mark.module(module.name))
    only = node.config.getoption("markexpr")
    for group, checks in groups_of(run, module):
        if only not in GROUPS or only == group:
            yield Group.below(node, group, module, checks, run)


class Group(pytest.Collector):
    """The checks of one group of one module; carries the group's marker."""

    declared: Module | Broken
    checks: list[Check]
    run: Run

    @classmethod
    def below(
        cls,
        parent: pytest.Collector,
        name: str,
        module: Module | Broken,
        checks: list[Check],
        run: Run,
    ) -> Group:
        """Make the node for one group."""
        node: Group = cls.from_parent(parent, name=name)
        node.declared, node.checks, node.run = module, checks, run
        node.add_marker(name)
        return node

    def collect(self) -> Iterator[pytest.Item]:
        for check in self.checks:
            yield CheckItem.of(self, check, self.declared, self.run)


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
    def of(cls, parent: Group, check: Check, module: Module | Broken, run: Run) -> CheckItem:
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
            subject=subject_of(self.declared, host_shown(self.run, self.declared)),
            check=check_of(id_, placed, self.seconds, secrets, self.run.settings.root),
            observation=self._observed(),
            details=details_of(result, secrets),
            total=total_of(self.run, self.declared),
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
