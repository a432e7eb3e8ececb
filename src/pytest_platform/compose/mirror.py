"""A private copy of Compose files in which nothing is missing that is no declaration.

Variables without a value get placeholders, files with values that are not there are empty.
Compose renders the copy; the user's folder is never written to.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import yaml
from msgspec import Struct, field

from pytest_platform.compose import env_file
from pytest_platform.compose.env_file import entries
from pytest_platform.compose.placeholders import (
    Placeholders,
    lacking,
    variables,
)
from pytest_platform.compose.references import walk
from pytest_platform.compose.scalars import Key, Scalar, scalars
from pytest_platform.reading import keeps_waiting, read_text

REMOTE: Final = re.compile(r"^(oci|git|https?|ssh)://|^git@|^github\.com/|\.git(#|$)")
NAMING: Final = ("include", "extends", "env_file", "label_file")
"""Words without which no file is named."""

UNSET: Final = "x-pytest-platform-values"
"""Where a copy asks Compose which variables have a value."""

Stubs = Mapping[str, Mapping[str, object]]


class MirroredSource(Struct):
    """The Compose files that take part, as they are written.

    ``missing`` are files that are named and are not there: those with values, and those with
    declarations, ``absent``, which say more than values. ``nameless`` are names of files that need
    a variable. ``waiting`` tells that Compose is not to open the originals: it would wait for a
    pipe, or look for what has no name. ``variables`` are those that have a value.
    """

    files: Sequence[Path]
    texts: dict[Path, str] = field(default_factory=dict)
    bases: dict[Path, set[Path]] = field(default_factory=dict)
    missing: set[Path] = field(default_factory=set)
    absent: dict[Path, set[str]] = field(default_factory=dict)
    values: set[Path] = field(default_factory=set)
    variables: dict[str, str] = field(default_factory=dict)
    nameless: list[tuple[Path, Scalar]] = field(default_factory=list)
    waiting: bool = False
    placeholders: Placeholders = field(default_factory=lambda: Placeholders({}))
    _profiles: dict[str, list[str]] | None = None
    _parts: dict[Path, list[Scalar | Key]] = field(default_factory=dict)

    @property
    def parts(self) -> Mapping[Path, list[Scalar | Key]]:
        """The keys and scalars of each file; none of a file that is no YAML."""
        return {file: self.parts_of(file) for file in self.texts}

    def parts_of(self, file: Path) -> list[Scalar | Key]:
        """Return those of one file. They are read when they are first asked for."""
        if file not in self._parts:
            try:
                self._parts[file] = list(scalars(self.texts[file]))
            except yaml.YAMLError:
                self._parts[file] = []
        return self._parts[file]

    def scalars_of(self, file: Path) -> Iterator[Scalar]:
        """Yield the scalars of one file."""
        return (one for one in self.parts_of(file) if isinstance(one, Scalar))

    def with_words(self, words: Sequence[str]) -> Iterator[tuple[Path, Scalar]]:
        """Yield the scalars of the files in which one of these words stands."""
        for file in self.texts:
            if self.may_hold(file, words):
                yield from ((file, one) for one in self.scalars_of(file))

    def may_hold(self, file: Path, words: Sequence[str]) -> bool:
        """Return whether a file may hold one of these words: a backslash may spell any."""
        return any(word in self.texts[file] for word in (*words, "\\"))

    def names(self, variable: str) -> bool:
        """Return whether a file, or one with values, may name a variable in whatever place."""
        texts = [*self.texts.values(), *map(env_file.read, self.values - self.missing)]
        return any(word in text for text in texts for word in (variable, "\\"))

    def default(self, one: Scalar) -> str:
        """Return a scalar with a value, default or placeholder for each variable."""
        names = variables(one.value)
        return Placeholders(dict.fromkeys(names, 1)).plain(one.value, one.path, self.variables)

    def profiles(self, service: str) -> tuple[str, ...]:
        """Return the profiles of a service, as far as the text shows them."""
        if self._profiles is None:
            self._profiles = {}
            for _, one in self.with_words(("profiles",)):
                if one.path[:1] == ("services",) and one.path[2:3] == ("profiles",):
                    self._profiles.setdefault(one.path[1], []).append(one.value)
        return tuple(self._profiles.get(service, ()))

    def asking(self, names: Collection[str] = ()) -> dict[tuple[str, ...], tuple[str, ...]]:
        """Return what needs variables without a value, at least one of ``names``, and which."""
        found = {}
        for _, one in self.with_words(("$",)):
            needs = lacking(one.value, self.variables) if "$" in one.value else set()
            if needs and (not names or needs & {*names}):
                found[one.used or one.path] = tuple(sorted(needs))
        return found

    def matching(self, cuts: Sequence[tuple[str, ...]]) -> set[tuple[str, ...]]:
        """Return the paths of the keys that are cut."""
        return {
            one.path
            for parts in self.parts.values()
            for one in parts
            if isinstance(one, Key) and any(one.matches(cut) for cut in cuts)
        }

    def orphaned(self) -> set[tuple[str, ...]]:
        """Return the services that extend what is not there."""
        return {
            one.path[:2]
            for file, parts in self.parts.items()
            for one in parts
            if isinstance(one, Scalar)
            and one.path[2:] == ("extends", "file")
            and not any((base / self.default(one)).is_file() for base in self.bases[file])
        }


def read(files: Sequence[Path]) -> MirroredSource:
    """Read the files, and those that they include and extend. Never raises."""
    base = files[0].parent
    source = MirroredSource(files, variables={**_set_in(base), **os.environ})
    first = [(file, base) for file in files]
    list(walk(first, lambda part: _named(source, *part)))
    texts = (one.value for _, one in source.with_words(("$",)))
    names = {name for text in texts if "$" in text for name in variables(text)}
    source.placeholders = Placeholders.of(names, source.texts.values())
    source.values |= {base / ".env" for bases in source.bases.values() for base in bases}
    waiting = {file for file in source.values if keeps_waiting(file)}
    source.missing |= waiting
    source.waiting = bool(waiting or source.nameless)
    return source


def _set_in(folder: Path) -> dict[str, str]:
    return {name: value for name, value in entries(folder / ".env") if value is not None}


def _take(source: MirroredSource, file: Path, base: Path) -> bool:
    try:
        text = read_text(file, None)
    except OSError:
        return False
    source.texts[file] = text
    source.bases[file] = {base, file.parent}
    return True


def _named(source: MirroredSource, file: Path, base: Path) -> Iterator[tuple[Path, Path]]:
    """Read a file, and yield those that it includes and extends, each with its folder."""
    if file in source.texts or not _take(source, file, base) or not source.may_hold(file, NAMING):
        return
    for one in source.scalars_of(file):
        if not (one.declares or one.holds_values):
            continue
        name = source.default(one)
        if not name or REMOTE.search(name):
            continue
        if lacking(one.value, source.variables):
            source.nameless.append((file, one))
        if one.declares:
            yield from _declared(source, file, one, name)
        else:
            _value_file(source, file, name)


def _declared(
    source: MirroredSource, file: Path, one: Scalar, name: str
) -> Iterator[tuple[Path, Path]]:
    found = [base / name for base in sorted(source.bases[file])]
    there = [path for path in found if path.is_file()]
    for path in map(_normal, there or found):
        if there:
            yield path, path.parent
        else:
            source.absent.setdefault(path, set()).update(_extended_from(source, file, one))


def _extended_from(source: MirroredSource, file: Path, one: Scalar) -> Iterator[str]:
    start = one.path[:-1]
    for other in source.scalars_of(file):
        if one.path[-1] == "file" and other.path == (*start, "service"):
            yield other.value


def _value_file(source: MirroredSource, file: Path, name: str) -> None:
    paths = {_normal(base / name) for base in source.bases[file]}
    source.values |= paths
    if not any(path.is_file() for path in paths):
        source.missing |= paths


def _normal(path: Path) -> Path:
    return Path(os.path.normpath(path))
