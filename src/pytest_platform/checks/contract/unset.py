"""A variable without value and default, in whose place Compose puts nothing.

A repository is also judged where the values are not: in CI, without ``.env``. So what a tracked
example of ``.env`` names is known, and where ``.env`` is kept out of the repository and is not
here, nothing is known of any variable, and nothing is said. A draft only warns, for nobody has
said yet where its values are.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from pytest_platform.checks.contract import env_files
from pytest_platform.checks.contract.facts import Facts, Unit
from pytest_platform.compose.env_file import entries
from pytest_platform.compose.interpolation import undefended
from pytest_platform.compose.source import locate_variable
from pytest_platform.verdict import Finding

CODE: Final = "contract.interpolation"

_EXAMPLE: Final = re.compile(
    r"^\.env\.|env.*(example|sample|template|dist|default)|(example|sample|template|default).*env"
)
_OF_THE_SHELL: Final = frozenset(
    {"PWD", "HOME", "USER", "LOGNAME", "PATH", "SHELL", "TMPDIR", "LANG", "HOSTNAME"}
)
_READ_BY_A_SHELL: Final = frozenset({"command", "entrypoint", "test", "content"})


def findings(facts: Facts, units: Collection[Unit], told: Collection[str]) -> Iterator[Finding]:
    """Tell which variables Compose replaces by nothing, each where it stands first.

    ``told`` are those of which something else was said.
    """
    folder = facts.compose_files[0].parent
    known = {*told, *os.environ, *_OF_THE_SHELL, *(name for name, _ in entries(folder / ".env"))}
    without = facts.rendered.placeholders - known
    named = _named(units, without)
    if not named or _is_elsewhere(facts, folder):
        return
    documented = _documented({folder, facts.module.root})
    for name, path in named.items():
        if name not in documented:
            yield _finding(facts, name, path)


def _named(units: Collection[Unit], names: Collection[str]) -> dict[str, tuple[str, ...]]:
    """Return where each of the variables stands first without a default."""
    found: dict[str, tuple[str, ...]] = {}
    for unit in units:
        for path, text in _texts(unit.source, unit.path):
            for name, _ in undefended(text):
                if name in names and not name.startswith("COMPOSE_"):
                    found.setdefault(name, path)
    return found


def _texts(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, one in value.items():
            yield from _texts(one, (*path, str(key)))
    elif isinstance(value, list):
        for index, one in enumerate(value):
            yield from _texts(one, (*path, str(index)))


def _is_elsewhere(facts: Facts, folder: Path) -> bool:
    """Say whether the values stand in a ``.env`` that is kept out of the repository."""
    file = folder / ".env"
    if file.is_file():
        return False
    lacking = {Path(one).name for one in facts.rendered.lacking}
    return ".env" in lacking or bool(env_files.ignored([file]))


def _documented(folders: Collection[Path]) -> set[str]:
    files: list[Path] = []
    for folder in folders:
        with suppress(OSError):
            files += (file for file in folder.iterdir() if _EXAMPLE.search(file.name))
    return {name for file in files for name, _ in entries(file)}


def _finding(facts: Facts, name: str, path: tuple[str, ...]) -> Finding:
    shell = not _READ_BY_A_SHELL.isdisjoint(path)
    more = f", or `$${{{name}}}` where the shell is to fill it in" if shell else ""
    message = (
        f"`${{{name}}}` has no value and no default, so Compose puts nothing in its place: write "
        f"`${{{name}:?}}`, which refuses to start without it, or `${{{name}:-default}}`{more}"
    )
    place = locate_variable(facts.module, ("services", facts.module.service, *path), name)
    expected = "a value, a default, or a refusal to start"
    return Finding(CODE, message, expected, f"`${{{name}}}`", path, place, softens=True)
