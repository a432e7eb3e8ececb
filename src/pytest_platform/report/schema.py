"""The JSON Schema of the document, generated from its types."""

from __future__ import annotations

import inspect
from typing import Any, Final

import msgspec

from pytest_platform.report.document import Document

_ID: Final = "urn:pytest-platform:schema:report"
_OF_PYTEST: Final[dict[str, Any]] = {
    "environment": {
        "title": "What pytest-metadata knows",
        "description": "Versions of Python and of plugins, for example.",
        "type": "object",
    },
    "summary": {
        "title": "How many tests had which outcome",
        "type": "object",
        "required": ["collected", "total"],
        "additionalProperties": {"type": "integer", "minimum": 0},
        "examples": [{"passed": 14, "skipped": 5, "total": 19, "collected": 19}],
    },
    "collectors": {
        "title": "What was collected",
        "type": "array",
        "items": {"type": "object", "required": ["nodeid", "outcome"]},
    },
    "tests": {
        "title": "Every test as pytest saw it",
        "type": "array",
        "items": {
            "type": "object",
            "required": ["nodeid", "outcome"],
            "properties": {
                "nodeid": {
                    "type": "string",
                    "examples": ["modules/minio-init/module.yaml::health::state"],
                },
                "outcome": {
                    "type": "string",
                    "examples": ["passed", "failed", "error", "skipped"],
                },
            },
        },
    },
    "warnings": {
        "title": "Warnings",
        "description": "Findings in a draft and findings that a waiver accepts are among them.",
        "type": "array",
        "items": {"type": "object"},
    },
}
"""Keys of pytest-json-report, which this package passes on."""

_HAS_ERROR: Final = {"required": ["error"]}
_LINE: Final = {"type": "string", "pattern": r"^[^\r\n]*\S[^\r\n]*$"}
_RULES: Final[dict[str, dict[str, Any]]] = {
    "Document": {
        "dependentRequired": {
            "summary": ["created", "duration", "root", "environment"],
            "tests": ["summary"],
            "collectors": ["summary"],
        },
        "if": {"properties": {"platform": {"not": _HAS_ERROR}}},
        "then": {"required": ["created", "duration", "root", "summary"]},
    },
    "Platform": {
        "if": {"not": _HAS_ERROR},
        "then": {"properties": {"remote_mode": {"type": "string"}, "stack": {"type": "string"}}},
    },
    "CheckReport": {
        "if": {"properties": {"verdict": {"enum": ["failed", "error"]}}},
        "then": {"properties": {"code": {"type": "string"}, "message": _LINE}},
        "else": {
            "if": {"properties": {"verdict": {"const": "passed"}}},
            "then": {"properties": {"code": {"type": "null"}}},
        },
    },
}
"""What ties several fields together, which a type cannot say."""


def report_schema() -> dict[str, Any]:
    """Return the schema: the types, what ties their fields together, and pytest's own keys."""
    generated = msgspec.json.schema(Document)
    parts: dict[str, Any] = generated["$defs"]
    for name, part in parts.items():
        _describe(part)
        part.update(_RULES.get(name, {}))
        if name != "Document":
            part["additionalProperties"] = False
    document = parts.pop("Document")
    del document["properties"]["others"]
    document["properties"] |= _OF_PYTEST
    # It is always written, though a type with one value may leave it out.
    parts["Platform"]["required"].insert(0, "schema")
    parts["CheckReport"]["examples"] = [_CHECK]
    return {"$id": _ID, **document, "$defs": parts, "examples": [_RUN, _REFUSED]}


def _describe(part: dict[str, Any]) -> None:
    """Make a title of the first line of a docstring, and a description of its other ones."""
    # Python 3.13 takes the indentation of docstrings away, older ones leave it.
    title, _, rest = inspect.cleandoc(part.pop("description")).partition("\n")
    part["title"] = title.removesuffix(".")
    if rest.strip():
        part["description"] = " ".join(rest.split())


_CHECK: Final[dict[str, Any]] = {
    "id": "health::state",
    "group": "health",
    "code": "container.state.exited_success",
    "verdict": "failed",
    "message": "home-platform-minio-init-1 exited 1; a one-shot must exit 0",
    "expected": "exited 0",
    "actual": "exited 1",
    "file": "modules/minio-init/module.yaml",
    "line": 15,
    "seconds": 0.002,
}
_CONTAINER: Final[dict[str, Any]] = {
    "container": "home-platform-minio-init-1",
    "status": "exited",
    "exit_code": 1,
    "health": None,
    "started_at": "2026-05-17T01:08:41Z",
    "finished_at": "2026-05-17T01:08:47Z",
    "restart_count": 0,
    "image": "minio/mc:RELEASE.2025-08-13T08-35-41Z",
}
_MODULE: Final[dict[str, Any]] = {
    "name": "minio-init",
    "file": "modules/minio-init/module.yaml",
    "verdict": "failed",
    "expected_state": "exited-success",
    "observed": [_CONTAINER],
    "drift": ["container.state.exited_success"],
    "checks": [_CHECK],
}
_RUN: Final[dict[str, Any]] = {
    "exitcode": 1,
    "created": 1779000000.0,
    "duration": 0.6,
    "root": "/srv/platform",
    "environment": {},
    "summary": {"failed": 1, "total": 1, "collected": 1},
    "tests": [{"nodeid": "modules/minio-init/module.yaml::health::state", "outcome": "failed"}],
    "platform": {
        "schema": 1,
        "remote_mode": "local",
        "stack": "deployed",
        "modules": [_MODULE],
    },
}
_REFUSED: Final[dict[str, Any]] = {
    "exitcode": 4,
    "platform": {
        "schema": 1,
        "remote_mode": None,
        "stack": None,
        "modules": [],
        "error": {
            "code": "platform.usage",
            "message": "--module: there is no module 'minioinit' in modules; did you mean "
            "'minio-init'?",
        },
    },
}
