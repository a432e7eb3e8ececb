"""Runs that are stopped or killed: nothing is left, or the next run names it and removes it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import gettempdir

import docker
import pytest

from e2e.conftest import NewProject
from e2e.project import compose_program
from e2e.stacks import OWN, name_in, parts, running, store_and_job
from e2e.tree import Tree, finish
from e2e.waiting import until
from plugin.project import invalid
from pytest_platform.docker.writable import WritableEngine
from pytest_platform.hosts.transport import Local
from pytest_platform.stack import place, remains
from pytest_platform.stack.owner import LABEL, new_name

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("remains")]
PROJECT = "pp-e2e-never-deployed"
BLOCKS = """
import time
import pytest

@pytest.mark.module("job")
def test_blocks(platform_stack):
    with open("name.part", "w") as file:
        file.write(platform_stack.project)
    import os
    os.rename("name.part", "name")
    time.sleep(600)
"""


@pytest.fixture
def blocking(tree: Tree) -> Tree:
    """Make a platform of which a test blocks, after it has written the stack's name."""
    store_and_job(tree, PROJECT)
    (tree.root / "smoke").mkdir()
    (tree.root / "smoke" / "test_blocks.py").write_text(BLOCKS)
    return tree


def start(tree: Tree, *more: str) -> tuple[subprocess.Popen[str], str]:
    """Start a run of the blocking test; return it and the name of its stack."""
    file = tree.root / "name"
    file.unlink(missing_ok=True)
    run = tree.start("--module", "job", *OWN, "-k", "blocks", *more)
    until(lambda: file.exists() or run.poll() is not None, "the test runs")
    assert run.poll() is None, finish(run)
    return run, file.read_text()


@pytest.fixture
def killed(engine: docker.APIClient) -> Iterator[list[str]]:
    """Give a list for the names of stacks that are removed in the end, come what may."""
    names: list[str] = []
    yield names
    for name in names:
        for one in engine.containers(all=True, filters={"label": f"{LABEL}={name}"}):
            engine.remove_container(one["Id"], force=True, v=True)
        for volume in engine.volumes(filters={"label": f"{LABEL}={name}"})["Volumes"] or ():
            engine.remove_volume(volume["Name"])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_stopped(
    blocking: Tree, engine: docker.APIClient, number: signal.Signals
) -> None:
    run, name = start(blocking)
    assert running(engine, name)
    os.kill(run.pid, number)
    outcome = finish(run)
    assert outcome.returncode == 2, outcome
    assert not parts(engine, name)


def test_stopped_again_while_it_removes(blocking: Tree, engine: docker.APIClient) -> None:
    run, name = start(blocking)
    os.kill(run.pid, signal.SIGINT)
    with suppress(ProcessLookupError):
        while running(engine, name):
            os.kill(run.pid, signal.SIGTERM)
    finish(run)
    assert not parts(engine, name)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopped_while_it_comes_up(
    tree: Tree, engine: docker.APIClient, number: signal.Signals
) -> None:
    """Compose waits for a dependency that never ends, when pytest alone gets the signal."""
    waits = {"store": {"condition": "service_completed_successfully"}}
    store_and_job(tree, PROJECT, depends_on=waits)
    run = tree.start("--module", "job", *OWN, env={"PYTHONUNBUFFERED": "1"})
    assert run.stdout
    name = name_in(next(line for line in run.stdout if "platform: a stack" in line))
    until(lambda: running(engine, name), "the store runs")
    os.kill(run.pid, number)
    outcome = finish(run)
    assert outcome.returncode == 2, outcome
    assert not parts(engine, name)
    assert not (Path(gettempdir()) / name).exists()


def test_a_run_that_is_killed(
    blocking: Tree, killed: list[str], engine: docker.APIClient, new_project: NewProject
) -> None:
    """The next run names what it left; cleaning removes that, and neither of three others."""
    deployed = new_project(blocking.compose_file("store"), "clean")
    deployed.up("store")
    living, alive = start(blocking)
    killed.append(alive)
    kept = blocking.pytest("--module", "job", *OWN, "-k", "state", "--stack-keep")
    killed.append(name_in(kept.stdout))
    run, dead = start(blocking)
    killed.append(dead)
    os.kill(run.pid, signal.SIGKILL)
    run.communicate()
    left = parts(engine, dead)
    assert left
    owner = _find(dead)[0].owner
    assert owner

    told = blocking.pytest("--module", "job", *OWN, "-k", "state")
    assert told.returncode == 0, told
    lines = [line for line in told.stdout.splitlines() if line.startswith("left by a killed run")]
    assert f"{dead} (2 containers, 1 volume) of process {run.pid} on" in "".join(lines)
    assert alive not in "".join(lines)
    assert killed[1] not in "".join(lines)
    assert "pytest --stack-clean" in told.stdout
    assert parts(engine, dead) == left

    # As of a run that was killed while it pulled an image: there is nothing on the Engine.
    folder = place.make(pulling := new_name(), owner.labels(pulling))
    place.write(folder / "compose.json", "{}")
    others = [sorted(parts(engine, name)) for name in (deployed.name, alive, killed[1])]
    cleaned = blocking.pytest("--stack-clean")
    assert cleaned.returncode == 0, cleaned
    assert re.findall(r"removed (\S+)", cleaned.stdout).count(dead) == 1
    assert f"removed {pulling} (1 folder) of process {run.pid} on" in cleaned.stdout
    assert not folder.exists()
    assert alive not in cleaned.stdout
    assert "collected" not in cleaned.stdout
    assert not parts(engine, dead)
    assert [sorted(parts(engine, name)) for name in (deployed.name, alive, killed[1])] == others
    again = blocking.pytest("--stack-clean", "--json")
    assert again.returncode == 0, again
    assert not invalid(again.document)
    assert "error" not in again.document["platform"]
    assert dead not in again.stderr
    assert pulling not in again.stderr
    os.kill(living.pid, signal.SIGINT)
    finish(living)
    assert not parts(engine, alive)


def test_killed_while_it_comes_up(
    tree: Tree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Compose pulls for ever, so there is nothing on the Engine: what is left is a folder."""
    place_for_files, program = tmp_path / "temporary", tmp_path / "bin" / "docker-compose"
    real, sleep = shutil.which(compose_program()), shutil.which("sleep")
    for folder in (place_for_files, program.parent):
        folder.mkdir()
    pulls = f'case " $* " in *" up -d "*) exec {sleep} 600;; esac\n'
    program.write_text(f'#!/bin/sh\n{pulls}exec {real} "$@"\n')
    program.chmod(0o755)
    store_and_job(tree, PROJECT, environment={"KEY": "${API_KEY:?}"})
    env = {"PATH": str(program.parent), "TMPDIR": str(place_for_files)}
    run = tree.start("--module", "job", *OWN, env=env)
    try:
        until(lambda: list(place_for_files.glob("*/defaults.env")), "Compose is started")
    finally:
        os.killpg(run.pid, signal.SIGKILL)
        run.communicate()
    (file,) = place_for_files.glob("*/compose.json")
    name = file.parent.name
    monkeypatch.setattr(tempfile, "tempdir", str(place_for_files))
    (left,) = _find(name)
    assert left.left_over
    assert str(left) == f"{name} (1 folder)"
    with WritableEngine(Local()) as engine:
        remains.remove(engine, name)
    assert not file.parent.exists()


def _find(name: str) -> list[remains.Remains]:
    with WritableEngine(Local()) as engine:
        return remains.find(engine, name)


def test_kept_and_looked_into(blocking: Tree, killed: list[str], engine: docker.APIClient) -> None:
    """What is printed works: with Compose alone, from another folder."""
    outcome = blocking.pytest("--module", "job", *OWN, "-k", "state", "--stack-keep")
    assert outcome.returncode == 0, outcome
    name = name_in(outcome.stdout)
    killed.append(name)
    assert not (Path(gettempdir()) / name).exists()
    printed = re.findall(rf"docker compose (-p {name} .*)", outcome.stdout)
    commands = [line.replace("SERVICE sh", "-T store true") for line in printed]
    assert len(commands) == 4
    said = [_compose(line.replace("SERVICE", "store")) for line in commands]
    assert f"{name}-store-1" in said[0]
    assert not parts(engine, name)


def _compose(words: str) -> str:
    argv = [compose_program(), *words.split()]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, cwd="/", timeout=120)
    assert done.returncode == 0, done
    return done.stdout
