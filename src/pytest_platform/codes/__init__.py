"""The catalogue of stable codes: what each means, why it matters, and what to do.

The entries are data, one file a group, so that people can read and extend them. They are read
when somebody asks for one; a run that finds nothing reads none.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources

from msgspec import Struct

GROUPS = (
    "contract",
    "container",
    "swarm",
    "probe",
    "change",
    "backup",
    "stack",
    "host",
    "platform",
)
"""The files of the catalogue, in the order in which they are documented."""


class CodeEntry(Struct, frozen=True):
    """One code. ``why`` and ``example`` are empty where there is nothing to add."""

    code: str
    group: str
    title: str
    means: str
    do: str
    why: str = ""
    example: str = ""


@cache
def catalogue() -> Mapping[str, CodeEntry]:
    """Return all entries by their codes, in the order of the files."""
    folder = resources.files(__name__)
    entries: dict[str, CodeEntry] = {}
    for group in GROUPS:
        text = (folder / f"{group}.toml").read_text(encoding="utf-8")
        for code, fields in tomllib.loads(text).items():
            entries[code] = CodeEntry(code=code, group=group, **fields)
    return entries
