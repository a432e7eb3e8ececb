"""GitLab's code quality report."""

from __future__ import annotations

import json
from typing import Any, Final

from pytest_platform.report.document import Document
from pytest_platform.report.faults import ReportedFault, faults, fingerprints
from pytest_platform.report.fit import one_line

_SEVERITY: Final = {"error": "critical", "failed": "major", "warning": "minor"}


def render(document: Document) -> str:
    """Return a list of findings; one keeps its fingerprint where only lines move."""
    found = faults(document.platform, warnings=True)
    entries = [_entry(*pair) for pair in zip(found, fingerprints(found), strict=True)]
    return json.dumps(entries, indent=2, ensure_ascii=False) + "\n"


def _entry(fault: ReportedFault, fingerprint: str) -> dict[str, Any]:
    return {
        "description": one_line(f"{fault.name}: {fault.message}"),
        "check_name": fault.code,
        "fingerprint": fingerprint,
        "severity": _SEVERITY[fault.severity],
        "location": {"path": one_line(fault.file), "lines": {"begin": fault.line}},
    }
