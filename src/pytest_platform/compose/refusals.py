"""Compose files that are not given to Compose: it could not read them to their end, or not here."""

from __future__ import annotations

from pytest_platform.compose.mirror import NAMING, REMOTE, MirroredSource
from pytest_platform.compose.placeholders import lacking
from pytest_platform.compose.tree import too_much
from pytest_platform.errors import ComposeError
from pytest_platform.reading import keeps_waiting
from pytest_platform.verdict import Location


class RemoteInclude(ComposeError):
    """A Compose file that is not on this machine takes part."""

    code = "compose.remote"


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


def refuse_endless(source: MirroredSource) -> None:
    """Refuse declarations that no program could read to their end.

    Raises:
        ComposeError: names the first.
    """
    for file in (*source.files, *source.texts, *source.absent):
        if keeps_waiting(file):
            why = "is a pipe or a device: make it a regular file"
        elif file.is_dir():
            why = "is a folder: name the file in it"
        else:
            why = too_much(source.texts.get(file, ""))
        if why:
            raise ComposeError(f"Compose cannot render the files: {file} {why}")


def refuse_remote(source: MirroredSource) -> None:
    """Refuse files that would have to be fetched.

    Raises:
        RemoteInclude: names the first, with its place.
    """
    for file, one in source.with_words(NAMING):
        if one.declares and REMOTE.search(one.value):
            line = source.texts[file].count("\n", 0, one.start) + 1
            message = (
                f"{one.value} is not on this machine, and nothing is fetched with "
                "--remote-mode skip: include a copy of it, or run with another mode"
            )
            raise RemoteInclude(message, location=Location(str(file), line))
