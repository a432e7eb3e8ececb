"""The document of reports: pytest-json-report's document with the ``platform`` section."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import pytest

from pytest_platform.plugin.change_options import usage_error
from pytest_platform.report.document import Platform
from pytest_platform.report.writer import ReportWriter


class JsonReport:
    """Adds the section to the document, and hands it over to who writes it."""

    def __init__(
        self,
        output: ReportWriter,
        section: Callable[[], Platform],
        order: Mapping[str, int],
    ) -> None:
        """Keep what makes the section when all is over, and ``order``, which is filled in later."""
        self._output = output
        self._section = section
        self._order = order

    def check_writable(self) -> None:
        """Find out at the start, not after an hour, whether each file can be written.

        Raises:
            pytest.UsageError: one cannot.
        """
        if error := self._output.unwritable:
            raise usage_error(f"{error.filename}: cannot be written: {error.strerror}") from None

    @pytest.hookimpl(trylast=True)
    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str]:
        """Name the outcome where no terminal plugin does; pytest-json-report needs one."""
        if report.when == "call" or report.skipped:
            return report.outcome, "", ""
        return ("error" if report.failed else ""), "", ""

    @pytest.hookimpl(trylast=True)
    def pytest_json_modifyreport(self, json_report: dict[str, Any]) -> None:
        """Add the section. The document is written when all is over: later hooks may add to it.

        Workers report as they please, so the tests are put into the order of the collection.
        """
        json_report.get("tests", []).sort(key=lambda test: self._order.get(test["nodeid"], 0))
        json_report["platform"] = msgspec.to_builtins(self._section())
        self._output.document = json_report
