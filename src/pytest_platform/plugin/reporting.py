"""Reporting: from pytest's reports to answers, and the table at the end."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Generator
from dataclasses import replace
from typing import Any

import pytest

from pytest_platform.errors import PlatformError, render
from pytest_platform.plugin.collection import modules_of
from pytest_platform.plugin.failure_text import FailureText
from pytest_platform.plugin.groups import total_of
from pytest_platform.plugin.nodes import CheckItem
from pytest_platform.plugin.observed import host_shown, observed_already
from pytest_platform.plugin.run import Run
from pytest_platform.plugin.uncovered import Uncovered
from pytest_platform.report.answers import (
    CheckAnswer,
    check_of,
    crashed,
    packed,
    platform_section,
    subject_of,
    unpacked,
)
from pytest_platform.report.coverage import notes
from pytest_platform.report.formats.table import plan_lines, table
from pytest_platform.report.redact import redact, told
from pytest_platform.verdict import Location, Result, Verdict

_ANSWERS = "platform_answers"
"""The attribute of a report that carries answers; it crosses to xdist's controller."""
_ORDER = "platform_order"
"""The attribute of a report that tells the place of its test in the collection."""
_COLOURS = {
    "passed": {"green": True},
    "failed": {"red": True},
    "error": {"red": True, "bold": True},
    "unverified": {"yellow": True},
}
_SMOKE = "smoke.test"
_CRASH = "platform.crash"
_FINAL = frozenset({"passed", "failed", "skipped"})
"""Outcomes of pytest itself; others are of attempts that a plugin repeats."""
_XPASS, _UNEXPECTED = "platform.xpass", "[XPASS(strict)]"
_NOTHING = "no check was selected, so nothing is known; --collect-only shows what there is"


class Reporting:
    """The hooks that make, carry and show answers."""

    def __init__(
        self, run: Run, answers: list[CheckAnswer], order: dict[str, int], uncovered: Uncovered
    ) -> None:
        self._run = run
        self._uncovered = uncovered
        self._answers = answers
        self._order = order

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Keep the order of the tests: under xdist, reports come as they please."""
        self._order.update({item.nodeid: index for index, item in enumerate(session.items)})

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Attach answers to the report of a check, or of a test marked for a module."""
        report = yield
        if isinstance(item, CheckItem):
            answers = self._of_check(item, report)
        else:
            unseen = _could_not_look(item, call) if report.failed else None
            answers = self._of_test(item, report, unseen)
        order = self._order.get(item.nodeid, 0)
        setattr(report, _ORDER, order)
        for answer in answers:
            answer.order, answer.nodeid = order, item.nodeid
            if answer.check and _failed_as_expected(report):
                answer.check.xfail = told(_reason(report), self._run.secrets())
        setattr(report, _ANSWERS, packed(answers))
        return report

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Gather answers, in this process or from xdist's workers."""
        if report.outcome not in _FINAL:
            self._forget(report.nodeid)
            return
        builtins = getattr(report, _ANSWERS, None)
        if builtins is None and report.failed:
            self._answers.extend(self._crashed(report))
        self._answers.extend(unpacked(builtins or ()))
        if builtins and isinstance(report.longrepr, str):
            report.longrepr = FailureText(report, _terminal(self._run.config))  # type: ignore[assignment]
        self._order.setdefault(report.nodeid, getattr(report, _ORDER, sys.maxsize))

    def _crashed(self, report: pytest.TestReport) -> list[CheckAnswer]:
        """Make an answer for a check of which nothing is known but that its process died."""
        file, _, inner = report.nodeid.partition("::")
        path = self._run.config.rootpath / file
        if not self._run.catalog.holds(path):
            return []
        name = self._run.catalog.name_in(path, inner)
        return [crashed(name, file, "::".join(inner.split("::")[-2:]))]

    def _forget(self, nodeid: str) -> None:
        """Drop the answers of an attempt that another plugin repeats: the last one counts."""
        self._answers[:] = [one for one in self._answers if one.nodeid != nodeid]

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Put what people read into the order of the tests, whichever worker was faster."""
        reporter: Any = session.config.pluginmanager.get_plugin("terminalreporter")
        for reports in reporter.stats.values() if reporter else ():
            reports.sort(key=lambda one: self._order.get(str(getattr(one, "nodeid", "")), -1))

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        """Show the verdict ``error`` as pytest's error, not as a failure."""
        answers = unpacked(getattr(report, _ANSWERS, None) or ())
        if report.failed and any(one.check and one.check.verdict == "error" for one in answers):
            return "error", "E", "ERROR"
        return None

    def pytest_terminal_summary(self, terminalreporter: Any, exitstatus: int) -> None:
        """Show the table of modules."""
        if exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
            since = self._run.changed_since
            idle = since.nothing if since is not None and since.empty else ""
            terminalreporter.ensure_newline()
            terminalreporter.section("platform")
            terminalreporter.write_line(idle or _NOTHING, red=not idle)
        if not self._answers:
            return
        settings = self._run.settings
        section = platform_section(settings.remote_mode, settings.stack.kind, self._answers)
        terminalreporter.ensure_newline()
        terminalreporter.section("platform")
        writer = terminalreporter.config.get_terminal_writer()
        width = writer.fullwidth if terminalreporter.isatty else None
        for line, verdict in table(section, width):
            terminalreporter.write_line(line, **_COLOURS.get(verdict, {"bold": True}))
        for line in notes(section):
            terminalreporter.write_line(line, yellow=True)
        for text, failed in self._uncovered.lines():
            for line in textwrap.wrap(text, width) if width else [text]:
                terminalreporter.write_line(line, red=failed, yellow=not failed)
        if lines := plan_lines(section):
            terminalreporter.section("plan" if self._run.settings.change.plan else "apply")
            for line in lines:
                terminalreporter.write_line(line)

    def _of_check(self, item: CheckItem, report: pytest.TestReport) -> list[CheckAnswer]:
        result = item.result
        if result is not None and _failed_as_expected(report):
            return [item.answer(_expected(result, report))]
        if report.skipped and result is not None:
            path, line, _ = item.reportinfo()
            report.longrepr = (str(path), line + 1, f"Skipped: {result.message}")
        if report.when == "call" and result is not None and _agree(result, report):
            return [item.answer(result)]
        if report.passed:
            return []
        # It was not the check that spoke but a marker, or another plugin that failed.
        return [item.answer(_result_of(report, item.check.location, _CRASH))]

    def _of_test(
        self, item: pytest.Item, report: pytest.TestReport, unseen: Result | None
    ) -> list[CheckAnswer]:
        if report.when != "call" and report.passed:
            return []
        if unseen is not None:
            # Where we could not look, our own frames help nobody.
            report.longrepr = render(unseen.message, str(unseen.code), unseen.location)
        result = unseen or _result_of(report, _location_of(report), _SMOKE)
        return [self._test_answer(name, report, result) for name in modules_of(item)]

    def _test_answer(self, name: str, report: pytest.TestReport, result: Result) -> CheckAnswer:
        module = self._run.catalog.get(name)
        test = report.nodeid.partition("::")[2]
        secrets = self._run.secrets()
        return CheckAnswer(
            subject=subject_of(module, host_shown(self._run, module)),
            check=check_of(f"smoke::{redact(test, secrets)}", result, report.duration, secrets),
            observation=observed_already(self._run, module),
            total=total_of(self._run, module),
        )


def _terminal(config: pytest.Config) -> Any:
    """Return pytest's writer where it writes to a terminal."""
    reporter: Any = config.pluginmanager.get_plugin("terminalreporter")
    return config.get_terminal_writer() if reporter and reporter.isatty else None


def _could_not_look(item: pytest.Item, call: pytest.CallInfo[None]) -> Result | None:
    """Return what a test in Python ended with where it could not look, as when nothing runs."""
    excinfo = call.excinfo
    if excinfo is None or not isinstance(error := excinfo.value, PlatformError):
        return None
    file, line, _ = item.location
    lines = [entry.lineno for entry in excinfo.traceback if entry.path == item.path]
    asked_at = Location(file, [line or 0, *lines][-1] + 1)
    return Result(Verdict.ERROR, str(error), error.code, location=error.location or asked_at)


def _location_of(report: pytest.TestReport) -> Location:
    file, line, _ = report.location
    return Location(file, (line or 0) + 1)


def _result_of(report: pytest.TestReport, location: Location, code: str) -> Result:
    """Say what became of a test, of which there is nothing but pytest's report."""
    if report.passed:
        return Result(Verdict.PASSED, location=location)
    if _failed_as_expected(report):
        return _expected(Result(Verdict.FAILED, _told(report), code, location=location), report)
    if report.skipped:
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else ""
        return Result(Verdict.SKIPPED, reason.removeprefix("Skipped: "), location=location)
    if report.longreprtext.startswith(_UNEXPECTED):
        return Result(Verdict.FAILED, _told(report), _XPASS, location=location)
    failed = report.when == "call" and code != _CRASH
    verdict = Verdict.FAILED if failed else Verdict.ERROR
    return Result(verdict, _told(report), code, location=location)


def _failed_as_expected(report: pytest.TestReport) -> bool:
    """Tell whether a test failed that was marked with ``xfail``."""
    return report.skipped and hasattr(report, "wasxfail")


def _reason(report: pytest.TestReport) -> str:
    return str(report.wasxfail).removeprefix("reason: ")


def _expected(result: Result, report: pytest.TestReport) -> Result:
    """Return what a check found as an expected failure, which makes no run fail."""
    reason = _reason(report)
    why = f" ({reason})" if reason else ""
    message = f"expected to fail{why}: {result.message}"
    return replace(result, verdict=Verdict.SKIPPED, message=message)


def _agree(result: Result, report: pytest.TestReport) -> bool:
    """Tell whether a test that passed for us has not failed for pytest."""
    return not (report.failed and result.verdict is Verdict.PASSED)


def _told(report: pytest.TestReport) -> str:
    """Return the first line of what went wrong, as pytest's short summary shows it."""
    crash = getattr(report.longrepr, "reprcrash", None)
    text = crash.message if crash else report.longreprtext
    return next(filter(None, map(str.strip, text.splitlines())), "no message")
