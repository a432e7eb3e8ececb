"""What single tests contribute to the document, and the ``platform`` section made of that."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import UNSET, Struct, UnsetType

from pytest_platform.module.loader import Broken, Module
from pytest_platform.report import module_report
from pytest_platform.report.check_report import CheckReport, ExpectedState
from pytest_platform.report.coverage import judged, merged, module_verdict, state_codes
from pytest_platform.report.document import ChangedSinceReport, Platform
from pytest_platform.report.explain import finding_of
from pytest_platform.report.redact import CODES, redact_all, safe, told
from pytest_platform.run.graph import required
from pytest_platform.secrets import Secrets
from pytest_platform.verdict import Finding, Location, Result
from pytest_platform.workload.seen import Workload

_NOWHERE: Final = Location("?", 1)


class AnswerSubject(Struct, kw_only=True):
    """The module that an answer is about; ``expected_state`` is None where it cannot be read.

    ``host`` is where it was looked at over ssh; empty where it was not.
    """

    name: str
    file: str
    expected_state: ExpectedState | None = None
    host: str = ""
    requires: list[str] = []
    owner: str = ""


class AnswerDetails(Struct, kw_only=True):
    """What a check of a change adds to its module."""

    drift: list[str] | UnsetType = UNSET
    plan: module_report.PlanReport | UnsetType = UNSET
    apply: module_report.ApplyReport | UnsetType = UNSET


class ObservedModule(Struct, kw_only=True):
    """What was seen of a module, and what of it is not as declared; None where nobody looked."""

    observed: list[module_report.ContainerReport] | None = None
    contradiction: module_report.Contradiction | None = None


class CheckAnswer(Struct, kw_only=True):
    """What one test says of one module.

    ``check`` is None where the run ended before it reached any check of the module. ``order`` is
    the place of the test in the collection, ``total`` how many checks the module has.
    """

    subject: AnswerSubject
    check: CheckReport | None
    observation: ObservedModule = msgspec.field(default_factory=ObservedModule)
    details: AnswerDetails = msgspec.field(default_factory=AnswerDetails)
    total: int = 0
    order: int = 0
    nodeid: str = ""


def packed(answers: Sequence[CheckAnswer]) -> list[dict[str, Any]]:
    """Return answers as builtins, which alone cross to another process."""
    builtins: list[dict[str, Any]] = msgspec.to_builtins(answers)
    return builtins


def unpacked(builtins: Sequence[Any]) -> list[CheckAnswer]:
    """Return what :func:`packed` has packed."""
    return msgspec.convert(builtins, list[CheckAnswer])


def subject_of(module: Module | Broken, host: str = "") -> AnswerSubject:
    """Describe the module of an answer."""
    subject = AnswerSubject(name=module.name, file=module.file, host=host)
    if not isinstance(module, Broken):
        subject.expected_state = module.expected
        subject.requires = list(required(module))
        subject.owner = module.manifest.spec.state.owner or ""
    return subject


def check_of(
    id_: str, result: Result, seconds: float, secrets: Secrets, root: Path | None = None
) -> CheckReport:
    """Describe one answered check, ``group::name``, redacted. Its result should have a location.

    ``root`` is where the files of findings are read from; without it none is quoted.
    """
    location = result.location or _NOWHERE
    return CheckReport(
        id=id_,
        group=id_.partition("::")[0],  # type: ignore[arg-type] # the groups of checks are those of the document
        code=result.code,
        verdict=result.verdict.value,
        message=told(result.message, secrets),
        expected=safe(result.expected, secrets),
        actual=safe(result.actual, secrets),
        file=location.file,
        line=location.line,
        seconds=round(seconds, 4),
        findings=[finding_of(one, result, secrets, root) for one in result.reasons],
    )


def details_of(result: Result, secrets: Secrets) -> AnswerDetails:
    """Describe what a check adds to its module, redacted."""
    return msgspec.convert(redact_all(dict(result.details), secrets, CODES), AnswerDetails)


def container_of(one: Workload) -> module_report.ContainerReport:
    """Describe what was seen of one workload; fields are named one by one, never all taken."""
    return module_report.ContainerReport(
        container=one.name,
        status=one.status,
        exit_code=one.exit_code,
        health=one.health,
        started_at=_iso(one.started_at),
        finished_at=_iso(one.finished_at),
        restart_count=one.restart_count,
        image=one.image,
    )


def contradiction_of(finding: Finding, secrets: Secrets) -> module_report.Contradiction:
    """Describe how an observation differs from the declared state, where no check says so."""
    return module_report.Contradiction(
        code=finding.code,
        message=told(finding.message, secrets),
        expected=told(finding.expected or "", secrets),
        actual=told(finding.actual or "", secrets),
    )


def crashed(name: str, file: str, check: str) -> CheckAnswer:
    """Describe a check whose process died before it could answer."""
    died = CheckReport(
        id=check,
        group=check.partition("::")[0],  # type: ignore[arg-type] # as in its node id
        code="platform.crash",
        verdict="error",
        message="the process that ran this check died; run it again without -n",
        expected=None,
        actual=None,
        file=file,
        line=1,
        seconds=0.0,
        findings=[],
    )
    return CheckAnswer(subject=AnswerSubject(name=name, file=file), check=died, order=sys.maxsize)


def platform_section(
    remote_mode: str,
    stack: str,
    answers: Iterable[CheckAnswer],
    changed_since: ChangedSinceReport | UnsetType = UNSET,
) -> Platform:
    """Build the section: modules in the order of their names, each with its checks."""
    groups: dict[tuple[str, str], list[CheckAnswer]] = {}
    for answer in sorted(answers, key=lambda one: one.order):
        groups.setdefault((answer.subject.name, answer.subject.file), []).append(answer)
    modules = [_module_of(group, remote_mode) for group in groups.values()]
    return Platform(
        remote_mode=remote_mode,  # type: ignore[arg-type] # one of the modes, by the options
        modules=sorted(modules, key=lambda one: (one.name, one.file)),
        stack=stack,  # type: ignore[arg-type] # one of the kinds, by the options
        changed_since=changed_since,
    )


def _module_of(answers: Sequence[CheckAnswer], remote_mode: str) -> module_report.ModuleReport:
    """Describe a module by all answers about it; of what several say, the last counts."""
    subject, details = answers[0].subject, [one.details for one in answers]
    seen = [one.observation for one in answers if one.observation.observed is not None]
    checks = merged(one.check for one in answers if one.check)
    drift = next((one.drift for one in reversed(details) if one.drift is not UNSET), ())
    contradiction = seen[-1].contradiction if seen and not judged(checks) else None
    return module_report.ModuleReport(
        name=subject.name,
        file=subject.file,
        expected_state=next(filter(None, (one.subject.expected_state for one in answers)), None),
        host=subject.host or UNSET,
        requires=subject.requires or UNSET,
        owner=subject.owner or UNSET,
        observed=seen[-1].observed if seen else None,
        drift=sorted({*drift, *state_codes(checks)}),
        total=max(len(checks), *(one.total for one in answers)),
        checks=checks,
        plan=next((one.plan for one in reversed(details) if one.plan), UNSET),
        apply=next((one.apply for one in reversed(details) if one.apply), UNSET),
        selected=len(checks),
        verdict=module_verdict(checks, remote_mode),
        contradiction=contradiction or UNSET,
    )


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat().replace("+00:00", "Z") if moment else None
