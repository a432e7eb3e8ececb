"""A Compose project, and the module files that its services lack."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from msgspec import Struct, field

from pytest_platform.adopt.layout import joined
from pytest_platform.adopt.propose import (
    AdoptedService,
    SeenService,
    defaults_lines,
    module_lines,
    module_names,
    runbook,
)
from pytest_platform.adopt.write import Files
from pytest_platform.checks.contract import on_units
from pytest_platform.checks.contract.facts import Facts
from pytest_platform.checks.registry import vocabulary
from pytest_platform.compose.renderer import Renderer
from pytest_platform.errors import PlatformError
from pytest_platform.module import defaults
from pytest_platform.module.catalog import Catalog
from pytest_platform.module.declared import Module
from pytest_platform.module.engines import ENGINES
from pytest_platform.module.forms import DECIDE
from pytest_platform.module.from_compose import BLOCK
from pytest_platform.module.loader import FILE_NAME, Broken, checked
from pytest_platform.module.model import SharedPlaces
from pytest_platform.module.source import inside, parse
from pytest_platform.run.compose_catalog import Ask, ComposeCatalog

RUNBOOK: Final = "runbook.md"

_CLOSING = "'}"


class CannotAdopt(PlatformError):
    """Module files for this project could not be read afterwards."""

    code = "adopt.refused"


class Adoption(Struct, dict=True):
    """The services of a project, which of them have modules, and what is written for the rest.

    ``folder`` is that of the modules, ``root`` what no path of theirs may leave.
    """

    ask: Ask
    folder: Path
    root: Path
    renderer: Renderer
    host: str = ""
    seen: Mapping[str, SeenService] = field(default_factory=dict)

    def check(self) -> None:
        """See that what is written can be read.

        Raises:
            CannotAdopt: something is outside of the repository, or the defaults are broken.
        """
        for path in (*self.ask.files, self.folder):
            if not inside(path, self.root):
                message = f"{path} is outside of {self.root}; run this where both are inside"
                raise CannotAdopt(message)
        if self._shared.problem:
            raise CannotAdopt(self._shared.problem.message, location=self._shared.problem.location)

    @cached_property
    def catalog(self) -> ComposeCatalog:
        """The services as modules in memory."""
        return ComposeCatalog(self.ask, self.root, vocabulary(), self.renderer)

    @cached_property
    def existing(self) -> dict[str, str]:
        """Modules by the services of this project that they are."""
        own = {Path(os.path.realpath(file)) for file in self.ask.files}
        entries = sorted(self._entries)
        loaded = (self._files.get(name) for name in entries if self._files.exists(name))
        modules = (one for one in loaded if isinstance(one, Module) and not one.is_hook)
        return {one.service: one.name for one in modules if own & set(one.compose_files)}

    @cached_property
    def new(self) -> list[Module]:
        """The services that have no module, inferred."""
        names = (name for name in self.catalog.names() if name not in self.existing)
        return [one for one in map(self.catalog.get, names) if isinstance(one, Module)]

    @cached_property
    def names(self) -> dict[str, str]:
        """The names of all modules by service, those that are written included."""
        made = module_names((one.name for one in self.new), self._entries.__contains__)
        return {**self.existing, **made}

    @property
    def declared_host(self) -> str:
        """The host that the defaults of the folder name; empty where they name none."""
        known = self._shared.defaults
        return (known.host if known else None) or ""

    def with_hooks(self) -> list[str]:
        """Return the names of new modules whose services have ``pre_start`` hooks."""
        hooked = (one.name for one in self.new if self.catalog.service(one.name).get("pre_start"))
        return [self.names[name] for name in hooked]

    def broken(self) -> list[Broken]:
        """Return the services that say of themselves what cannot be read."""
        return [
            one for one in map(self.catalog.get, self.catalog.names()) if isinstance(one, Broken)
        ]

    def files(self) -> tuple[Files, dict[str, Files]]:
        """Return the file of defaults, and those of each new module by its name.

        All can be read afterwards.

        Raises:
            CannotAdopt: one could not, which is a fault of this program.
        """
        shared = self._new_defaults() if self.new else {}
        texts = {self.names[one.name]: self._files_of(one) for one in self.new}
        known = self._shared
        if shared:
            known = defaults.of_text(shared[defaults.FILE_NAME], defaults.FILE_NAME)
        for name, files in texts.items():
            self._validate(name, files[FILE_NAME], known)
        return shared, texts

    def _new_defaults(self) -> Files:
        if self._has_defaults:
            return {}
        lines = list(defaults_lines(self._relative(), self.ask, self.host))
        return {defaults.FILE_NAME: joined(lines)}

    def _files_of(self, module: Module) -> Files:
        subject = self._subject(module)
        text = joined(list(module_lines(subject)))
        return {FILE_NAME: text, RUNBOOK: runbook(subject.name, subject.summary, module)}

    def _validate(self, name: str, text: str, shared: defaults.Shared) -> None:
        path = self.folder / name / FILE_NAME
        source = shared.below(parse(text, str(path)))
        read = checked(name, path, self.root, source, vocabulary())
        if isinstance(read, Broken):
            said = "; ".join(one.message for one in read.problems)
            raise CannotAdopt(f"please report this: {name} would not be valid: {said}")

    def _subject(self, module: Module) -> AdoptedService:
        service = self.catalog.service(module.name)
        return AdoptedService(
            name=self.names[module.name],
            module=module,
            data=self.catalog.data_of(module.name),
            names=self.names,
            place=self._place(),
            head=self._head(),
            image=str(service.get("image") or "").partition("@")[0],
            said=service.get(BLOCK) or {},
            seen=self.seen.get(module.name, SeenService()),
            does=self._does(module),
        )

    def _place(self) -> dict[str, Any]:
        """Say which project it is, as far as the defaults say another or none."""
        files = [f"../{file}" for file in self._relative()]
        together = ENGINES[self.ask.engine]
        mine: dict[str, Any] = {"files": files, together: self.ask.project}
        known = self._shared.defaults
        if not self._has_defaults:
            return {}
        theirs = getattr(known or SharedPlaces(), self.ask.engine)
        said = {"files": [f"../{file}" for file in theirs.files], together: theirs.project}
        return {key: value for key, value in mine.items() if said[key] != value}

    def _head(self) -> dict[str, Any]:
        """Say owner and contract, as far as the defaults say nothing or something else."""
        known = self._shared.defaults
        if not self._has_defaults or known is None:
            return {}
        owner = {} if known.owner else {"owner": "nobody"}
        return owner if known.contract == "draft" else {**owner, "contract": "draft"}

    def _does(self, module: Module) -> list[str]:
        """Name what a sidecar does beyond creating; nothing where that cannot be read."""
        if not module.one_shot or not module.manifest.spec.state.owner:
            return []
        today = datetime.now(UTC).date()
        facts = Facts(module, self.catalog, self.renderer, today)
        try:
            return list(dict.fromkeys(on_units.declarations(facts)))
        except PlatformError:
            return []

    def _relative(self) -> list[str]:
        return [os.path.relpath(file, self.folder) for file in self.ask.files]

    @cached_property
    def _entries(self) -> frozenset[str]:
        """What the folder holds, at one moment: another run may write to it at any time."""
        if not self.folder.is_dir():
            return frozenset()
        return frozenset(one.name for one in self.folder.iterdir())

    @property
    def _has_defaults(self) -> bool:
        return defaults.FILE_NAME in self._entries

    @cached_property
    def _shared(self) -> defaults.Shared:
        if not self._has_defaults:
            return defaults.Shared()
        return defaults.shared_in(self.folder, self.root)

    @cached_property
    def _files(self) -> Catalog:
        return Catalog(self.folder, self.root, vocabulary())


def decisions(file: str, text: str) -> list[str]:
    """Return what a person has to decide, each with its place."""
    lines = [line.partition(DECIDE) for line in text.splitlines()]
    # What stands in a value of YAML's flow style ends with its brackets.
    return [
        f"{file}:{number}: {question.strip(' :').rstrip(_CLOSING)}"
        for number, (_, marked, question) in enumerate(lines, 1)
        if marked
    ]
