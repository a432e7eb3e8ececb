"""The options of stacks of one's own, and what does not go together with them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pytest
from msgspec import Struct

from pytest_platform.errors import UsageError

DEPLOYED: Final = "deployed"
EPHEMERAL: Final = "ephemeral"
STACKS: Final = (DEPLOYED, EPHEMERAL)
_TESTED: Final[Sequence[str]] = (
    "--module",
    "--remote-mode",
    "--changed-since",
    "--wait",
    "--plan",
    "--apply",
)
"""Options that say what is to be tested, or how; so one who gives them wants a test."""


class StackSettings(Struct, frozen=True):
    """Which stack is looked at: ``kind`` is ``deployed`` or ``ephemeral``."""

    kind: str
    keep: bool
    clean: bool

    @property
    def ephemeral(self) -> bool:
        """Whether the run has a stack of its own."""
        return self.kind == EPHEMERAL


def add_options(group: pytest.OptionGroup) -> None:
    """Register the options."""
    group.addoption(
        "--stack",
        metavar="{deployed,ephemeral}",
        dest="platform_stack",
        help="deployed (default): look at what runs; ephemeral: start the modules and what they "
        "require in a project of their own, look at that, and remove it with its volumes.",
    )
    group.addoption(
        "--stack-keep",
        action="store_true",
        dest="platform_stack_keep",
        help="keep the ephemeral stack, and print how to look inside.",
    )
    group.addoption(
        "--stack-clean",
        action="store_true",
        dest="platform_stack_clean",
        help="remove the ephemeral stacks that killed runs have left, and nothing else; "
        "without --stack=ephemeral nothing is tested.",
    )


def settings_of(config: pytest.Config, remote_mode: str) -> StackSettings:
    """Add up what was asked for.

    Raises:
        UsageError: it cannot be done.
    """
    kind = config.getoption("platform_stack") or DEPLOYED
    if kind not in STACKS:
        raise UsageError(f"--stack: '{kind}' is not one of {', '.join(STACKS)}")
    keep = bool(config.getoption("platform_stack_keep"))
    settings = StackSettings(kind, keep, bool(config.getoption("platform_stack_clean")))
    if keep and not settings.ephemeral:
        raise UsageError("--stack-keep keeps an ephemeral stack: add --stack=ephemeral")
    if settings.ephemeral:
        _refuse_beside(config, remote_mode)
    return settings


def cleans_only(config: pytest.Config) -> bool:
    """Return whether ``--stack-clean`` is all that was asked for.

    Raises:
        UsageError: something is to be tested, too, and that on what is deployed.
    """
    clean = bool(config.getoption("platform_stack_clean"))
    if not clean or config.getoption("platform_stack") == EPHEMERAL:
        return False
    # As typed: what a file adds to every run asks for nothing in this one.
    typed = {str(one).partition("=")[0] for one in config.invocation_params.args}
    asked: list[str] = [option for option in _TESTED if option in typed]
    asked += [str(path) for path in config.getoption("file_or_dir") or ()]
    if asked:
        raise UsageError(
            f"--stack-clean tests nothing without --stack=ephemeral: add that, "
            f"or leave out {', '.join(asked)}"
        )
    return True


def _refuse_beside(config: pytest.Config, remote_mode: str) -> None:
    for option in ("plan", "apply"):
        if config.getoption(f"platform_{option}"):
            raise UsageError(f"--{option} is about what is deployed; leave out --stack=ephemeral")
    if remote_mode not in {"local", "skip"}:
        raise UsageError(
            f"--stack=ephemeral starts on this machine, and remote mode {remote_mode} "
            "is about another; use local"
        )
    if config.getoption("dist", "no") != "no" or hasattr(config, "workerinput"):
        raise UsageError("--stack=ephemeral has one stack for one process; leave out -n, or -n 0")
