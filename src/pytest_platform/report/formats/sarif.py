"""SARIF 2.1.0: what the contract checks found, for code scanning."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any, Final
from urllib.parse import quote

from pytest_platform.codes import catalogue
from pytest_platform.report.document import Document
from pytest_platform.report.faults import ReportedFault, faults, fingerprints
from pytest_platform.report.fit import one_line
from pytest_platform.report.redact import MARK

_SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVEL: Final = {"error": "error", "failed": "error", "warning": "warning"}
_ROOT: Final = "%SRCROOT%"


def render(document: Document) -> str:
    """Return the log of one run. Paths are relative to pytest's rootdir."""
    everything = faults(document.platform, warnings=True)
    found = [one for one in everything if one.check.startswith("contract::")]
    codes = list(dict.fromkeys(one.code for one in found))
    marks = fingerprints(found)
    results = [_result(one, codes, mark) for one, mark in zip(found, marks, strict=True)]
    driver = {
        "name": "pytest-platform",
        "version": version("pytest-platform"),
        "rules": [_rule(code) for code in codes],
    }
    invocation = {
        "executionSuccessful": not document.platform.error,
        "exitCode": document.exitcode,
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "invocations": [invocation],
        "results": results,
    }
    log = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2, ensure_ascii=False) + "\n"


def _rule(code: str) -> dict[str, Any]:
    """Describe a code as the catalogue does; codes of other plugins stand for themselves."""
    entry = catalogue().get(code)
    if entry is None:
        return {"id": code}
    means = f"{entry.means} {entry.why}".strip()
    return {
        "id": code,
        "shortDescription": {"text": entry.title},
        "fullDescription": {"text": means},
        "help": {"text": f"{means}\n\n{entry.do}"},
        "properties": {"tags": [entry.group]},
    }


def _result(fault: ReportedFault, codes: Sequence[str], fingerprint: str) -> dict[str, Any]:
    place = {
        "artifactLocation": _artifact(fault.file),
        "region": _region(fault),
    }
    name = {"fullyQualifiedName": one_line(fault.name), "kind": "module"}
    return {
        "ruleId": fault.code,
        "ruleIndex": codes.index(fault.code),
        "level": _LEVEL[fault.severity],
        "message": {"text": one_line(fault.message)},
        "locations": [{"physicalLocation": place, "logicalLocations": [name]}],
        "partialFingerprints": {"platformFinding/v1": fingerprint},
    }


def _region(fault: ReportedFault) -> dict[str, int]:
    """Return the line, and the stretch of it that the finding marks, where it marks one."""
    region = {"startLine": fault.line}
    start, excerpt = fault.finding.column, fault.finding.excerpt
    if not start:
        return region
    region["startColumn"] = start
    if excerpt and (excerpt.line, excerpt.column + 1) == (fault.line, start):
        marked = excerpt.lines[excerpt.line - excerpt.first]
        # What is hidden has another length in the file.
        end = {} if MARK in marked else {"endLine": fault.line, "endColumn": start + excerpt.width}
        region |= end
    return region


def _artifact(file: str) -> dict[str, str]:
    uri = quote(file)
    return {"uri": f"file://{uri}"} if file.startswith("/") else {"uri": uri, "uriBaseId": _ROOT}
