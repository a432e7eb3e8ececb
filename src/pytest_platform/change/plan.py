"""The plan: what was seen and decided, bound to it by a digest. Data before it is action."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec

from pytest_platform.change.backup import BackupEvidence
from pytest_platform.change.decode import decoded
from pytest_platform.change.guard_facts import GuardVerdict
from pytest_platform.errors import PlatformError
from pytest_platform.module.loader import Module
from pytest_platform.output import Output, check_source
from pytest_platform.secrets import Secrets
from pytest_platform.secrets.vault import Safe, redact
from pytest_platform.workload.seen import Workload

SCHEMA = 1
MODE = 0o600
MAX_BYTES = 64 * 1024


class PlanUnusable(PlatformError):
    """A saved plan cannot be read, or is not what was written."""

    code = "plan.unusable"


class PlanReason(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why the guard refuses: a stable code, and what would satisfy it."""

    code: str
    message: Safe


class Subject(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the plan is about. Times are as the Engine gives them, in ISO 8601; never values.

    Empty texts where there is no container.
    """

    module: str
    host: str
    project: str
    service: str
    container_id: str = ""
    started_at: str = ""
    finished_at: str = ""
    image: str = ""
    config: str = ""
    compose_version: str = ""
    plugin_version: str = ""


class ChangePlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A plan as it is saved. Only these fields are ever written."""

    schema: int
    created_at: str
    subject: Subject
    drift: tuple[str, ...]
    decision: str
    reasons: tuple[PlanReason, ...]
    backup: BackupEvidence | None
    digest: str


def make(  # noqa: PLR0913 - every fact is handed in, by its name
    subject: Subject,
    drift: Iterable[str],
    verdict: GuardVerdict,
    now: datetime,
    secrets: Secrets,
    *,
    backup: BackupEvidence | None = None,
) -> ChangePlan:
    """Make a plan of what was seen and decided; what its reasons quote is redacted."""
    reasons = tuple(PlanReason(one.code, redact(one.message, secrets)) for one in verdict.reasons)
    plan = ChangePlan(
        SCHEMA,
        now.isoformat(),
        subject,
        tuple(sorted(drift)),
        verdict.decision,
        reasons,
        backup,
        "",
    )
    return msgspec.structs.replace(plan, digest=digest_of(plan))


def subject_of(module: Module, host: str, workload: Workload | None, compose: str) -> Subject:
    """Name the subject of a plan: the workload as it is now, and the versions that looked."""
    named = Subject(
        module.name,
        host,
        module.project,
        module.service,
        compose_version=compose,
        plugin_version=version("pytest-platform"),
    )
    if workload is None:
        return named
    return msgspec.structs.replace(
        named,
        container_id=workload.id,
        started_at=_iso(workload.started_at),
        finished_at=_iso(workload.finished_at),
        image=workload.image_id,
        config=workload.revision,
    )


def digest_of(plan: ChangePlan) -> str:
    """Return the SHA-256 of all that a plan says, but for the digest itself."""
    said = msgspec.structs.replace(plan, digest="")
    return sha256(msgspec.json.encode(said, order="sorted")).hexdigest()


def changed(planned: Subject, now: Subject) -> tuple[str, ...]:
    """Name the fields in which two looks at a subject differ."""
    before, after = msgspec.structs.asdict(planned), msgspec.structs.asdict(now)
    return tuple(name for name, value in before.items() if after[name] != value)


def save(plan: ChangePlan, output: Output) -> None:
    """Write a plan; a file that it becomes only its owner can read.

    Raises:
        PlanUnusable: it cannot be written, or would replace what is no plan.
    """
    path = output.path
    try:
        if output.descriptor is None and path.exists() and path.stat().st_size:
            load(path)  # Raises for a file that is no plan: that is not ours to replace.
        output.write(_text(plan), MODE)
    except OSError as error:
        message = f"the plan {path} cannot be written: {error.strerror}"
        raise PlanUnusable(message) from None


def _text(plan: ChangePlan) -> bytes:
    return msgspec.json.format(msgspec.json.encode(plan), indent=2) + b"\n"


def load(path: Path) -> ChangePlan:
    """Read a saved plan and check its digest.

    Raises:
        PlanUnusable: it cannot be read, is not a plan, or was altered.
    """
    try:
        check_source(path)
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
        plan = decoded(data, ChangePlan)
    except OSError as error:
        message = f"the plan {path} cannot be read: {error.strerror}"
        raise PlanUnusable(message) from None
    if plan is None:
        message = f"{path} is not a plan; make one: --plan={path}"
        raise PlanUnusable(message)
    # Byte by byte: two readers may understand a key that stands twice in two ways.
    if plan.schema != SCHEMA or digest_of(plan) != plan.digest or data != _text(plan):
        message = f"the plan {path} was altered since it was made; plan again"
        raise PlanUnusable(message)
    return plan


def as_record(plan: ChangePlan) -> dict[str, Any]:
    """Return what the JSON document shows of a plan, in builtins."""
    return {
        "drift": list(plan.drift),
        "decision": plan.decision,
        "reasons": [msgspec.structs.asdict(one) for one in plan.reasons],
        "backup": msgspec.structs.asdict(plan.backup) if plan.backup else None,
        "digest": plan.digest,
    }


def _iso(moment: datetime | None) -> str:
    return moment.astimezone(UTC).isoformat() if moment else ""
