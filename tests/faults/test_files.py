"""Faults in files, options and the environment: no Engine is asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from e2e.tree import Tree
from faults.judging import meets
from faults.rows import Row, bring_about, rows_of

ROWS = [*rows_of("files"), *rows_of("options")]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_fault_of_files(row: Row, tmp_path: Path) -> None:
    tree = Tree(tmp_path / "tree")
    tree.module("web", "pp-fault", "web", runtime={"expected_state": "running"})
    service = "{image: 'x@sha256:" + 64 * "0" + "', restart: unless-stopped}"
    tree.compose_file("web").write_text(f"services:\n  web: {service}\n", encoding="utf-8")
    bring_about(row, tree)
    meets(row, tree, "-m", "contract")
