"""Services of a Swarm compared with the stack's files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Final

from msgspec.structs import replace

from pytest_platform.checks.contract.facts import Facts
from pytest_platform.checks.drift.model import Comparison, Hash
from pytest_platform.compose.rendered import unescaped
from pytest_platform.compose.service import service_of
from pytest_platform.docker.details import Digests
from pytest_platform.errors import CannotCompare, ComposeError, PlatformError
from pytest_platform.module.loader import Module
from pytest_platform.run.context import Context
from pytest_platform.swarm.drift import Difference, differences
from pytest_platform.swarm.services import StackService
from pytest_platform.swarm.snapshot import SwarmSnapshot
from pytest_platform.verdict import Finding

ORPHAN: Final = "container.orphan"
OUTDATED: Final = "container.state.outdated"
_PROGRAM: Final = ("container.image", "container.entrypoint", "container.command")


def drift(module: Module, context: Context) -> Comparison:
    """Compare the state and the settings of a module's service, and look for others in its stack.

    Raises:
        CannotCompare: variables have no value here.
        PlatformError: the files cannot be rendered, or the manager cannot be asked.
    """
    place = module.at("spec", "runtime", "expected_state")
    state = [replace(one, location=place) for one in context.state_of(module).findings]
    facts = Facts(module, context.catalog, context.renderer, context.today, as_deployed=True)
    if names := sorted(facts.rendered.made_up):
        message = f"cannot compare: no value for {', '.join(names)}; set it as deployed"
        raise CannotCompare(message)
    service = _observed(module, context)
    settings = [_finding(one, facts) for one in _differences(facts, context)] if service else []
    return Comparison((*state, *settings, *_left_over(facts, context)), Hash.EQUAL)


def get_ready(module: Module, context: Context) -> None:
    """Render the files that ``outdated`` compares."""
    with suppress(PlatformError):
        _ = _facts(module, context).service


def outdated(module: Module, context: Context) -> Iterator[Finding]:
    """Yield a finding where a one-shot that exited 0 ran another program than the files declare.

    Raises:
        PlatformError: the files cannot be rendered, or the manager cannot be asked.
    """
    service = _observed(module, context)
    if service is None:
        return
    facts = _facts(module, context)
    try:
        found = [one for one in _differences(facts, context) if one.code in _PROGRAM]
    except ComposeError:
        return  # contract::compose reports it; the exit code is known all the same
    if names := " and ".join(one.code.removeprefix("container.") for one in found):
        message = (
            f"{service.name} exited 0, but its {names} {'are' if len(found) > 1 else 'is'} not the "
            f"file's, so the declared one-shot never ran; deploy it: {module.deploy}"
        )
        yield Finding(OUTDATED, message, "the program of the files", "another program")


def _facts(module: Module, context: Context) -> Facts:
    return Facts(module, context.catalog, context.renderer, context.today)


def _snapshot(module: Module, context: Context) -> SwarmSnapshot:
    view = context.fleet.view(module)
    if not isinstance(view, SwarmSnapshot):
        raise TypeError(type(view).__name__)
    return view


def _observed(module: Module, context: Context) -> StackService | None:
    return _snapshot(module, context).of(module.project, module.service)


def _differences(facts: Facts, context: Context) -> list[Difference]:
    snapshot, service = _snapshot(facts.module, context), _observed(facts.module, context)
    if service is None:
        return []
    digests = snapshot.digests or Digests()
    wanted, model = service_of(unescaped(facts.document)), facts.rendered.model
    found = differences(wanted, model, service.spec, snapshot.networks, digests.of)
    # Without digests nothing was kept of the environment.
    return [one for one in found if snapshot.digests or one.code != "container.environment"]


def _finding(one: Difference, facts: Facts) -> Finding:
    what = one.code.partition(".")[2]
    verb = "differ" if what.endswith("s") else "differs"
    message = (
        f"{facts.module.project}_{facts.module.service}: {what} {verb} from the stack files; "
        f"deploy it: {facts.module.deploy}"
    )
    place = facts.locate(one.key)
    return Finding(one.code, message, one.expected, one.actual, (one.key,), place)


def _left_over(facts: Facts, context: Context) -> Iterator[Finding]:
    """Find services of the stack that its files no longer have: a deployment leaves them."""
    stack = facts.module.project
    names = {f"{stack}_{name}" for name in facts.rendered.services}
    for one in _snapshot(facts.module, context).services:
        if one.stack == stack and one.name not in names:
            message = (
                f"the stack {stack} has a service that its files do not: {one.name}; remove it: "
                f"docker service rm {one.name}"
            )
            yield Finding(ORPHAN, message, "no service", one.name)
