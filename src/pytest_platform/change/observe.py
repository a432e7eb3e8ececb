"""Observing all that the guard wants to know: files, the Engine and the backup."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from pytest_platform.change import backup
from pytest_platform.change.guard_facts import ChangeRequest, GuardFacts
from pytest_platform.change.lock import held_by
from pytest_platform.change.mounted import shared_data
from pytest_platform.change.plan import Subject, subject_of
from pytest_platform.change.refusal import Refusal
from pytest_platform.checks.drift.judge import drift_of
from pytest_platform.checks.suite import checks_of
from pytest_platform.compose.service import RenderedService
from pytest_platform.errors import PlatformError
from pytest_platform.hosts.transport import Transport
from pytest_platform.module.loader import Module
from pytest_platform.run.context import Context
from pytest_platform.run.engines import engine_of
from pytest_platform.verdict import Verdict
from pytest_platform.workload.seen import Workload

_NOT_TO_BE_WAIVED = frozenset(
    {"command_shape", "script", "interpolation", "masked_failure", "mutations", "state"}
)
"""Contract checks that the guard relies on; a waiver of one does not make it pass here.

Exit code 0 must mean that the work was done, and what the one-shot does beyond creating is
declared, command by command, under ``beyond_create``: a waiver names no command.
"""

_IN_PROGRESS = frozenset({"running", "restarting", "paused", "removing"})


class ObservedChange(Struct, frozen=True):
    """What was found. ``drift`` is None where it could not be found out."""

    drift: frozenset[str] | None
    facts: GuardFacts
    subject: Subject
    workload: Workload | None
    evidence: backup.BackupEvidence | None = None


def observe(
    module: Module,
    context: Context,
    request: ChangeRequest,
    now: datetime,
    *,
    before: ObservedChange | None = None,
) -> ObservedChange:
    """Gather the facts about one module. What cannot be found out is None.

    In mode ``skip`` nothing but files is touched, and what only a host knows is None. A
    backup may be large, so it is read once: ``before`` is the observation that has verified it.

    Raises:
        NoHost: nobody has said on which host the module runs.
    """
    transport = context.fleet.host_of(module).transport
    live = context.remote_mode.live
    workloads = _workloads(module, context) if live else None
    workload = workloads[0] if workloads and len(workloads) == 1 else None
    data = _data(module, context)
    if before is None:
        reasons, evidence = _backup(module, context, request, now, data)
    else:
        reasons, evidence = before.facts.backup, before.evidence
    facts = GuardFacts(
        remote_mode=context.remote_mode.name,
        workers=0,
        reruns=False,
        contract=_failing_contract(module, context),
        service=_service(module, context),
        backup=reasons,
        owner=_owner(module, context) if live else None,
        labels_ours=None if workloads is None else workload is not None,
        in_progress=_in_progress(module, context, workloads),
        data=data,
        same_host=_same_host(transport) if live else None,
        lock=held_by(transport, module.project) if live else "",
    )
    subject = subject_of(module, transport.name, workload, _compose_version(context))
    return ObservedChange(
        _drift(module, context) if live else None, facts, subject, workload, evidence
    )


def _workloads(module: Module, context: Context) -> Sequence[Workload] | None:
    try:
        return context.state_alone(module).workloads
    except PlatformError:
        return None


def _drift(module: Module, context: Context) -> frozenset[str] | None:
    try:
        return frozenset(finding.code for finding in drift_of(module, context))
    except PlatformError:
        return None


def _failing_contract(module: Module, context: Context) -> frozenset[str]:
    """Name the contract checks that do not pass. What warns in a draft, or a waiver, may count."""
    draft = module.manifest.metadata.contract == "draft"
    results = ((check, check.run(context)) for check in checks_of(module, "contract"))
    return frozenset(
        result.code or f"contract.{check.name}"
        for check, result in results
        if result.verdict is not Verdict.PASSED
        or (result.findings and (draft or check.name in _NOT_TO_BE_WAIVED))
    )


def _service(module: Module, context: Context) -> RenderedService | None:
    try:
        files = module.compose_files
        rendered = context.renderer.rendered(files, module.project, module.service)
    except PlatformError:
        return None
    if rendered.made_up and _has_variables(module, context):
        return None  # a placeholder is nothing to rely on
    service = rendered.services.get(module.service)
    return service.without(engine_of(module).ignores) if service else None


def _has_variables(module: Module, context: Context) -> bool:
    """Return whether what the guard reads of the service is written with variables."""
    try:
        source = context.renderer.uninterpolated(module.compose_files, module.project)
    except PlatformError:
        return True
    service = source.documents.get(module.service) or {}
    return "$" in repr([service.get(key) for key in ("restart", "deploy", "scale")])


def _owner(module: Module, context: Context) -> str | None:
    """Say what is wrong with the owner's state; nothing where there is none or it is well."""
    try:
        owner = context.owner_of(module)
        if owner is None:
            return ""
        findings = context.state_alone(owner).findings
    except PlatformError:
        return None
    return findings[0].message if findings else ""


def _data(module: Module, context: Context) -> frozenset[str] | None:
    """Name the stateful modules whose data it can write to; None where one cannot be read."""
    shared = shared_data(module, context)
    return None if shared is None or shared.unread else frozenset(shared.of)


def _in_progress(
    module: Module, context: Context, workloads: Sequence[Workload] | None
) -> bool | None:
    """Tell whether the one-shot runs: what was declared, or another run beside it."""
    if workloads is None:
        return None
    beside = engine_of(module).running_beside(module, context.fleet.view(module))
    if beside is None:
        return None
    return beside or any(one.status in _IN_PROGRESS for one in workloads)


def _backup(
    module: Module,
    context: Context,
    request: ChangeRequest,
    now: datetime,
    data: frozenset[str] | None,
) -> tuple[tuple[Refusal, ...] | None, backup.BackupEvidence | None]:
    """Match the reference, and verify it where a host may be asked; return what was verified.

    Where it mounts the ``data`` of a module, only a backup of that one counts.
    """
    if not request.backup_ref:
        return (), None
    declared = module.manifest.spec.state.backup_ref_modules or (module.name,)
    names = tuple(name for name in declared if not data or name in data) or tuple(
        sorted(data or ())
    )
    matched = backup.match(request.backup_ref, names)
    if matched or not context.remote_mode.live:
        return matched, None
    owner = _backed_up(request.backup_ref, names, context)
    policy = owner.manifest.spec.state.backup if owner else None
    if owner is None or policy is None:
        return None, None
    try:
        transport = context.fleet.host_of(owner).transport
    except PlatformError:
        return None, None
    facts = backup.verify(
        request.backup_ref, modules=names, policy=policy, transport=transport, now=now
    )
    return facts.refusals, facts.evidence


def _backed_up(text: str, names: tuple[str, ...], context: Context) -> Module | None:
    """Find the module that was backed up: it says what counts, and the backup is on its host.

    A restic snapshot names its module only on the host; then there must be just one.
    """
    reference = backup.parse(text)
    if isinstance(reference, Refusal):
        return None
    named = (reference.module,) if reference.module else names
    owner = context.catalog.get(named[0]) if len(named) == 1 else None
    return owner if isinstance(owner, Module) else None


def _same_host(transport: Transport) -> bool | None:
    try:
        return transport.beside_engine()
    except PlatformError:
        return None


def _compose_version(context: Context) -> str:
    try:
        return context.renderer.version()
    except PlatformError:
        return ""
