"""Before the first test: the Compose files of all selected modules are rendered, many at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pytest

from pytest_platform.compose.ahead import Wanted, render_ahead
from pytest_platform.module.loader import Module
from pytest_platform.plugin.item import CheckItem
from pytest_platform.plugin.run import Run, workers_of

_GROUPS: Final = frozenset({"contract", "drift", "apply"})
"""Groups of checks that judge what Compose renders."""


class Ahead:
    """Renders what the checks of this process will ask for. Workers of xdist share them out."""

    def __init__(self, run: Run) -> None:
        self._run = run

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> None:
        """Render before the loop begins, and leave the loop to pytest."""
        config = session.config
        if config.getoption("collectonly") or config.getoption("dist", default="no") != "no":
            return
        if not workers_of(config) and not session.testsfailed:
            render_ahead(self._run.renderer, _wanted(session.items), self._run.patience.stop)


def _wanted(items: list[pytest.Item]) -> Iterator[Wanted]:
    for item in items:
        if isinstance(item, CheckItem) and item.check.group in _GROUPS:
            module = item.declared
            if isinstance(module, Module):
                yield module.compose_files, module.project, module.service
