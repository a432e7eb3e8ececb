"""How what runs is compared with the files, by the key of the engine that runs it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pytest_platform.module.loader import Module
from pytest_platform.run.context import Context
from pytest_platform.verdict import Finding
from pytest_platform.workload.seen import State

if TYPE_CHECKING:
    from pytest_platform.checks.drift.model import Comparison


@dataclass(frozen=True, slots=True)
class Comparing:
    """``outdated`` finds a one-shot of another program that succeeded; ``drift`` all differences.

    Both raise a PlatformError where the files cannot be rendered or the engine cannot be asked.
    What comparing takes is imported by runs that ask for it only.
    """

    drift: Callable[[Module, Context], Comparison]
    outdated: Callable[[Module, Context], Iterable[Finding]]


def judged(module: Module, context: Context, state: State) -> list[Finding]:
    """Judge the state of a module, and of a one-shot that exited 0 whether it is the declared one.

    Raises:
        PlatformError: the files cannot be rendered, or the engine cannot be asked.
    """
    return list(state.findings or comparing(module).outdated(module, context))


def comparing(module: Module) -> Comparing:
    """Return how a module is compared."""
    return _KINDS[module.engine]


def _compose_drift(module: Module, context: Context) -> Comparison:
    from pytest_platform.checks.drift.check import compared

    return compared(module, context)


def _compose_outdated(module: Module, context: Context) -> Iterable[Finding]:
    from pytest_platform.checks.outdated import outdated

    return outdated(module, context)


def _swarm_drift(module: Module, context: Context) -> Comparison:
    from pytest_platform.checks.services import compared

    return compared(module, context)


def _swarm_outdated(module: Module, context: Context) -> Iterable[Finding]:
    from pytest_platform.checks.services import outdated

    return outdated(module, context)


_KINDS: Final[Mapping[str, Comparing]] = {
    "compose": Comparing(_compose_drift, _compose_outdated),
    "swarm": Comparing(_swarm_drift, _swarm_outdated),
}
