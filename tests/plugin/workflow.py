"""The scripts of a workflow, run as a runner runs them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from plugin.project import ROOT

TIMEOUT = 600.0
_BASH = ("bash", "--noprofile", "--norc", "-eo", "pipefail")
"""What ``shell: bash`` means to a runner."""
_KEPT = ("PATH", "HOME", "LANG", "TMPDIR", "PIP_INDEX_URL")


def scripts(workflow: str, job: str) -> dict[str, str]:
    """Return the scripts of a job by the names of their steps."""
    file = ROOT / ".github" / "workflows" / f"{workflow}.yaml"
    document = yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506
    return {one["name"]: one["run"] for one in document["jobs"][job]["steps"] if "run" in one}


def check_out(folder: Path) -> Path:
    """Copy what a clean clone of this repository would have; with changes that are at hand."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    return folder


@dataclass(frozen=True)
class Done:
    """How a script ended."""

    code: int
    said: str


@dataclass
class Runner:
    """Runs scripts in a checkout, with an environment of its own."""

    folder: Path
    env: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
        path = os.pathsep.join([str(Path(sys.executable).parent), kept["PATH"]])
        self.env = {**kept, "PATH": path, "DOCKER_HOST": "unix:///nowhere", **self.env}

    def run(self, script: str, env: Mapping[str, str] | None = None) -> Done:
        """Run a script to its end."""
        done = subprocess.run(
            [*_BASH, "-c", script],
            cwd=self.folder,
            env={**self.env, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
        return Done(done.returncode, done.stdout)


class Recorder:
    """Stands in for ``python``: writes down its arguments and its environment."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "recorded.json"
        program = folder / "bin" / "python"
        program.parent.mkdir(parents=True)
        program.write_text(
            f"#!{sys.executable} -IS\n"
            "import json, os, sys\n"
            f"with open({str(self._file)!r}, 'w') as stream:\n"
            "    json.dump({'argv': sys.argv[1:], 'env': dict(os.environ)}, stream)\n"
        )
        program.chmod(0o755)
        self.path = str(program.parent)

    def recorded(self) -> dict[str, Any]:
        """Return ``argv`` and ``env`` of the last call."""
        found: dict[str, Any] = json.loads(self._file.read_text(encoding="utf-8"))
        return found
