"""The guarded apply: observe, guard, lock, observe again, start, wait, capture, verify."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from pytest_platform.change.audit import (
    AuditLine,
    AuditUnwritable,
    Event,
    append,
    of_backup,
    plan_was_used,
)
from pytest_platform.change.backup import shown
from pytest_platform.change.guard import decide
from pytest_platform.change.guard_facts import ChangeRequest, Decision, GuardVerdict
from pytest_platform.change.lock import Holder, LockHeld, held
from pytest_platform.change.observe import ObservedChange, observe
from pytest_platform.change.plan import ChangePlan, changed, make
from pytest_platform.change.refusal import Refusal
from pytest_platform.change.rerun import capture, describe_now, smoke, start_and_wait, verify
from pytest_platform.docker.writable import AlreadyStarted
from pytest_platform.module.loader import Module
from pytest_platform.run.context import Context
from pytest_platform.run.engines import Host
from pytest_platform.signals import terminated_as_interrupt
from pytest_platform.verdict import Finding, Location, Result, failed, passed
from pytest_platform.workload.seen import Workload

_HOST_WANTED = "a change needs the host: give --remote-mode local or ssh"


class Setting(Struct, frozen=True):
    """What was ordered, and what the changes of one run share.

    ``unusable`` says why the plan that was named cannot be read.
    ``started`` are the modules that this run has started; an apply adds its own. ``turn`` is held
    during an apply, so that a second one in the same run waits for its end.
    """

    request: ChangeRequest
    audit_log: Path
    planned: ChangePlan | None = None
    unusable: Refusal | None = None
    started: set[str] = field(default_factory=set)
    turn: threading.Lock = field(default_factory=threading.Lock)
    now: Callable[[], datetime] = lambda: datetime.now(UTC)


class Applied(Struct, frozen=True):
    """What became of an apply: the check's result, what was decided, whether anything ran."""

    result: Result
    plan: ChangePlan
    ran: bool = False
    exit_code: int | None = None
    seconds: float | None = None


def guarded_apply(module: Module, setting: Setting, context: Context) -> Applied:
    """Run a failed one-shot again, if the guard allows it. Writes an audit line in any case.

    Raises:
        KeyboardInterrupt: it was interrupted while it waited. The one-shot goes on, the
            lock is given back, and the exception says both.
        AuditUnwritable: the audit line could not be written, and nothing was started.
        NoHost: nobody has said on which host the module runs.
    """
    with setting.turn:
        return _guarded_apply(module, setting, context)


def _guarded_apply(module: Module, setting: Setting, context: Context) -> Applied:
    since = setting.now().isoformat(timespec="seconds")
    host = context.fleet.host_of(module)
    attempt = _Attempt(module, setting, context, host, Holder.me(module.name, since))
    seen = attempt.observe()
    verdict = attempt.decide(seen)
    if verdict.decision is not Decision.ALLOWED:
        return attempt.not_run(seen, verdict)
    try:
        lock = held(attempt.host.transport, module.project, attempt.holder)
        with terminated_as_interrupt(), lock:
            return attempt.under_lock(seen)
    except LockHeld as error:
        refused = GuardVerdict(Decision.REFUSED, (Refusal(error.code, str(error)),))
        return attempt.not_run(seen, refused)


class _Attempt(Struct, frozen=True):
    """One attempt at one module, by one holder of the lock."""

    module: Module
    setting: Setting
    context: Context
    host: Host
    holder: Holder

    @property
    def place(self) -> Location:
        return self.module.at("spec", "runtime", "expected_state")

    def observe(self, before: ObservedChange | None = None) -> ObservedChange:
        request, now = self.setting.request, self.setting.now()
        return observe(self.module, self.context, request, now, before=before)

    def decide(
        self, seen: ObservedChange, moved: tuple[str, ...] = (), *, locked: bool = False
    ) -> GuardVerdict:
        """Add to the facts what only this attempt knows, and ask the guard.

        ``locked`` tells that the lock is ours.
        """
        planned = self.setting.planned
        if planned is not None:
            moved += changed(planned.subject, seen.subject)
            moved += () if planned.drift == tuple(sorted(seen.drift or ())) else ("drift",)
        facts = replace(
            seen.facts,
            workers=self.context.plan.workers,
            reruns=self.context.plan.reruns,
            lock="" if locked else seen.facts.lock,
            changed=tuple(dict.fromkeys(moved)),
            repeated=self.module.name in self.setting.started,
            spent=bool(planned and plan_was_used(self.setting.audit_log, planned.digest)),
        )
        verdict = decide(self.module, seen.drift, self.setting.request, facts)
        more = [self.setting.unusable] if self.setting.unusable else []
        if not self.context.remote_mode.live:
            more.append(Refusal("guard.remote_mode", _HOST_WANTED))
        return GuardVerdict(Decision.REFUSED, (*more, *verdict.reasons)) if more else verdict

    def under_lock(self, before: ObservedChange) -> Applied:
        """Look again: what was decided on must be so still, now that nobody else may change it."""
        self.context.fleet.forget(self.module)
        now = self.observe(before)
        verdict = self.decide(now, changed(before.subject, now.subject), locked=True)
        if verdict.decision is not Decision.ALLOWED or now.workload is None:
            return self.not_run(now, verdict)
        return self.run(now, verdict, now.workload)

    def not_run(self, seen: ObservedChange, verdict: GuardVerdict) -> Applied:
        nothing = verdict.decision is Decision.NOTHING_TO_DO
        codes = tuple(reason.code for reason in verdict.reasons)
        self.write(seen, event="nothing-to-do" if nothing else "refused", reasons=codes)
        plan = self.plan(seen, verdict)
        if nothing:
            left = f"; {seen.facts.lock}" if seen.facts.lock else ""
            return Applied(passed(f"nothing to do: it is as declared{left}"), plan)
        findings = [Finding(reason.code, reason.message) for reason in verdict.reasons]
        return Applied(failed(findings, self.place), plan)

    def plan(self, seen: ObservedChange, verdict: GuardVerdict) -> ChangePlan:
        secrets = self.context.vault.secrets()
        now, drift = self.setting.now(), seen.drift or ()
        return make(seen.subject, drift, verdict, now, secrets, backup=seen.evidence)

    def run(self, seen: ObservedChange, decided: GuardVerdict, workload: Workload) -> Applied:
        """Write down that it is started, before it is; then do so, and say how it ended."""
        self.write(seen, event="started")
        self.setting.started.add(self.module.name)
        try:
            return self.carry_out(seen, decided, workload)
        except AlreadyStarted as error:
            return self.not_ours(seen, decided, error)
        except BaseException as error:
            # Not only Ctrl-C: pytest-timeout, too, raises its own in the middle of the wait.
            self.tell_outcome(seen, verdict="interrupted")
            said = (
                f"{workload.name} was started and is left "
                f"{describe_now(self.module, self.host, workload)}, "
                f"the lock of {self.module.project} is given back"
            )
            if isinstance(error, KeyboardInterrupt):
                raise KeyboardInterrupt(said) from None
            error.add_note(said)
            raise

    def carry_out(self, seen: ObservedChange, decided: GuardVerdict, workload: Workload) -> Applied:
        """Start, wait, capture, verify."""
        began = monotonic()
        exit_code, trouble = start_and_wait(self.module, self.host, workload)
        took = round(monotonic() - began, 3)
        log = capture(self.module, self.host, workload)
        findings = [trouble] if trouble else list(self.verify(seen, exit_code))
        verdict = "failed" if findings else "passed"
        findings += self.tell_outcome(seen, verdict=verdict, exit_code=exit_code, seconds=took)
        done = passed(f"ran once, exited {exit_code}")
        result = failed(findings, self.place) if findings else done
        plan = self.plan(seen, decided)
        return Applied(replace(result, evidence=log), plan, True, exit_code, took)

    def not_ours(
        self, seen: ObservedChange, decided: GuardVerdict, error: AlreadyStarted
    ) -> Applied:
        """Say that it runs, but was started by somebody else: nothing of that is judged here."""
        self.setting.started.discard(self.module.name)
        findings = [Finding(error.code, str(error))]
        findings += self.tell_outcome(seen, verdict="failed", reasons=(error.code,))
        return Applied(failed(findings, self.place), self.plan(seen, decided))

    def verify(self, before: ObservedChange, exit_code: int | None) -> Iterator[Finding]:
        """Ask all that makes the difference between *it ended* and *it worked*."""
        self.context.fleet.forget(self.module)
        yield from verify(before, self.observe(before), exit_code)
        yield from smoke(self.module, self.context)

    def tell_outcome(self, seen: ObservedChange, **fields: Any) -> list[Finding]:
        try:
            self.write(seen, event="ended", **fields)
        except AuditUnwritable as error:
            message = (
                f"it ran, and the audit log {self.setting.audit_log} does not take how it ended"
            )
            return [Finding(error.code, message)]
        return []

    def write(self, seen: ObservedChange, *, event: Event, **fields: Any) -> None:
        """Append a line to the audit log."""
        setting, holder = self.setting, self.holder
        line = AuditLine(
            time=setting.now().isoformat(timespec="milliseconds"),
            run=holder.run,
            user=holder.user,
            machine=holder.machine,
            event=event,
            module=self.module.name,
            project=self.module.project,
            host=self.host.name,
            container_id=seen.subject.container_id,
            plan=setting.planned.digest if setting.planned else "",
            backup_ref=shown(setting.request.backup_ref),
            **of_backup(seen.evidence),
            **fields,
        )
        append(setting.audit_log, line, self.context.vault.secrets())
