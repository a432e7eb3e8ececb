"""Fixtures for tests in Python about one module, named by ``@pytest.mark.module("…")``."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pytest_platform.change.apply import Applied
    from pytest_platform.docker.snapshot import Container
    from pytest_platform.module.loader import Module
    from pytest_platform.plugin.fixture_values import PlatformStack
    from pytest_platform.probes.kind import Target


@pytest.fixture
def platform_module(request: pytest.FixtureRequest) -> Module:
    """Give the module that the test is marked for."""
    from pytest_platform.plugin import fixture_values

    return fixture_values.module_of(request.node)


@pytest.fixture
def platform_host(request: pytest.FixtureRequest, platform_module: Module) -> Target:
    """Give the host next to the module: look at its containers, run commands in them."""
    from pytest_platform.plugin import fixture_values

    return fixture_values.target_of(request.node, platform_module)


@pytest.fixture
def platform_stack(request: pytest.FixtureRequest, platform_module: Module) -> PlatformStack:
    """Give the stack: its project, its ports on the host, and with ``--stack=ephemeral`` more.

    Of the run's own stack a one-shot can be run again; of a deployed one it cannot.
    """
    from pytest_platform.plugin import fixture_values

    return fixture_values.stack_of(request.node, platform_module)


@pytest.fixture
def guarded_apply(request: pytest.FixtureRequest, platform_module: Module) -> Callable[[], Applied]:
    """Run the module's one-shot again, by the options of the command line and its guard.

    The returned function takes nothing. It fails the test where the guard refuses, as it
    does without a verified backup reference, or where the run did not succeed.
    """
    from pytest_platform.plugin import fixture_values

    return fixture_values.guarded_apply_of(request.node, platform_module)


@pytest.fixture
def platform_container(platform_host: Target) -> Container:
    """Give what was seen of the module's container; fails the test where there is none."""
    return platform_host.first_container()
