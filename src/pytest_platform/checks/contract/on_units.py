"""The checks that read shell, asked about each thing that a module runs.

They answer in a process of their own, because the parser behind them is native code.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from pytest_platform.checks.contract import mounted
from pytest_platform.checks.contract.facts import Facts, Unit
from pytest_platform.module.model import StateClass
from pytest_platform.verdict import Finding


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
        for unit in facts.units:
            yield from _below(unit, _ask("mutations", unit, allowed, mounted.scripts(facts, unit)))


def _ask(check: str, unit: Unit, *more: object) -> list[Finding]:
    from pytest_platform.checks.contract import apart

    return apart.ask(check, unit.rendered, unit.source, *more)


def _below(unit: Unit, findings: Iterable[Finding]) -> Iterator[Finding]:
    for finding in findings:
        yield replace(finding, path=(*unit.path, *finding.path))
