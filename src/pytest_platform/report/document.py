"""The ``platform`` section of the JSON document, made of the records that checks send.

A record is a dict of builtins: it crosses to another process as it is.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from pytest_platform.checks.blocked import CODE as BLOCKED
from pytest_platform.host.snapshot import Container
from pytest_platform.module.loader import Broken, Module
from pytest_platform.report.redact import told
from pytest_platform.secrets import Secrets
from pytest_platform.verdict import Result

SCHEMA = 1

Record = dict[str, Any]
"""``{"module": {...}, "observed": [...], "check": {...}, "order": 0}``; ``observed`` is null
where the check did not look; ``order`` is the place of the check in the collection."""

_LIVE = frozenset({"health", "smoke", "drift", "apply"})


def module_record(module: Module | Broken, host: str = "") -> Record:
    """Describe a module itself; ``expected_state`` is null where its file cannot be read.

    ``host`` is where it was looked at over ssh; empty where it was not.
    """
    expected = None if isinstance(module, Broken) else module.manifest.spec.runtime.expected_state
    file = module.file
    return {
        "name": module.name,
        "file": file,
        "expected_state": expected.value if expected else None,
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


def crash_record(file: str, check: str) -> Record:
    """Describe a check whose process died before it could answer."""
    group = check.partition("::")[0]
    record = {
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
    }
    name = file.split("/")[-2] if "/" in file else file
    module = {"name": name, "file": file, "expected_state": None}
    return {"module": module, "observed": None, "check": record, "order": sys.maxsize}


def platform_section(remote_mode: str, records: Iterable[Record]) -> Record:
    """Build the section: modules in the order of their names, each with its checks."""
    modules: dict[str, Record] = {}
    for record in sorted(records, key=lambda record: record["order"]):
        described = record["module"]
        entry = modules.setdefault(
            described["file"], {**described, "observed": None, "drift": [], "checks": []}
        )
        entry["expected_state"] = entry["expected_state"] or described["expected_state"]
        if record["observed"] is not None:
            entry["observed"] = record["observed"]
        entry["checks"].append(record["check"])
        entry.update(record.get("details") or {})
    listed = sorted(modules.values(), key=lambda entry: (entry["name"], entry["file"]))
    for entry in listed:
        entry["drift"] = sorted({*entry["drift"], *_state_drift(entry["checks"])})
        entry["verdict"] = module_verdict(entry["checks"], remote_mode)
    return {"schema": SCHEMA, "remote_mode": remote_mode, "modules": listed}


def module_verdict(checks: Sequence[Mapping[str, Any]], remote_mode: str) -> str:
    """Return the worst verdict; ``unverified`` where no check looked at what runs.

    Also where a probe was not asked because of what another module is like.
    """
    verdicts = {check["verdict"] for check in checks}
    for worst in ("error", "failed"):
        if worst in verdicts:
            return worst
    looked = any(check["verdict"] == "passed" and check["group"] in _LIVE for check in checks)
    blocked = any(check["code"] == BLOCKED for check in checks)
    return "passed" if looked and not blocked and remote_mode != "skip" else "unverified"


def _state_drift(checks: Sequence[Mapping[str, Any]]) -> list[str]:
    codes = [
        check["code"]
        for check in checks
        if check["id"] == "health::state" and check["verdict"] == "failed"
    ]
    return sorted(set(codes))


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat().replace("+00:00", "Z") if moment else None
