"""What the fixtures give. Apart from them, so that they cost nothing where they are not used."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
from msgspec import Struct

from pytest_platform.change import apply
from pytest_platform.checks.check import SKIP_REASON
from pytest_platform.docker.endpoints import read_network
from pytest_platform.docker.snapshot import Container, Snapshot
from pytest_platform.docker.writable import WritableEngine, start, wait_for_exit
from pytest_platform.module.loader import Module
from pytest_platform.plugin.run import RUN, Run
from pytest_platform.probes.kind import Target
from pytest_platform.report.explain import explain
from pytest_platform.run.engines import Host
from pytest_platform.stack.errors import StackDeployed, StackPort
from pytest_platform.verdict import Location, Verdict


def module_of(node: pytest.Item) -> Module:
    """Return the module that a test is marked for; fails the test where there is none."""
    run = _run_of(node)
    mark = node.get_closest_marker("module")
    if mark is None or len(mark.args) != 1:
        pytest.fail('mark the test with @pytest.mark.module("NAME")', pytrace=False)
    file, line, _ = node.location
    return run.catalog.require(mark.args[0], wanted_by=Location(file, (line or 0) + 1))


def target_of(node: pytest.Item, module: Module) -> Target:
    """Return the host next to a module; skips the test where nothing may be touched."""
    context = _run_of(node).context
    if not context.remote_mode.live:
        pytest.skip(SKIP_REASON)
    return context.target(module)


def stack_of(node: pytest.Item, module: Module) -> PlatformStack:
    """Return the stack that a module runs in; skips the test where nothing may be touched."""
    target_of(node, module)
    context = _run_of(node).context
    return PlatformStack(
        module.project,
        context.ephemeral,
        context.fleet.host_of(module),
        partial(context.fleet.snapshot, module),
        partial(context.fleet.forget, module),
    )


def guarded_apply_of(node: pytest.Item, module: Module) -> Callable[[], apply.Applied]:
    """Return what runs a module again through the guard, and fails the test where it may not."""
    run = _run_of(node)
    if not run.remote_mode.live:
        pytest.skip(SKIP_REASON)

    def guarded_apply() -> apply.Applied:
        applied = apply.guarded_apply(module, run.setting(), run.context)
        if applied.result.verdict is not Verdict.PASSED:
            told = explain(applied.result, run.settings.root, run.secrets())
            pytest.fail(told, pytrace=False)
        return applied

    return guarded_apply


def _run_of(node: pytest.Item) -> Run:
    run = node.config.stash.get(RUN, None)
    if run is None:
        pytest.fail("this project has no modules; see --modules-dir", pytrace=False)
    return run


RUN_TIMEOUT = 300.0


class PlatformStack(Struct, frozen=True):
    """A Compose project with running modules. ``ephemeral`` tells that it is the run's own."""

    project: str
    ephemeral: bool
    _host: Host
    _snapshot: Callable[[], Snapshot]
    _changed: Callable[[], None]

    def port(self, service: str, port: int, protocol: str = "tcp") -> int:
        """Return the host's port at which a port of a service is published.

        Raises:
            StackPort: it is not published.
            EngineError: the Engine cannot be asked.
        """
        container = self._host.engine.inspect(self._container(service).id)
        for one in read_network(container).published if container else ():
            if one.port == f"{port}/{protocol}":
                return one.host_port
        message = f"port {port}/{protocol} of '{service}' is not published"
        raise StackPort(message)

    def run_again(self, service: str, *, timeout: float = RUN_TIMEOUT) -> int:
        """Run a one-shot once more, in the container it has; return its exit code.

        Raises:
            StackDeployed: the stack is not the run's own.
            OneShotTimeout: it did not end within ``timeout`` seconds.
            EngineError: it cannot be started.
        """
        if not self.ephemeral:
            message = (
                f"'{service}' is deployed: run it again with --apply, or use --stack=ephemeral"
            )
            raise StackDeployed(message)
        container = self._container(service).id
        try:
            with WritableEngine(self._host.transport) as engine:
                start(engine, container)
                return wait_for_exit(engine, container, timeout=timeout)
        finally:
            self._changed()

    def _container(self, service: str) -> Container:
        containers = self._snapshot().of(self.project, service)
        if containers:
            return containers[0]
        message = f"'{service}' has no container in {self.project}"
        raise StackPort(message)
