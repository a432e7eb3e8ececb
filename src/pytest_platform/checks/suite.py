"""Which checks a module has, and how one of them is answered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from textwrap import indent

from pytest_platform.checks.blocked import blocked, state_findings
from pytest_platform.checks.contract import waivers
from pytest_platform.checks.contract.facts import Facts
from pytest_platform.checks.outdated import judged
from pytest_platform.checks.registry import CONTRACT, ContractJudge
from pytest_platform.docker.engine import Engine
from pytest_platform.errors import PlatformError
from pytest_platform.hosts.ssh.errors import SshError
from pytest_platform.module.infer import UNDECIDED
from pytest_platform.module.loader import Broken, Module, Probe
from pytest_platform.probes.retry import retried
from pytest_platform.run.context import Context, services_of_probe
from pytest_platform.run.graph import below_owner, below_required, required
from pytest_platform.state import table
from pytest_platform.verdict import Finding, Location, Result, Verdict, failed, passed

GROUPS = ("contract", "health", "smoke", "drift")
"""The groups of checks, in the order in which they run."""

SKIP_REASON = "remote mode is skip: nothing outside the files is touched"
LOG_LINES = 10


@dataclass(frozen=True, slots=True)
class Check:
    """One question. ``answer`` may do I/O; ``live`` tells that it needs a host."""

    group: str
    name: str
    location: Location
    answer: Callable[[Context], Result]
    live: bool = False

    def run(self, context: Context) -> Result:
        """Answer the question; what could not be looked at gives the verdict ``error``."""
        if self.live and context.remote_mode == "skip":
            return Result(Verdict.SKIPPED, SKIP_REASON, location=self.location)
        try:
            result = self.answer(context)
        except PlatformError as error:
            result = _could_not_look(error)
        return result if result.location else replace(result, location=self.location)


def checks_of(module: Module | Broken, group: str) -> list[Check]:
    """List the checks that a module has in one group. Reads nothing and asks nobody."""
    if isinstance(module, Broken):
        return [_broken(module)] if group == "contract" else []
    makers = {"contract": _contract, "health": _health, "smoke": _smoke, "drift": _drift}
    return list(makers[group](module))


def _broken(module: Broken) -> Check:
    problems = module.problems
    findings = [
        Finding(one.code, one.message, location=one.location, excerpt=one.excerpt)
        for one in problems
    ]
    result = failed(findings, problems[0].location)
    return Check("contract", "schema", problems[0].location, lambda _: result)


def _contract(module: Module) -> Iterator[Check]:
    yield Check("contract", "schema", module.at(), lambda _: passed())
    for code, judge in CONTRACT.items():
        name = code.removeprefix("contract.")
        yield Check("contract", name, module.at("spec"), _contract_answer(module, code, judge))


def _contract_answer(
    module: Module, code: str, judge: ContractJudge
) -> Callable[[Context], Result]:
    def answer(context: Context) -> Result:
        facts = Facts(module, context.catalog, context.renderer, context.today)
        findings = [placed(finding, facts) for finding in judge(facts)]
        baseline = context.catalog.baseline if findings else None
        return waivers.apply(module, code, findings, context.today, baseline)

    return answer


def placed(finding: Finding, facts: Facts) -> Finding:
    """Return a finding with the place of the field that it names."""
    if finding.location or not finding.path:
        return finding
    return replace(finding, location=facts.locate(*finding.path))


def _health(module: Module) -> Iterator[Check]:
    declared = module.at("spec", "runtime", "expected_state")
    yield _telling(module, "state", declared, _state_answer(module))
    if module.manifest.spec.state.owner:
        place = module.at("spec", "state", "owner")
        yield _telling(module, "owner", place, _owner_answer(module))
    if required(module):
        place = module.at("spec", "requires")
        yield _telling(module, "requires", place, _requires_answer(module))
    yield from _probes(module, "health", module.health)


def _telling(
    module: Module, name: str, place: Location, answer: Callable[[Context], Result]
) -> Check:
    """Make a check of a state, on which others may rely."""

    def held(context: Context) -> Result:
        try:
            result = answer(context)
        except PlatformError as error:
            result = _could_not_look(error)
        return context.state_checks.answered((module.name, name), result, place)

    return Check("health", name, place, held, live=True)


def _smoke(module: Module) -> Iterator[Check]:
    yield from _probes(module, "smoke", module.smoke)


def _drift(module: Module) -> Iterator[Check]:
    def answer(context: Context) -> Result:
        from pytest_platform.checks.drift import check

        return check.judge(module, context)

    place = module.at("spec", "runtime", "compose")
    yield Check("drift", "none", place, answer, live=True)


def _state_answer(module: Module) -> Callable[[Context], Result]:
    def answer(context: Context) -> Result:
        return _judge_state(module, context)

    return answer


def _owner_answer(module: Module) -> Callable[[Context], Result]:
    def answer(context: Context) -> Result:
        owner = context.owner_of(module)
        if owner is None:
            return passed()
        result = _judge_state(owner, context, asker=module)
        if result.verdict is not Verdict.PASSED:
            return result
        below = _judge_others(module, below_owner(module, context.catalog), context)
        return below or result

    return answer


def _requires_answer(module: Module) -> Callable[[Context], Result]:
    """Look at all that is required, and at what that requires in turn."""

    def answer(context: Context) -> Result:
        place = module.at("spec", "requires")
        for name in required(module):
            context.catalog.require(name, wanted_by=place)
        others = below_required(module, context.catalog)
        return _judge_others(module, others, context) or passed()

    return answer


def _judge_others(module: Module, others: Iterable[Module], context: Context) -> Result | None:
    """Judge states, and leave those to their own checks that tell; None where all is well."""
    left: list[str] = []
    for other in others:
        findings = state_findings(other, context, asker=module)
        if findings and not context.state_checks.tell((other.name, "state"), findings):
            return _judge_state(other, context, asker=module)
        left += [f"'{other.name}'"] if findings else []
    if left:
        return Result(Verdict.SKIPPED, f"the checks of {', '.join(left)} tell what is wrong")
    return None


def _judge_state(module: Module, context: Context, *, asker: Module | None = None) -> Result:
    context.snapshot(module, asker=asker)
    seen = context.seen(module)
    findings = judged(module, context, seen)
    if not findings:
        said = ", ".join(table.describe(one, seen.now) for one in seen.containers)
        return passed(said)
    result = failed(findings, module.at("spec", "runtime", "expected_state"))
    if all(one.code == UNDECIDED for one in findings):
        result = replace(result, verdict=Verdict.ERROR)
    return replace(result, evidence=_log_tail(seen, context.host_of(module).engine))


def _log_tail(seen: table.Seen, engine: Engine) -> str:
    """Return the end of the log of the first container that has stopped, if it can be had."""
    for container in seen.containers:
        if container.status in {"exited", "restarting", "dead"} or container.restart_count:
            try:
                tail = engine.log_tail(container.id, LOG_LINES)
            except PlatformError:
                return ""
            return quoted(f"the last lines of {container.name}:", tail)
    return ""


def quoted(heading: str, text: str) -> str:
    """Set output off from what we say ourselves; nothing where it is blank."""
    return f"  {heading}\n{indent(text.rstrip(), '    ')}" if text.strip() else ""


def _probes(module: Module, group: str, probes: tuple[Probe, ...]) -> Iterator[Check]:
    for probe in probes:
        yield Check(group, probe.name, probe.location, _probe_answer(module, probe), live=True)


def _probe_answer(module: Module, probe: Probe) -> Callable[[Context], Result]:
    def answer(context: Context) -> Result:
        def attempt(number: int) -> Result:
            try:
                return _try(module, probe, context, again=number > 1)
            except PlatformError as error:
                return _could_not_look(error)

        def given_up() -> bool:
            return isinstance(context.host_of(module).transport.failure(), SshError)

        return blocked(module, context) or retried(attempt, within=probe.within, given_up=given_up)

    return answer


def _try(module: Module, probe: Probe, context: Context, *, again: bool) -> Result:
    """Ask once. The containers may be others by now, where it is asked again."""
    services = services_of_probe(module, probe, context.probes)
    target = context.target(module, again=services if again else ())
    kind = context.probes[probe.kind]
    findings = kind.judge(probe.spec, kind.observe(probe.spec, target))
    # A connection to the host that went away meanwhile says nothing about the service.
    if findings and (lost := target.transport.failure()):
        raise lost
    return failed(findings, probe.location) if findings else passed()


def _could_not_look(error: PlatformError) -> Result:
    return Result(Verdict.ERROR, str(error), error.code, location=error.location)
