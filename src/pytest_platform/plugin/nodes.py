"""Modules as pytest sees them: a file, its groups, and an item for each check."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from pytest_platform.checks.check import GROUPS, Check
from pytest_platform.checks.suite import checks_of
from pytest_platform.module.loader import Broken, Module
from pytest_platform.plugin.item import CheckItem
from pytest_platform.plugin.run import Run


class ModuleFile(pytest.File):
    """One ``module.yaml``. A broken one gives a failing item and never stops the collection."""

    run: Run

    @classmethod
    def of(cls, parent: pytest.Collector, path: Any, run: Run) -> ModuleFile:
        """Make the node for the file at ``path``."""
        node: ModuleFile = cls.from_parent(parent, path=path)
        node.run = run
        return node

    def collect(self) -> Iterator[pytest.Collector]:
        yield from _groups(self, self.path.parent.name, self.run)


class ComposeFile(ModuleFile):
    """The first file of a Compose project of which every service is a module in memory."""

    def collect(self) -> Iterator[pytest.Collector]:
        selected = self.run.selected
        for name in sorted(selected if selected is not None else self.run.catalog.names()):
            yield Service.at(self, name)


class Service(pytest.Collector):
    """One service of a Compose project."""

    @classmethod
    def at(cls, parent: ComposeFile, name: str) -> Service:
        """Make the node for the service ``name``."""
        node: Service = cls.from_parent(parent, name=name)
        return node

    def collect(self) -> Iterator[pytest.Collector]:
        yield from _groups(self, self.name, self.getparent(ModuleFile).run)  # type: ignore[union-attr]


def _groups(node: pytest.Collector, name: str, run: Run) -> Iterator[Group]:
    """Make the nodes of a module's groups; ``-m health`` needs no other to be built."""
    module = run.catalog.get(name)
    node.add_marker(pytest.mark.module(module.name))
    only = node.config.getoption("markexpr")
    for group, checks in groups_of(run, module):
        if only not in GROUPS or only == group:
            yield Group.below(node, group, module, checks, run)


class Group(pytest.Collector):
    """The checks of one group of one module; carries the group's marker."""

    declared: Module | Broken
    checks: list[Check]
    run: Run

    @classmethod
    def below(
        cls,
        parent: pytest.Collector,
        name: str,
        module: Module | Broken,
        checks: list[Check],
        run: Run,
    ) -> Group:
        """Make the node for one group."""
        node: Group = cls.from_parent(parent, name=name)
        node.declared, node.checks, node.run = module, checks, run
        node.add_marker(name)
        return node

    def collect(self) -> Iterator[pytest.Item]:
        for check in self.checks:
            yield CheckItem.of(self, check, self.declared, self.run)


def groups_of(run: Run, module: Module | Broken) -> list[tuple[str, list[Check]]]:
    """List groups and their checks, and count these."""
    groups = list(_checks(run, module))
    run.checks[module.name] = sum(len(checks) for _, checks in groups)
    return groups


def _checks(run: Run, module: Module | Broken) -> Iterator[tuple[str, list[Check]]]:
    """Yield groups and their checks. A plan asks nothing else; an apply comes before health.

    So health and smoke judge the state that the apply has left.
    """
    change = run.settings.change
    if change.plan and isinstance(module, Module):
        yield "apply", [_plan(run, module)]
        return
    for group in GROUPS:
        if group == "health" and change.apply and isinstance(module, Module):
            yield "apply", [_apply(run, module)]
        checks = checks_of(module, group)
        if run.settings.stack.ephemeral and isinstance(module, Module):
            from pytest_platform.checks import ephemeral

            checks = ephemeral.adapted(module, group, checks)
        if checks:
            yield group, checks


def total_of(run: Run, module: Module | Broken) -> int:
    """Count the checks of a module, selected or not, its tests in Python included."""
    if module.name not in run.checks:  # as of a module that only a test in Python names
        groups_of(run, module)
    return run.total(module.name)


def _plan(run: Run, module: Module) -> Check:
    from pytest_platform.change.suite import PlanCheck

    return PlanCheck.of(module, run.setting(), run.settings.change.output)


def _apply(run: Run, module: Module) -> Check:
    from pytest_platform.change.suite import ApplyCheck

    return ApplyCheck.of(module, run.setting())
