"""The engines that may run a module."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

ENGINES: Final = {"compose": "project", "swarm": "stack"}
"""The keys of ``spec.runtime`` that name an engine, of which a module has exactly one.

Each with the key below it that names what holds services together.
"""


class NameForm(NamedTuple):
    """What a name has to look like: as a pattern, and in words."""

    pattern: str
    words: str


NAME_FORMS: Final[Mapping[str, NameForm]] = {
    "compose": NameForm(
        r"^[a-z0-9][a-z0-9_-]*$(?!\n)",
        "lower-case letters, digits, `_` and `-`, as Compose wants it",
    ),
    "swarm": NameForm(
        r"^[A-Za-z0-9][A-Za-z0-9_-]*$(?!\n)",
        "letters, digits, `_` and `-`, as `docker stack deploy` wants it",
    ),
}
"""The names that an engine takes of what holds services together."""
