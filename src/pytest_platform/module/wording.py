"""How values and what is expected of them are named in messages."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from pytest_platform.module.places import Path_
from pytest_platform.module.schema import Schema, resolve
from pytest_platform.text import either, quoted

_SHORT = 60

_TYPES = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping",
}


def label(path: Path_) -> str:
    """Name the value at ``path``: ``'owner'`` or ``item 2 of 'requires'``."""
    if not path:
        return "the file"
    last = path[-1]
    if isinstance(last, str):
        return quoted(last)
    return f"item {last + 1} of {label(path[:-1])}"


def found(value: Any) -> str:
    """Name a value that was found where another was expected."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"the number {value}"
    if isinstance(value, str):
        return f"the text {quoted(value)}" if value else "an empty text"
    return "a list" if isinstance(value, list) else "a mapping"


def expected(schema: Schema, part: Schema) -> str:
    """Name what a part of the schema allows, without ``null``."""
    parts = [resolve(schema, one) for one in part.get("anyOf", [part])]
    names: dict[str, None] = {}
    for one in parts:
        if "enum" in one:
            names[either([str(value) for value in one["enum"] if value is not None])] = None
        names.update((_TYPES[name], None) for name in types(one) if name in _TYPES)
    return " or ".join(names) or "something else"


def types(part: Schema) -> Sequence[str]:
    """Return the names of the types that a part of the schema allows."""
    named = part.get("type", ())
    return [named] if isinstance(named, str) else named


def form(schema: Schema, part: Schema) -> str:
    """Say what to write at a place, in a few words with an example where there is one."""
    if "enum" in resolve(schema, part):
        return f"write {expected(schema, part)}"
    words = part.get("description") or part.get("patternErrorMessage") or expected(schema, part)
    words = words.rstrip(".")
    if resolve(schema, part) is not part:
        return _lowered(words)
    return _lowered(f"{words}{for_example(part)}")


def for_example(part: Schema) -> str:
    """Return ``, for example 2m`` if the part of the schema has an example that is short."""
    shown = [example(one) for one in part.get("examples", ())[:1]]
    return f", for example {shown[0]}" if shown and len(shown[0]) < _SHORT else ""


def example(value: Any) -> str:
    """Write a value as it may stand in the file."""
    if isinstance(value, list):
        return f"[{', '.join(example(item) for item in value)}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key}: {example(item)}' for key, item in value.items())}}}"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) and not value.isprintable():
        return json.dumps(value)
    return '""' if value == "" else str(value)


def _lowered(words: str) -> str:
    """Put a sentence behind a colon: no capital, unless it is a name in capitals."""
    return words if words[1:2].isupper() else words[:1].lower() + words[1:]
