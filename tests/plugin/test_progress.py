"""Progress: drawn over on a terminal, within its rows and columns, and plain lines elsewhere."""

from __future__ import annotations

import re

import pytest

from plugin.project import Project
from plugin.terminal import on_terminal
from pytest_platform.report.fit import width_of

_TEST = """
from pytest_platform.plugin.progress import Progress
from pytest_platform.state.wait import Status

def test_x(pytestconfig):
    with Progress(pytestconfig) as progress:
        for done in (0, 20, 50):
            progress([
                Status(f"m{one}", str(one < done), "\u4f60\u597d " * 40, one < done, 1.0)
                for one in range(50)
            ])
"""
_UP = "\x1b[A\x1b[2K"


@pytest.fixture
def waiting(empty: Project) -> Project:
    """Give a project whose test waits for fifty modules."""
    empty.file("test_x.py", _TEST)
    return empty


@pytest.mark.parametrize("env", [{}, {"NO_COLOR": "1"}], ids=["colours", "none"])
def test_on_a_terminal(waiting: Project, env: dict[str, str]) -> None:
    shown = on_terminal(waiting, "-q", columns=60, env=env)
    assert shown.code == 0, shown.text
    first, *again = re.split(f"(?:{re.escape(_UP)})+", shown.text)
    assert len(again) == 2
    assert shown.text.count(_UP) == 2 * 22, "a screen of 24 rows"
    drawn = [re.sub(r"\x1b\[[0-9;]*m", "", one) for one in "".join([first, *again]).splitlines()]
    lines = [one for one in drawn if re.search(r" s  m\d| are ready", one)]
    assert max(map(width_of, lines)) <= 59
    assert "20 of 50 are ready" in drawn
    assert re.search(r"waiting +1 s  m20: ", again[0]), "who is waited for comes first"
    assert bool(re.search(r"\x1b\[\d+m", shown.text)) is not bool(env)


def test_on_a_dumb_terminal(waiting: Project) -> None:
    shown = on_terminal(waiting, "-q", columns=60, env={"TERM": "dumb"})
    assert "\x1b" not in shown.text
    assert shown.text.count(" s  m49: ") == 2, "once for each state"
    assert max(width_of(one) for one in shown.text.splitlines()) <= 60


def test_in_a_file_nothing_is_drawn_over_whatever_colours_are_asked_for(waiting: Project) -> None:
    outcome = waiting.pytest("-q", "--color=yes")
    assert outcome.code == 0, str(outcome)
    assert "\x1b[A" not in outcome.stdout
    assert outcome.stdout.count(" s  m49: ") == 2
