"""A platform in a folder: modules written from small data, and pytest run on it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import yaml

import forked
from e2e.waiting import until
from forked import LEAN

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT = 600.0
RUNBOOK = (
    "# {name}\n\n## Purpose\n\nA test.\n\n## Verify\n\nRun it.\n\n## Recover\n\nRun it again.\n"
)
_PERSONAL = ("PYTEST_", "COMPOSE_", "PLATFORMCTL_", "DOCKER_CONTEXT", "DOCKER_CONFIG")


@dataclass(frozen=True)
class Outcome:
    """What one run of pytest gave. ``document`` is its stdout, where that is JSON."""

    returncode: int
    stdout: str
    stderr: str

    @property
    def document(self) -> dict[str, Any]:
        """The JSON document that is all of stdout."""
        document: dict[str, Any] = json.loads(self.stdout)
        return document

    @property
    def modules(self) -> dict[str, dict[str, Any]]:
        """The modules of the document by name."""
        return {module["name"]: module for module in self.document["platform"]["modules"]}

    def check(self, module: str, identity: str) -> dict[str, Any]:
        """Return the one check of this id."""
        (found,) = (one for one in self.modules[module]["checks"] if one["id"] == identity)
        return dict(found)


class Tree:
    """A folder with modules; ``pytest`` is run in it as a person would."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(parents=True, exist_ok=True)
        (root / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")

    def folder(self, module: str) -> Path:
        """Return the folder of a module."""
        return self.root / "modules" / module

    def compose_file(self, module: str) -> Path:
        """Return the Compose file of a module."""
        return self.folder(module) / "compose.yaml"

    def module(  # noqa: PLR0913
        self,
        name: str,
        project: str,
        service: str,
        *,
        runtime: Mapping[str, Any],
        files: str = "compose.yaml",
        engine: str = "compose",
        **spec: Any,
    ) -> None:
        """Write the files of a module, all but its Compose file."""
        folder = self.folder(name)
        folder.mkdir(parents=True, exist_ok=True)
        together = "stack" if engine == "swarm" else "project"
        place = {"files": [files], together: project, "service": service}
        document = {
            "apiVersion": "platform/v2",
            "kind": "Module",
            "metadata": {"name": name, "summary": "For a test.", "owner": "tests"},
            "spec": {
                "runtime": {engine: place, **runtime},
                "state": {"class": "stateless"},
                **spec,
            },
        }
        text = yaml.safe_dump(document, sort_keys=False)
        (folder / "module.yaml").write_text(text, encoding="utf-8")
        (folder / "runbook.md").write_text(RUNBOOK.format(name=name), encoding="utf-8")

    def pytest(self, *arguments: str, env: Mapping[str, str] | None = None) -> Outcome:
        """Run pytest to its end, and make sure that it left no process behind."""
        argv = (*pytest_command()[2:], *arguments)
        done = forked.run(*argv, cwd=self.root, env=environment(env), timeout=TIMEOUT)
        _leaves_none_behind(done.pid)
        return Outcome(done.returncode, done.stdout, done.stderr)

    def start(
        self,
        *arguments: str,
        env: Mapping[str, str] | None = None,
        prefix: tuple[str, ...] = (),
        **options: Any,
    ) -> subprocess.Popen[str]:
        """Start pytest in a session of its own, so that what it leaves behind can be found."""
        defaults: dict[str, Any] = {
            "stdin": subprocess.DEVNULL,
            "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE,
        }
        return subprocess.Popen(
            [*prefix, *pytest_command(), *arguments],
            cwd=self.root,
            env=environment(env),
            start_new_session=True,
            text=True,
            **{**defaults, **options},
        )


def pytest_command() -> list[str]:
    """Return how pytest is run with the plugin, whether that is installed or not."""
    installed = {point.value for point in entry_points(group="pytest11")}
    plugin = "pytest_platform.plugin"
    load = [] if plugin in installed else ["-p", plugin]
    return [sys.executable, "-m", "pytest", *LEAN, *load]


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return this process's environment without what a person has set for pytest or Compose."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_PERSONAL)}
    paths = [str(ROOT / "src"), *filter(None, [kept.get("PYTHONPATH")])]
    return {**kept, "PYTHONPATH": os.pathsep.join(paths), **(extra or {})}


def finish(process: subprocess.Popen[str], timeout: float = TIMEOUT) -> Outcome:
    """Wait for pytest to end, and make sure that it left no process behind."""
    try:
        stdout, stderr = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        stdout, stderr = process.communicate()
        message = f"pytest did not end within {timeout:g} s\n{stdout}\n{stderr}"
        raise AssertionError(message) from None
    _leaves_none_behind(process.pid)
    return Outcome(process.returncode, stdout or "", stderr or "")


def _leaves_none_behind(group: int) -> None:
    """Fail where a process stays; one that was killed may take a while to be gone."""
    until(lambda: not _group_lives(group), "the end of the last process that pytest has started")


def _group_lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True
