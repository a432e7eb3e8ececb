"""The boundary towards pytest: whatever it is about to show or write passes here.

Reports are redacted before any other plugin writes them, in the process in which they are made;
what reaches a terminal on another way (live logs, internal errors, sections of other plugins) is
redacted as it is written. What tests see themselves, as by ``caplog``, is left as it is.
"""

from __future__ import annotations

import dataclasses
import sys
import warnings
from collections.abc import Callable, Generator
from typing import Any

import pytest

from pytest_platform.report.redact import redact, redact_all, visible_but_colours
from pytest_platform.secrets import Secrets

_EXTRA = "_json_report_extra"
"""The attribute in which pytest-json-report keeps captured output and logs."""

_Record = Callable[[str, object], None]


class Boundary:
    """Redacts for pytest. ``secrets`` returns what is known by now.

    ``worker`` tells that this is a process of xdist's, which knows tests by their ids: these
    are redacted where it reports to.
    """

    def __init__(self, secrets: Callable[[], Secrets], *, worker: bool = False) -> None:
        self._secrets = secrets
        self._worker = worker

    def safe(self, text: str) -> str:
        """Redact a text that others made, and write out what a terminal would obey."""
        return visible_but_colours(redact(text, self._secrets())) if text.strip() else text

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> Generator[None]:
        """Redact a report before anybody shows it, writes it, or sends it to another process."""
        self._report(report)
        self._named(report)
        report.user_properties = [
            (self.safe(name), self._all(value)) for name, value in report.user_properties
        ]
        if reason := getattr(report, "wasxfail", ""):
            report.wasxfail = self.safe(reason)
        self._subtest(report)
        extra = getattr(report, _EXTRA, None)
        if extra is not None:
            setattr(report, _EXTRA, self._all(extra))
        return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_make_collect_report(
        self,
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        """Redact why a file of tests cannot be collected, or was skipped."""
        report = yield
        self._report(report)
        return report

    @pytest.hookimpl(tryfirst=True)
    def pytest_make_parametrize_id(self, val: object) -> str | None:
        """Redact a value of which a test is named; pytest numbers names that are equal."""
        text = val.decode(errors="replace") if isinstance(val, bytes) else val
        if not isinstance(text, str) or (shown := self.safe(text)) == text:
            return None
        return shown

    @pytest.hookimpl(tryfirst=True)
    def pytest_warning_recorded(self, warning_message: warnings.WarningMessage) -> None:
        """Redact the text of a warning, in the process where it was given."""
        told = str(warning_message.message)
        shown = self.safe(told)
        if shown != told:
            warning_message.message = shown

    @pytest.hookimpl(tryfirst=True)
    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Redact with what words a test has ended the run."""
        make_safe(excinfo.value, self.safe)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionstart(self) -> Generator[None]:
        """Redact with what words another plugin refuses to start."""
        try:
            return (yield)
        except BaseException as error:
            make_safe(error, self.safe)
            raise

    def pytest_plugin_registered(self, plugin: Any, plugin_name: str) -> None:
        """Redact what is written to the terminal by whoever writes to it."""
        if plugin_name == "terminalreporter":
            self._guard(plugin.config.get_terminal_writer())

    @pytest.fixture(scope="session")
    def record_testsuite_property(self, record_testsuite_property: _Record) -> _Record:
        """Record a property of the whole run; see pytest's fixture of this name."""
        return self._recording(record_testsuite_property)

    @pytest.fixture
    def record_xml_attribute(self, record_xml_attribute: _Record) -> _Record:
        """Record an attribute of a test; see pytest's fixture of this name."""
        return self._recording(record_xml_attribute)

    def _recording(self, record: _Record) -> _Record:
        return lambda name, value: record(self.safe(name), self._all(value))

    def guard_stderr(self) -> Callable[[], None]:
        """Redact what is written to stderr, where pytest says what ends it early.

        Returns what takes that back. While tests run, pytest captures what they write there.
        """
        guarded = _Guarded(sys.stderr, self.safe)
        sys.stderr = guarded

        def put_back() -> None:
            if sys.stderr is guarded:
                sys.stderr = guarded.stream

        return put_back

    def _guard(self, writer: Any) -> None:
        write = writer.write_raw

        def guarded(message: str, *, flush: bool = False) -> None:
            write(redact(message, self._secrets()), flush=flush)

        writer.write_raw = guarded

    def _all(self, value: Any) -> Any:
        return redact_all(value, self._secrets())

    def _named(self, report: pytest.TestReport) -> None:
        """Redact the id of a test that its own code has named."""
        if "[" in report.nodeid and not self._worker:
            path, line, name = report.location
            report.nodeid, report.location = self.safe(report.nodeid), (path, line, self.safe(name))

    def _subtest(self, report: Any) -> None:
        """Redact the message and the values that name a subtest."""
        context = getattr(report, "context", None)
        if dataclasses.is_dataclass(context) and not isinstance(context, type):
            named = {one.name: getattr(context, one.name) for one in dataclasses.fields(context)}
            report.context = dataclasses.replace(context, **self._all(named))

    def _report(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        report.sections = [(name, self.safe(text)) for name, text in report.sections]
        if isinstance(report.longrepr, tuple):
            # A skip: pytest wants its path, line and reason one by one.
            path, line, reason = report.longrepr
            report.longrepr = (path, line, self.safe(reason))
        elif (told := report.longreprtext) and (shown := self.safe(told)) != told:
            report.longrepr = shown


class _Guarded:
    """A stream that redacts. All but writing is the stream's own."""

    def __init__(self, stream: Any, safe: Callable[[str], str]) -> None:
        self.stream = stream
        self._safe = safe

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)

    def write(self, text: str) -> Any:
        """Write a text, redacted."""
        return self.stream.write(self._safe(text))


def make_safe(error: BaseException, safe: Callable[[str], str]) -> None:
    """Redact the texts of an exception and of those that led to it, where they lie."""
    pending, seen = [error], {id(None)}
    while pending:
        one = pending.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        one.args = tuple(safe(arg) if isinstance(arg, str) else arg for arg in one.args)
        for name in ("msg", "text", "strerror"):
            if isinstance(said := getattr(one, name, None), str):
                setattr(one, name, safe(said))
        further = (one.__cause__, one.__context__, getattr(one, "cause", None))
        pending += [other for other in further if isinstance(other, BaseException)]
        pending += getattr(one, "exceptions", ())
