"""The checks that read shell, asked about each thing that a module runs.

They answer in a process of their own, because the parser behind them is native code.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Final

from msgspec.structs import replace

from pytest_platform.checks.contract import built, env_files, mounted, unset
from pytest_platform.checks.contract.facts import Facts, Unit
from pytest_platform.checks.contract.mounted import MountedFiles
from pytest_platform.compose.service import HOOKS
from pytest_platform.errors import PlatformError
from pytest_platform.module.forms import DECIDE, StateClass
from pytest_platform.verdict import Finding


class Unread(PlatformError):
    """All that runs is a script that is not in the repository, so there is nothing to judge."""

    code = "contract.unread"


_SHARED: Final = ("image", "build", "volumes", "volumes_from", "configs", "secrets", "tmpfs")


def command_shape(facts: Facts) -> Iterator[Finding]:
    """Judge whether what runs is what was written."""
    for unit in facts.units:
        yield from _below(unit, _ask("command_shape", unit))


def script(facts: Facts) -> Iterator[Finding]:
    """Judge whether the shell can parse its script.

    Raises:
        Unread: all that a one-shot runs is a script that cannot be read.
    """
    yield from _with_files(facts, "script")


def interpolation(facts: Facts) -> Iterator[Finding]:
    """Judge whether Compose fills in what it is to fill in, and nothing else."""
    found = _with_files(facts, "interpolation")
    yield from found
    told = {(one.actual or "").strip("`${}") for one in found}
    yield from unset.findings(facts, facts.units, told)


def masked_failure(facts: Facts) -> Iterator[Finding]:
    """Judge whether a failure can be seen; of a one-shot alone, the exit code is all.

    Raises:
        Unread: as ``script``.
    """
    if facts.module.one_shot:
        yield from _with_files(facts, "masked_failure")


def _with_files(facts: Facts, check: str) -> list[Finding]:
    """Ask about each unit and the script files that it runs."""
    found: list[Finding] = []
    unread: list[tuple[Unit, Finding]] = []
    for unit in facts.units:
        mounts, folder = mounted.scripts(facts, unit), unit.rendered.working_dir
        texts = mounted.texts(mounts, folder)
        told = _ask(check, unit, texts)
        found += _below(unit, [mounted.located(facts, mounts, folder, one) for one in told])
        if facts.module.one_shot and check != "interpolation":
            unread += [(unit, one) for one in _ask("unread", unit, texts)]
    for unit, finding in unread if not found else ():
        raise Unread(finding.message, location=facts.locate(*unit.path, *finding.path))
    return found


def mutations(facts: Facts) -> Iterator[Finding]:
    """Judge whether a one-shot on somebody else's data does no more than is declared."""
    spec = facts.module.manifest.spec
    if facts.module.one_shot and spec.state.class_ is StateClass.SIDECAR:
        yield from _undecided(facts)
        allowed = [one.command for one in spec.runtime.beyond_create]
        yield from _unread_variables(facts, allowed)
        told: set[tuple[object, ...]] = set()
        for unit in _all_that_runs(facts):
            image = built.read(facts, unit)
            mounts = _kept({**image.files, **mounted.scripts(facts, unit)})
            for finding in _ask("mutations", image.unit, allowed, mounted.texts(mounts)):
                one = image.located(mounted.located(facts, mounts, "", finding))
                shared = one.path[0] in _SHARED or one.location is not None
                key = (one.message, one.location, *(() if shared else (*unit.path, *one.path)))
                if key not in told:  # What hooks share with their service is told once.
                    told.add(key)
                    yield from _below(unit, [one])


def _kept(files: Mapping[str, MountedFiles]) -> dict[str, MountedFiles]:
    """Leave out the files that git ignores: at a deployment they hold anything."""
    ignored = env_files.ignored([one.file for one in files.values() if one.file])
    return {path: one for path, one in files.items() if one.file not in ignored}


def _unread_variables(facts: Facts, allowed: Collection[str]) -> Iterator[Finding]:
    """Yield a finding for each file of variables that is not in git: it may set ``PATH``."""
    for name, why in env_files.unread(facts.module):
        if name not in allowed:
            yield Finding(
                code="contract.mutations",
                message=f"`{name}` {why}, so it may set variables that decide what programs "
                "run: set those of a sidecar under `environment:`, or declare the file under "
                "runtime.beyond_create with a reason",
                expected="variables that are known",
                actual=f"`{name}` {why}",
                location=facts.locate("env_file"),
            )


def _undecided(facts: Facts) -> Iterator[Finding]:
    """Yield a finding for each declared command of which nobody has said why it may run."""
    for index, one in enumerate(facts.module.manifest.spec.runtime.beyond_create):
        if not one.decided:
            yield Finding(
                code="contract.mutations",
                message=f"nobody has decided whether `{one.command}` may run: write the reason in "
                f"place of `{DECIDE}`, or take the command out of the script",
                expected="a reason",
                actual=one.reason,
                location=facts.module.at("spec", "runtime", "beyond_create", index, "reason"),
            )


def declarations(facts: Facts) -> Iterator[str]:
    """Yield what ``runtime.beyond_create`` has to name for the check ``mutations`` to pass."""
    from pytest_platform.checks.contract import sandbox

    yield from (name for name, _ in env_files.unread(facts.module))
    for unit in _all_that_runs(facts):
        image = built.read(facts, unit)
        texts = mounted.texts(_kept({**image.files, **mounted.scripts(facts, unit)}))
        yield from sandbox.ask("declarations", image.unit.rendered, image.unit.source, texts)


def _all_that_runs(facts: Facts) -> Iterator[Unit]:
    """Yield a service and its hooks, or the hooks that are judged alone."""
    service, source = facts.service, facts.source_service
    alone = facts.module.manifest.spec.runtime.hook
    if alone is None:
        yield Unit(service, source)
    for kind in HOOKS if alone is None else (alone,):
        sources = source.get(kind) or ()
        for index, hook in enumerate(service.hooks[kind]):
            written = sources[index] if index < len(sources) else {}
            started = hook.over(service, _SHARED)
            # A hook that starts a container has an entrypoint; one that runs in it has none.
            if kind != "pre_start" and hook.entrypoint is None:
                started = replace(started, entrypoint=())
            yield Unit(started, written, (kind, str(index)))


def _ask(check: str, unit: Unit, *more: object) -> list[Finding]:
    from pytest_platform.checks.contract import sandbox

    return sandbox.ask(check, unit.rendered, unit.source, *more)


def _below(unit: Unit, findings: Iterable[Finding]) -> Iterator[Finding]:
    for finding in findings:
        yield replace(finding, path=(*unit.path, *finding.path))
