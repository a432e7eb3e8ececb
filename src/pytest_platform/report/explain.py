"""What a check found, for people and for the document: redacted, with the lines of its file."""

from __future__ import annotations

from pathlib import Path

from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import replace

from pytest_platform.errors import render
from pytest_platform.module.source import inside
from pytest_platform.reading import read_text
from pytest_platform.report.check_report import ExcerptReport, FindingReport
from pytest_platform.report.redact import MARK, Safe, redact, safe, told, told_lines, visible
from pytest_platform.secrets import Secrets
from pytest_platform.secrets.texts import in_text
from pytest_platform.verdict import Excerpt, Finding, Location, Result

_NEVER_QUOTED = frozenset({"contract.secrets"})
"""Codes whose source lines hold what must not be shown."""

_LINE = 200


def explain(result: Result, root: Path, secrets: Secrets) -> Safe:
    """Tell the whole story of a check that failed or could not look.

    The message comes first, then what was expected and seen, evidence, the source, and
    last ``file:line: code``.
    """
    teller = _Teller(root, secrets)
    parts: list[str] = [told(result.message, secrets)]
    if len(result.findings) == 1:
        parts += teller.comparison(result.findings[0])
    parts.append(visible(redact(result.evidence, secrets)))
    placed = [one for one in result.findings if one.location or len(result.findings) == 1]
    for finding in placed:
        parts += teller.placed(finding, result)
    if unplaced := [one for one in result.findings if one not in placed]:
        parts += [told(f"- {one.message} [{one.code}]", secrets) for one in unplaced]
    if not placed:
        parts.append(teller.source(result.code or "", result.location, None))
    return Safe("\n".join(part for part in parts if part))


class _Teller(Struct, frozen=True):
    """Every text that it returns has been redacted before it was shortened."""

    root: Path
    secrets: Secrets

    def placed(self, finding: Finding, result: Result) -> list[str]:
        source = self.source(finding.code, finding.location or result.location, finding.excerpt)
        if len(result.findings) == 1:
            return [source]
        message = told(finding.message, self.secrets)
        return [f"\n{message}", *self.comparison(finding), source]

    def comparison(self, finding: Finding) -> list[str]:
        pairs = (("expected: ", finding.expected), ("actual:   ", finding.actual))
        compared = [
            f"  {label}{told(text, self.secrets)}" for label, text in pairs if text is not None
        ]
        return compared + [f"    {line}" for line in told_lines(finding.diff, self.secrets)]

    def source(self, code: str, location: Location | None, excerpt: Excerpt | None) -> str:
        if excerpt is None:
            excerpt = quoted(code, location, self.root, self.secrets)
        rendered = render("", code, location, excerpt).lstrip("\n")
        return visible(redact(rendered, self.secrets))


def quoted(code: str, location: Location | None, root: Path, secrets: Secrets) -> Excerpt | None:
    """Read the lines around a finding, redacted; None where they cannot, or must not, be shown."""
    if location is None or code in _NEVER_QUOTED:
        return None
    return excerpt_of(root, location, secrets)


def redacted_excerpt(excerpt: Excerpt, secrets: Secrets) -> Excerpt | None:
    """Redact an excerpt as one text, since a secret may go over lines; None where lines went."""
    lines = visible(redact("\n".join(excerpt.lines), secrets)).split("\n")
    if len(lines) != len(excerpt.lines):
        return None
    shown = tuple(line[:_LINE] for line in lines)
    marked = excerpt.line - excerpt.first
    whole = 0 <= marked < len(lines) and lines[marked] == excerpt.lines[marked]
    column, width = (excerpt.column, excerpt.width) if whole else (0, 0)
    return replace(excerpt, lines=shown, column=column, width=width)


def excerpt_of(root: Path, location: Location, secrets: Secrets) -> Excerpt | None:
    """Read the lines around a location, redacted; None where the file cannot be read.

    What leads out of ``root`` is not ours to show.
    """
    path = root / location.file
    if not inside(path, root):
        return None
    try:
        lines = read_text(path, errors="strict").splitlines()
    except (OSError, UnicodeDecodeError):
        return None
    if not 1 <= location.line <= len(lines):
        return None
    first = max(1, location.line - 2)
    near = lines[first - 1 : location.line + 1]
    shown = tuple(redact(_without_named(line), secrets)[:_LINE] for line in near)
    marked = shown[location.line - first]
    column = len(marked) - len(marked.lstrip())
    if marked == lines[location.line - 1] and column < location.column <= len(marked):
        column = location.column - 1
    return Excerpt(shown, first, location.line, column, len(marked[column:].rstrip()))


def _without_named(line: str) -> str:
    """Hide what a line itself says to be secret, also where the value is a word of every report."""
    for found in in_text(line):
        before, _, after = line.rpartition(found.value)
        line = f"{before}{MARK}{after}"
    return line


def finding_of(
    finding: Finding, result: Result, secrets: Secrets, root: Path | None
) -> FindingReport:
    """Describe one finding of a result. ``root`` is where files are quoted from; None: nowhere."""
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
