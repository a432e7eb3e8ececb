"""One line for Nagios, Icinga and the like, with performance data and their exit codes."""

from __future__ import annotations

from collections import Counter
from typing import Final

from msgspec import UNSET

from pytest_platform.report.document import Document
from pytest_platform.report.faults import faults
from pytest_platform.report.fit import cut, one_line

_WORDS: Final = ("OK", "WARNING", "CRITICAL", "UNKNOWN")
_LONGEST: Final = 300
_VERDICTS: Final = ("passed", "unverified", "failed", "error")


def render(document: Document) -> str:
    """Return the line."""
    verdicts = Counter(module.verdict for module in document.platform.modules)
    figures = [f"modules={verdicts.total()}"]
    figures += [f"{one}={verdicts[one]}" for one in _VERDICTS]
    if document.duration is not UNSET:
        figures.append(f"duration={document.duration:.3f}s")
    return _line(exit_code(document), _summary(document), " ".join(figures))


def exit_code(document: Document) -> int:
    """Return 0, 1, 2 or 3: what is known to be wrong counts more than what is not known."""
    verdicts = {module.verdict for module in document.platform.modules}
    if "failed" in verdicts:
        return 2
    if "error" in verdicts or document.platform.error or not verdicts:
        return 3
    return 1 if "unverified" in verdicts or document.exitcode else 0


def unreadable(reason: str) -> tuple[str, int]:
    """Return the line and the exit code where there is no document."""
    return _line(3, f"there is no report: {reason}", ""), 3


def _line(code: int, summary: str, figures: str) -> str:
    # A bar begins the performance data, wherever it stands.
    text = cut(one_line(summary).replace("|", "/"), _LONGEST)
    return f"PLATFORM {_WORDS[code]} - {text}" + (f" | {figures}" if figures else "") + "\n"


def _summary(document: Document) -> str:
    section = document.platform
    if error := section.error:
        return f"{error.message} [{error.code}]"
    if not section.modules:
        return "no check was selected"
    total = len(section.modules)
    for verdict in ("failed", "error", "unverified"):
        names = [module.name for module in section.modules if module.verdict == verdict]
        if names:
            wrong = [one for one in faults(section) if one.severity == verdict]
            first = f"; {wrong[0].name}: {wrong[0].message} [{wrong[0].code}]" if wrong else ""
            return f"{len(names)} of {total} modules {verdict}: {', '.join(names[:5])}{first}"
    if document.exitcode:
        return f"{total} modules passed, and the run ended with {document.exitcode}"
    return f"{total} modules passed"
