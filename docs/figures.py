"""Write the tables of figures in README.md and on their page from benchmarks/RESULTS.md.

python docs/figures.py            write them
python docs/figures.py --check    exit with 1 where one is not as the results are
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).resolve().parents[1]
RESULTS: Final = ROOT / "benchmarks" / "RESULTS.md"
PAGES: Final = {ROOT / "README.md": True, ROOT / "docs" / "explanation" / "figures.md": False}
"""The pages with a table, and whether only the chosen figures stand there."""

OURS: Final = "pytest-platform"
_BLOCK: Final = re.compile(r"(?<=<!-- figures -->\n).*?(?=<!-- /figures -->)", re.DOTALL)
_PART: Final = re.compile(r"^## (\d+)\. .*?(?=^## |\Z)", re.MULTILINE | re.DOTALL)
_TABLE: Final = re.compile(r"^\*\*(.+)\*\*\n\n((?:\|.*\n)+)", re.MULTILINE)
_WHOLE: Final = 10
"""A ratio from here on is shown without a fraction."""


class Figure(NamedTuple):
    """One row: what is compared with what, and where both stand in the results.

    ``ours`` and ``base`` are the beginnings of two rows of the first ``table`` whose
    heading begins so. ``goal`` is the beginning of a goal; a figure without ``base`` shows only it.
    """

    what: str
    against: str
    scenario: int
    table: str = ""
    base: str = ""
    ours: str = OURS
    goal: str = ""
    chosen: bool = False


_HUNDRED: Final = "100 containers, one state check each"
_REMOTE: Final = "100 containers over ssh, 50 ms there and back"
FIGURES: Final = (
    Figure(
        _HUNDRED,
        "100 empty tests, one list and 100 inspects",
        *(1, "100 containers", "floor"),
        goal="times the floor, 100",
    ),
    Figure(_HUNDRED, "goss, a command for each check", 1, "100 containers", "goss", chosen=True),
    Figure(_HUNDRED, "the docker SDK, a client for each test", 1, "100 containers", "plain"),
    Figure(_HUNDRED, "pytest-testinfra", 1, "100 containers", "pytest-testinfra", chosen=True),
    Figure("300 containers", "goss, a command for each check", 1, "300 containers", "goss"),
    Figure(
        "100 containers, ten checks each",
        "1,000 empty tests, and the bare requests one after the other",
        *(2, "one state", "floor"),
        goal="times the floor",
    ),
    Figure("the same", "goss, a command for each check", 2, "one state", "goss"),
    Figure("the same", "pytest-testinfra", 2, "one state", "pytest-testinfra"),
    Figure(
        _REMOTE,
        "one `ssh host docker inspect` of all",
        *(3, "50 ms", "one"),
        goal="times one plain",
    ),
    Figure(_REMOTE, "pytest-testinfra", 3, "50 ms", "pytest-testinfra", chosen=True),
    Figure(
        "a contract check, of 1,000 modules in one Compose file",
        "",
        4,
        goal="1000, one Compose file, first run",
    ),
    Figure(
        "the same, a Compose file each, second run",
        "",
        4,
        goal="1000, a Compose file each, second run",
    ),
    Figure(
        "the contract checks of one module, of 1,000, first run",
        "of one",
        *(5, "all contract checks of one module, first run", "of one", "of 1,000"),
        goal="more than of one, first run",
    ),
    Figure(
        "from the exit of a one-shot to its verdict, p95",
        "`docker wait`",
        6,
        goal="behind `docker wait`",
    ),
    Figure(
        "an unrelated project with the plugin installed",
        "the same without it",
        *(7, "one empty", "without", "with it"),
        goal="added",
        chosen=True,
    ),
    Figure(
        "20 hosts over ssh with 5 modules each",
        "one host",
        *(8, "one state", "one host", "20 hosts"),
        goal="times one host",
    ),
    Figure(
        "an ephemeral stack of three services",
        "`docker compose up -d` and `down -v`",
        *(9, "started", "`docker compose"),
        goal="added",
    ),
    Figure(
        "`pytest --compose` of 100 containers",
        "module files",
        *(10, "100 containers", "with module", "`pytest --compose`"),
        goal="`--compose` beside",
    ),
    Figure(
        "200 services of a Swarm",
        "one of them",
        *(11, "one state", "pytest-platform, one", "pytest-platform, 200"),
        goal="requests",
    ),
)


def table(*, only_chosen: bool) -> str:
    """Return the table in Markdown, with a row for each figure that the results hold."""
    parts = {int(one[1]): one[0] for one in _PART.finditer(RESULTS.read_text(encoding="utf-8"))}
    rows = [
        _row(figure, parts[figure.scenario])
        for figure in FIGURES
        if figure.scenario in parts and (figure.chosen or not only_chosen)
    ]
    head = ["what", "against", "ratio", "goal"]
    lines = [head, ["---", "---", "--:", "---"], *rows]
    return "".join(f"| {' | '.join(cells[:3] if only_chosen else cells)} |\n" for cells in lines)


def _row(figure: Figure, part: str) -> Sequence[str]:
    ratio = _ratio(figure, part) if figure.base else ""
    goal = _goal(figure, part) if figure.goal else ""
    return figure.what, figure.against, ratio, goal


def _ratio(figure: Figure, part: str) -> str:
    tables = [rows for name, rows in _TABLE.findall(part) if name.startswith(figure.table)]
    rows = tables[0] if tables else ""
    ours, base = (float(_cells(rows, name)[-1]) for name in (figure.ours, figure.base))
    ratio = ours / base
    return f"{ratio:.0f}" if ratio >= _WHOLE else f"{ratio:.2g}"


def _goal(figure: Figure, part: str) -> str:
    _, measured, target, met = _cells(part, figure.goal)
    verdict = "missed" if "missed" in met else "met"
    return f"{measured}, at {target}: {verdict}"


def _cells(rows: str, name: str) -> Sequence[str]:
    """Return the cells of the first row that begins so."""
    for line in rows.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("|") and cells[0].startswith(name):
            return cells
    message = f"{RESULTS.name} has no row {name!r}"
    raise LookupError(message)


def pages() -> Iterator[tuple[Path, str]]:
    """Yield each page with a table of figures, and its text as it should be."""
    for page, only_chosen in PAGES.items():
        text = page.read_text(encoding="utf-8")
        new = table(only_chosen=only_chosen)
        yield page, _BLOCK.sub(lambda _, new=new: new, text)  # type: ignore[misc]


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
