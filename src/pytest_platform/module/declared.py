"""A module as the rest of the program sees it, or what is wrong with its file."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from msgspec import Struct, structs
from msgspec.structs import replace

from pytest_platform.errors import Problem
from pytest_platform.module.forms import Base, ExpectedState
from pytest_platform.module.infer import Inference
from pytest_platform.module.model import Manifest, PlacedService
from pytest_platform.module.places import ModuleSource
from pytest_platform.verdict import Location


class Vocabulary(Struct, frozen=True):
    """The words that the layers above know: probe kinds, codes, names of built-in checks."""

    kinds: Mapping[str, type[Base]]
    waivable: frozenset[str]
    reserved: Mapping[str, frozenset[str]]


class DeclaredProbe(Struct, frozen=True):
    """A declared probe. ``spec`` is of the type that its ``kind`` registers.

    ``within`` is for how many seconds it is tried again; 0 means one try.
    """

    name: str
    kind: str
    spec: Base
    location: Location
    within: float = 0.0


class Module(Struct, frozen=True, dict=True):
    """A module that was read and is well formed.

    ``name`` is the name of its folder, by which other modules refer to it. ``stack`` is
    the project it runs in for this run alone; empty where it is looked at as deployed.
    ``inferred`` is there where no file declares it, but a Compose project.
    """

    name: str
    path: Path
    root: Path
    source: ModuleSource
    manifest: Manifest
    health: tuple[DeclaredProbe, ...]
    smoke: tuple[DeclaredProbe, ...]
    stack: str = ""
    inferred: Inference | None = None

    @property
    def undecided(self) -> bool:
        """Whether nothing says if it is to end or to keep running."""
        return self.inferred is not None and not self.inferred.decided

    @property
    def expected(self) -> Literal["running", "healthy", "exited-success", "undecided"]:
        """The expected state as people are shown it."""
        if self.undecided:
            return "undecided"
        return self.manifest.spec.runtime.expected_state.value

    @property
    def file(self) -> str:
        """The file's name as people are shown it: relative to the root where it can be."""
        return self.source.file

    @property
    def folder(self) -> Path:
        """The folder that relative paths in the file start from."""
        return self.path.parent

    @cached_property
    def engine(self) -> str:
        """The key of the engine that runs it, which stands below ``spec.runtime``."""
        return self.manifest.spec.runtime.engine

    @cached_property
    def place(self) -> PlacedService:
        """The service that it is, on whatever engine: files, project and service."""
        return self.manifest.spec.runtime.place

    @property
    def service(self) -> str:
        """The name of its service in the files."""
        return self.place.service

    @property
    def project(self) -> str:
        """The Compose project in which it is looked at."""
        return self.stack or self.deployed_as

    @property
    def deployed_as(self) -> str:
        """The Compose project it is deployed as."""
        return self.place.project

    @cached_property
    def compose_files(self) -> tuple[Path, ...]:
        """Its Compose files, absolute, in the order in which Compose merges them."""
        files = self.place.files
        # Not Path.resolve(): older Pythons raise where links lead in a circle.
        return tuple(Path(os.path.realpath(self.folder / file)) for file in files)

    @cached_property
    def deploy(self) -> str:
        """The command that deploys it, with its project and its files as seen from the root."""
        files = [os.path.relpath(file, self.root) for file in self.compose_files]
        return shlex.join(self.place.deploy(self.project, files))

    @property
    def by_hand(self) -> tuple[str, ...]:
        """The commands that show its containers and its log, and that run it once more."""
        files = [os.path.relpath(file, self.root) for file in self.compose_files]
        commands = self.place.by_hand(self.project, files)
        return tuple(map(shlex.join, commands))

    @property
    def one_shot(self) -> bool:
        """Whether it is to do its work, exit 0 and stay away."""
        return self.manifest.spec.runtime.expected_state is ExpectedState.EXITED_SUCCESS

    @property
    def is_hook(self) -> bool:
        """Whether it is a lifecycle hook of its service, and not the service."""
        return self.manifest.spec.runtime.hook is not None

    def deployed_in(self, project: str) -> Module:
        """Return the module as a part of another Compose project; an empty name changes nothing."""
        if not project:
            return self
        runtime = self.manifest.spec.runtime
        moved: Any = {self.engine: self.place.renamed(project)}
        spec = structs.replace(self.manifest.spec, runtime=structs.replace(runtime, **moved))
        return replace(self, manifest=structs.replace(self.manifest, spec=spec))

    def at(self, *path: str | int) -> Location:
        """Return the place of a key of the file."""
        return Location(self.file, self.source.line(*path))


class Broken(Struct, frozen=True):
    """A module whose file cannot be used, with all that is wrong with it."""

    name: str
    path: Path
    file: str
    problems: tuple[Problem, ...]
