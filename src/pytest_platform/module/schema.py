"""The JSON Schemas of ``module.yaml`` and ``x-platform``, from the model and the probes."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from typing import Any

import msgspec

from pytest_platform.module.engines import ENGINES
from pytest_platform.module.examples import EXAMPLES
from pytest_platform.module.forms import Base
from pytest_platform.module.from_compose import BLOCK, PROBES
from pytest_platform.module.model import Manifest, Probe
from pytest_platform.module.source import parse

DIALECT = "https://json-schema.org/draft/2020-12/schema"
ID = "urn:pytest-platform:schema:module"
COMPOSE_ID = "urn:pytest-platform:schema:compose"

Schema = dict[str, Any]


def module_schema(kinds: Mapping[str, type[Base]]) -> Schema:
    """Return the schema (draft 2020-12) of a module file in which ``kinds`` may be used."""
    types = (Manifest, Probe, *kinds.values())
    refs, defs = msgspec.json.schema_components(types, ref_template="#/$defs/{name}")
    manifest, probe, *specs = refs
    schema = {"$schema": DIALECT, "$id": ID, **manifest, "$defs": defs}
    spec = resolve(schema, resolve(schema, manifest)["properties"]["spec"])
    for group in ("health", "smoke"):
        spec["properties"][group]["items"] = probe
    runtime = resolve(schema, resolve(schema, spec["properties"]["runtime"]))
    for engine in ENGINES:
        only = [one for one in runtime["properties"][engine].pop("anyOf") if "$ref" in one]
        runtime["properties"][engine] |= only[0]
        runtime["properties"][engine].pop("default", None)
    runtime["oneOf"] = [{"required": [engine]} for engine in ENGINES]
    _add_kinds(resolve(schema, probe), dict(zip(kinds, specs, strict=True)))
    return _for_people(schema)


def resolve(schema: Schema, part: Schema) -> Schema:
    """Return what ``part`` refers to, or ``part`` itself. Local references only."""
    reference = part.get("$ref")
    if reference is None:
        return part
    found: Schema = schema["$defs"][reference.removeprefix("#/$defs/")]
    return found


def _add_kinds(probe: Schema, kinds: Mapping[str, Schema]) -> None:
    probe["properties"].update(kinds)
    probe["oneOf"] = [{"required": [kind]} for kind in kinds] or [False]


def _for_people(schema: Schema) -> Schema:
    """Add titles, descriptions and examples wherever the model gives none."""
    for part in schema["$defs"].values():
        # Python 3.13 takes the indentation of docstrings away, older ones leave it.
        if "description" in part:
            part["description"] = inspect.cleandoc(part["description"])
    for name, part in schema["$defs"].items():
        part["title"] = humanized(name.rpartition(".")[2])
        for key, found in part.get("properties", {}).items():
            found.setdefault("title", humanized(key))
            found.setdefault("description", resolve(schema, found).get("description", ""))
            _tidy_default(found)
    documents = [parse(text, "example").data for text in EXAMPLES]
    for document in documents:
        _give_examples(schema, schema, document)
    return {"title": "module.yaml", **schema, "examples": documents}


def _tidy_default(found: Schema) -> None:
    default = found.pop("default", None)
    if default is not None:
        found["default"] = list(default) if isinstance(default, tuple) else default


def _give_examples(schema: Schema, part: Schema, value: Any) -> None:
    """Use the parts of a document as examples of the properties that have none."""
    for alternative in part.get("anyOf", [part]):
        whole = resolve(schema, alternative)
        if isinstance(value, list) and "items" in whole:
            for item in value:
                _give_examples(schema, whole["items"], item)
        elif isinstance(value, dict):
            _give_keys_examples(schema, whole, value)


def _give_keys_examples(schema: Schema, part: Schema, value: Mapping[str, Any]) -> None:
    for key, found in part.get("properties", {}).items():
        if key in value:
            found.setdefault("examples", [value[key]])
            _give_examples(schema, found, value[key])
        elif "default" in found:
            found.setdefault("examples", [found["default"]])


def humanized(name: str) -> str:
    """Turn ``exit_code`` into ``Exit code`` and ``ComposeService`` into ``Compose service``."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).replace("_", " ")
    return words[:1].upper() + words[1:].lower()


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
        "$id": COMPOSE_ID,
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
