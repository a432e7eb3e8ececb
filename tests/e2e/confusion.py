"""Breaking the flagship stack in one way at a time, and asking what pytest finds.

pytest runs in this process, and Compose renders again only when its input has changed, so
that many ways can be tried. That this gives what a person gets is itself a test.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from e2e.project import Project
from e2e.tree import Tree, environment
from pytest_platform.compose.renderer import Renderer

MODULES = ("minio", "minio-init")
ARGUMENTS = (
    *(word for name in MODULES for word in ("--module", name)),
    *("--remote-mode", "local"),
)
_INSIDE = (
    *("-p", "no:terminal", "-p", "no:cacheprovider", "-p", "no:xdist", "--capture=no"),
    *("-p", "no:rerunfailures", "-p", "no:pytest-retry"),
)
_BAD = {"failed", "error"}

Found = dict[str, set[str]]
"""The codes of what did not pass, by module."""


@dataclass(frozen=True)
class Case:
    """One way to break the stack, as a data file says it.

    ``change`` sets values in YAML files, by dotted path; null removes. ``text`` replaces
    whole files. ``env`` is for Compose. ``do`` are commands of docker and compose, and
    ``deployed`` tells that files and environment are put back before anybody looks.
    ``wait`` describes containers until which is waited. ``undo`` are commands.
    """

    finds: Mapping[str, list[str]]
    also: Mapping[str, list[str]] = field(default_factory=dict)
    change: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    text: Mapping[str, str] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict)
    do: tuple[str, ...] = ()
    deployed: bool = False
    wait: Mapping[str, list[str]] = field(default_factory=dict)
    undo: tuple[str, ...] = ("compose up -d minio minio-init",)

    @classmethod
    def of(cls, file: Path) -> Case:
        """Read a case; unknown keys are refused."""
        return cls(**yaml.safe_load(file.read_text(encoding="utf-8")))


class Stack:
    """The stack, and what pytest finds in it."""

    def __init__(self, tree: Tree, project: Project, before: Path) -> None:
        self.tree = tree
        self.project = project
        self._before = before
        self._renderer: Renderer | None = None

    def start(self) -> None:
        """Bring the stack to where it is well."""
        self.project.up(" ".join(MODULES))
        self.settle()

    def settle(self) -> None:
        """Wait until the server is healthy and the one-shot has ended."""
        self.project.wait_for("minio", "running", "healthy")
        self.project.wait_for("minio-init", "exited")

    @contextmanager
    def broken(self, case: Case) -> Iterator[None]:
        """Break it, and put all back afterwards."""
        env = dict(self.project.env)
        try:
            self._edit(case)
            for command in case.do:
                self._do(command)
            if case.deployed:
                self._put_back(env)
            for service, words in case.wait.items():
                self.project.wait_for(service, *words)
            yield
        finally:
            self._put_back(env)
            if case.do:
                for command in case.undo:
                    self._do(command)
                self.settle()

    def look(self) -> Found:
        """Run pytest on the stack as it is, and return what it found."""
        path = self.tree.root / "report.json"
        arguments = [*ARGUMENTS, f"--json={path}", f"--rootdir={self.tree.root}", *_INSIDE]
        with pytest.MonkeyPatch.context() as patch:
            self._enter(patch)
            pytest.main(arguments)
        return found(json.loads(path.read_text(encoding="utf-8")))

    def _enter(self, patch: pytest.MonkeyPatch) -> None:
        wanted = environment(self.project.env)
        for name in os.environ.keys() - wanted.keys():
            patch.delenv(name)
        for name, value in wanted.items():
            patch.setenv(name, value)
        patch.chdir(self.tree.root)
        patch.setattr("pytest_platform.plugin.run.Renderer", self._render)

    def _render(self, transport: Any, **options: Any) -> Renderer:
        if self._renderer is None:
            self._renderer = Renderer(transport, **options)
        return self._renderer

    def _edit(self, case: Case) -> None:
        self._renderer = None if case.change or case.text or case.env else self._renderer
        self.project.env.update(case.env)
        for name, values in case.change.items():
            path = self.tree.root / name
            document = yaml.safe_load(path.read_text(encoding="utf-8"))
            for place, value in values.items():
                _set(document, place.split("."), value)
            path.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
        for name, text in case.text.items():
            (self.tree.root / name).write_text(text, encoding="utf-8")

    def _put_back(self, env: Mapping[str, str]) -> None:
        """Put files and environment back."""
        modules = self.tree.root / "modules"
        if self.project.env != env or _differ(modules, self._before):
            self.project.env = dict(env)
            shutil.copytree(self._before, modules, dirs_exist_ok=True)
            self._renderer = None

    def _do(self, command: str) -> None:
        """Run ``docker …`` or ``compose …``; ``{minio}`` is the container of a service."""
        names = {name.replace("-", "_"): f"{self.project.name}-{name}-1" for name in MODULES}
        program, _, words = command.format(**names, project=self.project.name).partition(" ")
        if program == "compose":
            self.project.compose(words)
            return
        done = subprocess.run(
            [program, *shlex.split(words)], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{command}: {done.stderr}"


def found(document: Mapping[str, Any]) -> Found:
    """Return the codes of all that did not pass; of drift all, not the first alone."""
    modules = document["platform"]["modules"]
    assert {one["name"] for one in modules} == set(MODULES), document["platform"]
    return {
        one["name"]: {check["code"] for check in one["checks"] if check["verdict"] in _BAD}
        | set(one["drift"])
        for one in modules
    }


def _set(document: Any, path: list[str], value: Any) -> None:
    *parents, last = path
    for name in parents:
        document = document.setdefault(name, {})
    if value is None:
        document.pop(last, None)
    else:
        document[last] = value


def _differ(one: Path, other: Path) -> bool:
    return any(
        file.read_bytes() != (one / file.relative_to(other)).read_bytes()
        for file in other.rglob("*")
        if file.is_file()
    )
