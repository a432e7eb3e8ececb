"""What a check found, as the document says it: redacted, with the lines of the file around it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from msgspec import UNSET, UnsetType

from pytest_platform.report.check_report import ExcerptReport, FindingReport
from pytest_platform.report.explain import quoted, redacted_excerpt
from pytest_platform.report.redact import told
from pytest_platform.secrets import Secrets
from pytest_platform.verdict import Excerpt, Finding, Result


def findings_of(result: Result, secrets: Secrets, root: Path | None) -> list[FindingReport]:
    """Describe all findings of a result. ``root`` is where files are quoted from; None: nowhere."""
    return [_finding_of(one, result, secrets, root) for one in _findings(result)]


def safe(text: str | None, secrets: Secrets) -> str | None:
    """Redact a text and put it on one line, where there is one."""
    return None if text is None else told(text, secrets)


def _findings(result: Result) -> Sequence[Finding]:
    """Return all findings; of a check that could not look, the one that says why."""
    if result.findings or result.code is None:
        return result.findings
    return [Finding(result.code, result.message, result.expected, result.actual)]


def _finding_of(
    finding: Finding, result: Result, secrets: Secrets, root: Path | None
) -> FindingReport:
    location = finding.location or result.location
    excerpt = finding.excerpt
    if excerpt is None and root is not None:
        excerpt = quoted(finding.code, location, root, secrets)
    return FindingReport(
        code=finding.code,
        message=told(finding.message, secrets),
        expected=safe(finding.expected, secrets),
        actual=safe(finding.actual, secrets),
        file=location.file if location else None,
        line=location.line if location else None,
        column=(location.column or None) if location else None,
        excerpt=_excerpt(excerpt, secrets),
    )


def _excerpt(excerpt: Excerpt | None, secrets: Secrets) -> ExcerptReport | UnsetType:
    """Describe an excerpt, where it has a line that may be shown and is one of its lines."""
    shown = redacted_excerpt(excerpt, secrets) if excerpt else None
    if shown is None or not 0 <= shown.line - shown.first < len(shown.lines):
        return UNSET
    return ExcerptReport(
        lines=list(shown.lines),
        first=shown.first,
        line=shown.line,
        column=shown.column,
        width=shown.width,
    )
