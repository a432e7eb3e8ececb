"""The services of a Compose project as a catalogue of modules, without a file for each."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from pytest_platform.compose import found
from pytest_platform.compose.rendered import Rendered
from pytest_platform.compose.renderer import Renderer
from pytest_platform.compose.written import WrittenService, as_data, lines_below, services_in
from pytest_platform.errors import PlatformError, Problem
from pytest_platform.module.catalog import Catalog
from pytest_platform.module.engines import ENGINES
from pytest_platform.module.from_compose import BLOCK, Project, ServicePlace, module_of
from pytest_platform.module.infer import Data, Services, data_of, infer
from pytest_platform.module.loader import Broken, Module, Vocabulary
from pytest_platform.run.engines import kind_of
from pytest_platform.verdict import Location


class Ask(Struct, frozen=True):
    """Which project is meant: its files, its name, and the profiles that are active.

    ``engine`` is the key of the one that it is deployed to.
    """

    files: tuple[Path, ...]
    project: str
    profiles: frozenset[str] = frozenset()
    engine: str = next(iter(ENGINES))


def asked_for(
    named: Sequence[str], project: str, here: Path, engine: str = next(iter(ENGINES))
) -> Ask:
    """Return the project of files that were named, or else of those that Compose finds.

    Raises:
        NoProject: there are no such files, or the name is none that the engine accepts.
    """
    environ = found.environment_of(here, os.environ)
    files = found.files_named(named, here) if named else found.files_near(here, environ)
    environ = {**found.environment_of(files[0].parent, os.environ), **environ}
    name = found.checked_name(project, engine) if project else found.name_of(files, environ)
    return Ask(files, name, found.profiles_of(environ), engine)


class ComposeCatalog(Catalog):
    """Every service that the project deploys is a module of its name.

    ``declared`` are the modules of files: where one is of a service, what it says holds.
    Files are read and rendered on first use.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - what a catalogue needs, and where the services come from
        self,
        ask: Ask,
        root: Path,
        vocabulary: Vocabulary,
        renderer: Renderer,
        declared: Catalog | None = None,
        stack: str = "",
    ) -> None:
        super().__init__(ask.files[0].parent, root, vocabulary, stack)
        self.ask = ask
        self._renderer = renderer
        self._files_of_modules = declared

    def names(self) -> list[str]:
        """List the services that are deployed: those without a profile, or with an active one.

        Raises:
            NoProject: the files have no service at all.
        """
        if not self._services:
            raise found.NoProject(f"{self._shown(self.ask.files[0])} has no service: {self._why()}")
        return list(self._project.deployed)

    def path(self, name: str) -> Path:  # noqa: ARG002 - all stand in one file
        """Return the file under which pytest shows the services: the first."""
        return self.ask.files[0]

    def holds(self, path: Path) -> bool:
        """Return whether ``path`` is that file."""
        return path.name == self.ask.files[0].name and _same(path, self.ask.files[0])

    @property
    def shared(self) -> Path:
        """Return the first file: nothing lies below it, so nothing beside it concerns all."""
        return self.ask.files[0]

    def leads_to(self, folder: Path) -> bool:
        """Return whether ``folder`` holds that file, be it further down."""
        return self.ask.files[0].is_relative_to(folder)

    def name_in(self, path: Path, inner: str) -> str:  # noqa: ARG002
        """Return the service of a node of pytest, of which ``inner`` is what follows the file."""
        return inner.partition("::")[0]

    def get(self, name: str) -> Module | Broken:
        """Return the service ``name`` as a module."""
        if name not in self._loaded:
            self._loaded[name] = self._made(name)
        return self._loaded[name]

    def exists(self, name: str) -> bool:
        """Return whether there is such a service, deployed or not, that has a container."""
        return name in self._services and not self._services[name].get("provider")

    def unseen(self, selected: Collection[str]) -> str:
        """Say in one line which services are not deployed, and so not looked at."""
        listed = [f"{one} ({why})" for one, why in self.left_out.items() if one not in selected]
        return f"not deployed, so not looked at: {', '.join(listed)}" if listed else ""

    @cached_property
    def left_out(self) -> Mapping[str, str]:
        """Services that are not looked at, each with the reason."""
        unseen: dict[str, str] = {}
        for name, service in self._services.items():
            profiles = set(map(str, service.get("profiles") or ()))
            if service.get("provider"):
                unseen[name] = "it has no container, but a provider"
            elif profiles and not profiles & self.ask.profiles and "*" not in self.ask.profiles:
                unseen[name] = f"profile {', '.join(sorted(profiles))}"
        return unseen

    def service(self, name: str) -> Mapping[str, Any]:
        """Return the document of a service as Compose renders it, as far as it can."""
        return self._services[name]

    def data_of(self, name: str) -> Data:
        """Return whose data a service holds or changes, and why."""
        services = {one: self._services[one] for one in {*self._project.deployed, name}}
        module = self.get(name)
        known = module.inferred if isinstance(module, Module) else None
        return data_of(name, services, known or infer(name, services))

    def _why(self) -> str:
        try:
            self._renderer.judged(self.ask.files, self.ask.project)
        except PlatformError as error:
            return str(error)
        return "write one below 'services:', or name another file"

    @cached_property
    def _written(self) -> dict[str, WrittenService]:
        return services_in(self.ask.files)

    @cached_property
    def _services(self) -> Services:
        """As Compose renders them; as they are written where it cannot."""
        written = self._as_written()
        try:
            rendered = self._renderer.judged(self.ask.files, self.ask.project)
        except PlatformError:
            return written
        # Compose refuses profiles that contradict each other together, so some may lack.
        lacking = {name: one for name, one in written.items() if one.get("profiles")}
        kind = kind_of(self.ask.engine)
        return {
            name: kind.as_deployed({**one, **_refused(name, rendered, written), **self._said(name)})
            for name, one in {**lacking, **rendered.documents}.items()
        }

    def _as_written(self) -> dict[str, dict[str, Any]]:
        written = {name: as_data(one.node) for name, one in self._written.items()}
        return {name: one if isinstance(one, dict) else {} for name, one in written.items()}

    def _said(self, name: str) -> Services:
        """Return what a service says under ``x-platform``, which Compose shows as written only."""
        written = self._written.values()
        if not any(BLOCK in text for text in {id(one.text): one.text for one in written}.values()):
            return {}
        try:
            verbatim = self._renderer.uninterpolated(self.ask.files, self.ask.project)
        except PlatformError:
            return {}
        service = verbatim.documents.get(name) or {}
        return {BLOCK: service[BLOCK]} if BLOCK in service else {}

    @cached_property
    def _project(self) -> Project:
        deployed = tuple(sorted(set(self._services) - set(self.left_out)))
        return Project(
            self.ask.files,
            self.ask.project,
            self._services,
            deployed,
            self._root,
            self.ask.engine,
        )

    @cached_property
    def _declared(self) -> Mapping[str, Module]:
        """The modules of files that are services of this project, by service."""
        catalog, own = self._files_of_modules, set(map(os.path.realpath, self.ask.files))
        modules = [catalog.get(name) for name in catalog.names()] if catalog else []
        return {
            one.service: one
            for one in modules
            if isinstance(one, Module)
            and one.engine == self.ask.engine
            and not one.is_hook
            and own & set(map(str, one.compose_files))
        }

    def _made(self, name: str) -> Module | Broken:
        place = self._place(name)
        if not self.exists(name):
            message = f"the Compose files have no service {name!r} that has a container"
            problem = Problem("module.broken", message, Location(place.file, 1))
            return Broken(name, self.ask.files[0], place.file, (problem,))
        made = module_of(name, self._project, place, self._vocabulary, self._declared.get(name))
        return replace(made, stack=self._stack) if isinstance(made, Module) else made

    def _place(self, name: str) -> ServicePlace:
        written = self._written.get(name)
        if written is None:
            return ServicePlace(self._shown(self.ask.files[0]), "", 1)
        block = written.node.find(BLOCK)
        lines = dict(lines_below(block[1])) if block else {}
        if block:
            lines[()] = block[0]
        return ServicePlace(self._shown(written.file), written.text, written.line, lines)

    def _shown(self, file: Path) -> str:
        inside = file.is_relative_to(self._root)
        return file.relative_to(self._root).as_posix() if inside else str(file)


def _refused(name: str, rendered: Rendered, written: Services) -> Mapping[str, Any]:
    """Return the fields of a service that Compose refuses, as they are written."""
    service = written.get(name) or {}
    fields = {path[2] for path in rendered.unclear if path[:2] == ("services", name) and path[2:]}
    return {field: service[field] for field in fields if field in service}


def _same(one: Path, other: Path) -> bool:
    return one == other or os.path.realpath(one) == os.path.realpath(other)
