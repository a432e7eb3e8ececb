"""A table of what is inferred of labelled Compose files, and whether what ``adopt`` writes holds.

    python benchmarks/way_in.py CORPUS [NAME…] [--contract]

CORPUS holds ``labels.json`` and the files that it names. For each file: the services that were
inferred right, left undecided, or inferred wrong; whether all that ``adopt`` writes can be read.
With ``--contract`` also whether ``pytest -m contract`` on it gives an ``error``. Exits 1 where a
module is not valid, the contract gives an error, or more than 2 % were inferred wrong.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pytest_platform.adopt.project import Adoption
from pytest_platform.adopt.write import write
from pytest_platform.checks.registry import vocabulary
from pytest_platform.compose.renderer import Renderer
from pytest_platform.errors import PlatformError
from pytest_platform.hosts.transport import Local
from pytest_platform.module.catalog import Catalog
from pytest_platform.module.loader import Module
from pytest_platform.run.compose_catalog import Ask

ENDS = "one-shot"
_WORDS = ("right", "undecided", "wrong", "unknown")
JUDGED = {ENDS: True, "long-running": False}
"""Labels that a wrong inference contradicts; any other one is nobody's to know."""


@dataclass
class Row:
    """What came of one file; ``wrong`` names services, ``refused`` why nothing was written."""

    file: str
    counts: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    invalid: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    refused: str = ""
    lines: int = 0
    """Of the longest module file that was written."""


def measure(label: dict[str, Any], corpus: Path, *, contract: bool) -> Row:
    """Infer and adopt one file in a folder of its own."""
    row = Row(label["file"])
    with tempfile.TemporaryDirectory() as name:
        root = Path(name).resolve()
        shutil.copy(corpus / label["file"], root / "compose.yaml")
        ask = Ask((root / "compose.yaml",), "corpus", frozenset({"*"}))
        adoption = Adoption(ask, root / "modules", root, Renderer(Local()))
        _infer(row, label, adoption)
        try:
            shared, modules = adoption.files()
            write(adoption.folder, shared, modules)
        except PlatformError as error:
            row.refused = str(error)
            return row
        row.lines = max(
            (len(one["module.yaml"].splitlines()) for one in modules.values()), default=0
        )
        catalog = Catalog(root / "modules", root, vocabulary())
        row.invalid = [one for one in catalog.names() if not isinstance(catalog.get(one), Module)]
        if contract:
            row.errors = list(_contract_errors(root))
    return row


def _infer(row: Row, label: dict[str, Any], adoption: Adoption) -> None:
    for service in label["services"]:
        module = adoption.catalog.get(service["name"])
        if not isinstance(module, Module):
            row.counts["unknown"] += 1
            continue
        ends = JUDGED.get(service["truth"])
        if module.undecided:
            row.counts["undecided"] += 1
        elif ends is None or module.one_shot is ends:
            row.counts["right"] += 1
        else:
            row.counts["wrong"] += 1
            why = module.inferred.reason if module.inferred else ""
            row.wrong.append(f"{service['name']} is {service['truth']}, inferred: {why}")


def _contract_errors(root: Path) -> Iterator[str]:
    argv = [sys.executable, "-m", "pytest", "-m", "contract", "--json", "-p", "no:cacheprovider"]
    done = subprocess.run(argv, cwd=root, capture_output=True, check=False)
    for module in json.loads(done.stdout)["platform"]["modules"]:
        for check in module["checks"]:
            if check["verdict"] == "error":
                yield f"{module['name']}: {check['id']}: {check['code']}: {check['message']}"


def _print(row: Row) -> None:
    print(" ".join(f"{one:>9}" for one in (*_counts(row.counts), row.lines)), Path(row.file).name)
    for kind in ("wrong", "invalid", "errors"):
        for one in getattr(row, kind):
            print(f"{kind:>53}: {one}")
    if row.refused:
        print(f"{'refused':>53}: {row.refused}")
    sys.stdout.flush()


def _counts(counts: Counter[str]) -> list[int]:
    return [counts[word] for word in _WORDS]


def _labels(corpus: Path, names: Sequence[str]) -> list[dict[str, Any]]:
    labels = json.loads((corpus / "labels.json").read_text(encoding="utf-8"))
    return [one for one in labels if not names or any(name in one["file"] for name in names)]


def main() -> int:
    """Print the table, and what it adds up to; return 1 where a limit is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("names", nargs="*", help="parts of the names of files; default: all files")
    parser.add_argument("--contract", action="store_true")
    asked = parser.parse_intermixed_args()
    labels = _labels(asked.corpus, asked.names)
    print(" ".join(f"{word:>9}" for word in (*_WORDS, "lines")), "file")
    rows = []
    with ProcessPoolExecutor(2) as pool:
        done = [pool.submit(measure, one, asked.corpus, contract=asked.contract) for one in labels]
        for one in done:
            rows.append(one.result())
            _print(rows[-1])
    total = sum((row.counts for row in rows), Counter[str]())
    longest = max(row.lines for row in rows)
    print(" ".join(f"{one:>9}" for one in (*_counts(total), longest)), "all")
    missed = {
        "files of which a module is not valid": sum(bool(row.invalid) for row in rows),
        "files with an error of the contract": sum(bool(row.errors) for row in rows),
        "services inferred wrong, beyond 2 %": max(0, total["wrong"] - total.total() // 50),
    }
    print("; ".join(f"{count} {what}" for what, count in missed.items()))
    return int(any(missed.values()))


if __name__ == "__main__":
    sys.exit(main())
