"""A one-shot is run twice: both times it exits 0, and the state is the same afterwards.

The state is what is in the volumes of the owner and of the one-shot itself, and what the
declared smoke probes see. It is looked at twice before the second run: what changes by
itself, as in a server that works, is not compared. What it stands on must be as declared
afterwards, too. On a stack of one's own only; there is nothing before the first run but what
the servers have made, so a file that is put into the owner's volumes before the second one
stands for what was there, and must still be.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct

from pytest_platform.checks import sentinel
from pytest_platform.checks.sentinel import without_databases
from pytest_platform.checks.states import reported_elsewhere, state_findings
from pytest_platform.docker.files import contents
from pytest_platform.docker.mounted import volume_mounts
from pytest_platform.docker.snapshot import Container
from pytest_platform.docker.writable import WritableEngine, start, wait_for_exit
from pytest_platform.errors import PlatformError
from pytest_platform.module.loader import DeclaredProbe, Module
from pytest_platform.probes.output import Said
from pytest_platform.run.context import Context
from pytest_platform.run.graph import neighbours
from pytest_platform.state.facts import seen_of
from pytest_platform.units import seconds
from pytest_platform.verdict import Finding, Result, Verdict, failed, passed

CODE = "smoke.idempotent"
_DATABASE = "files that a server writes as it likes"
"""What is seen of the folder of a database."""

NOT_RUN = "smoke.idempotent.not_run"
"""Its first run was no success, or what it needs is not as declared."""

_SHOWN = 5
_READING = 60.0
"""Seconds in which a volume has to be read."""

VolumeContent = Mapping[str, str]
"""A digest, or what a probe saw, for each thing that is part of the state."""


class NothingCompared(PlatformError):
    """There is nothing by which the two runs could be told apart."""

    code = "smoke.idempotent.nothing_compared"


class TwoRuns(Struct, frozen=True):
    """What was seen: twice before the second run, and after it; and how that one ended."""

    before: VolumeContent
    again_before: VolumeContent
    exit_code: int
    after: VolumeContent
    broken: tuple[str, ...] = ()
    """The probes that passed before and fail after it, each with what is wrong."""
    fallen: tuple[str, ...] = ()
    """What is wrong with the states of the modules after it."""
    lost: tuple[str, ...] = ()
    """The folders in which it did not leave alone what was there."""

    @property
    def unsteady(self) -> set[str]:
        """The parts of the state that change by themselves."""
        return set(_differences(self.before, self.again_before))

    @property
    def compared(self) -> set[str]:
        """The parts of the state that were compared."""
        parts = {**self.again_before, **self.after}
        return {name for name, seen in parts.items() if seen != _DATABASE} - self.unsteady


def run_twice(module: Module, context: Context) -> Result:
    """Run the one-shot of a stack of one's own once more, and judge what came of it.

    Raises:
        NothingCompared: no part of its state stands still, or its probes show none.
        OneShotTimeout: the second run does not end.
        EngineError: the Engine cannot be asked.
    """
    if result := _not_run(module, context):
        return result
    container = seen_of(module, None, context.fleet.snapshot(module)).containers[0]
    runs = _observe(module, context, container)
    findings = list(judge(runs))
    if findings:
        return failed(findings, module.at("spec", "runtime", "expected_state"))
    return passed(what_is_the_same(runs, probes=len(module.smoke)))


def what_is_the_same(runs: TwoRuns, *, probes: int) -> str:
    """Say what was compared. A one-shot without volumes and probes has its exit code alone.

    Raises:
        NothingCompared: there should be more than that, and there is not.
    """
    database = _DATABASE in runs.after.values()
    if runs.compared and (probes or not database):
        return f"ran twice; {len(runs.compared)} parts of the state are the same"
    if probes or runs.unsteady or database:
        message = (
            "it ran twice, and nothing could be compared: there is no file in a volume that "
            "stands still, but for those of a database; declare a smoke probe 'exec' or "
            "'command' that prints its state"
        )
        raise NothingCompared(message)
    return "exited 0 twice; it has no volumes and no smoke probes, so nothing else was compared"


def judge(runs: TwoRuns) -> Iterator[Finding]:
    """Yield what the second run did otherwise than the first."""
    if runs.exit_code:
        message = f"it exited 0, and {runs.exit_code} when it ran a second time"
        yield Finding(CODE, message, "exited 0", f"exited {runs.exit_code}")
    for broken in runs.broken:
        yield Finding(CODE, f"passed before it ran a second time, and not after it: {broken}")
    for folder in runs.lost:
        yield Finding(
            CODE, f"it removes what it did not make: a file that was put into {folder} is gone"
        )
    for fallen in runs.fallen:
        yield Finding(CODE, f"after it ran a second time, {fallen}")
    differences = [
        name for name in _differences(runs.again_before, runs.after) if name not in runs.unsteady
    ]
    if differences:
        told = [_difference(name, runs.again_before, runs.after) for name in differences[:_SHOWN]]
        more = f" and {len(differences) - _SHOWN} more" if len(differences) > _SHOWN else ""
        message = f"the second run changed the state: {', '.join(told)}{more}"
        yield Finding(CODE, message, "the same state", f"{len(differences)} differences")


def _differences(one: VolumeContent, other: VolumeContent) -> list[str]:
    return sorted(name for name in {*one, *other} if one.get(name) != other.get(name))


def _difference(name: str, before: VolumeContent, after: VolumeContent) -> str:
    if name not in before:
        return f"'{name}' is new"
    return f"'{name}' differs" if name in after else f"'{name}' is gone"


def _not_run(module: Module, context: Context) -> Result | None:
    """Skip it where a state is wrong, and a check of that state reports the fault."""
    for other in (module, *neighbours(module, context.catalog)):
        findings = state_findings(other, context, asker=module)
        if not findings:
            continue
        own = other is module
        reason = "its first run was no success" if own else f"'{other.name}' is not as declared"
        message = f"not run a second time, because {reason}: {findings[0].message}"
        if reported_elsewhere(other, module, context, findings):
            return Result(Verdict.SKIPPED, message, NOT_RUN)
        return Result(Verdict.FAILED if own else Verdict.ERROR, message, NOT_RUN)
    return None


def _observe(module: Module, context: Context, container: Container) -> TwoRuns:
    passing = [probe for probe in module.smoke if not _wrong(probe, module, context)]
    before, again = _state(module, context), _state(module, context)
    exit_code, lost = _run_again(module, context, container)
    fallen = tuple(_fallen(module, context))
    if fallen:
        # What stands on them would say the same in other words, or could not be asked.
        return TwoRuns(before, again, exit_code, again, (), fallen)
    after = _state(module, context)
    broken = [(probe.name, _wrong(probe, module, context)) for probe in passing]
    told = tuple(f"'{name}': {wrong}" for name, wrong in broken if wrong)
    return TwoRuns(before, again, exit_code, after, told, lost=lost)


def _run_again(
    module: Module, context: Context, container: Container
) -> tuple[int, tuple[str, ...]]:
    """Return how it exited, and from which folders it removed what was left there."""
    owner = context.owner_of(module)
    beside = context.target(owner) if owner else None
    left = sentinel.leave(beside) if beside else ()
    timeout = seconds(module.manifest.spec.runtime.timeout)
    try:
        with WritableEngine(context.fleet.host_of(module).transport) as engine:
            start(engine, container.id)
            exit_code = wait_for_exit(engine, container.id, timeout=timeout)
        return exit_code, sentinel.take_back(beside, left) if beside else ()
    finally:
        context.fleet.forget(module)


def _fallen(module: Module, context: Context) -> Iterator[str]:
    """Yield the modules that are not as declared: what it stands on, and itself."""
    for other in (*neighbours(module, context.catalog), module):
        if findings := state_findings(other, context, asker=module):
            yield f"'{other.name}' is not as declared: {findings[0].message}"


def _wrong(probe: DeclaredProbe, module: Module, context: Context) -> str:
    kind = context.probes[probe.kind]
    findings = kind.judge(probe.spec, kind.observe(probe.spec, context.target(module)))
    return findings[0].message if findings else ""


def _state(module: Module, context: Context) -> VolumeContent:
    return {**dict(_of_volumes(module, context)), **dict(_of_probes(module, context))}


def _of_probes(module: Module, context: Context) -> Iterator[tuple[str, str]]:
    """Yield what commands said. What other kinds see is judged only: it may hold times."""
    for probe in module.smoke:
        seen = context.probes[probe.kind].observe(probe.spec, context.target(module))
        if isinstance(seen, Said):
            yield probe.name, f"exited {seen.exit_code}\n{seen.stdout}"


def _of_volumes(module: Module, context: Context) -> Iterator[tuple[str, str]]:
    """Yield what is in the volumes of its owner, and in those that it alone has."""
    owner, read = context.owner_of(module), set[str]()
    if owner:
        yield from _held_by(owner, context, read)
        yield from ((f"{module.name}:{at}", it) for at, it in _held_by(module, context, read))
    else:
        yield from _held_by(module, context, read)


def _held_by(module: Module, context: Context, read: set[str]) -> Iterator[tuple[str, str]]:
    """Yield what is in the volumes of a module, without those that were ``read`` before."""
    engine = context.fleet.host_of(module).engine
    for container in context.fleet.snapshot(module).of(module.project, module.service):
        for name, path, _ in volume_mounts(engine.inspect(container.id)):
            if name not in read:
                read.add(name)
                found = contents(engine, container.id, path, timeout=_READING)
                kept = without_databases(found)
                yield from ((f"{path}/{file}", digest) for file, digest in kept.items())
                if len(kept) < len(found):
                    yield f"{path} (database)", _DATABASE
                if not found:
                    yield f"{path} (empty)", ""
