"""An error of the JSON Schema, before and after it is put into words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from pytest_platform.module.places import Path_
from pytest_platform.module.schema import Schema

_PROBES = ("health", "smoke")
_PROBE_DEPTH = 3
"""``spec.smoke[0]`` has three steps."""


class Fault(NamedTuple):
    """One thing that is wrong; ``key`` points at the key instead of the value."""

    path: Path_
    message: str
    key: bool = False


@dataclass(frozen=True, slots=True)
class SchemaContext:
    """What putting an error into words needs: the schema, and where keys belong."""

    schema: Schema
    homes: Mapping[str, list[str]]


@dataclass(frozen=True, slots=True)
class Complaint:
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
    """Tell whether a probe stands at ``path``."""
    return len(path) == _PROBE_DEPTH and path[0] == "spec" and path[1] in _PROBES


def is_expectation(path: Path_) -> bool:
    """Tell whether ``path`` leads into what a probe expects, as ``exec.stdout.contains``."""
    return is_probe(path[:_PROBE_DEPTH]) and len(path) > _PROBE_DEPTH + 2
