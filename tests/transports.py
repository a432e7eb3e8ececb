"""The one transport of tests that answers commands itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from pytest_platform.hosts.transport import CommandResult, Local


@dataclass(frozen=True)
class Command:
    """A command as a transport is given it."""

    argv: tuple[str, ...]
    timeout: float
    env: Mapping[str, str] | None
    limit: int | None


Answer = Callable[[Command], CommandResult | None]


class Answering(Local):
    """Run commands on this machine, but for those that ``answer`` answers; None lets one run.

    ``answer`` raises what a transport raises. ``ran`` are the arguments of all commands.
    """

    def __init__(self, answer: Answer = lambda _: None, name: str = Local.name) -> None:
        self.ran: list[tuple[str, ...]] = []
        self.name = name
        self.answer = answer

    def run(
        self,
        argv: Sequence[str],
        *,
        timeout: float,
        env: Mapping[str, str] | None = None,
        limit: int | None = None,
    ) -> CommandResult:
        """Answer a command, or run it."""
        command = Command(tuple(argv), timeout, env, limit)
        self.ran.append(command.argv)
        answer = self.answer(command)
        if answer is not None:
            return answer
        return super().run(argv, timeout=timeout, env=env, limit=limit)


def always(answer: CommandResult | Exception) -> Answer:
    """Give one answer to all commands, or fail at each."""

    def give(_: Command) -> CommandResult:
        if isinstance(answer, Exception):
            raise answer
        return answer

    return give
