"""Containers of Compose compared with the files. What it takes is imported when it is asked for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from pytest_platform.module.loader import Module
from pytest_platform.run.context import Context
from pytest_platform.verdict import Finding

if TYPE_CHECKING:
    from pytest_platform.checks.drift.model import Comparison


def drift(module: Module, context: Context) -> Comparison:
    """Compare the state and the settings of a module's containers, and look for orphans."""
    from pytest_platform.checks.drift.check import compared

    return compared(module, context)


def get_ready(module: Module, context: Context) -> None:
    """Render the files that ``outdated`` compares."""
    from pytest_platform.checks.outdated import get_ready as render

    render(module, context)


def outdated(module: Module, context: Context) -> Iterable[Finding]:
    """Yield a finding for each container of a one-shot that ran another program."""
    from pytest_platform.checks.outdated import outdated as found

    return found(module, context)
