"""Write the tables of figures in README.md and on their page from benchmarks/RESULTS.md.

python docs/figures.py            write them
python docs/figures.py --check    exit with 1 where one is not as the results are
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import yaml

ROOT: Final = Path(__file__).resolve().parents[1]
RESULTS: Final = ROOT / "benchmarks" / "RESULTS.md"
FIGURES: Final = Path(__file__).with_suffix(".yaml")
README: Final = ROOT / "README.md"
PAGE: Final = ROOT / "docs" / "explanation" / "figures.md"

OURS: Final = "pytest-platform"
BEGIN: Final = "<!-- figures -->\n"
END: Final = "<!-- /figures -->"
_PART: Final = re.compile(r"^## (\d+)\. .*?(?=^## |\Z)", re.MULTILINE | re.DOTALL)
_TABLE: Final = re.compile(r"^\*\*(.+)\*\*\n\n((?:\|.*\n)+)", re.MULTILINE)
_WHOLE: Final = 10
"""A ratio from here on is shown without a fraction."""

Figure = Mapping[str, Any]
"""One entry of figures.yaml."""


def table(figures: Sequence[Figure], head: Sequence[str]) -> str:
    """Return a table in Markdown, with a row for each figure that the results hold."""
    parts = {int(one[1]): one[0] for one in _PART.finditer(RESULTS.read_text(encoding="utf-8"))}
    rows = [_row(one, parts[one["scenario"]]) for one in figures if one["scenario"] in parts]
    rule = ["--:" if name == "ratio" else "---" for name in head]
    lines = [head, rule, *([row[name] for name in head] for row in rows)]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def _row(figure: Figure, part: str) -> Mapping[str, str]:
    return {
        "what": figure["what"],
        "against": figure.get("against", ""),
        "ratio": _ratio(figure, part) if "base" in figure else "",
        "goal": _goal(figure["goal"], part) if "goal" in figure else "",
    }


def _ratio(figure: Figure, part: str) -> str:
    tables = [rows for name, rows in _TABLE.findall(part) if name.startswith(figure["table"])]
    rows = tables[0] if tables else ""
    names = figure.get("ours", OURS), figure["base"]
    ours, base = (float(_cells(rows, name)[-1]) for name in names)
    ratio = ours / base
    return f"{ratio:.0f}" if ratio >= _WHOLE else f"{ratio:.2g}"


def _goal(name: str, part: str) -> str:
    _, measured, target, met = _cells(part, name)
    verdict = "missed" if "missed" in met else "met"
    return f"{measured}, at {target}: {verdict}"


def _cells(rows: str, name: str) -> Sequence[str]:
    """Return the cells of the first row that begins so."""
    for line in rows.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("|") and cells[0].startswith(name):
            return cells
    message = f"{RESULTS.name} has no row {name!r}: correct {FIGURES.name}"
    raise LookupError(message)


def pages() -> Iterator[tuple[Path, str]]:
    """Yield each page with a table of figures, and its text as it should be."""
    figures = yaml.safe_load(FIGURES.read_text(encoding="utf-8"))
    chosen = [one for one in figures if one.get("readme")]
    yield README, _with_table(README, table(chosen, ["what", "against", "ratio"]))
    yield PAGE, _with_table(PAGE, table(figures, ["what", "against", "ratio", "goal"]))


def _with_table(page: Path, new: str) -> str:
    before, begin, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    return before + begin + new + end + after


def main(arguments: Sequence[str]) -> int:
    """Write the tables, or with ``--check`` name the pages that are stale."""
    stale = [(page, new) for page, new in pages() if new != page.read_text(encoding="utf-8")]
    for page, new in stale:
        if "--check" in arguments:
            sys.stderr.write(f"{page.relative_to(ROOT)} is stale: python docs/figures.py\n")
        else:
            page.write_text(new, encoding="utf-8")
    return int("--check" in arguments and bool(stale))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
