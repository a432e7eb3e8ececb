"""Whether a run of pytest concerns this plugin, known before any option is defined.

The plugin is loaded in every run on the machine, and names such as ``--json`` are short. Where
a project has no modules and nothing asks for them, other plugins and conftest files may have them.
"""

from __future__ import annotations

import os
import re
import shlex
import traceback
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import pytest

from pytest_platform.compose import NAMES
from pytest_platform.module.engines import ENGINES
from pytest_platform.reading import read_text

OPTIONS: Final = frozenset(
    {
        *(
            "--module",
            "--changed-since",
            "--json",
            "--platform-report",
            "--platform-history",
            "--remote-mode",
            "--wait",
            "--modules-dir",
        ),
        *("--plan", "--apply", "--allow-stateful", "--backup-ref", "--stateful-confirm"),
        *("--ssh-host", "--stack", "--stack-keep", "--stack-clean"),
        *(*(f"--{engine}" for engine in ENGINES), "--platform-project", "--strict-coverage"),
    }
)

_HELP: Final = frozenset({"-h", "--help"})
_INI: Final = ("pytest.ini", ".pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg", "pytest.toml")
_CONFLICT: Final = re.compile(r"conflicting option strings?: (\S+)|option names \{'([^']+)'")


def concerned(here: Path, arguments: Iterable[object]) -> bool:
    """Return whether there are modules near, or the command line asks for something of ours.

    Words that a conftest file near defines as options of its own are no question to us.
    """
    words = [*shlex.split(os.environ.get("PYTEST_ADDOPTS", "")), *map(str, arguments)]
    folders = list(dict.fromkeys(_folders(here, words)))
    if any(map(_has_modules, folders)):
        return True
    asked = {word.partition("=")[0] for word in words} & (OPTIONS | _HELP)
    theirs = {one for folder in folders for one in _defined_in(folder / "conftest.py")}
    return bool(asked - (theirs | _HELP if theirs else theirs))


def collision(error: BaseException) -> str | None:
    """Return who defines an option of ours, and where; None where the error is another."""
    found = _CONFLICT.search(str(error))
    option = (found[1] or found[2]).strip(",") if found else ""
    if option not in OPTIONS:
        return None
    frames = traceback.extract_tb(error.__traceback__)
    theirs = next((one for one in reversed(frames) if _is_theirs(Path(one.filename))), None)
    defines = f"{theirs.filename}:{theirs.lineno} defines" if theirs else "another plugin defines"
    hint = "rename it, or run with -p no:platform"
    return f"{defines} {option}, an option of pytest-platform; {hint}"


def _is_theirs(file: Path) -> bool:
    """Return whether a frame is of the plugin that came second, and not of pytest or ours."""
    inside = {"_pytest", "pluggy", "pytest", "argparse.py"}
    ours = Path(__file__).parent in file.parents or "<frozen" in str(file)
    return not ours and inside.isdisjoint(file.parts)


def _folders(here: Path, words: Iterable[str]) -> Iterator[Path]:
    """Yield where pytest may find the project: here, above, and what the command line names."""
    yield from (here, *here.parents)
    for word in words:
        name = word.partition("=")[2] if word.startswith("-") else word.partition("::")[0]
        path = os.path.normpath(os.path.join(here, name)) if name else ""  # noqa: PTH118
        if _exists(path):
            yield from (Path(path), *Path(path).parents)


def _has_modules(folder: Path) -> bool:
    modules = folder / "modules"
    try:
        if modules.is_dir():
            readable = os.access(modules, os.R_OK | os.X_OK)
            if not readable or any(modules.glob("*/module.yaml")):
                return True
        return any("platform_" in _text(folder / name) for name in _INI)
    except (OSError, ValueError):
        return False


def _defined_in(conftest: Path) -> Iterator[str]:
    text = _text(conftest)
    if "addoption" in text:
        yield from (one for one in OPTIONS if f'"{one}"' in text or f"'{one}'" in text)


def _text(path: Path) -> str:
    """Return what a file holds; most of those that are asked for do not exist."""
    try:
        return read_text(path) if _exists(str(path)) else ""
    except (OSError, ValueError):
        return ""


def _exists(path: str) -> bool:
    """Return whether there is something; an error for each that is not would take longer."""
    return os.path.lexists(path)


_HINT: Final = (
    "pytest-platform: {name} is tested by no module; try: pytest --compose "
    "--remote-mode local, or write modules: python -m pytest_platform adopt"
)


def first_contact(config: pytest.Config) -> list[str]:
    """Return the two commands that help in a repository that has a Compose file and no modules."""
    folders = dict.fromkeys((config.invocation_params.dir, config.rootpath))
    found = (name for folder in folders for name in NAMES if (folder / name).is_file())
    name = next(found, None)
    return [_HINT.format(name=name)] if name else []
