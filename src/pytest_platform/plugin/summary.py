"""The end of a run on the terminal: the table of modules, what it cannot show, and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import pytest

from pytest_platform.codes import catalogue
from pytest_platform.plugin.run import Run
from pytest_platform.plugin.terminal import Terminal, shown
from pytest_platform.plugin.uncovered import Uncovered
from pytest_platform.report.answers import CheckAnswer, platform_section
from pytest_platform.report.coverage import notes
from pytest_platform.report.document import Platform
from pytest_platform.report.faults import faults
from pytest_platform.report.formats.table import plan_lines, table

_COLOURS = {
    "passed": {"green": True},
    "failed": {"red": True},
    "error": {"red": True, "bold": True},
    "unverified": {"yellow": True},
}
_NOTHING = "no check was selected, so nothing is known; --collect-only shows what there is"
_STEPS: Final = 6
_NAMES: Final = 4


class Summary:
    """The hook that writes it."""

    def __init__(self, run: Run, answers: list[CheckAnswer], uncovered: Uncovered) -> None:
        self._run = run
        self._answers = answers
        self._uncovered = uncovered

    def pytest_terminal_summary(self, terminalreporter: Any, exitstatus: int) -> None:
        """Show the table of modules, and what to do next."""
        if exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
            since = self._run.changed_since
            idle = since.nothing if since is not None and since.empty else ""
            terminalreporter.ensure_newline()
            terminalreporter.section("platform")
            terminalreporter.write_line(idle or _NOTHING, red=not idle)
            for line in Terminal(self._run.config).lines(self._uncovered.unseen):
                terminalreporter.write_line(line, yellow=True)
        if not self._answers:
            return
        settings = self._run.settings
        section = platform_section(settings.remote_mode, settings.stack.kind, self._answers)
        terminalreporter.ensure_newline()
        terminalreporter.section("platform")
        self._show(terminalreporter, section)

    def _show(self, reporter: Any, section: Platform) -> None:
        terminal = Terminal(reporter.config)

        def write(text: str, **markup: bool) -> None:
            for line in terminal.lines(text):
                reporter.write_line(line, **markup)

        for line, verdict in table(section, terminal.width):
            reporter.write_line(shown(line), **_COLOURS.get(verdict, {"bold": True}))
        for line in notes(section):
            write(line, yellow=True)
        for text, failed in self._uncovered.lines():
            write(text, red=failed, yellow=not failed)
        if lines := plan_lines(section):
            reporter.section("plan" if self._run.settings.change.plan else "apply")
            for line in lines:
                write(line)
        for line in next_steps(section):
            write(line)


def next_steps(section: Platform) -> Iterator[str]:
    """Yield what the catalogue says to do of each code, with the modules that have it."""
    modules: dict[str, dict[str, None]] = {}
    for one in faults(section):
        modules.setdefault(one.code, {})[one.module] = None
    if not modules:
        return
    yield "what to do next:"
    known = [code for code in modules if code in catalogue()]
    for code in known[:_STEPS]:
        names = list(modules[code])
        more = f" and {len(names) - _NAMES} more" if len(names) > _NAMES else ""
        yield f"- {', '.join(names[:_NAMES])}{more}: {catalogue()[code].do} [{code}]"
    if left := len(modules) - len(known[:_STEPS]):
        yield f"- {left} further code{'s' if left > 1 else ''}: see the messages above"
