"""The examples of the documentation that need an Engine, followed as a reader would."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from e2e.conftest import NewProject
from e2e.project import BUSYBOX
from e2e.tree import environment
from pages import ROOT, Story, hand_written, needs_engine

pytestmark = pytest.mark.e2e

PAGES = [page for page in hand_written() if needs_engine(page)]
LEAN = "-p no:hypothesispytest -p no:anyio -p no:rerunfailures -p no:pytest-retry"


@pytest.fixture
def swap(new_project: NewProject, tmp_path: Path) -> Iterator[dict[str, str]]:
    """Put a project of the test's own, and images that are here, in the place of the page's."""
    project = new_project(tmp_path / "none.yaml", "p")
    backups = str(tmp_path / "backups")
    yield {"home-platform": project.name, "busybox:1.37": BUSYBOX, "/srv/backups": backups}
    project.down()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_a_page_shows_works(page: Path, swap: dict[str, str], tmp_path: Path) -> None:
    env = environment({"PYTEST_ADDOPTS": LEAN})
    env = {name: value for name, value in env.items() if name not in {"CI", "BUILD_NUMBER"}}
    Story(page, tmp_path / "story", env, swap, engine=True).follow()
