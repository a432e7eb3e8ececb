"""The checks that read shell, asked about each thing that a module runs.

They answer in a process of their own, because the parser behind them is native code.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from pytest_platform.checks.contract import mounted
from pytest_platform.checks.contract.facts import Facts, Unit
from pytest_platform.module.model import StateClass
from pytest_platform.verdict import Finding

_HOOKS: Final = ("pre_start", "post_start", "pre_stop")


def command_shape(facts: Facts) -> Iterator[Finding]:
    """Judge whether what runs is what was written."""
    for unit in facts.units:
        yield from _below(unit, _ask("command_shape", unit))


def script(facts: Facts) -> Iterator[Finding]:
    """Judge whether the shell can parse its script."""
    for unit in facts.units:
        yield from _below(unit, _ask("script", unit))


def interpolation(facts: Facts) -> Iterator[Finding]:
    """Judge whether the shell sees the variables that its script sets."""
    for unit in facts.units:
        yield from _below(unit, _ask("interpolation", unit))


def masked_failure(facts: Facts) -> Iterator[Finding]:
    """Judge whether a failure can be seen; of a one-shot alone, the exit code is all."""
    if facts.module.one_shot:
        for unit in facts.units:
            yield from _below(unit, _ask("masked_failure", unit))


def mutations(facts: Facts) -> Iterator[Finding]:
    """Judge whether a one-shot on somebody else's data does no more than is declared."""
    spec = facts.module.manifest.spec
    if facts.module.one_shot and spec.state.class_ is StateClass.SIDECAR:
        allowed = [one.command for one in spec.runtime.beyond_create]
        for unit in _all_that_runs(facts):
            yield from _below(unit, _ask("mutations", unit, allowed, mounted.scripts(facts, unit)))


def declarations(facts: Facts) -> Iterator[str]:
    """Yield what ``runtime.beyond_create`` has to name for the check ``mutations`` to pass."""
    from pytest_platform.checks.contract import sandbox

    for unit in _all_that_runs(facts):
        scripts = mounted.scripts(facts, unit)
        yield from sandbox.ask("declarations", unit.rendered, unit.source, scripts)


def _all_that_runs(facts: Facts) -> Iterator[Unit]:
    """Yield a service and its hooks, or the hooks that are judged alone."""
    service, source = facts.service, facts.source_service
    shared = {key: service[key] for key in ("image", "volumes", "volumes_from") if key in service}
    alone = facts.module.manifest.spec.runtime.hook
    if alone is None:
        yield Unit(service, source)
    for kind in _HOOKS if alone is None else (alone,):
        # A hook that starts a container has an entrypoint; one that runs in it has none.
        started = shared if kind == "pre_start" else {**shared, "entrypoint": []}
        sources = source.get(kind) or ()
        for index, hook in enumerate(service.get(kind) or ()):
            written = sources[index] if index < len(sources) else {}
            yield Unit({**started, **hook}, written, (kind, str(index)))


def _ask(check: str, unit: Unit, *more: object) -> list[Finding]:
    from pytest_platform.checks.contract import sandbox

    return sandbox.ask(check, unit.rendered, unit.source, *more)


def _below(unit: Unit, findings: Iterable[Finding]) -> Iterator[Finding]:
    for finding in findings:
        yield replace(finding, path=(*unit.path, *finding.path))
