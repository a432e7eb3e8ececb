"""The Test Anything Protocol, version 14: a line for each check."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Final

from msgspec import UNSET

from pytest_platform.report.check_report import CheckReport
from pytest_platform.report.document import Document
from pytest_platform.report.fit import one_line
from pytest_platform.report.module_report import ModuleReport

_DIRECTIVE: Final = re.compile(r"#(?=\s*(?:todo|skip))", re.IGNORECASE)


def render(document: Document) -> str:
    """Return the lines; what failed as expected is a TODO."""
    return "".join(f"{line}\n" for line in _lines(document))


def _lines(document: Document) -> Iterator[str]:
    modules = document.platform.modules
    checks = [(module, check) for module in modules for check in module.checks]
    yield "TAP version 14"
    yield f"1..{len(checks)}" + ("" if checks else " # SKIP no check was selected")
    for number, (module, check) in enumerate(checks, 1):
        yield _test(number, module, check)
        if check.verdict in {"failed", "error"}:
            yield from _diagnosis(check)
    if error := document.platform.error:
        yield f"Bail out! {one_line(error.message)} [{error.code}]"


def _test(number: int, module: ModuleReport, check: CheckReport) -> str:
    fine = check.verdict in {"passed", "skipped"} and check.xfail is UNSET
    line = f"{'ok' if fine else 'not ok'} {number} - {_escaped(f'{module.name}::{check.id}')}"
    if check.xfail is not UNSET:
        return f"{line} # TODO {_escaped(check.xfail)}".rstrip()
    return f"{line} # SKIP {_escaped(check.message)}" if check.verdict == "skipped" else line


def _diagnosis(check: CheckReport) -> Iterator[str]:
    """Yield a block of YAML; each value is a JSON text, which is YAML, too."""
    fields = {
        "message": check.message,
        "severity": "fail" if check.verdict == "failed" else "error",
        "code": check.code or "",
        "expected": check.expected,
        "actual": check.actual,
        "file": check.file,
        "line": check.line,
    }
    yield "  ---"
    for key, one in fields.items():
        if one is not None:
            shown = one_line(one) if isinstance(one, str) else one
            yield f"  {key}: {json.dumps(shown, ensure_ascii=False)}"
    yield "  ..."


def _escaped(text: str) -> str:
    """Escape a text; older readers know no escapes, so it holds nothing that is a directive."""
    return _DIRECTIVE.sub("_", one_line(text)).replace("\\", "\\\\").replace("#", "\\#")
