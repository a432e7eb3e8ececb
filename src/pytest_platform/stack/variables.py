"""Values for variables that have none: secrets of a stack that lives for one run alone."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pytest_platform.reading import read_text
from pytest_platform.secrets.names import says_account, says_secret
from pytest_platform.stack.errors import StackVariable


def made_up(names: Collection[str]) -> dict[str, str]:
    """Make up values for variables that a rendering lacks: names of users, and secrets.

    Raises:
        StackVariable: one is neither; names all of them.
    """
    others = sorted(name for name in names if not (says_secret(name) or says_account(name)))
    if others:
        message = (
            f"{', '.join(others)}: no value, and no secret that could be made up; "
            "set it in the environment or in .env beside the first Compose file"
        )
        raise StackVariable(message)
    return {name: value() for name in sorted(names)}


def used(names: Collection[str], source: Mapping[str, Any], services: Iterable[str]) -> set[str]:
    """Return those of the variables that some services, or what services share, refer to.

    ``source`` is the project with its variables in place.
    """
    shared = {key: one for key, one in source.items() if key != "services"}
    text = json.dumps([shared, *(source["services"].get(name) for name in services)])
    return {name for name in names if re.search(rf"\b{name}\b", text)}


def value() -> str:
    """Make up a value. It begins with a letter, as names of users have to."""
    return "x" + secrets.token_hex(12)


def names_in(file: Path) -> list[str]:
    """Return the names of the variables that a ``.env`` file sets."""
    text = read_text(file, None)
    return [
        found[1] for found in re.finditer(r"^\s*(?:export\s+)?(\w+)\s*[=:]", text, re.MULTILINE)
    ]


def of_secrets(model: Mapping[str, Any]) -> Iterator[str]:
    """Yield the variables that the secrets and configs of a project are read from at its start."""
    for section in ("secrets", "configs"):
        for one in (model.get(section) or {}).values():
            if name := one.get("environment"):
                yield str(name)


def without_default(names: Collection[str], source: Mapping[str, Any]) -> set[str]:
    """Return those of the variables that some place of the project gives no default."""
    text = json.dumps(source)
    return {name for name in names if re.search(rf"\$\{{?{name}(?!\w)(?!:?-)", text)}
