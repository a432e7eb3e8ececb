"""A project in a temporary folder, and runs of pytest in it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

import forked
from forked import LEAN

ROOT = Path(__file__).resolve().parents[2]
RUNBOOK = "# A module\n\n## Purpose\n\nx\n\n## Verify\n\nx\n\n## Recover\n\nx\n"
TIMEOUT = 600.0

Document = dict[str, Any]


@dataclass(frozen=True)
class Outcome:
    """How one run of pytest ended, and what it said."""

    argv: Sequence[str]
    code: int
    stdout: str
    stderr: str

    @property
    def document(self) -> Document:
        """The document on stdout, checked against its schema and the exit code."""
        try:
            document: Document = json.loads(self.stdout)
        except ValueError as error:
            pytest.fail(f"stdout is not one JSON document: {error}\n{self}", pytrace=False)
        problems = invalid(document)
        assert not problems, f"{problems}\n{self}"
        assert document["exitcode"] == self.code, str(self)
        return document

    @property
    def modules(self) -> dict[str, Document]:
        """The modules of the document by name."""
        return {one["name"]: one for one in self.document["platform"]["modules"]}

    @property
    def error(self) -> Document:
        """The error of a run that ended early; the module documents it."""
        error: Document = self.document["platform"]["error"]
        return error

    @property
    def ids(self) -> list[str]:
        """The node ids that ``--collect-only -q`` has printed."""
        return [line for line in self.stdout.splitlines() if "::" in line]

    def checks(self, module: str) -> dict[str, Document]:
        """Return the checks of a module by id."""
        return {check["id"]: check for check in self.modules[module]["checks"]}

    def __str__(self) -> str:
        said = f"stdout:\n{self.stdout}\nstderr:\n{self.stderr}"
        return f"exit {self.code} of {' '.join(self.argv)}\n{said}"


@cache
def _schema() -> Draft202012Validator:
    text = (ROOT / "schema" / "report.schema.json").read_text(encoding="utf-8")
    return Draft202012Validator(json.loads(text))


def invalid(document: Document) -> list[str]:
    """Return what is wrong with a document by its schema."""
    errors = _schema().iter_errors(document)
    return [f"{error.json_path}: {error.message}" for error in errors]


@dataclass
class Project:
    """A project with modules. Runs of pytest in it have an environment without settings."""

    root: Path
    env: dict[str, str]
    services: dict[str, Any] = field(default_factory=dict)
    lean: Sequence[str] = LEAN

    def file(self, name: str, text: str) -> Path:
        """Write a file, its folders too."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def module(self, name: str = "web", **changes: Any) -> None:
        """Write a module of which every check of files passes; ``changes`` are to its spec."""
        contract = changes.pop("contract", "strict-v2")
        spec = {"runtime": _runtime(name), "state": {"class": "stateless"}, **changes}
        metadata = {"name": name, "summary": "One of many.", "owner": "me", "contract": contract}
        manifest = {"apiVersion": "platform/v2", "kind": "Module", "metadata": metadata}
        self.file(f"modules/{name}/module.yaml", yaml.safe_dump({**manifest, "spec": spec}))
        self.file(f"modules/{name}/runbook.md", RUNBOOK)
        self.service(name)

    def service(self, name: str, **changes: Any) -> None:
        """Write a service into the Compose file that all modules share."""
        image = f"registry.example/{name}@sha256:{64 * 'a'}"
        self.services[name] = {"image": image, "restart": "unless-stopped", **changes}
        self.file("modules/compose.yaml", yaml.safe_dump({"services": self.services}))

    def pytest(self, *args: str, cwd: str = ".", env: Mapping[str, str] | None = None) -> Outcome:
        """Run pytest in a process of its own."""
        argv = ("pytest", *self.lean, *args)
        if self.lean != LEAN:
            return self.run(sys.executable, "-m", *argv, cwd=cwd, env=env)
        full = {**self.env, **(env or {})}
        done = forked.run(*argv, cwd=self.root / cwd, env=full, timeout=TIMEOUT)
        return Outcome(argv, done.returncode, done.stdout, done.stderr)

    def run(self, *argv: str, cwd: str = ".", env: Mapping[str, str] | None = None) -> Outcome:
        """Run a command in the project, from scratch."""
        done = subprocess.run(
            argv,
            cwd=self.root / cwd,
            env={**self.env, **(env or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=TIMEOUT,
            check=False,
        )
        out, err = done.stdout.decode(), done.stderr.decode()
        return Outcome(argv, done.returncode, out, err)


def _runtime(name: str) -> Document:
    compose = {"files": ["../compose.yaml"], "project": "pp-plugin", "service": name}
    return {"compose": compose, "expected_state": "running"}
