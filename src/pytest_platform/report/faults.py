"""What is wrong, one entry for each finding, for formats that point at places. Pure."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Sequence

from msgspec import Struct

from pytest_platform.report.check_report import CheckReport, FindingReport
from pytest_platform.report.document import Platform
from pytest_platform.report.module_report import ModuleReport

BAD = frozenset({"failed", "error"})
NAMELESS = "MODULE"
"""What stands for the names of modules, where faults of several are shown as one."""


class ReportedFault(Struct, frozen=True):
    """One finding of a check, with where it is.

    ``severity`` is ``error``, ``failed``, or ``warning`` for a finding of a check that passed.
    ``line`` counts from 1.
    """

    module: str
    check: str
    severity: str
    code: str
    message: str
    file: str
    line: int
    finding: FindingReport

    @property
    def name(self) -> str:
        """The module and its check, as in ``minio-init::health::state``."""
        return f"{self.module}::{self.check}"

    @property
    def place(self) -> str:
        """``file:line``."""
        return f"{self.file}:{self.line}"


def faults(section: Platform, *, warnings: bool = False) -> list[ReportedFault]:
    """Return what is wrong, in the order of the document.

    ``warnings`` adds what checks have found that passed: in a draft, or waived.
    """
    found: list[ReportedFault] = []
    for module in section.modules:
        for check in module.checks:
            if check.verdict in BAD:
                found += _of_check(module, check, check.verdict)
            elif warnings and check.verdict == "passed":
                found += _of_check(module, check, "warning")
    return found


def _of_check(module: ModuleReport, check: CheckReport, severity: str) -> Iterator[ReportedFault]:
    for one in check.findings or _itself(check):
        yield ReportedFault(
            module.name,
            check.id,
            severity,
            one.code,
            one.message,
            one.file or check.file,
            one.line or check.line,
            one,
        )


def _itself(check: CheckReport) -> list[FindingReport]:
    """Return a check as a finding, where it failed and has none of its own."""
    if check.code is None:
        return []
    return [
        FindingReport(
            code=check.code,
            message=check.message,
            expected=check.expected,
            actual=check.actual,
            file=check.file,
            line=check.line,
        )
    ]


class Alike(Struct, frozen=True):
    """Faults that are equal but for their places and modules, and the message of them all."""

    code: str
    severity: str
    message: str
    faults: Sequence[ReportedFault]


def alike(found: Sequence[ReportedFault]) -> list[Alike]:
    """Put faults together that are to be shown once.

    Where messages differ in the name of the module alone, ``MODULE`` stands for it.
    """
    groups: dict[tuple[str, str, str], list[ReportedFault]] = {}
    for one in found:
        key = (one.code, one.severity, nameless(one.message, one.module))
        groups.setdefault(key, []).append(one)
    return [
        Alike(code, severity, _message(general, same), same)
        for (code, severity, general), same in groups.items()
    ]


def nameless(text: str, module: str) -> str:
    """Return a text in which the name of a module is written as ``MODULE``."""
    if not module or module not in text:
        return text
    name = rf"(?<![^\W_]){re.escape(module)}(?![^\W_])"
    return re.sub(name, lambda _: NAMELESS, text)


def _message(general: str, same: Sequence[ReportedFault]) -> str:
    messages = {one.message for one in same}
    return messages.pop() if len(messages) == 1 else general


def fingerprints(found: Sequence[ReportedFault]) -> list[str]:
    """Return a name for each fault that stays where lines move and messages change.

    Equal faults of one check in one file are counted.
    """
    counts: Counter[tuple[str, ...]] = Counter()
    names = []
    for one in found:
        key = (one.name, one.code, one.file)
        counts[key] += 1
        text = "\0".join((*key, str(counts[key])))
        names.append(hashlib.sha256(text.encode(errors="backslashreplace")).hexdigest())
    return names
