"""Many hosts under pytest-xdist: the modules of one host stay on one worker.

So a host has one connection and one snapshot, however many workers there are. As each worker
collects all tests, both sides deal the hosts out alike, and a worker that gets the first test
of a share knows which hosts it has to look at. Imported only where tests are distributed.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

from pytest_platform.errors import PlatformError
from pytest_platform.hosts.inventory import HostPlace, Shares
from pytest_platform.module.loader import Broken, Module
from pytest_platform.plugin.run import Run


class HostScheduling(LoadScopeScheduling):  # type: ignore[misc]
    """Gives a worker all checks of a share of the hosts, and tests in Python one by one."""

    def __init__(self, config: pytest.Config, log: Any, run: Run) -> None:
        super().__init__(config, log)
        self._run = run
        self._shares = Shares(self.numnodes)
        self._files: dict[str, bool] = {}
        self._scopes: dict[str, str] = {}

    def _split_scope(self, nodeid: str) -> str:
        file, _, inner = nodeid.partition("::")
        path, catalog = self.config.rootpath / file, self._run.catalog
        if file not in self._files:
            self._files[file] = catalog.holds(path)
        if not self._files[file]:
            return nodeid
        name = catalog.name_in(path, inner)
        if name not in self._scopes:
            self._scopes[name] = self._scope(name)
        return self._scopes[name]

    def _scope(self, name: str) -> str:
        """Name what the checks of a module belong to."""
        place = _place(self._run.catalog.get(name), self._run)
        return f"share {self._shares.of(place)}" if place else f"module {name}"


def shares_of(modules: Iterable[Module | Broken], run: Run, workers: int) -> dict[str, int]:
    """Deal out modules, given in the order in which their checks were collected."""
    shares = Shares(workers)
    places = ((module.name, _place(module, run)) for module in modules)
    return {name: shares.of(place) for name, place in places if place}


def _place(module: Module | Broken, run: Run) -> HostPlace | None:
    """Name the host of a module; None where that is unknown, of which its own checks tell."""
    try:
        return None if isinstance(module, Broken) else run.remote_mode.place_of(module)
    except PlatformError:
        return None
