"""The options: their registration, and what the command line, environment and ini add up to."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pytest
from msgspec import Struct

from pytest_platform.errors import UsageError
from pytest_platform.module.engines import ENGINES
from pytest_platform.plugin import (
    change_options,
    compose_options,
    report_options,
    ssh_options,
    stack_options,
)
from pytest_platform.plugin.change_options import (
    ChangeOptions,
    change_of,
    refuse_detached_path,
    usage_error,
)
from pytest_platform.plugin.compose_options import Way
from pytest_platform.plugin.ini import MODULES
from pytest_platform.plugin.reading import ini, is_folder, modules_in, shown
from pytest_platform.plugin.report_options import STDOUT
from pytest_platform.plugin.ssh_options import SshOptions, ssh_of
from pytest_platform.plugin.stack_options import EPHEMERAL, StackSettings

REMOTE_MODES: Final = ("skip", "local", "ssh")
_ENVIRONMENT: Final = ("PYTEST_PLATFORM_REMOTE_MODE", "PLATFORMCTL_SMOKE_REMOTE_MODE")
_DURATION: Final = re.compile(r"[1-9][0-9]{0,8}(ms|s|m|h|d)")


_SELECTION: Final[Mapping[str, Mapping[str, Any]]] = {
    "--module": {
        "action": "append",
        "default": [],
        "metavar": "NAME",
        "dest": "platform_modules",
        "help": "select a module; repeatable, globs allowed. Without paths it also sets what is "
        "collected: the module files, and the tests in smoke/ marked for the module.",
    },
    "--changed-since": {
        "metavar": "REF",
        "dest": "platform_changed_since",
        "help": "select the modules that differ from where REF was left, as git tells it, and "
        "those that require them; with --module, those of both. None is no failure.",
    },
}
_PLACES: Final[Mapping[str, Mapping[str, Any]]] = {
    "--remote-mode": {
        "metavar": "{skip,local,ssh}",
        "dest": "platform_remote_mode",
        "help": "skip (default): touch nothing but files; local: this machine's Engine; "
        "ssh: the Engines of other hosts.",
    },
    "--wait": {
        "metavar": "DURATION",
        "dest": "platform_wait",
        "help": "wait as long as this (30s, 2m) for the declared state.",
    },
    "--modules-dir": {
        "metavar": "DIR",
        "dest": "platform_modules_dir",
        "help": "where the modules are (default: modules).",
    },
}


class Settings(Struct, frozen=True):
    """What a run was asked for. ``wait`` is a duration such as ``30s``; empty means none."""

    modules_dir: Path
    root: Path
    patterns: tuple[str, ...]
    remote_mode: str
    wait: str
    change: ChangeOptions
    ssh: SshOptions
    stack: StackSettings
    way: Way
    changed_since: str | None = None


def add_options(parser: pytest.Parser) -> None:
    """Register the options of the group ``platform``."""
    group = parser.getgroup("platform", "platform: tests from modules/<name>/module.yaml")
    for name, keywords in _SELECTION.items():
        group.addoption(name, **keywords)
    report_options.add_options(group)
    for name, keywords in _PLACES.items():
        group.addoption(name, **keywords)
    compose_options.add_options(group)
    ssh_options.add_options(group)
    stack_options.add_options(group)
    change_options.add_options(group)


def normalise(args: list[str]) -> None:
    """Write a bare ``--json`` as ``--json=-`` so that it takes no path that follows it.

    The same goes for ``--plan``, ``--apply``, ``--compose`` and ``--platform-history``.
    """
    bare = {"--json", "--plan", "--apply"}
    end = args.index("--") if "--" in args else len(args)
    args[:end] = [f"{arg}={STDOUT}" if arg in bare else arg for arg in args[:end]]
    bare = {compose_options.OPTION, report_options.HISTORY}
    args[:end] = [f"{arg}=" if arg in bare else arg for arg in args[:end]]


def settings_of(config: pytest.Config) -> Settings | None:
    """Add up what was asked for; None where nothing here concerns this project.

    Raises:
        pytest.UsageError: what was asked for cannot be done.
    """
    try:
        return _settings(config)
    except UsageError as error:
        raise usage_error(str(error), error.code) from None


def _settings(config: pytest.Config) -> Settings | None:
    refuse_detached_path(config)
    folder = _modules_dir(config)
    if not modules_in(folder) and not _asked_for(config):
        return None
    way = compose_options.settings_of(config)
    if not is_folder(folder) and not way.ask:
        raise usage_error(f"there is no folder {shown(folder)}; see --modules-dir")
    home = way.ask.files[0].parent if way.ask else folder
    root, mode = config.rootpath, _remote_mode(config)
    return Settings(
        modules_dir=folder,
        root=root if home.is_relative_to(root) else home if way.ask else home.parent,
        patterns=tuple(config.getoption("platform_modules")),
        remote_mode=mode,
        wait=_wait(config),
        change=change_of(config),
        ssh=ssh_of(config, mode),
        stack=stack_options.settings_of(config, mode),
        way=way,
        changed_since=_changed_since(config),
    )


def _asked_for(config: pytest.Config) -> bool:
    names = (
        *("platform_modules", "platform_wait", "platform_remote_mode", "platform_modules_dir"),
        *("platform_plan", "platform_apply", "platform_changed_since", "platform_ssh_host"),
        *("platform_stack", "platform_stack_keep", "platform_project"),
        *(f"platform_{engine}" for engine in ENGINES),
        "platform_strict_coverage",
    )
    return any(config.getoption(name) for name in names)


def _modules_dir(config: pytest.Config) -> Path:
    here = config.invocation_params.dir
    named = config.getoption("platform_modules_dir")
    if named:
        return Path(os.path.normpath(here / named))
    relative = ini(config, "platform_modules_dir")
    folder = Path(os.path.normpath(config.rootpath / relative))
    if relative != MODULES or is_folder(folder):
        return folder
    return next((one for one in _near(here) if modules_in(one)), folder)


def _near(here: Path) -> Iterator[Path]:
    """Yield where modules may be although pytest takes another folder for the project's root.

    That is the case with ``-c ci/pytest.ini``, and inside of a module without an ini file.
    """
    yield here / MODULES
    yield from (one for one in (here, *here.parents) if one.name == MODULES)


def _remote_mode(config: pytest.Config) -> str:
    sources = [("--remote-mode", config.getoption("platform_remote_mode"))]
    sources += [(name, os.environ.get(name)) for name in _ENVIRONMENT]
    sources += [("platform_remote_mode", ini(config, "platform_remote_mode"))]
    # A stack of one's own cannot touch what is deployed, so to ask for one is enough.
    default = "local" if config.getoption("platform_stack") == EPHEMERAL else "skip"
    name, mode = next(((name, mode) for name, mode in sources if mode), ("", default))
    if mode not in REMOTE_MODES:
        raise usage_error(f"{name}: '{mode}' is not one of {', '.join(REMOTE_MODES)}")
    return mode


def _changed_since(config: pytest.Config) -> str | None:
    ref: str | None = config.getoption("platform_changed_since")
    change = config.getoption("platform_plan") or config.getoption("platform_apply")
    if change and ref is not None:
        raise usage_error("--changed-since selects what to test; --plan and --apply want --module")
    return ref


def _wait(config: pytest.Config) -> str:
    wait: str = config.getoption("platform_wait") or ""
    if wait and not _DURATION.fullmatch(wait):
        raise usage_error(f"--wait: '{wait}' is not a duration; write 500ms, 30s, 2m or 1h")
    return wait
