"""An observer for tests of runs without an Engine: it shows snapshots that a test has made."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from pytest_platform.docker.snapshot import Snapshot
from pytest_platform.module.loader import Module
from pytest_platform.run.engines import Host
from pytest_platform.run.observer import Show

Take = Callable[[Host, list[Module], Show], Snapshot]


class Recorded:
    """Takes snapshots by calling a function."""

    def __init__(self, take: Take) -> None:
        self._take = take

    @classmethod
    def of(cls, snapshot: Snapshot) -> Recorded:
        """Make an observer that shows the same snapshot of every host."""
        return cls(lambda _host, _modules, _show: snapshot)

    def prepare(self, modules: Iterable[Module], show: Show) -> None:
        """Do nothing."""

    def snapshot(self, host: Host, modules: list[Module], show: Show) -> Snapshot:
        """Return what the function returns."""
        return self._take(host, modules, show)
