"""A folder of the repository that a service may write to: its tracked files are in the stack."""

from __future__ import annotations

import subprocess
from pathlib import Path

import docker
import pytest

from e2e.claims import no_traceback
from e2e.stacks import ONE_SHOT, OWN, name_in, parts, write
from e2e.tree import Tree

pytestmark = pytest.mark.e2e
PROJECT = "pp-e2e-never-deployed"
FILES = {
    "init.sh": "#!/bin/sh\necho started\n",
    "deep/er/app.conf": "of the repository\n",
    ".hidden": "too\n",
    "with a space é": "and letters\n",
    "data.db": "of the developer\n",
    "gone": "removed and still tracked\n",
}
UNTRACKED = "data.db"
LOOKS = """
/app/conf/init.sh
test "$$(cat /app/conf/deep/er/app.conf)" = "of the repository"
test -e /app/conf/.hidden
test -e "/app/conf/with a space é"
test "$$(readlink /app/conf/link)" = deep/er/app.conf
test ! -e /app/conf/data.db
test ! -e /app/conf/gone
test "$$(stat -c '%u:%g %a' /app/conf/deep)" = "1234:1235 711"
test "$$(stat -c %a /app/conf)" = 750
echo changed >/app/conf/deep/er/app.conf
touch /app/conf/new
"""


def _platform(tree: Tree, script: str = LOOKS, **more: object) -> Path:
    folder = tree.folder("app") / "conf"
    for name, text in FILES.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    (folder / "init.sh").chmod(0o755)
    (folder / "link").symlink_to("deep/er/app.conf")
    service = {
        "command": ["sh", "-euc", script],
        "restart": "no",
        "volumes": ["./conf:/app/conf"],
        **more,
    }
    write(tree, "app", {"app": service})
    tree.module("app", PROJECT, "app", runtime=ONE_SHOT)
    return folder


def _track(root: Path) -> None:
    (root / ".gitignore").write_text(f"{UNTRACKED}\n")
    for words in (["init", "-q"], ["add", "."]):
        subprocess.run(["git", *words], cwd=root, check=True)


def test_they_are_copied_as_they_are(tree: Tree, engine: docker.APIClient) -> None:
    folder = _platform(tree)
    _track(tree.root)
    (folder / "gone").unlink()
    subprocess.run(["chown", "1234:1235", folder / "deep"], check=True)
    (folder / "deep").chmod(0o711)
    folder.chmod(0o750)
    images = {one["Id"] for one in engine.images(all=True)}
    outcome = tree.pytest("--module", "app", *OWN, "-k", "state")
    no_traceback(outcome)
    assert outcome.returncode == 0, outcome.stdout
    assert "app: /app/conf is a new volume with the files of the folder" in outcome.stdout
    assert (folder / "deep/er/app.conf").read_text() == FILES["deep/er/app.conf"]
    assert not (folder / "new").exists()
    assert not parts(engine, name_in(outcome.stdout))
    empty = {one["Id"] for one in engine.images(all=True) if not one["Size"]}
    assert empty <= images


def test_a_hook_gets_them_too(tree: Tree, engine: docker.APIClient) -> None:
    script = 'test "$$(cat /c/deep/er/app.conf)" = "of the repository"'
    hook = {"command": ["sh", "-euc", script], "volumes": ["./conf:/c"]}
    _platform(tree, "exit 0", pre_start=[hook], volumes=["./conf:/app/conf"])
    _track(tree.root)
    outcome = tree.pytest("--module", "app", *OWN, "-k", "state")
    assert outcome.returncode == 0, outcome.stdout
    assert not parts(engine, name_in(outcome.stdout))


def test_without_git_it_is_empty_and_says_so(tree: Tree, engine: docker.APIClient) -> None:
    _platform(tree, 'test -z "$$(ls -A /app/conf)"')
    outcome = tree.pytest("--module", "app", *OWN, "-k", "state")
    assert outcome.returncode == 0, outcome.stdout
    assert "/app/conf is a new, empty volume in place of a folder" in outcome.stdout
    assert not parts(engine, name_in(outcome.stdout))
