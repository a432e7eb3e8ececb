"""The values that no report of a run may carry."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from pytest_platform.compose.env_file import read
from pytest_platform.compose.literals import in_command, in_value
from pytest_platform.compose.renderer import Renderer
from pytest_platform.module.catalog import Catalog
from pytest_platform.module.loader import Broken, Module
from pytest_platform.run.graph import neighbours
from pytest_platform.run.known_values import known_values
from pytest_platform.secrets import Secrets
from pytest_platform.workload.seen import HostView


class Vault:
    """Knows the values of the files from the start, and those of hosts once they were asked.

    ``names`` are the modules to which the run is narrowed; None means all.
    """

    def __init__(
        self, catalog: Catalog, renderer: Renderer, names: Collection[str] | None = None
    ) -> None:
        self._catalog = catalog
        self._renderer = renderer
        self._names = names
        self._of_files: Secrets | None = None
        self._of_hosts: list[Secrets] = []
        self._names_of_hosts: set[str] = set()
        self._secrets = Secrets()
        self._state = (-1, -1)

    def learn(self, snapshot: HostView) -> None:
        """Take up the values that a snapshot brought. Any thread may call this."""
        self._names_of_hosts = self._names_of_hosts | {snapshot.host, *snapshot.public}
        self._of_hosts.append(snapshot.secrets)

    def secrets(self) -> Secrets:
        """Return all values that are known by now.

        A value that is also a public word, such as the name of a module, is no secret:
        to hide it would garble every report and protect nothing.
        """
        if self._of_files is None:
            self._of_files = known_of(self._catalog, self._names)
        state = (self._renderer.count, len(self._of_hosts))
        if state != self._state:
            known = self._of_files | self._renderer.secrets()
            for secrets in self._of_hosts[: state[1]]:
                known = known | secrets
            self._secrets, self._state = known.without(self._names_of_hosts), state
        return self._secrets


MOST: Final = 200
"""Modules that are all read for the sake of one: that takes a second or two of a processor."""

_COMPOSE: Final = ("*compose*.y*ml",)


def known_of(catalog: Catalog, names: Collection[str] | None = None) -> Secrets:
    """Collect the values of all modules, whatever can be read of them.

    Where the run is narrowed to ``names`` in a repository of more than ``MOST`` modules, only
    theirs and their dependencies' are read. Reads files only. Never raises.
    """
    there = catalog.names()
    names = names if len(there) > MOST else None
    modules = [catalog.get(name) for name in there if names is None or name in names]
    if names is not None:
        modules = list({one.name: one for one in _with_dependencies(modules, catalog)}.values())
    projects = [files for module in modules for files in _projects(module)]
    folders = dict.fromkeys((*_here(), catalog.folder.parent, catalog.folder))
    literals, public = _of_modules(modules)
    known = known_values(projects, folders, os.environ) | Secrets(literals)
    return known.without([*there, *public])


def _with_dependencies(
    modules: Iterable[Module | Broken], catalog: Catalog
) -> Iterator[Module | Broken]:
    for module in modules:
        yield module
        if isinstance(module, Module):
            yield from neighbours(module, catalog)


def _here() -> Iterator[Path]:
    try:
        yield Path.cwd()
    except OSError:
        return


def _projects(module: Module | Broken) -> Iterator[tuple[Path, ...]]:
    """Yield a module's Compose files; of one that cannot be read, those that lie about."""
    if isinstance(module, Module):
        yield module.compose_files
        return
    folder = module.path.parent
    yield from ((file,) for one in (folder, folder.parent) for file in one.glob(*_COMPOSE))


def _of_modules(modules: list[Module | Broken]) -> tuple[list[str], list[str]]:
    """Return what is secret in the files of modules, and what they say in public."""
    secret: list[str] = []
    public: list[str] = []
    leaves: dict[tuple[str, str], None] = {}
    for module in modules:
        if isinstance(module, Broken):
            secret += (found.value for found in in_command(read(module.path)))
            continue
        leaves.update(dict.fromkeys(_leaves("", module.source.data)))
    # Most modules say the same in most places.
    for name, text in leaves:
        found = [one.value.strip(" \t\n'\"") for one in in_value(name, text)]
        secret += found
        public += [] if found else [text]
    return secret, public


def _leaves(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, one in value.items():
            yield from _leaves(str(key), one)
    elif isinstance(value, list):
        if all(isinstance(one, str) for one in value):
            yield name, " ".join(value)
        for one in value:
            yield from _leaves(name, one)
    elif value is not None:
        yield name, str(value)
