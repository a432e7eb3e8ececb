"""A file of variables with secrets in it is a finding where git tracks it, and nowhere else."""

from __future__ import annotations

import subprocess
from pathlib import Path

from test_contract import CASES, answer, facts_of, lay_out

from pytest_platform.compose.renderer import Renderer
from pytest_platform.hosts.transport import Local
from pytest_platform.verdict import Verdict

TEXT = "# settings\nLOG_LEVEL=debug\nDB_PASSWORD=correct-horse\nAPI_TOKEN=${GIVEN:?}\n"


def _project(root: Path) -> Path:
    lay_out(CASES / "_base", root)
    compose = root / "modules" / "app" / "compose.yaml"
    compose.write_text(f"{compose.read_text('utf-8').rstrip()}\n    env_file: [app.env]\n", "utf-8")
    (compose.parent / "app.env").write_text(TEXT, encoding="utf-8")
    return root


def _git(root: Path, *words: str) -> None:
    subprocess.run(["git", "-C", str(root), *words], check=True, capture_output=True)


def test_a_tracked_file(tmp_path: Path) -> None:
    root = _project(tmp_path)
    _git(root, "init", "--quiet")
    _git(root, "add", "modules/app/app.env")
    result = answer("secrets", facts_of(root, Renderer(Local())))
    assert [str(one.location) for one in result.findings] == ["modules/app/app.env:3"]
    assert result.message.startswith("DB_PASSWORD holds a secret in a file that git tracks")
    assert "correct-horse" not in repr(result)


def test_a_file_that_git_does_not_track(tmp_path: Path) -> None:
    root = _project(tmp_path)
    assert answer("secrets", facts_of(root, Renderer(Local()))).verdict is Verdict.PASSED
    _git(root, "init", "--quiet")
    assert answer("secrets", facts_of(root, Renderer(Local()))).verdict is Verdict.PASSED
