"""The options: their registration, and what the command line, environment and ini add up to."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from pytest_platform.errors import UsageError
from pytest_platform.module.engines import ENGINES
from pytest_platform.output import Output, check_source
from pytest_platform.plugin import compose_options, report_options, ssh_options, stack_options
from pytest_platform.plugin.compose_options import Way
from pytest_platform.plugin.reading import ini, is_folder, mode_of, modules_in, shown
from pytest_platform.plugin.report_options import STDOUT
from pytest_platform.plugin.ssh_options import SshOptions, ssh_of
from pytest_platform.plugin.stack_options import EPHEMERAL, StackSettings

MODULES: Final = "modules"
"""The folder of modules, where nothing else is said."""

PLAN_OUTPUT: pytest.StashKey[Output] = pytest.StashKey()

REMOTE_MODES: Final = ("skip", "local", "ssh")
_ENVIRONMENT: Final = ("PYTEST_PLATFORM_REMOTE_MODE", "PLATFORMCTL_SMOKE_REMOTE_MODE")
_DURATION: Final = re.compile(r"[1-9][0-9]{0,8}(ms|s|m|h|d)")


@dataclass(frozen=True, slots=True)
class Settings:
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


@dataclass(frozen=True, slots=True)
class ChangeOptions:
    """What was asked for of a change. ``plan`` and ``apply`` are empty, ``-`` or a path.

    ``output`` is where the plan is written to, where that is a path.
    """

    plan: str
    apply: str
    allow_stateful: bool
    backup_ref: str
    confirmation: str
    audit_log: Path
    output: Output | None = None


def add_options(parser: pytest.Parser) -> None:
    """Register the options of the group ``platform`` and their ini values."""
    group = parser.getgroup("platform", "platform: tests from modules/<name>/module.yaml")
    group.addoption(
        "--module",
        action="append",
        default=[],
        metavar="NAME",
        dest="platform_modules",
        help="select a module; repeatable, globs allowed. Without paths it also sets what is "
        "collected: the module files, and the tests in smoke/ marked for the module.",
    )
    group.addoption(
        "--changed-since",
        metavar="REF",
        dest="platform_changed_since",
        help="select the modules that differ from where REF was left, as git tells it, and "
        "those that require them; with --module, those of both. None is no failure.",
    )
    report_options.add_options(group)
    group.addoption(
        "--remote-mode",
        metavar="{skip,local,ssh}",
        dest="platform_remote_mode",
        help="skip (default): touch nothing but files; local: this machine's Engine; "
        "ssh: the Engines of other hosts.",
    )
    group.addoption(
        "--wait",
        metavar="DURATION",
        dest="platform_wait",
        help="wait as long as this (30s, 2m) for the declared state.",
    )
    group.addoption(
        "--modules-dir",
        metavar="DIR",
        dest="platform_modules_dir",
        help="where the modules are (default: modules).",
    )
    compose_options.add_options(group)
    ssh_options.add_options(group)
    stack_options.add_options(group)
    _add_change_options(group)


def add_ini(parser: pytest.Parser) -> None:
    """Register the ini values, which are known in every project."""
    report_options.add_ini(parser)
    ssh_options.add_ini(parser)
    parser.addini("platform_remote_mode", "default of --remote-mode", default="")
    parser.addini("platform_modules_dir", "default of --modules-dir", default=MODULES)
    parser.addini(
        "platform_audit_log",
        "where attempts at --apply are written down",
        default=".pytest_platform/audit.jsonl",
    )


def defined(config: pytest.Config) -> bool:
    """Tell whether the options are defined in this run."""
    return hasattr(config.option, "platform_modules")


def _add_change_options(group: pytest.OptionGroup) -> None:
    group.addoption(
        "--plan",
        nargs="?",
        const=STDOUT,
        default="",
        metavar="PATH",
        dest="platform_plan",
        help="report the drift and what the guard would say; change nothing.",
    )
    group.addoption(
        "--apply",
        nargs="?",
        const=STDOUT,
        default="",
        metavar="PLAN",
        dest="platform_apply",
        help="run the guarded apply, of that plan if one is named.",
    )
    group.addoption(
        "--allow-stateful",
        action="store_true",
        dest="platform_allow_stateful",
        help="allow the guarded apply to change stored data.",
    )
    group.addoption(
        "--backup-ref",
        default="",
        metavar="REF",
        dest="platform_backup_ref",
        help="the finished backup that the guarded apply relies on.",
    )
    group.addoption(
        "--stateful-confirm",
        default="",
        metavar="TOKEN",
        dest="platform_confirmation",
        help="BACKUP_DONE_F3 confirms that the backup is done.",
    )


def normalise(args: list[str]) -> None:
    """Write a bare ``--json`` as ``--json=-`` so that it takes no path that follows it.

    The same goes for ``--plan``, ``--apply`` and ``--compose``.
    """
    bare = {"--json", "--plan", "--apply"}
    end = args.index("--") if "--" in args else len(args)
    args[:end] = [f"{arg}={STDOUT}" if arg in bare else arg for arg in args[:end]]
    bare_compose = compose_options.OPTION
    args[:end] = [f"{arg}=" if arg == bare_compose else arg for arg in args[:end]]


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
    _refuse_detached_path(config)
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
        change=_change(config),
        ssh=ssh_of(config, mode),
        stack=stack_options.settings_of(config, mode),
        way=way,
        changed_since=_changed_since(config),
    )


def usage_error(message: str, code: str = "platform.usage") -> pytest.UsageError:
    """Make the error for a wrong command line, with its code."""
    return pytest.UsageError(f"{message} [{code}]")


def _change(config: pytest.Config) -> ChangeOptions:
    change = ChangeOptions(
        plan=_path(config, "platform_plan"),
        apply=_path(config, "platform_apply"),
        allow_stateful=config.getoption("platform_allow_stateful"),
        backup_ref=config.getoption("platform_backup_ref"),
        confirmation=config.getoption("platform_confirmation"),
        audit_log=config.rootpath / ini(config, "platform_audit_log"),
        output=config.stash.get(PLAN_OUTPUT, None),
    )
    if change.plan and change.apply:
        raise usage_error("--plan and --apply: plan first, then apply that plan")
    if change.apply not in {"", STDOUT}:
        _check_plan(Path(change.apply))
    return change


def prepare_plan(config: pytest.Config, target: str) -> None:
    """Open what ``--plan=PATH`` names, before output is captured.

    Raises:
        pytest.UsageError: it cannot be written.
    """
    if target in {"", STDOUT}:
        return
    try:
        output = Output.prepare(config.invocation_params.dir / target)
    except OSError as error:
        message = f"--plan={target}: cannot be written: {error.strerror}"
        raise usage_error(message, "plan.unusable") from None
    config.stash[PLAN_OUTPUT] = output
    config.add_cleanup(output.close)


def _check_plan(path: Path) -> None:
    try:
        check_source(path)
    except OSError as error:
        message = f"--apply={path}: cannot be read: {error.strerror}"
        raise usage_error(message, "plan.unusable") from None


def _refuse_detached_path(config: pytest.Config) -> None:
    """Refuse ``--backup-ref PATH``, by which pytest has taken PATH for where the project is.

    It looks for its rootdir before any plugin can tell it that the option has a value.
    """
    reference = config.getoption("platform_backup_ref")
    detached = "--backup-ref" in config.invocation_params.args
    if detached and mode_of(config.invocation_params.dir / reference):
        message = "pytest takes a file that stands apart for a place to search its configuration"
        raise usage_error(f"write --backup-ref={reference} with an equals sign: {message}")


def _path(config: pytest.Config, name: str) -> str:
    """Return an option that is empty, ``-``, or a path as seen from where pytest was called."""
    value: str = config.getoption(name)
    option = "--" + name.removeprefix("platform_")
    if value == "" and f"{option}=" in config.invocation_params.args:
        raise usage_error(f"{option}= names no file; write {option}, or {option}=PATH")
    return value if value in {"", STDOUT} else str(config.invocation_params.dir / value)


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
