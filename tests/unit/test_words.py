"""One word means one thing: in the glossary, and among the classes."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "pytest_platform"


def test_the_glossary_is_in_order_and_has_each_term_once() -> None:
    rows = re.findall(r"^\| ([^|]+) \| [^|]+ \|$", (ROOT / "GLOSSARY.md").read_text(), re.MULTILINE)
    terms = [row.casefold() for row in rows if row != "term"]
    assert len(terms) > 40
    assert terms == sorted(set(terms))


def test_a_public_class_name_is_defined_once() -> None:
    places = defaultdict(list)
    for file in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(str(file.relative_to(PACKAGE)))
    twice = {name: found for name, found in places.items() if len(found) > 1}
    assert not twice, f"give each of these classes a name of its own: {twice}"
