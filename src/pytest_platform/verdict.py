"""The words in which every check answers: verdicts, findings and results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from msgspec import Struct, field


class Verdict(StrEnum):
    """The answer of one check, from best to worst."""

    PASSED = "passed"
    SKIPPED = "skipped"
    """Was told not to look."""
    FAILED = "failed"
    """Looked, and it is wrong."""
    ERROR = "error"
    """Could not look."""


class Location(Struct, frozen=True):
    """A line of a file that people can open.

    ``file`` is relative to pytest's rootdir with forward slashes; ``line`` counts from 1, and
    so does ``column``, which is 0 where the line as a whole is meant.
    """

    file: str
    line: int
    column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" + (f":{self.column}" if self.column else "")


class Spot(Struct, frozen=True):
    """Where in a script something stands, in characters from its start, as it is written.

    The script is the text at the finding's ``path``, or the ``file`` that the container sees
    under that path.
    """

    at: int = 0
    file: str = ""


class Excerpt(Struct, frozen=True):
    """The lines of a file around one span, for showing it with a caret.

    ``first`` is the number of the first of ``lines``; ``line`` is the marked one;
    ``column`` counts from 0 and ``width`` is the number of carets.
    """

    lines: tuple[str, ...]
    first: int
    line: int
    column: int
    width: int

    def __str__(self) -> str:
        gutter = len(str(self.first + len(self.lines) - 1))
        shown: list[str] = []
        for number, text in enumerate(self.lines, self.first):
            shown.append(f"{number:>{gutter}} | {text}".rstrip())
            if number == self.line:
                shown.append(f"{'':>{gutter}} | {'':{self.column}}{'^' * max(1, self.width)}")
        return "\n".join(shown)


class Finding(Struct, frozen=True):
    """One thing that is wrong.

    ``message`` is one line: what is wrong and what to do next. ``path`` names the
    field of the rendered Compose service that is at fault, for example
    ``("command",)``; whoever knows the files turns it into a ``location``.
    """

    code: str
    message: str
    expected: str | None = None
    actual: str | None = None
    path: tuple[str, ...] = ()
    location: Location | None = None
    excerpt: Excerpt | None = None
    spot: Spot | None = None
    """Where in the script at ``path`` it stands."""
    softens: bool = False
    """Of this a draft only warns, also where it fails for other findings of the code."""
    diff: str = ""
    """Lines from what was expected to what was seen, where that helps; whole, not redacted."""


class Result(Struct, frozen=True):
    """What one check answered.

    ``code``, ``expected`` and ``actual`` are those of the worst finding; ``message`` is
    one line. ``findings`` are all of them, for people who read the whole story.
    """

    verdict: Verdict
    message: str = ""
    code: str | None = None
    expected: str | None = None
    actual: str | None = None
    location: Location | None = None
    findings: tuple[Finding, ...] = ()
    evidence: str = ""
    """Output that helps to understand a failure, for example the end of a log."""
    details: Mapping[str, Any] = field(default_factory=dict)
    """More keys for the module in the JSON document; builtins only."""

    @property
    def reasons(self) -> Sequence[Finding]:
        """All findings; of a check that could not look, the one that says why."""
        if self.findings or self.code is None:
            return self.findings
        return [Finding(self.code, self.message, self.expected, self.actual)]


def passed(message: str = "") -> Result:
    """Return a result of a check that found nothing wrong."""
    return Result(Verdict.PASSED, message)


def failed(findings: Sequence[Finding], default: Location) -> Result:
    """Return the result of a check that found something; ``default`` is where to point."""
    worst = findings[0]
    more = f" (and {len(findings) - 1} more)" if len(findings) > 1 else ""
    return Result(
        Verdict.FAILED,
        worst.message + more,
        worst.code,
        worst.expected,
        worst.actual,
        worst.location or default,
        tuple(findings),
    )
