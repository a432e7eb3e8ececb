"""A git repository for a test, with none of the machine's settings."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

ENVIRONMENT = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "A",
    "GIT_AUTHOR_EMAIL": "a@example.org",
    "GIT_COMMITTER_NAME": "A",
    "GIT_COMMITTER_EMAIL": "a@example.org",
    "GIT_CEILING_DIRECTORIES": "/",
}


class Repository:
    """A repository with the branch ``main``."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(parents=True, exist_ok=True)
        self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *words: str) -> str:
        """Run git; it must succeed. Returns what it said."""
        return run("git", *words, cwd=self.root).strip()

    def write(self, name: str, text: str = "x\n") -> None:
        """Write a file, its folders too."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def commit(self, *names: str) -> None:
        """Write files with new text, and commit all there is."""
        for name in names:
            self.write(name, f"{name} {self.git('rev-list', '--all', '--count')}\n")
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message=x")

    def clone(self, root: Path, *options: str) -> Repository:
        """Clone as continuous integration does, as if from far away."""
        run("git", "clone", "--quiet", *options, f"file://{self.root}", str(root), cwd=self.root)
        found: Repository = Repository.__new__(Repository)
        found.root = root
        return found


def run(*argv: str, cwd: Path) -> str:
    """Run a command that must succeed; return its stdout."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    done = subprocess.run(
        argv, cwd=cwd, env={**env, **ENVIRONMENT}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{argv}: {done.stderr}"
    return done.stdout
