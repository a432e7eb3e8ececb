"""The folder of modules: which there are, and each one read at most once."""

from __future__ import annotations

import os
from collections.abc import Iterable
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path

from msgspec.structs import replace

from pytest_platform.errors import ModuleBroken, UsageError
from pytest_platform.module.baseline import Baseline, baseline_in
from pytest_platform.module.defaults import Shared, shared_in
from pytest_platform.module.loader import FILE_NAME, Broken, Module, Vocabulary, load
from pytest_platform.text import did_you_mean, quoted
from pytest_platform.verdict import Location

_SHOWN = 8


class Catalog:
    """The modules below one folder, read lazily: asking for one reads no other.

    ``stack`` is the project that all of them run in, where that is not a deployed one;
    ``project`` is the one that all are deployed as, where their files' do not hold.
    """

    def __init__(
        self, folder: Path, root: Path, vocabulary: Vocabulary, stack: str = "", project: str = ""
    ) -> None:
        self.folder = folder
        self._stack = stack
        self._project_of_all = project
        self._root = root
        self._vocabulary = vocabulary
        self._loaded: dict[str, Module | Broken] = {}

    def names(self) -> list[str]:
        """List the names of all modules without reading any."""
        if not self.folder.is_dir():
            return []
        return sorted(path.name for path in self.folder.iterdir() if self.exists(path.name))

    def path(self, name: str) -> Path:
        """Return where the file of the module ``name`` is, or would be."""
        return self.folder / name / FILE_NAME

    def holds(self, path: Path) -> bool:
        """Return whether ``path`` is the file of one of these modules."""
        if path.name != FILE_NAME:
            return False
        above = path.parent.parent
        # One folder has several paths where a link leads to it, and pytest may take another.
        return above == self.folder or os.path.realpath(above) == os.path.realpath(self.folder)

    @property
    def shared(self) -> Path:
        """Return the folder in which a change that is of no module concerns all."""
        return self.folder

    def leads_to(self, folder: Path) -> bool:
        """Return whether ``folder`` is that of one of these modules, whatever it is called."""
        return self.holds(folder / FILE_NAME)

    def name_in(self, path: Path, inner: str) -> str:  # noqa: ARG002 - a file is one module
        """Return the module of a node of pytest: its file, and what follows in the node's id."""
        return path.parent.name

    def get(self, name: str) -> Module | Broken:
        """Read the module ``name``, once. A missing file gives a broken module."""
        if name not in self._loaded:
            loaded = load(self.path(name), self._root, self._vocabulary, self._shared)
            if isinstance(loaded, Module):
                loaded = replace(loaded.deployed_in(self._project_of_all), stack=self._stack)
            self._loaded[name] = loaded
        return self._loaded[name]

    @cached_property
    def baseline(self) -> Baseline:
        """Findings of the contract that are accepted for a while.

        Raises:
            BaselineUnusable: the file is there and cannot be used.
        """
        return baseline_in(self.folder, self._root)

    @cached_property
    def _shared(self) -> Shared:
        return shared_in(self.folder, self._root)

    def exists(self, name: str) -> bool:
        """Return whether there is a module of this name."""
        odd = name in {"", ".", ".."} or "/" in name
        # As a text: this is asked of each module by each test.
        return not odd and os.path.lexists(f"{self.folder}/{name}/{FILE_NAME}")

    def require(self, name: str, *, wanted_by: Location) -> Module:
        """Return a module that another one refers to.

        Raises:
            ModuleBroken: there is none of that name, or its file cannot be used.
        """
        if not self.exists(name):
            hint = did_you_mean(name, self.names())
            message = f"there is no module {quoted(name)}{hint}"
            raise ModuleBroken(message, location=wanted_by)
        module = self.get(name)
        if isinstance(module, Broken):
            message = f"the module {quoted(name)} cannot be read; run its contract checks first"
            raise ModuleBroken(message, location=module.problems[0].location)
        return module

    def select(self, patterns: Iterable[str]) -> list[str]:
        """Return the names that the patterns of ``--module`` select, in order, each once.

        Raises:
            UsageError: a pattern selects nothing.
        """
        selected: dict[str, None] = {}
        for pattern in patterns:
            names = [pattern] if self.exists(pattern) else self._matching(pattern)
            if not names:
                raise UsageError(self._unknown(pattern))
            selected.update(dict.fromkeys(names))
        return list(selected)

    def _matching(self, pattern: str) -> list[str]:
        return [name for name in self.names() if fnmatchcase(name, pattern)]

    def _unknown(self, pattern: str) -> str:
        names = self.names()
        what = f"--module: there is no module {quoted(pattern)} in {self.folder}"
        if not names:
            return f"{what}, which holds none at all; see --modules-dir"
        return f"{what}{did_you_mean(pattern, names) or _some(names)}"


def _some(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"; there are {', '.join(names[:_SHOWN])}{more}"
