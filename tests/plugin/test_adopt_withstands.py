"""What ``adopt`` withstands: it writes each folder whole or not at all, whatever happens."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from plugin.project import Project
from pytest_platform.adopt.project import Adoption
from pytest_platform.adopt.write import write as write_files
from pytest_platform.compose.renderer import Renderer
from pytest_platform.hosts.transport import Local
from pytest_platform.run.compose_catalog import Ask

IMAGE = f"registry.example/x@sha256:{64 * 'a'}"
WEB: dict[str, Any] = {"image": IMAGE, "restart": "always"}
MANY = {f"s{number}": WEB for number in range(200)}
ADOPT = (sys.executable, "-m", "pytest_platform", "adopt")


def write(project: Project, services: dict[str, Any]) -> Path:
    project.file("compose.yaml", yaml.safe_dump({"services": services}, sort_keys=False))
    return project.root / "modules"


def start(project: Project) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        ADOPT, cwd=project.root, env=project.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def whole(folder: Path) -> list[str]:
    """Return the names of the modules, each of which has all its files to the end."""
    names = sorted(one.name for one in folder.iterdir() if one.is_dir() and one.name[0] != ".")
    for name in names:
        assert "## Recover" in (folder / name / "runbook.md").read_text(encoding="utf-8")
        document = yaml.safe_load((folder / name / "module.yaml").read_text(encoding="utf-8"))
        assert document["metadata"]["name"] == name
        assert "state" in document["spec"]
    return names


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=str)
def test_interrupted_in_the_middle(empty: Project, number: signal.Signals) -> None:
    folder = write(empty, MANY)
    process = start(empty)
    while process.poll() is None and not list(folder.glob("s*")):
        time.sleep(0.001)
    process.send_signal(number)
    _, said = process.communicate(timeout=300)
    assert b"Traceback" not in said
    before = whole(folder)
    again = empty.run(*ADOPT)
    assert again.code == 0, str(again)
    assert len(whole(folder)) == len(MANY)
    assert set(before) <= set(whole(folder))
    assert empty.run("pytest-platform", "validate").stdout == "200 modules are valid\n"


def test_two_at_once(empty: Project) -> None:
    folder = write(empty, MANY)
    both = [start(empty), start(empty)]
    said = [one.communicate(timeout=300) for one in both]
    assert [one.returncode for one in both] == [0, 0], said
    assert sorted(whole(folder)) == sorted(MANY)
    assert not [one for one in folder.iterdir() if one.name.startswith(".")]
    wrote = [line for out, _ in said for line in out.decode().splitlines() if "wrote " in line]
    assert len(wrote) == len(set(wrote)) == 2 * len(MANY) + 1


def test_another_run_writes_after_the_folder_was_read(
    empty: Project,
) -> None:
    folder = write(empty, {"web": WEB})
    ask = Ask((empty.root / "compose.yaml",), "app")
    late = Adoption(ask, folder, empty.root, Renderer(Local()))
    late.check()
    assert [one.name for one in late.new] == ["web"]
    assert empty.run(*ADOPT).code == 0
    assert late.names == {"web": "web"}
    assert write_files(folder, *late.files()) == []
    assert whole(folder) == ["web"]


def test_a_file_that_does_not_render_is_adopted_as_it_is_written(empty: Project) -> None:
    broken = {**WEB, "depends_on": {"gone": {"condition": "service_started"}}}
    folder = write(empty, {"job": {"image": IMAGE, "restart": "no"}, "web": broken})
    outcome = empty.run(*ADOPT)
    assert outcome.code == 0, str(outcome)
    assert whole(folder) == ["job", "web"]
    checks = empty.pytest("--json").checks("web")
    assert checks["contract::compose"]["verdict"] == "failed"
    assert checks["contract::schema"]["verdict"] == "passed"


def test_a_folder_of_modules_that_leads_outside_is_refused(empty: Project) -> None:
    write(empty, {"web": WEB})
    outside = empty.root.parent / f"{empty.root.name}-outside"
    outside.mkdir()
    (empty.root / "modules").symlink_to(outside)
    outcome = empty.run(*ADOPT)
    assert (outcome.code, "adopt.refused" in outcome.stderr) == (1, True), str(outcome)
    assert not list(outside.iterdir())


def test_a_name_that_no_folder_can_have(empty: Project) -> None:
    names = ["my_service.v2", "UPPER", "a.b-c_d", "x" * 60, "1st"]
    folder = write(empty, dict.fromkeys(names, WEB))
    assert empty.run(*ADOPT).code == 0
    assert whole(folder) == ["1st", "a.b-c_d", "my_service.v2", "upper", "x" * 60]
    assert empty.pytest("--strict-coverage").code == 0
