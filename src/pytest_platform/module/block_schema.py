"""The JSON Schema of ``x-platform`` in a Compose file, taken from that of ``module.yaml``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_platform.module.engines import ENGINES
from pytest_platform.module.forms import Base
from pytest_platform.module.from_compose import BLOCK, PROBES
from pytest_platform.module.schema import Schema, module_schema, resolve

ID = "urn:pytest-platform:schema:compose"


def compose_schema(kinds: Mapping[str, type[Base]]) -> Schema:
    """Return the schema (draft 2020-12) of a Compose file, of which it describes ``x-platform``.

    The block holds the keys of ``spec.runtime`` but ``compose``, none of them required, and
    ``health`` and ``smoke``.
    """
    whole = module_schema(kinds)
    spec = resolve(whole, resolve(whole, whole)["properties"]["spec"])["properties"]
    runtime = resolve(whole, spec["runtime"])["properties"]
    block = {
        "title": "What pytest-platform is told of the service",
        "type": "object",
        "properties": {key: value for key, value in runtime.items() if key not in ENGINES}
        | {key: spec[key] for key in PROBES},
        "additionalProperties": False,
    }
    service = {"type": ["object", "null"], "properties": {BLOCK: block}}
    services = {"type": "object", "additionalProperties": service}
    schema = {
        "$schema": whole["$schema"],
        "$id": ID,
        "title": f"{BLOCK} in a Compose file",
        "type": "object",
        "properties": {"services": services},
    }
    return {**schema, "$defs": _used(schema, whole["$defs"])}


def _used(part: Any, defs: Mapping[str, Schema]) -> dict[str, Schema]:
    """Return the definitions that a part refers to, and those that they refer to."""
    found: dict[str, Schema] = {}
    pending = [part]
    while pending:
        one = pending.pop()
        if isinstance(one, dict):
            name = str(one.get("$ref", "")).removeprefix("#/$defs/")
            if name in defs and name not in found:
                found[name] = defs[name]
                pending.append(defs[name])
            pending += one.values()
        elif isinstance(one, list):
            pending += one
    return {name: defs[name] for name in defs if name in found}
