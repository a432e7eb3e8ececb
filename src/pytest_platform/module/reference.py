"""The reference page of a JSON Schema, in Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from pytest_platform.module.complaint import example, types
from pytest_platform.module.schema import Schema, resolve

_TYPES = {"integer": "whole number", "string": "text", "boolean": "`true` or `false`"}
_HEAD = "| key | type | required | what it is | example |\n|---|---|---|---|---|"


def reference_page(schema: Schema, *, intro: str, examples: tuple[str, ...] = ()) -> str:
    """Return the page: title, ``intro``, complete examples, one table for each object."""
    parts = [f"# {schema['title']}", intro.strip()]
    if examples:
        parts.append("## Complete examples")
        parts += [f"```yaml\n{text.strip()}\n```" for text in examples]
    parts += [_section(schema, part, places) for part, places in _objects(schema)]
    return "\n\n".join(parts) + "\n"


def _objects(schema: Schema) -> list[tuple[Schema, list[str]]]:
    """Return every object with the places where it stands, in the order of reading."""
    found: dict[str, tuple[Schema, list[str]]] = {}
    for place, part in _walk(schema, schema, ""):
        found.setdefault(part["title"], (part, []))[1].append(place)
    return list(found.values())


def _walk(schema: Schema, part: Schema, place: str) -> Iterator[tuple[str, Schema]]:
    whole = resolve(schema, part)
    if "properties" in whole:
        yield place, whole
    for alternative in whole.get("anyOf", ()):
        yield from _walk(schema, alternative, place)
    if "items" in whole:
        yield from _walk(schema, whole["items"], f"{place}[]")
    if isinstance(whole.get("additionalProperties"), dict):
        yield from _walk(schema, whole["additionalProperties"], f"{place}.*")
    for key, inner in whole.get("properties", {}).items():
        yield from _walk(schema, inner, f"{place}.{key}".lstrip("."))


def _section(schema: Schema, part: Schema, places: list[str]) -> str:
    where = ", ".join(f"`{place}`" for place in places if place)
    lines = [f"## {part['title']}", "", part.get("description", ""), ""]
    if where:
        lines += [f"Stands at {where}.", ""]
    kinds = [one["required"][0] for one in part.get("oneOf", ()) if one]
    lines.append(_HEAD)
    for key, found in part["properties"].items():
        needed = "one of these" if key in kinds else _required(key, found, part)
        lines.append(_row(schema, key, found, needed))
    return "\n".join(lines)


def _required(key: str, found: Schema, part: Schema) -> str:
    if key in part.get("required", ()):
        return "**yes**"
    default = found.get("default")
    return "no" if default is None else f"no, default {_code(default)}"


def _row(schema: Schema, key: str, found: Schema, needed: str) -> str:
    cells = (f"`{key}`", _type(schema, found), needed, _about(found), _example(schema, found))
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _about(found: Schema) -> str:
    about = " ".join(found.get("description", "").partition("\n\n")[0].split())
    form = _form(found)
    if not form or form == about:
        return about
    return f"{about} {'Each item:' if 'items' in found else 'Write'} {form}."


def _form(found: Schema) -> str:
    inner = [*found.get("anyOf", ()), found.get("items", {})]
    forms = [one.get("patternErrorMessage", "") for one in (found, *inner)]
    return next(filter(None, forms), "")


def _type(schema: Schema, found: Schema) -> str:
    whole = resolve(schema, found)
    if "properties" in whole:
        return f"[{whole['title']}](#{_anchor(whole['title'])})"
    if "anyOf" in whole:
        names = [_type(schema, one) for one in whole["anyOf"] if one.get("type") != "null"]
        return " or ".join(names)
    if "enum" in whole:
        return ", ".join(f"`{value}`" for value in whole["enum"] if value is not None)
    if "items" in whole:
        return f"list of {_type(schema, whole['items'])}"
    if isinstance(whole.get("additionalProperties"), dict):
        return f"mapping to {_type(schema, whole['additionalProperties'])}"
    return _scalar(whole)


def _anchor(title: str) -> str:
    """Return the anchor that GitHub and MyST give a heading."""
    return re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")


def _scalar(whole: Schema) -> str:
    named = " or ".join(_TYPES.get(name, name) for name in types(whole)) or "anything"
    if "minimum" in whole and "maximum" in whole:
        return f"{named}, {whole['minimum']} to {whole['maximum']}"
    return named


def _example(schema: Schema, found: Schema) -> str:
    """Return an example, but not of objects: the complete examples show those."""
    if "](#" in _type(schema, found) or not found.get("examples"):
        return ""
    return _code(found["examples"][0])


def _code(value: Any) -> str:
    return f"`{example(value)}`"
