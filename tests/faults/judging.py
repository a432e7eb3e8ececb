"""Running a row, and holding it against what it has to be."""

from __future__ import annotations

from collections.abc import Mapping

import docker

from e2e.tree import Outcome, Tree
from faults.inventory import Inventory
from faults.rows import Row, codes_in

_NEVER = ("Traceback (most recent", "INTERNALERROR")


def meets(
    row: Row,
    tree: Tree,
    *words: str,
    env: Mapping[str, str] | None = None,
    engine: docker.APIClient | None = None,
    project: str = "",
) -> Outcome:
    """Run pytest on a tree: the verdict, the code, and nothing left behind or gone."""
    before = Inventory(tree.root, tree.root.parent / "tmp", engine, project)
    outcome = tree.pytest("--json", *words, *row.args, env={**row.env, **(env or {}), **before.env})
    said = f"{outcome.stdout}\n{outcome.stderr}"
    assert not [one for one in _NEVER if one in said], said
    module = outcome.modules.get("web") if row.verdict else None
    verdict = module["verdict"] if module else None
    codes = codes_in(outcome)
    short = f"exit {outcome.returncode}, verdict {verdict}, codes {sorted(codes)}"
    assert (outcome.returncode, verdict) == (row.exit, row.verdict), short
    assert row.code in codes or not (row.code or codes), short
    assert row.said in outcome.stderr, outcome.stderr
    assert verdict != "passed" or row.exit == 0, short
    assert not before.differences(), before.differences()
    return outcome
