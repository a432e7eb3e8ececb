"""A project for each test, and none of the machine's settings."""

from __future__ import annotations

import os

import pytest

from plugin.project import Project

_SETTINGS = ("PYTEST_PLATFORM_", "PLATFORMCTL_", "PYTEST_ADDOPTS", "PYTEST_XDIST", "COMPOSE_")
# pytest does not shorten its lines where one of these is set.
_CI = ("CI", "BUILD_NUMBER")


@pytest.fixture
def empty(pytester: pytest.Pytester) -> Project:
    """Make a project without modules. No Engine can be reached from it."""
    env = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(_SETTINGS) and name not in _CI
    }
    env["DOCKER_HOST"] = "unix:///nowhere/docker.sock"
    made = Project(pytester.path, env)
    made.file("pytest.ini", "[pytest]\n")
    return made


@pytest.fixture
def project(empty: Project) -> Project:
    """Make a project with one module, ``web``, of which every check of files passes."""
    empty.module("web")
    return empty
