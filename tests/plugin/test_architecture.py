"""The page docs/architecture.md: its table is that of the code, and its examples work."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from plugin.project import ROOT, Outcome, Project

PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"```(?:python|diff) (\S+)\n(.*?)```\n", re.DOTALL)
HEADING = re.compile(r"^### (.+)$", re.MULTILINE)


def test_the_table_of_rooms_is_that_of_the_code() -> None:
    draw = [sys.executable, str(ROOT / "docs" / "draw_architecture.py"), "--check"]
    assert subprocess.run(draw, check=False).returncode == 0, "run docs/draw_architecture.py"


def test_every_file_that_the_page_names_exists() -> None:
    prose = re.sub(r"```.*?```", "", PAGE, flags=re.DOTALL)
    named = re.findall(r"`([a-z_]+/[a-z_/]*(?:\.py)?)`", prose)
    assert len(named) > 10
    missing = [one for one in named if not (ROOT / "src" / "pytest_platform" / one).exists()]
    assert missing == ["src/pytest_platform/"] or not missing, missing


@pytest.fixture
def extended(project: Project, tmp_path: Path) -> Project:
    """Give a project that uses a copy of the package."""
    package = tmp_path / "copy" / "pytest_platform"
    shutil.copytree(ROOT / "src" / "pytest_platform", package)
    project.env["PYTHONPATH"] = f"{package.parent}:{project.root}"
    return project


def follow(project: Project, heading: str) -> None:
    """Do what the page says below a heading."""
    section = PAGE.partition(f"### {heading}\n")[2]
    end = HEADING.search(section)
    blocks = BLOCK.findall(section[: end.start()] if end else section)
    assert blocks, heading
    package = Path(project.env["PYTHONPATH"].partition(":")[0]) / "pytest_platform"
    for target, text in blocks:
        kind, _, name = target.rpartition(":")
        if kind == "plugin":
            project.file(name, text)
        elif kind == "new":
            (package / name).write_text(text, encoding="utf-8")
        else:
            apply(text, package / name)


def apply(diff: str, path: Path) -> None:
    """Insert each added line after the line that stands above it in the diff."""
    lines = path.read_text(encoding="utf-8").splitlines()
    place = -1
    for line in diff.splitlines():
        if line.startswith("+"):
            place += 1
            lines.insert(place, line[1:])
        else:
            place = lines.index(line[1:])
    path.write_text("\n".join([*lines, ""]), encoding="utf-8")


def ask(project: Project, *args: str) -> Outcome:
    return project.pytest("--json", *args)


def test_a_probe(extended: Project) -> None:
    follow(extended, "A probe")
    extended.module("web", smoke=[{"name": "its name", "hostname": {"hostname": {"equals": "x"}}}])
    checks = ask(extended).checks("web")
    assert checks["contract::schema"]["verdict"] == "passed", checks
    assert checks["smoke::its name"]["verdict"] == "skipped", checks


def test_a_check(extended: Project) -> None:
    follow(extended, "A check")
    extended.module("web")
    extended.service("web", hostname="box")
    check = ask(extended, "-m", "contract").checks("web")["contract::hostname"]
    assert (check["verdict"], check["code"]) == ("failed", "contract.hostname"), check
    assert check["file"].endswith("compose.yaml"), check
    explained = extended.run(sys.executable, "-m", "pytest_platform", "explain", check["code"])
    assert "The host name is fixed" in explained.stdout, str(explained)


def test_a_report_format(extended: Project) -> None:
    follow(extended, "A report format")
    extended.module("web")
    outcome = extended.pytest("-m", "contract", "--platform-report=names=names.txt")
    assert outcome.code == 0, str(outcome)
    assert (extended.root / "names.txt").read_text(encoding="utf-8") == "web\n"


def test_a_kind_of_backup(extended: Project) -> None:
    follow(extended, "A kind of backup")
    script = (
        "from pytest_platform.change.backup import match\n"
        "assert not match('zfs:tank/minio@minio-20260517T010847Z', ['minio'])\n"
        "print(match('zfs:tank/minio@today', ['minio'])[0].message)\n"
    )
    told = extended.run(sys.executable, "-c", script)
    assert told.code == 0, str(told)
    assert "zfs:POOL/FS@NAME" in told.stdout


def test_a_transport(extended: Project) -> None:
    follow(extended, "A transport")
    extended.module("web")
    extended.file("pytest.ini", "[pytest]\nplatform_hosts = box = socket:///nowhere/e.sock\n")
    live = ("--remote-mode=ssh", "--ssh-host=box", "-p", "socket_transport", "-m", "health")
    check = ask(extended, *live).checks("web")["health::state"]
    assert check["code"].startswith("engine."), check
