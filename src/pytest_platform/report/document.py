"""The ``platform`` section of the JSON document, made of the records that checks send.

A record is a dict of builtins: it crosses to another process as it is.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from pytest_platform.docker.snapshot import Container
from pytest_platform.module.loader import Broken, Module
from pytest_platform.report.coverage import judged, merged, module_verdict, state_codes
from pytest_platform.report.redact import told
from pytest_platform.secrets import Secrets
from pytest_platform.verdict import Finding, Result

SCHEMA = 1

Record = dict[str, Any]
"""``{"module": {...}, "observed": [...], "check": {...}, "order": 0, "total": 17}``; ``observed``
is null where the check did not look, and ``contradiction`` beside it says what of it is not as
declared; ``order`` is the place of the check in the collection, ``total`` how many the module
has."""


def module_record(module: Module | Broken, host: str = "") -> Record:
    """Describe a module itself; ``expected_state`` is null where its file cannot be read.

    ``host`` is where it was looked at over ssh; empty where it was not.
    """
    expected = None if isinstance(module, Broken) else module.expected
    file = module.file
    return {
        "name": module.name,
        "file": file,
        "expected_state": expected,
        **({"host": host} if host else {}),
    }


def check_record(group: str, name: str, result: Result, seconds: float, secrets: Secrets) -> Record:
    """Describe one answered check, redacted."""

    def safe(text: str | None) -> str | None:
        return None if text is None else told(text, secrets)

    location = result.location
    return {
        "id": f"{group}::{name}",
        "group": group,
        "code": result.code,
        "verdict": result.verdict.value,
        "message": safe(result.message),
        "expected": safe(result.expected),
        "actual": safe(result.actual),
        "file": location.file if location else None,
        "line": location.line if location else None,
        "seconds": round(seconds, 4),
        "findings": [_finding_record(one, result, secrets) for one in _findings(result)],
    }


def _findings(result: Result) -> Sequence[Finding]:
    """Return all findings; of a check that could not look, the one that says why."""
    if result.findings or result.code is None:
        return result.findings
    return [Finding(result.code, result.message, result.expected, result.actual)]


def _finding_record(finding: Finding, result: Result, secrets: Secrets) -> Record:
    location = finding.location or result.location
    return {
        "code": finding.code,
        "message": told(finding.message, secrets),
        "expected": None if finding.expected is None else told(finding.expected, secrets),
        "actual": None if finding.actual is None else told(finding.actual, secrets),
        "file": location.file if location else None,
        "line": location.line if location else None,
    }


def container_record(container: Container) -> Record:
    """Describe what was seen of one container; fields are named one by one, never all taken."""
    return {
        "container": container.name,
        "status": container.status,
        "exit_code": container.exit_code if container.status in {"exited", "dead"} else None,
        "health": container.health,
        "started_at": _iso(container.started_at),
        "finished_at": _iso(container.finished_at),
        "restart_count": container.restart_count,
        "image": container.image,
    }


def contradiction_record(finding: Finding, secrets: Secrets) -> Record:
    """Describe how an observation differs from the declared state, where no check says so."""
    return {
        "code": finding.code,
        "message": told(finding.message, secrets),
        "expected": told(finding.expected or "", secrets),
        "actual": told(finding.actual or "", secrets),
    }


def crash_record(name: str, file: str, check: str) -> Record:
    """Describe a check whose process died before it could answer."""
    group = check.partition("::")[0]
    record: Record = {
        "id": check,
        "group": group,
        "code": "platform.crash",
        "verdict": "error",
        "message": "the process that ran this check died; run it again without -n",
        "expected": None,
        "actual": None,
        "file": file,
        "line": 1,
        "seconds": 0.0,
        "findings": [],
    }
    module = {"name": name, "file": file, "expected_state": None}
    return {"module": module, "observed": None, "check": record, "order": sys.maxsize}


def platform_section(remote_mode: str, records: Iterable[Record]) -> Record:
    """Build the section: modules in the order of their names, each with its checks."""
    modules: dict[tuple[str, str], Record] = {}
    for record in sorted(records, key=lambda record: record["order"]):
        described = record["module"]
        entry = modules.setdefault(
            (described["name"], described["file"]),
            {**described, "observed": None, "drift": [], "total": 0, "checks": []},
        )
        entry["expected_state"] = entry["expected_state"] or described["expected_state"]
        entry["total"] = max(entry["total"], record.get("total", 0))
        if record["observed"] is not None:
            entry["observed"] = record["observed"]
            entry["contradiction"] = record.get("contradiction")
        entry["checks"].append(record["check"])
        entry.update(record.get("details") or {})
    listed = sorted(modules.values(), key=lambda entry: (entry["name"], entry["file"]))
    for entry in listed:
        _complete(entry, remote_mode)
    return {"schema": SCHEMA, "remote_mode": remote_mode, "modules": listed}


def _complete(entry: Record, remote_mode: str) -> None:
    """Add what follows from all checks of a module together."""
    checks = entry["checks"] = merged(entry["checks"])
    entry["selected"] = len(checks)
    entry["total"] = max(entry["total"], len(checks))
    entry["drift"] = sorted({*entry["drift"], *state_codes(checks)})
    entry["verdict"] = module_verdict(checks, remote_mode)
    contradiction = entry.pop("contradiction", None)
    if contradiction and not judged(checks):
        entry["contradiction"] = contradiction


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat().replace("+00:00", "Z") if moment else None
