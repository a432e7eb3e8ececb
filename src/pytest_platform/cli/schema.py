"""``schema [DIR]``: write the generated JSON Schemas and their pages."""

from __future__ import annotations

import argparse
import inspect
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

UNWRITABLE = "schema.unwritable"
_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_AUDIT_ID = "urn:pytest-platform:schema:audit"
_INTRO = """
What may stand in a `module.yaml`. This page and `module.schema.json` are generated from
`src/pytest_platform/module/model.py` and the kinds of probes with
`python -m pytest_platform schema`; a test compares.

Text is read as YAML 1.2: `on`, `22:22` and `1.10` stay text. Durations, sizes and days are
text too. Unknown keys are refused.
"""


def module_schema_json() -> str:
    """Return the text of ``module.schema.json``, where ``defaults.yaml`` may have what is shared.

    So an editor asks for none of that; a run does, where neither file has it.
    """
    from pytest_platform.module.defaults import SHARED_KEYS

    schema = _module_schema()
    for part in schema["$defs"].values():
        if "required" in part:
            part["required"] = [key for key in part["required"] if key not in SHARED_KEYS]
    return _json(schema)


def defaults_schema_json() -> str:
    """Return the text of ``defaults.schema.json``: what all modules share."""
    import msgspec

    from pytest_platform.module.defaults import Defaults

    schema = msgspec.json.schema(Defaults)
    for part in schema["$defs"].values():
        part["description"] = inspect.cleandoc(part["description"])
    head = {"$schema": _DRAFT, "$id": "urn:pytest-platform:schema:defaults"}
    return _json({**head, "title": "What all modules share", **schema})


def module_schema_page() -> str:
    """Return the text of ``module.schema.md``."""
    from pytest_platform.module.examples import EXAMPLES
    from pytest_platform.module.reference import reference_page

    return reference_page(_module_schema(), intro=_INTRO, examples=EXAMPLES)


def compose_schema_json() -> str:
    """Return the text of ``compose.schema.json``: ``x-platform`` in a Compose file."""
    from pytest_platform.checks.registry import vocabulary
    from pytest_platform.module.schema import compose_schema

    return _json(compose_schema(vocabulary().kinds))


def audit_schema_json() -> str:
    """Return the text of ``audit.schema.json``: one line of the audit log."""
    import msgspec

    from pytest_platform.change.audit import AuditLine

    schema = msgspec.json.schema(AuditLine)
    described = schema["$defs"]["AuditLine"]
    # Python 3.13 takes the indentation of docstrings away, older ones leave it.
    described["description"] = inspect.cleandoc(described["description"])
    head = {"$schema": _DRAFT, "$id": _AUDIT_ID, "title": "A line of the audit log"}
    return _json({**head, **schema})


def report_schema_json() -> str:
    """Return the text of ``report.schema.json``: the document of ``--json``."""
    from pytest_platform.report.schema import report_schema

    return _json({"$schema": _DRAFT, **report_schema()})


GENERATED: Mapping[str, Callable[[], str]] = {
    "module.schema.json": module_schema_json,
    "defaults.schema.json": defaults_schema_json,
    "module.schema.md": module_schema_page,
    "compose.schema.json": compose_schema_json,
    "audit.schema.json": audit_schema_json,
    "report.schema.json": report_schema_json,
}
"""Every generated file and what generates it; a new one is one line here."""


def write(folder: Path) -> None:
    """Write all generated files into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, generate in GENERATED.items():
        (folder / name).write_text(generate(), encoding="utf-8")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the folder, which is made where it is missing."""
    parser.add_argument(
        "folder",
        nargs="?",
        type=Path,
        default=Path("schema"),
        metavar="DIR",
        help="where to write (default: schema)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Write the files; 1 where the folder cannot be written."""
    try:
        write(arguments.folder)
    except (OSError, ValueError) as error:
        sys.stderr.write(f"{arguments.folder}: cannot be written: {error} [{UNWRITABLE}]\n")
        return 1
    return 0


def _module_schema() -> dict[str, Any]:
    # Imported late: the kinds of probes live above the module layer.
    from pytest_platform.checks.registry import vocabulary
    from pytest_platform.module.schema import module_schema

    return module_schema(vocabulary().kinds)


def _json(schema: Mapping[str, Any]) -> str:
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
