"""Which modules a change touches: every file in ``tests/cases/changed`` is a case.

A case has the modules, other files, the paths that changed, and which modules are touched
and why. Nothing here asks git.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from pytest_platform.checks.registry import vocabulary
from pytest_platform.module.catalog import Catalog
from pytest_platform.module.source import MAX_BYTES
from pytest_platform.selection.since import touched_by

CASES = Path(__file__).resolve().parents[1] / "cases" / "changed"


def write(root: Path, name: str, spec: Mapping[str, Any]) -> None:
    """Write the files of a module. ``spec`` may have files, runbook, requires and owner."""
    compose = {"files": spec.get("files", ["compose.yaml"]), "project": "home", "service": name}
    owner = spec.get("owner")
    sidecar = {"class": "sidecar", "owner": owner, "backup_ref_modules": [owner]}
    manifest = {
        "apiVersion": "platform/v2",
        "kind": "Module",
        "metadata": {"name": name, "summary": "x", "owner": "x"},
        "spec": {
            "runtime": {"compose": compose, "expected_state": "running"},
            "state": sidecar if owner else {"class": "stateless"},
            "requires": spec.get("requires", []),
            "runbook": spec.get("runbook", "runbook.md"),
        },
    }
    put(root / "modules" / name / "module.yaml", yaml.safe_dump(manifest))
    put(root / "modules" / name / "compose.yaml", f"services: {{{name}: {{image: x}}}}")


def put(file: Path, text: str) -> None:
    """Write a file, its folders too."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


@pytest.mark.parametrize("file", sorted(CASES.glob("*.yaml")), ids=lambda file: file.stem)
def test_case(file: Path, tmp_path: Path) -> None:
    case = yaml.safe_load(file.read_text(encoding="utf-8"))
    for name, spec in case["modules"].items():
        write(tmp_path, name, spec)
    for path, text in case.get("files", {}).items():
        put(tmp_path / path, text)
    catalog = Catalog(tmp_path / "modules", tmp_path, vocabulary())
    found = touched_by(frozenset(case["changed"]), catalog, tmp_path)
    assert found == case["touched"]
    assert list(found) == sorted(found)


def test_links(tmp_path: Path) -> None:
    """A link counts under its own name, and so does what it leads to."""
    write(tmp_path, "web", {"files": ["linked.yaml"]})
    write(tmp_path, "db", {})
    put(tmp_path / "deploy" / "real.yaml", "services: {web: {image: x}}")
    (tmp_path / "modules/web/linked.yaml").symlink_to("../../deploy/real.yaml")
    catalog = Catalog(tmp_path / "modules", tmp_path, vocabulary())
    for path in ("modules/web/linked.yaml", "deploy/real.yaml"):
        assert touched_by(frozenset({path}), catalog, tmp_path) == {"web": path}


@pytest.mark.parametrize("more", [0, 1])
def test_a_compose_file_is_read_whole_or_not_at_all(tmp_path: Path, more: int) -> None:
    write(tmp_path, "web", {})
    text = "services: {web: {volumes: ['../../conf:/etc/nginx']}} #"
    put(tmp_path / "modules/web/compose.yaml", text.ljust(MAX_BYTES + more, "x"))
    path = "conf/site.conf"
    catalog = Catalog(tmp_path / "modules", tmp_path, vocabulary())
    found = touched_by(frozenset({path}), catalog, tmp_path)
    assert found == ({} if more else {"web": path})
