"""Everything that is wrong with the shape of a file, as a good compiler would say it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pytest_platform.module.complaint import (
    Complaint,
    Fault,
    expected,
    for_example,
    form,
    found,
    is_expectation,
    is_probe,
    label,
    missing_keys,
    probe_kinds,
    types,
    unknown_keys,
)
from pytest_platform.module.places import Path_
from pytest_platform.module.schema import Schema, resolve
from pytest_platform.text import either, nearest, quoted


def explain(error: Complaint) -> Iterator[Fault]:
    """Yield what is wrong, in words of the file."""
    yield from _EXPLAIN.get(error.keyword, _other)(error)


def _type(error: Complaint) -> Iterator[Fault]:
    yield _mismatch(error, error.part)


def _mismatch(error: Complaint, part: Schema) -> Fault:
    path, value = error.path, error.value
    if not path:
        return _not_a_module(value)
    wanted = expected(error.context.schema, part)
    if value is None:
        return _no_value(path, wanted, part)
    if isinstance(value, int) and not re.search(part.get("pattern", ""), str(value)):
        return _ill_formed(path, str(value), part)
    message = f"{label(path)} must be {wanted}, found {found(value)}"
    return Fault(path, f"{message}{_remedy(value, part)}")


def _not_a_module(value: Any) -> Fault:
    what = "is empty" if value is None else f"must hold a mapping, found {found(value)}"
    return Fault((), f"the file {what}; a module file starts with 'apiVersion: platform/v2'")


def _no_value(path: Path_, wanted: str, part: Schema) -> Fault:
    message = f"{label(path)} has no value; write {wanted}"
    if isinstance(path[-1], int):
        return Fault(path, f"{message} or remove the item", key=True)
    return Fault(path, f"{message}{for_example(part)}{_keys(part)}", key=True)


def _remedy(value: Any, part: Schema) -> str:
    if "string" in types(part) and isinstance(value, int):
        return "; put it in quotes"
    if "array" in types(part) and isinstance(value, str | int):
        return "; put it in brackets"
    if types(part) == ["integer"] and isinstance(value, str) and value.lstrip("-").isdigit():
        return "; remove the quotes"
    return _keys(part)


def _keys(part: Schema) -> str:
    properties = part.get("properties")
    return f"; its keys are {', '.join(properties)}" if properties else ""


def _enum(error: Complaint) -> Iterator[Fault]:
    allowed = [str(one) for one in error.limit if one is not None]
    if error.value is None:
        yield _no_value(error.path, either(allowed), {})
        return
    text = error.value if isinstance(error.value, str) else ""
    close = nearest(text, allowed) if len(allowed) > 1 else []
    hint = f"; did you mean {quoted(close[0])}?" if close else ""
    message = f"{label(error.path)} must be {either(allowed)}, found {found(error.value)}{hint}"
    yield Fault(error.path, message)


def _pattern(error: Complaint) -> Iterator[Fault]:
    if not error.value.strip():
        yield _empty(error.path, error.part)
    else:
        yield _ill_formed(error.path, error.value, error.part)


def _ill_formed(path: Path_, value: str, part: Schema) -> Fault:
    words = part.get("patternErrorMessage") or part.get("description") or "another text"
    message = f"{label(path)} cannot be {quoted(value)}; write {words.rstrip('.')}"
    return Fault(path, f"{message}{for_example(part)}")


def _too_short(error: Complaint) -> Iterator[Fault]:
    yield _empty(error.path, error.part)


def _empty(path: Path_, part: Schema) -> Fault:
    if is_expectation(path):
        return Fault(path, f"{label(path)} is empty, so it asserts nothing; write what to expect")
    what = "something" if part.get("type") == "string" else "at least one item"
    return Fault(path, f"{label(path)} is empty; write {what}{for_example(part)}")


_BOUNDS = {"minimum": "from", "maximum": "up to"}


def _range(error: Complaint) -> Iterator[Fault]:
    part = error.part
    limits = " ".join(f"{word} {part[key]}" for key, word in _BOUNDS.items() if key in part)
    yield Fault(error.path, f"{label(error.path)} must be {limits}, found {error.value}")


def _date(error: Complaint) -> Iterator[Fault]:
    if re.search(error.part.get("pattern", ""), error.value):
        message = f"{label(error.path)}: there is no day {error.value} in the calendar"
        yield Fault(error.path, message)


def _any_of(error: Complaint) -> Iterator[Fault]:
    """Explain the alternative that was meant: the one whose type is right."""
    meant = [one for one in error.inner if not any(_other_type(error, each) for each in one)]
    words = [one for one in error.inner if any(each.keyword == "enum" for each in one)]
    if len(meant) != 1 and isinstance(error.value, str) and len(words) == 1:
        meant = words
    if len(meant) != 1:
        yield _mismatch(error, _merged(error))
        return
    for each in meant[0]:
        yield from explain(each)


def _other_type(outer: Complaint, inner: Complaint) -> bool:
    return inner.keyword in {"type", "enum"} and inner.path == outer.path


def _merged(error: Complaint) -> Schema:
    """Return the only alternative beside ``null``, or all of them."""
    parts = [resolve(error.context.schema, one) for one in error.limit]
    real = [one for one in parts if one.get("type") != "null"]
    return real[0] if len(real) == 1 else {"anyOf": real}


def _one_of(error: Complaint) -> Iterator[Fault]:
    if error.path == ("spec", "runtime"):
        yield from _engines(error)
    else:
        yield from (probe_kinds if is_probe(error.path) else _other)(error)


def _engines(error: Complaint) -> Iterator[Fault]:
    """Say that there is no engine, or more than one; of no mapping its type is said already."""
    if not isinstance(error.value, dict):
        return
    names = [one["required"][0] for one in error.limit]
    wanted = f"{label(error.path)} needs exactly one engine, {either(names)}"
    if given := [name for name in names if name in error.value]:
        path = (*error.path, given[-1])
        yield Fault(path, f"{wanted}, and has {' and '.join(given)}: remove one", key=True)
    else:
        hint = form(error.context.schema, error.part)
        yield Fault(error.path, f"{wanted}: {hint}" if hint else wanted)


def _other(error: Complaint) -> Iterator[Fault]:
    hint = form(error.context.schema, error.part)
    yield Fault(error.path, f"{label(error.path)} cannot be {found(error.value)}: {hint}")


_EXPLAIN: Mapping[str, Callable[[Complaint], Iterator[Fault]]] = {
    "additionalProperties": unknown_keys,
    "anyOf": _any_of,
    "enum": _enum,
    "format": _date,
    "maximum": _range,
    "minItems": _too_short,
    "minLength": _too_short,
    "minimum": _range,
    "oneOf": _one_of,
    "pattern": _pattern,
    "required": missing_keys,
    "type": _type,
}
