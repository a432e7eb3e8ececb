"""Collecting: which files and tests take part in a run. Reads files and asks nobody."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from pytest_platform.module.engines import ENGINES
from pytest_platform.module.loader import FILE_NAME, Module
from pytest_platform.plugin.change_options import usage_error
from pytest_platform.plugin.item import CheckItem
from pytest_platform.plugin.nodes import ComposeFile, ModuleFile
from pytest_platform.plugin.run import Run, workers_of
from pytest_platform.run.graph import Plan


class Collection:
    """The hooks that collect modules and keep what was selected."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def pytest_report_header(self) -> list[str]:
        """Name the Compose project whose services are the modules."""
        ask = self._run.settings.way.ask
        if ask is None:
            return []
        files = ", ".join(str(file.name) for file in ask.files)
        return [f"{ask.engine} {ENGINES[ask.engine]}: {ask.project} ({files})"]

    def pytest_collect_file(
        self, file_path: Path, parent: pytest.Collector
    ) -> pytest.Collector | None:
        """Collect the file of a module, and with ``--module`` of a selected one only."""
        run = self._run
        if not run.catalog.holds(file_path):
            return None
        if run.settings.way.ask:
            return ComposeFile.of(parent, file_path, run)
        if run.selected is not None and file_path.parent.name not in run.selected:
            return None
        return ModuleFile.of(parent, file_path, run)

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(
        self, collector: pytest.Collector
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        """Collect what stands in the place of a module's file, such as a folder or a dead link.

        pytest offers regular files alone; this one has a check that fails and says why.
        """
        report = yield
        path = collector.path / FILE_NAME
        if isinstance(collector, pytest.Directory) and self._is_odd(path) and report.passed:
            others = [node for node in report.result if getattr(node, "path", None) != path]
            file = self.pytest_collect_file(path, collector)
            report.result = [file, *others] if file else others
        return report

    def _is_odd(self, path: Path) -> bool:
        return self._run.catalog.holds(path) and os.path.lexists(path) and not path.is_file()

    @pytest.hookimpl(tryfirst=True)
    def pytest_ignore_collect(self, collection_path: Path) -> bool | None:
        """Never pass over a module because of its name, such as ``build`` or ``dist``.

        One that is not selected is passed over before pytest looks into its folder.
        """
        run = self._run
        if not run.catalog.leads_to(collection_path):
            return None
        return run.files_only and collection_path.name not in (run.selected or ())

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        """Put tests for a module into the group ``smoke``; keep those of selected modules."""
        for item in items:
            if not isinstance(item, CheckItem) and any(modules_of(item)):
                item.add_marker("smoke")
                self._count(item)
        selected = self._run.selected
        if selected is None:
            return
        dropped = [item for item in items if selected.isdisjoint(modules_of(item))]
        if dropped:
            config.hook.pytest_deselected(items=dropped)
            items[:] = [item for item in items if not selected.isdisjoint(modules_of(item))]

    def _count(self, item: pytest.Item) -> None:
        """Count a test of modules before anything deselects it."""
        for name in set(modules_of(item)):
            self._run.tests[name] = self._run.tests.get(name, 0) + 1

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> Any:
        """Keep the modules of one host on one worker, unless ``--dist`` says otherwise."""
        run = self._run
        together = run.settings.remote_mode != "skip" and run.catalog.names()
        if config.getoption("dist") != "load" or not together:
            return None
        from pytest_platform.plugin.xdist import HostScheduling

        return HostScheduling(config, log, run)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Make the plan of the run from what was selected."""
        run = self._run
        self._settle_change(session)
        names = dict.fromkeys(name for item in session.items for name in modules_of(item))
        loaded = [run.catalog.get(name) for name in names if run.catalog.exists(name)]
        changing = [item for item in session.items if _changes(item)]
        flaky = any(item.get_closest_marker("flaky") for item in changing)
        run.begin(
            Plan(
                modules=tuple(module for module in loaded if isinstance(module, Module)),
                shares=self._shares(session),
                state_checks=frozenset(_state_checks(session.items)),
                compares=any(map(_compares, session.items)),
                workers=workers_of(session.config),
                reruns=flaky or _reruns(session.config),
            )
        )
        run.secrets()  # read now, so that no check waits for it

    def _shares(self, session: pytest.Session) -> Mapping[str, int]:
        """Divide the hosts among the workers of xdist, where there are any."""
        workers = workers_of(session.config)
        if not workers:
            return {}
        from pytest_platform.plugin.xdist import shares_of

        declared = (item.declared for item in session.items if isinstance(item, CheckItem))
        return shares_of(declared, self._run, workers)

    def _settle_change(self, session: pytest.Session) -> None:
        """See that what was ordered is there, and before what is to judge it.

        Raises:
            pytest.UsageError: ``-m``, ``-k`` or ``--lf`` left nothing of it.
        """
        change = self._run.settings.change
        if not (change.plan or change.apply) or hasattr(session.config, "workerinput"):
            return
        if session.items and not any(map(_changes, session.items)):
            option = "--plan" if change.plan else "--apply"
            raise usage_error(f"{option}: no module is left for it; do without -m, -k, --lf")
        session.items.sort(key=_rank)


CONTRACT, APPLY, REST = range(3)


def _rank(item: pytest.Item) -> int:
    group = item.check.group if isinstance(item, CheckItem) else ""
    return {"contract": CONTRACT, "apply": APPLY}.get(group, REST)


def _changes(item: pytest.Item) -> bool:
    """Return whether a test plans or makes a change."""
    if isinstance(item, CheckItem):
        return item.check.group == "apply"
    return "guarded_apply" in getattr(item, "fixturenames", ())


def _compares(item: pytest.Item) -> bool:
    """Return whether a test compares settings, for which a snapshot has to keep more."""
    return _changes(item) or (isinstance(item, CheckItem) and item.check.group == "drift")


def _reruns(config: pytest.Config) -> bool:
    """Return whether an option of another plugin may run a test more than once."""
    options = ("reruns", "flake_finder_enable", "looponfail")
    if any(config.getoption(name, default=None) for name in options):
        return True
    if (config.getoption("count", default=None) or 1) != 1:
        return True
    try:
        return str(config.getini("reruns") or "0") != "0"
    except ValueError:
        return False


def _state_checks(items: Iterable[pytest.Item]) -> Iterator[tuple[str, str]]:
    """Yield the checks of states that take part, so that others may rely on them."""
    for item in items:
        if isinstance(item, CheckItem) and item.check.group == "health":
            yield item.declared.name, item.name


def modules_of(item: pytest.Item) -> Iterator[str]:
    """Yield the names of the modules that a test belongs to, by its markers."""
    for mark in item.iter_markers("module"):
        yield from map(str, mark.args)
