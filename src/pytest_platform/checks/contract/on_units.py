"""The checks that read shell, asked about each thing that a module runs.

They are imported on use, because the parser behind them is large.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from pytest_platform.checks.contract.facts import Facts, Unit
from pytest_platform.module.model import StateClass
from pytest_platform.verdict import Finding


def command_shape(facts: Facts) -> Iterator[Finding]:
    """Judge whether what runs is what was written."""
    from pytest_platform.checks.contract import command_shape as check

    for unit in facts.units:
        yield from _below(unit, check.findings(unit.rendered, unit.source))


def masked_failure(facts: Facts) -> Iterator[Finding]:
    """Judge whether a failure can be seen; of a one-shot alone, the exit code is all."""
    from pytest_platform.checks.contract import masked_failure as check

    if facts.module.one_shot:
        for unit in facts.units:
            yield from _below(unit, check.findings(unit.rendered, unit.source))


def mutations(facts: Facts) -> Iterator[Finding]:
    """Judge whether a one-shot on somebody else's data does no more than is declared."""
    from pytest_platform.checks.contract import mutations as check

    spec = facts.module.manifest.spec
    if facts.module.one_shot and spec.state.class_ is StateClass.SIDECAR:
        allowed = [one.command for one in spec.runtime.beyond_create]
        for unit in facts.units:
            yield from _below(unit, check.findings(unit.rendered, unit.source, allowed))


def _below(unit: Unit, findings: Iterable[Finding]) -> Iterator[Finding]:
    for finding in findings:
        yield replace(finding, path=(*unit.path, *finding.path))
