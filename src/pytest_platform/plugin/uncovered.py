"""What a run did not look at: services without a module, and what the mode leaves out."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

import pytest

from pytest_platform.compose.written import services_in
from pytest_platform.module.loader import Module
from pytest_platform.plugin.run import Run
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
        if isinstance(run.catalog, ComposeCatalog):
            if line := run.catalog.unseen(run.selected or ()):
                yield line, False
        elif (run.selected is None or run.settings.way.strict) and self.services:
            yield self._told(), run.settings.way.strict
        if not run.remote_mode.live and not run.settings.stack.ephemeral:
            message = (
                "only files were looked at; what runs is looked at with --remote-mode local, "
                "or with --remote-mode ssh on other hosts"
            )
            yield message, False

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

    def _told(self) -> str:
        count = len(self.services)
        what = "1 service has no module" if count == 1 else f"{count} services have no module"
        more = f" and {count - _SHOWN} more" if count > _SHOWN else ""
        listed = ", ".join(self.services[:_SHOWN])
        return f"{what}: {listed}{more}; write it: python -m pytest_platform adopt"
