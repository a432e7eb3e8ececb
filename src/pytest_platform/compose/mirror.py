"""A private copy of Compose files in which nothing is missing that is no declaration.

Variables without a value get placeholders, files with values that are not there are empty.
Compose renders the copy; the user's folder is never written to.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import yaml

from pytest_platform.compose.env_file import entries
from pytest_platform.compose.placeholders import (
    BOOLEANS,
    FORM_OF_TEST,
    STRICT,
    Placeholders,
    lacking,
    variables,
)
from pytest_platform.compose.scalars import Key, Scalar, scalars
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


@dataclass(slots=True)
class MirroredSource:
    """The Compose files that take part, as they are written.

    ``missing`` are files that are named and are not there: those with values, and those with
    declarations, ``absent``, which say more than values. ``nameless`` are names of files that need
    a variable. ``waiting`` tells that Compose is not to open the originals: it would wait for a
    pipe, or look for what has no name. ``variables`` are those that have a value.
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
    placeholders: Placeholders = field(default_factory=lambda: Placeholders({}))
    _profiles: dict[str, list[str]] | None = None

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
            if isinstance(one, Key) and any(_same(one.path, cut) for cut in cuts)
        }

    def orphaned(self) -> set[tuple[str, ...]]:
        """Return the services that extend what is not there."""
        return {
            one.path[:2]
            for file, parts in self.parts.items()
            for one in parts
            if isinstance(one, Scalar)
            and one.path[2:] == ("extends", "file")
            and not any((base / _default(self, one)).is_file() for base in self.bases[file])
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
        if _declares(one.path):
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
    for file in (*source.files, *source.absent):
        if keeps_waiting(file):
            message = f"{file} is a pipe or a device: make it a regular file"
            raise ComposeError(f"Compose cannot render the files: {message}")


def refuse_remote(source: MirroredSource) -> None:
    """Refuse files that would have to be fetched.

    Raises:
        RemoteInclude: names the first, with its place.
    """
    for file, parts in source.parts.items():
        for one in parts:
            if isinstance(one, Scalar) and _declares(one.path) and _REMOTE.search(one.value):
                line = source.texts[file].count("\n", 0, one.start) + 1
                message = (
                    f"{one.value} is not on this machine, and nothing is fetched with "
                    "--remote-mode skip: include a copy of it, or run with another mode"
                )
                raise RemoteInclude(message, location=Location(str(file), line))


def write(
    source: MirroredSource,
    folder: Path,
    cuts: Sequence[tuple[str, ...]],
    stubs: Stubs = MappingProxyType({}),
    *,
    plain: bool,
) -> list[Path]:
    """Write the copy below ``folder``; return its files in the order of the originals.

    ``cuts`` are paths of fields that are left out, ``stubs`` are declared besides, by their
    sections. With ``plain`` variables stay as they are written, but where Compose wants a value.
    """
    for file, text in source.texts.items():
        _put(folder, file, _edited(source, file, text, cuts, plain=plain))
    for file in source.values:
        _link(folder, file)
        if file in source.missing:
            _put(folder, file, "")
    for file, services in source.absent.items():
        _put(folder, file, json.dumps({"services": {name: {"image": "x"} for name in services}}))
    asked = folder / "values.json"
    has_value = {name: f"${{{name}:+1}}" for name in source.placeholders.numbers}
    asked.write_text(json.dumps({UNSET: has_value, **stubs}))
    return [*(_place(folder, file) for file in source.files), *([] if plain else [asked])]


def _take(source: MirroredSource, file: Path, base: Path) -> bool:
    try:
        text = read_text(file, None)
    except OSError:
        return False
    source.texts[file] = text
    source.bases[file] = {base, file.parent}
    try:
        source.parts[file] = list(scalars(text))
    except yaml.YAMLError:
        source.parts[file] = []
    return True


def _further(source: MirroredSource, file: Path) -> Iterator[tuple[Path, Path]]:
    for one in source.parts[file]:
        if not isinstance(one, Scalar):
            continue
        name = _default(source, one)
        if not name or _REMOTE.search(name):
            continue
        if (_declares(one.path) or _holds_values(one.path)) and lacking(
            one.value, source.variables
        ):
            source.nameless.append((file, one))
        if _declares(one.path):
            yield from _declared(source, file, one, name)
        elif _holds_values(one.path):
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


def _declares(path: tuple[str, ...]) -> bool:
    if path[:1] == ("include",):
        return path[2:3] in ((), ("path",))
    return path[-2:] == ("extends", "file")


def _holds_values(path: tuple[str, ...]) -> bool:
    keys = [key for key in path if not key.isdigit()]
    return keys[-1:] in (["env_file"], ["label_file"]) or keys[-2:] in (
        ["env_file", "path"],
        ["label_file", "path"],
    )


def _default(source: MirroredSource, one: Scalar) -> str:
    names = variables(one.value)
    return Placeholders(dict.fromkeys(names, 1)).plain(one.value, one.path, source.variables)


def _all(source: MirroredSource) -> Iterator[Scalar]:
    for parts in source.parts.values():
        yield from (one for one in parts if isinstance(one, Scalar))


def _edited(
    source: MirroredSource, file: Path, text: str, cuts: Sequence[tuple[str, ...]], *, plain: bool
) -> str:
    pieces: list[str] = []
    position = 0
    for one in source.parts[file]:
        new = _new(source, one, cuts, plain=plain)
        if new is not None and one.start >= position:
            old = text[one.start : one.end]
            pieces += [
                text[position : one.start],
                one.prefix,
                _scalar(one, new),
                "\n" * old.count("\n"),
            ]
            position = one.end
    return "".join([*pieces, text[position:]])


def _scalar(one: Scalar | Key, text: str) -> str:
    """Return a text as YAML; a boolean without quotes, for Compose casts it only at times."""
    bare = one.path[-1:] and one.path[-1] in BOOLEANS and text in {"true", "false"}
    return text if bare else json.dumps(text)


def _new(
    source: MirroredSource, one: Scalar | Key, cuts: Sequence[tuple[str, ...]], *, plain: bool
) -> str | None:
    """Return the text that takes the place of a key or scalar; None where it stays."""
    if isinstance(one, Key):
        cut = any(_same(one.path, path) for path in cuts)
        return f"x-left-out-{one.path[-1]}" if cut else None
    if "$" not in one.value:
        return None
    path = one.used or one.path
    if _declares(one.path) or _holds_values(one.path):
        return _default(source, one)
    if not plain:
        new = source.placeholders.lenient(one.value, path)
    elif path[-1:] and (path[-1] in STRICT or "extends" in path or path[-2:] == FORM_OF_TEST):
        new = source.placeholders.plain(one.value, path, source.variables)
    else:
        return None
    return new if new != one.value else None


def _same(path: tuple[str, ...], cut: tuple[str, ...]) -> bool:
    """Tell whether a key is the one that is cut, where ``*`` stands for any part of a path.

    It may stand in an anchor, below ``x-``.
    """
    if path[0].startswith("x-"):
        return path[-1] == cut[-1]
    return len(path) == len(cut) and all(b in {"*", a} for a, b in zip(path, cut, strict=True))


def _place(folder: Path, file: Path) -> Path:
    return folder / file.relative_to(file.anchor)


def _put(folder: Path, file: Path, text: str) -> None:
    place = _place(folder, file)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text, encoding="utf-8")


def _link(folder: Path, file: Path) -> None:
    place = _place(folder, file)
    if file.is_file() and not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(file)


def restored(value: Any, folder: Path) -> Any:
    """Return a rendered model with the paths of the originals in place of the copy's."""
    if isinstance(value, str):
        return value.replace(str(folder), "")
    if isinstance(value, dict):
        return {restored(key, folder): restored(one, folder) for key, one in value.items()}
    return [restored(one, folder) for one in value] if isinstance(value, list) else value
