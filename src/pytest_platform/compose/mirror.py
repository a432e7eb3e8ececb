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

from pytest_platform.compose.env_file import entries
from pytest_platform.compose.placeholders import Placeholders, lacking, variables
from pytest_platform.compose.scalars import MAX_DEPTH, Key, Scalar, TooDeep, scalars
from pytest_platform.compose.tree import MAX_REPEATED, repeats_too_much
from pytest_platform.errors import ComposeError
from pytest_platform.reading import keeps_waiting, read_text
from pytest_platform.verdict import Location

_MAX_FILES: Final = 500
_REMOTE: Final = re.compile(r"^(oci|git|https?|ssh)://|^git@|^github\.com/|\.git(#|$)")
UNSET: Final = "x-pytest-platform-values"
"""Where a copy asks Compose which variables have a value."""

Stubs = Mapping[str, Mapping[str, object]]


class RemoteInclude(ComposeError):
    """A Compose file that is not on this machine takes part."""

    code = "compose.remote"


class MirroredSource(Struct):
    """The Compose files that take part, as they are written.

    ``missing`` are files that are named and are not there: those with values, and those with
    declarations, ``absent``, which say more than values. ``nameless`` are names of files that need
    a variable. ``waiting`` tells that Compose is not to open the originals: it would wait for a
    pipe, or look for what has no name. ``variables`` are those that have a value. ``too_much``
    says of a file why no program can hold what it stands for.
    """

    files: Sequence[Path]
    texts: dict[Path, str] = field(default_factory=dict)
    parts: dict[Path, list[Scalar | Key]] = field(default_factory=dict)
    bases: dict[Path, set[Path]] = field(default_factory=dict)
    missing: set[Path] = field(default_factory=set)
    absent: dict[Path, set[str]] = field(default_factory=dict)
    values: set[Path] = field(default_factory=set)
    variables: dict[str, str] = field(default_factory=dict)
    nameless: list[tuple[Path, Scalar]] = field(default_factory=list)
    waiting: bool = False
    too_much: dict[Path, str] = field(default_factory=dict)
    placeholders: Placeholders = field(default_factory=lambda: Placeholders({}))
    _profiles: dict[str, list[str]] | None = None

    def default(self, one: Scalar) -> str:
        """Return a scalar with a value, default or placeholder for each variable."""
        names = variables(one.value)
        return Placeholders(dict.fromkeys(names, 1)).plain(one.value, one.path, self.variables)

    def profiles(self, service: str) -> tuple[str, ...]:
        """Return the profiles of a service, as far as the text shows them."""
        if self._profiles is None:
            self._profiles = {}
            for one in _all(self):
                if one.path[:1] == ("services",) and one.path[2:3] == ("profiles",):
                    self._profiles.setdefault(one.path[1], []).append(one.value)
        return tuple(self._profiles.get(service, ()))

    def asking(self, names: Collection[str] = ()) -> dict[tuple[str, ...], tuple[str, ...]]:
        """Return what needs variables without a value, at least one of ``names``, and which."""
        found = {}
        for one in _all(self):
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
    """Read the files, and those that they include and extend.

    Raises:
        RemoteInclude: one of them is not on this machine.
    """
    base = files[0].parent
    source = MirroredSource(files, variables={**_set_in(base), **os.environ})
    pending = [(file, base) for file in files]
    while pending and len(source.texts) < _MAX_FILES:
        file, base = pending.pop()
        if file not in source.texts and _take(source, file, base):
            pending += _further(source, file)
    names = {name for one in _all(source) if "$" in one.value for name in variables(one.value)}
    source.placeholders = Placeholders.of(names, source.texts.values())
    source.values |= {base / ".env" for bases in source.bases.values() for base in bases}
    waiting = {file for file in source.values if keeps_waiting(file)}
    source.missing |= waiting
    source.waiting = bool(waiting or source.nameless)
    return source


def _set_in(folder: Path) -> dict[str, str]:
    return {name: value for name, value in entries(folder / ".env") if value is not None}


def nameless(source: MirroredSource) -> str:
    """Return what to say of the first file with declarations that cannot be named; often ''."""
    for file, one in source.nameless:
        if one.declares:
            names = sorted(lacking(one.value, source.variables))
            line = source.texts[file].count("\n", 0, one.start) + 1
            return (
                f"{file} line {line}: the name of a file comes from {', '.join(names)}, which has "
                f"no value and no default: write a default, ${{{names[0]}:-folder}}"
            )
    return ""


def refuse_waiting(source: MirroredSource) -> None:
    """Refuse declarations that no program could read to their end.

    Raises:
        ComposeError: names the first.
    """
    for file in (*source.files, *source.too_much, *source.absent):
        why = source.too_much.get(file, "")
        if keeps_waiting(file):
            why = "is a pipe or a device: make it a regular file"
        elif file.is_dir():
            why = "is a folder: name the file in it"
        if why:
            raise ComposeError(f"Compose cannot render the files: {file} {why}")


def refuse_remote(source: MirroredSource) -> None:
    """Refuse files that would have to be fetched.

    Raises:
        RemoteInclude: names the first, with its place.
    """
    for file, parts in source.parts.items():
        for one in parts:
            if isinstance(one, Scalar) and one.declares and _REMOTE.search(one.value):
                line = source.texts[file].count("\n", 0, one.start) + 1
                message = (
                    f"{one.value} is not on this machine, and nothing is fetched with "
                    "--remote-mode skip: include a copy of it, or run with another mode"
                )
                raise RemoteInclude(message, location=Location(str(file), line))


def _take(source: MirroredSource, file: Path, base: Path) -> bool:
    try:
        text = read_text(file, None)
    except OSError:
        return False
    source.texts[file] = text
    source.bases[file] = {base, file.parent}
    try:
        source.parts[file] = list(scalars(text))
    except (yaml.YAMLError, TooDeep) as error:
        source.parts[file] = []
        if isinstance(error, TooDeep):
            source.too_much[file] = f"nests deeper than {MAX_DEPTH} levels: write less"
    if repeats_too_much(text):
        source.too_much[file] = f"has aliases for more than {MAX_REPEATED} values: write less"
    return True


def _further(source: MirroredSource, file: Path) -> Iterator[tuple[Path, Path]]:
    for one in source.parts[file]:
        if not isinstance(one, Scalar):
            continue
        name = source.default(one)
        if not name or _REMOTE.search(name):
            continue
        if (one.declares or one.holds_values) and lacking(one.value, source.variables):
            source.nameless.append((file, one))
        if one.declares:
            yield from _declared(source, file, one, name)
        elif one.holds_values:
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
    for other in source.parts[file]:
        if (
            one.path[-1] == "file"
            and isinstance(other, Scalar)
            and other.path == (*start, "service")
        ):
            yield other.value


def _value_file(source: MirroredSource, file: Path, name: str) -> None:
    paths = {_normal(base / name) for base in source.bases[file]}
    source.values |= paths
    if not any(path.is_file() for path in paths):
        source.missing |= paths


def _normal(path: Path) -> Path:
    return Path(os.path.normpath(path))


def _all(source: MirroredSource) -> Iterator[Scalar]:
    for parts in source.parts.values():
        yield from (one for one in parts if isinstance(one, Scalar))
