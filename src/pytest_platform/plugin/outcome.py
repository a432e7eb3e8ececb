"""What became of a test, as a result: from pytest's report to one of ours."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from pytest_platform.errors import PlatformError
from pytest_platform.verdict import Location, Result, Verdict

SMOKE = "smoke.test"
CRASH = "platform.crash"
_XPASS, _UNEXPECTED = "platform.xpass", "[XPASS(strict)]"


def unobserved(item: pytest.Item, call: pytest.CallInfo[None]) -> Result | None:
    """Return what a test in Python ended with where it could not look, as when nothing runs."""
    excinfo = call.excinfo
    if excinfo is None or not isinstance(error := excinfo.value, PlatformError):
        return None
    file, line, _ = item.location
    lines = [entry.lineno for entry in excinfo.traceback if entry.path == item.path]
    asked_at = Location(file, [line or 0, *lines][-1] + 1)
    return Result(Verdict.ERROR, str(error), error.code, location=error.location or asked_at)


def location_of(report: pytest.TestReport) -> Location:
    """Return where a test is defined."""
    file, line, _ = report.location
    return Location(file, (line or 0) + 1)


def result_of(report: pytest.TestReport, location: Location, code: str) -> Result:
    """Say what became of a test, of which there is nothing but pytest's report."""
    if report.passed:
        return Result(Verdict.PASSED, location=location)
    if failed_as_expected(report):
        return as_expected_failure(
            Result(Verdict.FAILED, _first_line(report), code, location=location), report
        )
    if report.skipped:
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else ""
        return Result(Verdict.SKIPPED, reason.removeprefix("Skipped: "), location=location)
    if report.longreprtext.startswith(_UNEXPECTED):
        return Result(Verdict.FAILED, _first_line(report), _XPASS, location=location)
    failed = report.when == "call" and code != CRASH
    verdict = Verdict.FAILED if failed else Verdict.ERROR
    return Result(verdict, _first_line(report), code, location=location)


def failed_as_expected(report: pytest.TestReport) -> bool:
    """Return whether a test failed that was marked with ``xfail``."""
    return report.skipped and hasattr(report, "wasxfail")


def xfail_reason(report: pytest.TestReport) -> str:
    """Return the reason of the marker ``xfail``."""
    return str(report.wasxfail).removeprefix("reason: ")


def as_expected_failure(result: Result, report: pytest.TestReport) -> Result:
    """Return what a check found as an expected failure, which makes no run fail."""
    reason = xfail_reason(report)
    why = f" ({reason})" if reason else ""
    message = f"expected to fail{why}: {result.message}"
    return replace(result, verdict=Verdict.SKIPPED, message=message)


def agree(result: Result, report: pytest.TestReport) -> bool:
    """Return whether a test that passed for us has not failed for pytest."""
    return not (report.failed and result.verdict is Verdict.PASSED)


def _first_line(report: pytest.TestReport) -> str:
    """Return the first line of what went wrong, as pytest's short summary shows it."""
    crash = getattr(report.longrepr, "reprcrash", None)
    text = crash.message if crash else report.longreprtext
    return next(filter(None, map(str.strip, text.splitlines())), "no message")
