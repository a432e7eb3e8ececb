"""Reporting: from pytest's reports to answers."""

from __future__ import annotations

import sys
from collections.abc import Generator
from typing import Any

import pytest

from pytest_platform.errors import render
from pytest_platform.plugin import outcome
from pytest_platform.plugin.collection import modules_of
from pytest_platform.plugin.failure_text import FailureText, repeated
from pytest_platform.plugin.item import CheckItem, host_shown, observed_already
from pytest_platform.plugin.nodes import total_of
from pytest_platform.plugin.run import Run
from pytest_platform.plugin.terminal import Terminal
from pytest_platform.report.answers import (
    CheckAnswer,
    check_of,
    crashed,
    packed,
    subject_of,
    unpacked,
)
from pytest_platform.report.redact import redact, told
from pytest_platform.text import did_you_mean, quoted
from pytest_platform.verdict import Result

_ANSWERS = "platform_answers"
"""The attribute of a report that carries answers; it crosses to xdist's controller."""
_ORDER = "platform_order"
"""The attribute of a report that tells the place of its test in the collection."""
_CODE = "code"
"""The property of a test that names what was found."""
_FINAL = frozenset({"passed", "failed", "skipped"})
"""Outcomes of pytest itself; others are of attempts that a plugin repeats."""
_EACH = 2
"""The verbosity, ``-vv``, from which on each failure is shown, also where they are equal."""


class Reporting:
    """The hooks that make and carry answers."""

    def __init__(self, run: Run, answers: list[CheckAnswer], order: dict[str, int]) -> None:
        self._run = run
        self._answers = answers
        self._order = order
        self._all: dict[str, list[Any]] = {}

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Keep the order of the tests: under xdist, reports come as they please."""
        self._order.update({item.nodeid: index for index, item in enumerate(session.items)})

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Fail a test in Python for a module that does not exist: it would vouch for nothing."""
        for name in () if isinstance(item, CheckItem) else modules_of(item):
            if not self._run.catalog.exists(name):
                hint = did_you_mean(name, self._run.catalog.names())
                pytest.fail(f"there is no module {quoted(name)}{hint}", pytrace=False)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Attach answers to the report of a check, or of a test marked for a module."""
        report = yield
        if isinstance(item, CheckItem):
            answers = self._of_check(item, report)
        else:
            unseen = outcome.unobserved(item, call) if report.failed else None
            answers = self._of_test(item, report, unseen)
        order = self._order.get(item.nodeid, 0)
        setattr(report, _ORDER, order)
        for answer in answers:
            answer.order, answer.nodeid = order, item.nodeid
        if report.skipped:
            self._mark_expected(answers, report)
        setattr(report, _ANSWERS, packed(answers))
        _keep_codes(item, answers)
        return report

    def _mark_expected(self, answers: list[CheckAnswer], report: pytest.TestReport) -> None:
        """Keep the reason of the marker ``xfail``, where the test failed as it says."""
        for answer in answers:
            if answer.check and outcome.failed_as_expected(report):
                answer.check.xfail = told(outcome.xfail_reason(report), self._run.secrets())

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
            name = unpacked(builtins)[0].subject.name
            report.longrepr = FailureText(report, Terminal(self._run.config), name)  # type: ignore[assignment]
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
        if reporter and session.config.get_verbosity() < _EACH:
            for kind in ("error", "failed"):
                self._leave_out(reporter.stats, kind)

    def _leave_out(self, stats: dict[str, list[Any]], kind: str) -> None:
        """Show what is equal once; the summary behind the blocks lists and counts all."""
        shown = stats.get(kind) or []
        again = repeated((one, unpacked(getattr(one, _ANSWERS, None) or ())) for one in shown)
        if again:
            self._all[kind] = shown
            left_out = set(map(id, again))
            stats[kind] = [one for one in shown if id(one) not in left_out]

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        """Show the verdict ``error`` as pytest's error, not as a failure."""
        answers = unpacked(getattr(report, _ANSWERS, None) or ())
        if report.failed and any(one.check and one.check.verdict == "error" for one in answers):
            return "error", "E", "ERROR"
        return None

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Give pytest's own summary all failures again, those left out above included."""
        terminalreporter.stats.update(self._all)

    def _of_check(self, item: CheckItem, report: pytest.TestReport) -> list[CheckAnswer]:
        result = item.result
        if report.passed:
            return [item.answer(result)] if report.when == "call" and result is not None else []
        if result is not None and outcome.failed_as_expected(report):
            return [item.answer(outcome.as_expected_failure(result, report))]
        if report.skipped and result is not None:
            path, line, _ = item.reportinfo()
            report.longrepr = (str(path), line + 1, f"Skipped: {result.message}")
        if report.when == "call" and result is not None and outcome.agree(result, report):
            return [item.answer(result)]
        # It was not the check that spoke but a marker, or another plugin that failed.
        return [item.answer(outcome.result_of(report, item.check.location, outcome.CRASH))]

    def _of_test(
        self, item: pytest.Item, report: pytest.TestReport, unseen: Result | None
    ) -> list[CheckAnswer]:
        if report.when != "call" and report.passed:
            return []
        if unseen is not None:
            # Where we could not look, our own frames help nobody.
            report.longrepr = render(unseen.message, str(unseen.code), unseen.location)
        result = unseen or outcome.result_of(report, outcome.location_of(report), outcome.SMOKE)
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


def _keep_codes(item: pytest.Item, answers: list[CheckAnswer]) -> None:
    """Make a property of each code: JUnit files get those of the last report of a test."""
    found = [one.check.code for one in answers if one.check and one.check.code]
    # What was found by an attempt that another plugin repeats does not count.
    others = [one for one in item.user_properties if one[0] != _CODE or not answers]
    item.user_properties[:] = [*others, *((_CODE, code) for code in dict.fromkeys(found))]
