"""An error of the JSON Schema, before and after it is put into words."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from msgspec import Struct

from pytest_platform.module.places import Path_
from pytest_platform.module.probes import BESIDE
from pytest_platform.module.schema import Schema, resolve
from pytest_platform.text import did_you_mean, either, nearest, quoted

_PROBES = ("health", "smoke")
_PROBE_DEPTH = 3
"""``spec.smoke[0]`` has three steps."""

_SHORT = 60
_TYPES = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping",
}


class Fault(NamedTuple):
    """One thing that is wrong; ``key`` points at the key instead of the value."""

    path: Path_
    message: str
    key: bool = False


class SchemaContext(Struct, frozen=True):
    """What putting an error into words needs: the schema, and where keys belong."""

    schema: Schema
    homes: Mapping[str, list[str]]

    @classmethod
    def of(cls, schema: Schema) -> SchemaContext:
        """Look up the keys of a schema."""
        return cls(schema, _homes(schema))


class Complaint(Struct, frozen=True):
    """The ``value`` at ``path`` breaks the rule ``keyword`` of a ``part`` of the schema.

    ``limit`` is what the rule says; ``inner`` holds the complaints of each alternative.
    """

    context: SchemaContext
    path: Path_
    keyword: str
    limit: Any
    value: Any
    part: Schema
    inner: tuple[tuple[Complaint, ...], ...] = ()

    @property
    def properties(self) -> Schema:
        """The keys that the part of the schema knows."""
        found: Schema = self.part.get("properties", {})
        return found


def complaint(error: Any, context: SchemaContext) -> Complaint:
    """Take over what a ``jsonschema.ValidationError`` holds."""
    branches: dict[int, list[Complaint]] = {}
    for inner in error.context or ():
        branches.setdefault(inner.schema_path[0], []).append(complaint(inner, context))
    return Complaint(
        context=context,
        path=tuple(error.absolute_path),
        keyword=error.validator,
        limit=error.validator_value,
        value=error.instance,
        part=error.schema if isinstance(error.schema, dict) else {},
        inner=tuple(map(tuple, branches.values())),
    )


def is_probe(path: Path_) -> bool:
    """Return whether a probe stands at ``path``."""
    return len(path) == _PROBE_DEPTH and path[0] == "spec" and path[1] in _PROBES


def is_expectation(path: Path_) -> bool:
    """Return whether ``path`` leads into what a probe expects, as ``exec.stdout.contains``."""
    return is_probe(path[:_PROBE_DEPTH]) and len(path) > _PROBE_DEPTH + 2


def missing_keys(error: Complaint) -> Iterator[Fault]:
    """Name what is missing, unless an unknown key seems to mean it."""
    unknown = [key for key in error.value if key not in error.properties]
    meant = {match for key in unknown for match in nearest(key, error.properties)[:1]}
    where = f" in {label(error.path)}" if error.path else ""
    for key in error.limit:
        if key not in error.value and key not in meant:
            hint = form(error.context.schema, error.properties.get(key, {}))
            yield Fault(error.path, f"{quoted(key)} is missing{where}: {hint}", key=True)


def unknown_keys(error: Complaint) -> Iterator[Fault]:
    """Name each unknown key, with what may have been meant."""
    explain = _unknown_in_probe if is_probe(error.path) else _unknown
    for key in error.value:
        if key not in error.properties:
            yield Fault((*error.path, key), explain(key, error), key=True)


def _unknown_in_probe(key: str, error: Complaint) -> str:
    kinds = [word for word in error.properties if word not in BESIDE]
    for kind in kinds:
        if kind in error.value:
            inner = resolve(error.context.schema, error.properties[kind]).get("properties", {})
            hint = f"; it belongs in {quoted(kind)}" if key in inner else "; remove it"
            return f"{quoted(key)} cannot stand beside the kind of a probe{hint}"
    hint = did_you_mean(key, kinds) or (f"; there is {either(kinds)}" if kinds else "")
    return f"unknown kind of probe {quoted(key)}{hint}"


def _unknown(key: str, error: Complaint) -> str:
    what = f"unknown key {quoted(key)}"
    close = nearest(key, error.properties)
    if close:
        return f"{what}; did you mean {either(close)}?"
    if key == "<<":
        return f"{what}; merge keys are not part of YAML 1.2"
    if key in error.context.homes:
        return f"{what}; it belongs in {either(error.context.homes[key])}"
    return f"{what}; {label(error.path)} may hold {', '.join(error.properties)}"


def probe_kinds(error: Complaint) -> Iterator[Fault]:
    """Explain a probe that has no kind, or two. What is no mapping is told elsewhere."""
    if not isinstance(error.value, dict):
        return
    kinds = [word for word in error.properties if word not in BESIDE]
    named = [key for key in error.value if key in kinds]
    if len(named) > 1:
        both = " and ".join(map(quoted, named))
        message = f"a probe has one kind, found {both}; make two probes"
        yield Fault((*error.path, named[1]), message, key=True)
    elif all(key in error.properties for key in error.value):
        hint = f"; add its kind: {either(kinds)}" if kinds else ""
        yield Fault(error.path, f"this probe asks nothing{hint}", key=True)


def _homes(schema: Schema) -> dict[str, list[str]]:
    """Return for each key of the format where it may stand, for keys in a wrong place."""
    homes: dict[str, list[str]] = {}
    pending: list[tuple[str, Schema]] = [("", schema)]
    while pending:
        where, part = pending.pop()
        whole = resolve(schema, part)
        for key, inner in whole.get("properties", {}).items():
            homes.setdefault(key, []).append(where or "the file")
            pending.append((f"{where}.{key}".strip("."), inner))
        pending += [(where, one) for one in whole.get("anyOf", ())]
    return homes


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
