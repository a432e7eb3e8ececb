"""Which files make up a Compose project and what it is called, by Compose's own rules."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from dotenv import dotenv_values

from pytest_platform.compose import NAMES, OVERRIDES
from pytest_platform.compose.references import beside, extended, included_files, walk
from pytest_platform.compose.tree import documents
from pytest_platform.errors import UsageError
from pytest_platform.module.engines import ENGINES, NAME_FORMS
from pytest_platform.module.source import MAX_BYTES
from pytest_platform.reading import read_text
from pytest_platform.text import quoted


class NoProject(UsageError):
    """There is no Compose project where one was asked for."""

    code = "compose.project"


def environment_of(folder: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that Compose sees in a folder: its ``.env``, then the environment."""
    try:
        values = dotenv_values(folder / ".env")
    except (OSError, ValueError):
        values = {}
    return {**{name: value or "" for name, value in values.items()}, **environ}


def files_named(names: Sequence[str], here: Path) -> tuple[Path, ...]:
    """Return files that were named, as with ``-f``.

    Raises:
        NoProject: one is not there.
    """
    for name in names:
        if not (here / name).is_file():
            raise NoProject(f"there is no Compose file {quoted(name)}; correct the path")
    return tuple(Path(os.path.normpath(here / name)) for name in names)


def files_near(here: Path, environ: Mapping[str, str]) -> tuple[Path, ...]:
    """Find the files as Compose does: ``COMPOSE_FILE``, or one here or above with its override.

    Raises:
        NoProject: there are none.
    """
    named = environ.get("COMPOSE_FILE")
    if named:
        separator = environ.get("COMPOSE_PATH_SEPARATOR") or os.pathsep
        return files_named([one for one in named.split(separator) if one], here)
    for folder in (here, *here.parents):
        base = next((folder / name for name in NAMES if (folder / name).is_file()), None)
        if base:
            overrides = (folder / name for name in OVERRIDES)
            override = next((one for one in overrides if one.is_file()), None)
            return (base, override) if override else (base,)
    message = f"there is no Compose file in {here} or above it; name one: --compose=FILE"
    raise NoProject(message)


def name_of(files: Sequence[Path], environ: Mapping[str, str]) -> str:
    """Return the name of the project: ``COMPOSE_PROJECT_NAME``, ``name:``, or the folder's.

    Raises:
        NoProject: none of them gives a name that Compose accepts.
    """
    asked = environ.get("COMPOSE_PROJECT_NAME")
    if asked:
        return checked_name(asked)
    written = next((name for name in map(_written, reversed(files)) if name), "")
    name = normal(_filled(written, environ) or files[0].parent.resolve().name)
    if not name:
        message = "the project has no name: its folder's gives none; write --platform-project NAME"
        raise NoProject(message)
    return name


def checked_name(name: str, engine: str = next(iter(ENGINES))) -> str:
    """Return the name of a project, or of what another engine has in its place.

    Raises:
        NoProject: the engine does not accept it.
    """
    form = NAME_FORMS[engine]
    if not re.match(form.pattern, name):
        what = f"{engine.capitalize()} {ENGINES[engine]}"
        holds = form.words.partition(", as ")[0].replace("`", "'")
        message = (
            f"{quoted(name)} is no name of a {what}: it holds {holds}, "
            "and starts with a letter or digit"
        )
        raise NoProject(message)
    return name


def normal(name: str) -> str:
    """Turn the name of a folder into one of a project, as Compose does."""
    return re.sub(r"[^-_a-z0-9]", "", name.lower()).lstrip("_-")


def profiles_of(environ: Mapping[str, str]) -> frozenset[str]:
    """Return the profiles that ``COMPOSE_PROFILES`` activates."""
    return frozenset(one.strip() for one in environ.get("COMPOSE_PROFILES", "").split(",") if one)


def _written(file: Path) -> str:
    try:
        text = read_text(file, None)
    except OSError:
        return ""
    found = [tree.find("name") for tree in documents(text)]
    return next((one[1].text for one in reversed(found) if one), "")


_VARIABLE: Final = re.compile(r"\$(?:(\w+)|\{(\w+)(?::?[-?+]?([^}]*))?\})")


def _filled(text: str, environ: Mapping[str, str]) -> str:
    """Fill in ``${VAR:-default}``, the one form that names of projects are seen with."""
    return _VARIABLE.sub(lambda m: environ.get(m[1] or m[2]) or m[3] or "", text)


def taking_part(files: Iterable[Path]) -> list[Path]:
    """Return these Compose files, and those that they include or extend. Never raises.

    Files with values, such as ``.env`` and those of ``env_file``, do not count: they differ
    from host to host.
    """
    return list(walk(files, _named_in))


def _named_in(file: Path) -> Iterator[Path]:
    try:
        text = read_text(file, MAX_BYTES + 1)
    except OSError:
        return
    if len(text) <= MAX_BYTES and ("include" in text or "extends" in text):
        trees = documents(text)
        yield from included_files(trees, file)
        for tree in trees:
            services = tree.at("services")
            for _, _, service in services.children if services else ():
                other = extended(service)
                if path := other and beside(file, other.file):
                    yield path
