"""Services of Swarm stacks, as the seam wants them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta
from typing import Any

from pytest_platform.compose.service import RenderedService, Restart
from pytest_platform.docker.details import Digests
from pytest_platform.docker.snapshot import Snapshot
from pytest_platform.docker.writable import WritableEngine
from pytest_platform.module.loader import Module
from pytest_platform.probes.kind import Target
from pytest_platform.run.engines import Again, Host, Reach
from pytest_platform.run.swarm_target import ServiceTarget
from pytest_platform.swarm import seen as tasks
from pytest_platform.swarm import state
from pytest_platform.swarm.again import ServiceAgain
from pytest_platform.swarm.declared import IGNORED, as_deployed, restart_of
from pytest_platform.swarm.seen import SwarmExpectation
from pytest_platform.swarm.services import StackService, Task
from pytest_platform.swarm.snapshot import SwarmSnapshot, take
from pytest_platform.swarm.wait import polled
from pytest_platform.units import seconds
from pytest_platform.workload.seen import (
    Changes,
    HostView,
    JudgedState,
    Phase,
    ServiceKey,
    Workload,
)

_PHASES = {"running": Phase.RUNNING, "starting": Phase.RUNNING, "complete": Phase.SUCCEEDED}
_FAILED = frozenset({"failed", "rejected"})
_LONGEST_LOG = 1024 * 1024


class OnSwarm:
    """The engine ``swarm``."""

    ignores = IGNORED

    def restart_of(self, service: RenderedService) -> Restart:
        """Read the policy as a deployment of a stack does."""
        return restart_of(service)

    def as_deployed(self, service: Mapping[str, Any]) -> Mapping[str, Any]:
        """Add the restart policy that holds where none is written."""
        return as_deployed(service)

    def take(
        self, host: Host, keys: Collection[ServiceKey], digests: Digests | None
    ) -> SwarmSnapshot:
        """Look at the whole Swarm through its manager."""
        return take(host.engine, keys, digests)

    def watch(self, host: Host, groups: Collection[str]) -> AbstractContextManager[Changes]:  # noqa: ARG002
        """Look again now and then: no event tells of a task."""
        return polled()

    def state(
        self,
        module: Module,
        view: HostView,
        owner: Module | None,  # noqa: ARG002 - how old a volume is no manager knows
        beside: HostView | None,  # noqa: ARG002
    ) -> JudgedState:
        """Judge the tasks of a module's service."""
        expected, seen = expected_of(module), seen_of(module, view)
        return JudgedState(
            seen.now,
            tuple(workload_of(one, seen) for one in seen.newest),
            tuple(state.judge(expected, seen)),
            state.settled(expected, seen),
        )

    def running_beside(self, module: Module, view: HostView) -> bool | None:
        """Tell whether any try of the service goes on, be it an older one."""
        seen = seen_of(module, view)
        return tasks.in_progress(seen) or any(one.state not in tasks.ENDED for one in seen.older)

    def target(self, module: Module, host: Host, view: HostView, reach: Reach) -> Target:
        """Return the service: its ports, its log, and the nodes of its tasks."""
        swarm = swarm_in(view)
        nothing = Snapshot(host.name, view.taken_at, ())
        return ServiceTarget(module, host.transport, host.engine, nothing, swarm, reach)

    def tail(self, host: Host, workload: Workload, lines: int) -> str:
        """Return the end of the service's log, as the manager gathers it of all nodes."""
        log, _ = host.engine.service_log(
            workload.id, since=0.0, streams=("stdout", "stderr"), tail=lines, limit=_LONGEST_LOG
        )
        return log.decode(errors="replace")

    @contextmanager
    def again(self, host: Host, module: Module, workload: Workload) -> Iterator[Again]:  # noqa: ARG002
        """Update the service without a change, by the version that was seen."""
        with WritableEngine(host.transport) as engine:
            yield ServiceAgain(engine, workload.id, workload.revision)


def expected_of(module: Module) -> SwarmExpectation:
    """Take from a module what its state is judged against."""
    runtime = module.manifest.spec.runtime
    max_age = timedelta(seconds=seconds(runtime.max_age)) if runtime.max_age else None
    return SwarmExpectation(
        module.service,
        runtime.expected_state,
        runtime.replicas,
        max_age,
        module.deploy,
        module.undecided,
    )


def seen_of(module: Module, view: HostView) -> tasks.Seen:
    """Take from a look what was seen of a module.

    Raises:
        TypeError: it is the look of another engine.
    """
    return tasks.seen_of(swarm_in(view), module.project, module.service)


def swarm_in(view: HostView) -> SwarmSnapshot:
    """Return a look as one at a Swarm.

    Raises:
        TypeError: it is the look of another engine.
    """
    if not isinstance(view, SwarmSnapshot):
        raise TypeError(type(view).__name__)
    return view


def workload_of(task: Task, seen: tasks.Seen) -> Workload:
    """Return what was seen of the task of a slot or node, in words of no engine.

    It stands for its service: the id is that of the service, to be run again as a whole.
    """
    service, node = seen.service, seen.node_of(task)
    ended = task.exit_code is not None
    failures = sum(1 for one in seen.tries if one.slot == task.slot and one.exit_code is not None)
    return Workload(
        task.service,
        tasks.name_of(task, seen),
        _phase(task),
        task.state,
        tasks.describe(task, seen),
        exit_code=task.exit_code,
        health="starting" if task.state == "starting" else None,
        started_at=_started(service, task),
        finished_at=task.changed_at if ended else None,
        restart_count=max(0, failures - 1),
        image=task.image,
        image_id=task.image,
        revision=f"{service.version}" if service else "",
        troubled=task.state in _FAILED or failures > 1,
        node=node.name if node else "",
        ports=tuple(one.target for one in service.ports if one.protocol == "tcp")
        if service
        else (),
    )


def _started(service: StackService | None, task: Task) -> datetime:
    executed = service.executed_at if service and service.is_job else None
    return executed or task.made_at


def _phase(task: Task) -> Phase:
    if task.state in _PHASES:
        return _PHASES[task.state]
    return Phase.FAILED if task.state in tasks.ENDED else Phase.WAITING
