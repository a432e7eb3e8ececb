"""What a run left out: services without a module, modules not reached, the host in a dry mode."""

from __future__ import annotations

import os
import sys
from collections.abc import Generator, Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from pytest_platform.compose.written import services_in
from pytest_platform.module.loader import Module
from pytest_platform.plugin.collection import modules_of
from pytest_platform.plugin.item import host_shown, observed_already
from pytest_platform.plugin.nodes import total_of
from pytest_platform.plugin.run import Run
from pytest_platform.report.answers import CheckAnswer, subject_of
from pytest_platform.run.compose_catalog import ComposeCatalog

_SHOWN = 8


class Uncovered:
    """The hooks that tell of it; with ``--strict-coverage`` they fail the run."""

    def __init__(self, run: Run) -> None:
        self._run = run

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Fail a run that has passed, where services have no module and that is asked for."""
        strict = self._run.settings.way.strict and not hasattr(session.config, "workerinput")
        if strict and self.services and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def lines(self) -> Iterator[tuple[str, bool]]:
        """Yield lines for the end of a run, each with whether it has failed the run."""
        run = self._run
        if self.unseen:
            yield self.unseen, False
        elif (run.selected is None or run.settings.way.strict) and self.services:
            yield self._summary(), run.settings.way.strict
        if not run.remote_mode.live and not run.settings.stack.ephemeral:
            message = (
                "only files were looked at; what runs is looked at with --remote-mode local, "
                "or with --remote-mode ssh on other hosts"
            )
            yield message, False

    @property
    def unseen(self) -> str:
        """Which services of a Compose project are not deployed, in one line; often ''."""
        catalog = self._run.catalog
        if isinstance(catalog, ComposeCatalog):
            return catalog.unseen(self._run.selected or ())
        return ""

    @cached_property
    def services(self) -> list[str]:
        """The services of the modules' projects that no module is, but those with a profile."""
        catalog = self._run.catalog
        if isinstance(catalog, ComposeCatalog):
            return []
        covered: dict[tuple[Path, ...], set[str]] = {}
        for module in map(catalog.get, catalog.names()):
            if isinstance(module, Module):
                services = covered.setdefault(module.compose_files, set())
                services |= set() if module.is_hook else {module.service}
        known = set().union(*covered.values())
        missing: dict[str, None] = {}
        for files in covered:
            for name, one in services_in(files).items():
                if name not in known and not one.node.find("profiles"):
                    file = os.path.relpath(one.file, self._run.settings.root)
                    missing[f"{name} ({file}:{one.line})"] = None
        return sorted(missing)

    def _summary(self) -> str:
        count = len(self.services)
        what = "1 service has no module" if count == 1 else f"{count} services have no module"
        more = f" and {count - _SHOWN} more" if count > _SHOWN else ""
        listed = ", ".join(self.services[:_SHOWN])
        return f"{what}: {listed}{more}; write it: python -m pytest_platform adopt"


class Unreached:
    """The hooks that see what is to be run, and in the end which module has no answer."""

    def __init__(self, run: Run, answers: list[CheckAnswer]) -> None:
        self._run = run
        self._answers = answers
        self._names: dict[str, None] = {}

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Keep the modules of all tests that are left."""
        self._names.update(dict.fromkeys(one for item in session.items for one in modules_of(item)))

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, node: Any, ids: Iterable[str]) -> None:
        """Keep the modules of what a worker has collected."""
        del node
        inside: dict[str, list[str]] = {}
        for file, _, inner in (one.partition("::") for one in ids):
            inside.setdefault(file, []).append(inner)
        catalog = self._run.catalog
        for file, inners in inside.items():
            path = self._run.config.rootpath / file
            if catalog.holds(path):
                self._names.update(dict.fromkeys(catalog.name_in(path, one) for one in inners))

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None]:
        """Add an answer without a check for each module that has none, before all is reported."""
        usage = session.exitstatus == pytest.ExitCode.USAGE_ERROR
        if not usage and _runs_tests(session.config.option):
            self._add()
        return (yield)

    def _add(self) -> None:
        known = {one.subject.name for one in self._answers}
        names = (one for one in self._names if one not in known and self._run.catalog.exists(one))
        self._answers.extend([self._answer(name) for name in names])

    def _answer(self, name: str) -> CheckAnswer:
        module = self._run.catalog.get(name)
        return CheckAnswer(
            subject=subject_of(module, host_shown(self._run, module)),
            check=None,
            observation=observed_already(self._run, module),
            total=total_of(self._run, module),
            order=sys.maxsize,
        )


def _runs_tests(option: Any) -> bool:
    """Return whether the session runs tests, and does not only list something."""
    listing = ("collectonly", "showfixtures", "show_fixtures_per_test", "setupplan")
    return not any(getattr(option, name, False) for name in listing)
