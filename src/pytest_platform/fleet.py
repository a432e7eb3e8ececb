"""Many hosts under pytest-xdist: the modules of one host stay on one worker.

So a host has one connection and one snapshot, however many workers there are. Imported only
where pytest-xdist distributes tests.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

from pytest_platform.errors import PlatformError
from pytest_platform.module.loader import Module
from pytest_platform.run import Run


class HostScheduling(LoadScopeScheduling):  # type: ignore[misc]
    """Gives a worker all tests of one host; where no host is asked, of one module or file."""

    def __init__(self, config: pytest.Config, log: Any, run: Run) -> None:
        super().__init__(config, log)
        self._run = run
        self._scopes: dict[str, str] = {}

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        if file not in self._scopes:
            self._scopes[file] = scope_of(self.config.rootpath / file, self._run)
        return self._scopes[file]


def scope_of(path: Path, run: Run) -> str:
    """Name what the tests of a file are kept together with: their host, or just the file."""
    if run.settings.remote_mode == "skip" or not run.catalog.holds(path):
        return str(path)
    module = run.catalog.get(path.parent.name)
    if isinstance(module, Module):
        with suppress(PlatformError):  # Nobody has said where it is: its own checks tell.
            return f"host {run.context.hosts.place_of(module).address}"
    return str(path)
