"""How what runs is compared with the files: by the file ``on_ENGINE.py`` of a module's engine."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

from pytest_platform.module.loader import Module
from pytest_platform.run.context import Context
from pytest_platform.verdict import Finding
from pytest_platform.workload.seen import JudgedState

if TYPE_CHECKING:
    from pytest_platform.checks.drift.model import Comparison


class Comparing(Protocol):
    """What such a file has.

    The other two raise a PlatformError where the files cannot be rendered or the engine cannot be
    asked.
    """

    def drift(self, module: Module, context: Context) -> Comparison:
        """Return all that differs, in state and in settings."""

    def get_ready(self, module: Module, context: Context) -> None:
        """Do for ``outdated`` what can be done before the one-shot has ended. Never raises."""

    def outdated(self, module: Module, context: Context) -> Iterable[Finding]:
        """Find another program than the declared one in what ran of a one-shot that exited 0."""


def judged(module: Module, context: Context, state: JudgedState) -> list[Finding]:
    """Judge the state of a module, and of a one-shot that exited 0 whether it is the declared one.

    Raises:
        PlatformError: the files cannot be rendered, or the engine cannot be asked.
    """
    return list(state.findings or outdated(module, context))


def outdated(module: Module, context: Context) -> Iterable[Finding]:
    """Find a one-shot that exited 0 and is another program than the declared one.

    An ephemeral stack was made from the files a moment ago, with names of its own.

    Raises:
        PlatformError: the files cannot be rendered, or the engine cannot be asked.
    """
    if not module.one_shot or context.ephemeral:
        return ()
    return comparing(module).outdated(module, context)


def get_ready(modules: Iterable[Module], context: Context) -> None:
    """Do what judging one-shots will take while they are waited for, so that no verdict is late."""
    for module in modules:
        if module.one_shot and not context.ephemeral:
            comparing(module).get_ready(module, context)


def comparing(module: Module) -> Comparing:
    """Return how a module is compared."""
    return cast("Comparing", import_module(f"pytest_platform.checks.on_{module.engine}"))
