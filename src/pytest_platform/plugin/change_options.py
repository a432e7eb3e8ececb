"""The options of a guarded change: ``--plan``, ``--apply``, and what an apply has to be given."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
from msgspec import Struct

from pytest_platform.output import Output, check_source
from pytest_platform.plugin.reading import ini, mode_of
from pytest_platform.plugin.report_options import STDOUT

PLAN_OUTPUT: pytest.StashKey[Output] = pytest.StashKey()

if TYPE_CHECKING:
    from pytest_platform.change.apply import Setting

_OPTIONS: Final[Mapping[str, Mapping[str, Any]]] = {
    "--plan": {
        "nargs": "?",
        "const": STDOUT,
        "default": "",
        "metavar": "PATH",
        "dest": "platform_plan",
        "help": "report the drift and what the guard would say; change nothing.",
    },
    "--apply": {
        "nargs": "?",
        "const": STDOUT,
        "default": "",
        "metavar": "PLAN",
        "dest": "platform_apply",
        "help": "run the guarded apply, of that plan if one is named.",
    },
    "--allow-stateful": {
        "action": "store_true",
        "dest": "platform_allow_stateful",
        "help": "allow the guarded apply to change stored data.",
    },
    "--backup-ref": {
        "default": "",
        "metavar": "REF",
        "dest": "platform_backup_ref",
        "help": "the finished backup that the guarded apply relies on.",
    },
    "--stateful-confirm": {
        "default": "",
        "metavar": "TOKEN",
        "dest": "platform_confirmation",
        "help": "BACKUP_DONE_F3 confirms that the backup is done.",
    },
}


class ChangeOptions(Struct, frozen=True):
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

    def setting(self, patterns: tuple[str, ...]) -> Setting:
        """Return what is ordered of a guarded apply. Reads the plan that ``--apply`` names."""
        from pytest_platform.change import apply, plan
        from pytest_platform.change.guard_facts import ChangeRequest
        from pytest_platform.change.refusal import Refusal

        request = ChangeRequest(
            apply=bool(self.apply),
            patterns=patterns,
            allow_stateful=self.allow_stateful,
            backup_ref=self.backup_ref,
            confirmation=self.confirmation,
        )
        planned, unusable = None, None
        if self.apply not in {"", STDOUT}:
            try:
                planned = plan.load(Path(self.apply))
            except plan.PlanUnusable as error:
                unusable = Refusal(error.code, str(error))
        return apply.Setting(request, self.audit_log, planned=planned, unusable=unusable)


def add_options(group: pytest.OptionGroup) -> None:
    """Register them."""
    for name, keywords in _OPTIONS.items():
        group.addoption(name, **keywords)


def usage_error(message: str, code: str = "platform.usage") -> pytest.UsageError:
    """Make the error for a wrong command line, with its code."""
    return pytest.UsageError(f"{message} [{code}]")


def change_of(config: pytest.Config) -> ChangeOptions:
    """Add up what was asked for.

    Raises:
        pytest.UsageError: the options contradict each other, or name what cannot be read.
    """
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


def refuse_detached_path(config: pytest.Config) -> None:
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
