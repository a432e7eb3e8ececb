"""The options of a Compose project without module files, and of another project's name."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from msgspec import Struct

from pytest_platform.errors import UsageError
from pytest_platform.module.engines import ENGINES

if TYPE_CHECKING:
    from pytest_platform.run.compose_catalog import Ask

OPTION = "--compose"


class Way(Struct, frozen=True):
    """``ask`` is there where the modules are the services of a Compose project.

    ``project`` is the one that all modules are looked at in; empty where theirs hold.
    """

    ask: Ask | None
    project: str
    strict: bool


def add_options(group: pytest.OptionGroup) -> None:
    """Register the options."""
    group.addoption(
        OPTION,
        action="append",
        nargs="?",
        const="",
        default=[],
        metavar="FILE",
        dest="platform_compose",
        help="test every service of a Compose project, without module files; repeatable as -f is. "
        "Without =FILE the files are found as Compose finds them.",
    )
    _add_engines(group)
    group.addoption(
        "--platform-project",
        default="",
        metavar="NAME",
        dest="platform_project",
        help="look at all modules in this Compose project (also: COMPOSE_PROJECT_NAME).",
    )
    group.addoption(
        "--strict-coverage",
        action="store_true",
        dest="platform_strict_coverage",
        help="fail where a service of the modules' Compose projects has no module.",
    )


def _add_engines(group: pytest.OptionGroup) -> None:
    for engine, together in ENGINES.items():
        if f"--{engine}" != OPTION:
            group.addoption(
                f"--{engine}",
                action="append",
                default=[],
                metavar="FILE",
                dest=f"platform_{engine}",
                help=f"the same for a {together} of the engine {engine}; repeatable.",
            )
            group.addoption(
                f"--{together}-name",
                default="",
                metavar="NAME",
                dest=f"platform_{together}_name",
                help=f"the name of the {together} for --{engine}.",
            )


def settings_of(config: pytest.Config) -> Way:
    """Add up what was asked for. Reads the Compose files' names and ``.env`` only.

    Raises:
        UsageError: there is no such file or no such name.
    """
    if way := _elsewhere(config):
        return way
    named: list[str] = config.getoption("platform_compose")
    project = config.getoption("platform_project") or os.environ.get("COMPOSE_PROJECT_NAME", "")
    strict = bool(config.getoption("platform_strict_coverage"))
    if not named and not project:
        return Way(None, "", strict)
    if named:
        from pytest_platform.run.compose_catalog import asked_for

        files = [one for one in named if one]
        return Way(asked_for(files, project, config.invocation_params.dir), project, strict)
    from pytest_platform.compose.found import checked_name

    return Way(None, checked_name(project), strict)


def _elsewhere(config: pytest.Config) -> Way | None:
    """Return the project of another engine that was asked for; None where there is none."""
    for engine, together in ENGINES.items():
        if f"--{engine}" == OPTION:
            continue
        files: list[str] = config.getoption(f"platform_{engine}")
        name: str = config.getoption(f"platform_{together}_name")
        if not files and not name:
            continue
        beside = config.getoption("platform_compose") or config.getoption("platform_project")
        if beside or not (files and name):
            message = (
                f"--{engine}=FILE and --{together}-name NAME go together, and stand without "
                f"{OPTION} and --platform-project"
            )
            raise UsageError(message)
        from pytest_platform.run.compose_catalog import asked_for

        ask = asked_for(files, name, config.invocation_params.dir, engine)
        return Way(ask, name, bool(config.getoption("platform_strict_coverage")))
    return None
