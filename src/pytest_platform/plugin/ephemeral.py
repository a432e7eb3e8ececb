"""The run's own stack towards pytest: removed before the end is told, and told of."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_platform.errors import PlatformError
from pytest_platform.stack import remains
from pytest_platform.stack.ephemeral import Ephemeral


class OwnStack:
    """The hooks of a run with ``--stack=ephemeral``."""

    def __init__(self, stack: Ephemeral, cleaned: list[str]) -> None:
        self._stack = stack
        self._cleaned = cleaned
        self._trouble = ""

    def pytest_report_header(self) -> str:
        """Say how the stack will be called."""
        return f"platform: a stack of its own, {self._stack.project}"

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Remove the stack. Where that fails, so does the run."""
        try:
            self._stack.stop()
        except PlatformError as error:
            self._trouble = f"{error} [{error.code}]"
            session.exitstatus = session.exitstatus or pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Report what people have to know, and nothing where there is nothing."""
        lines = list(self._notice())
        if lines:
            terminalreporter.ensure_newline()
            terminalreporter.section("stack")
            for line in lines:
                terminalreporter.write_line(line)

    def _notice(self) -> list[str]:
        stack = self._stack
        lines = [*self._cleaned, *([f"not removed: {self._trouble}"] if self._trouble else [])]
        if stack.made_up:
            lines.append(f"values were made up for {', '.join(stack.made_up)}")
        lines += stack.notes
        for one in stack.left_overs:
            lines.append(f"left by a killed run: {one} of {one.owner}")
        lines += ["remove them: pytest --stack-clean"] if stack.left_overs else []
        return lines + (_how_to_look_inside(stack.project) if stack.keep and stack.started else [])


def clean_up() -> list[str]:
    """Remove what killed runs have left; return what to tell people.

    Raises:
        pytest.UsageError: the Engine cannot be asked, or something cannot be removed.
    """
    from pytest_platform.docker.writable import WritableEngine
    from pytest_platform.hosts.transport import Local
    from pytest_platform.plugin.change_options import usage_error
    from pytest_platform.stack.ephemeral import DEADLINE

    engine = WritableEngine(Local(), DEADLINE)
    try:
        removed = [f"removed {one} of {one.owner}" for one in remains.remove_left_overs(engine)]
    except PlatformError as error:
        raise usage_error(f"--stack-clean: {error}") from None
    finally:
        engine.close()
    return removed or ["no stack of a killed run is left"]


def _how_to_look_inside(project: str) -> list[str]:
    compose = f"docker compose -p {project}"
    return [
        f"kept: {project}. Look inside:",
        f"  {compose} ps --all",
        f"  {compose} logs SERVICE",
        f"  {compose} exec SERVICE sh",
        f"remove it: {compose} down --volumes",
    ]
