"""The flagship on a stack of its own, with nothing given but where the images are."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import docker
import pytest

from e2e.project import compose_program
from e2e.stacks import name_in, parts
from e2e.tree import ROOT, Tree

pytestmark = pytest.mark.e2e
IMAGES = {"MINIO_IMAGE": "pytest-platform-demo/minio", "MC_IMAGE": "pytest-platform-demo/mc"}
MODULE = ("--module", "minio-init", "--json", "-rs")
AGAIN = "smoke::test_an_object_survives_a_second_run"


def test_it_is_started_tested_and_removed(tmp_path: Path, engine: docker.APIClient) -> None:
    """Kept first: then the same tests see what a deployed stack lets them do."""
    tree = Tree(tmp_path / "platform")
    ignore = shutil.ignore_patterns(".env", "__pycache__")
    for folder in ("modules", "smoke"):
        shutil.copytree(ROOT / folder, tree.root / folder, ignore=ignore)
    outcome = tree.pytest(*MODULE, "--stack", "ephemeral", "--stack-keep", env=IMAGES)
    name = name_in(outcome.stderr)
    try:
        assert outcome.returncode == 0, outcome.stderr
        module = outcome.modules["minio-init"]
        assert module["verdict"] == "passed"
        passed = {one["id"] for one in module["checks"] if one["verdict"] == "passed"}
        assert {"health::owner", "smoke::idempotent", AGAIN} <= passed
        skipped = {one["id"] for one in module["checks"] if one["verdict"] == "skipped"}
        assert skipped == {"drift::none"}
        made_up = "values were made up for MINIO_ROOT_PASSWORD, MINIO_ROOT_USER"
        assert made_up in outcome.stderr

        file = tree.root / "modules" / "defaults.yaml"
        file.write_text(file.read_text().replace("home-platform", name))
        deployed = tree.pytest(*MODULE, "--remote-mode=local", "-m", "smoke", env=IMAGES)
        assert deployed.returncode == 0, deployed.stderr
        check = deployed.check("minio-init", AGAIN)
        assert check["verdict"] == "skipped"
        assert "--stack=ephemeral" in check["message"]
    finally:
        argv = [compose_program(), "-p", name, "down", "--volumes", "-t", "0"]
        subprocess.run(argv, check=True, capture_output=True, cwd="/", timeout=120)
    assert not parts(engine, name)
