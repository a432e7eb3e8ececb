"""Write the table of rooms and their imports into docs/architecture.md.

    python docs/draw_architecture.py           write the table
    python docs/draw_architecture.py --check   exit 1 where the page has another one

The floors are those of import-linter's contract, the imports are those of the code. One is
left out where a longer way leads to the same room.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

import grimp

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "architecture.md"
PACKAGE = "pytest_platform"
_HEAD = ("| floor | room | imports |", "|--:|---|---|")
_TABLE = re.compile(rf"{re.escape(_HEAD[0])}\n(\|.*\n)*")

Imports = Mapping[str, set[str]]


def floors() -> list[list[str]]:
    """Return the rooms of each floor, from the top."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    (layers,) = (one["layers"] for one in contracts if one["type"] == "layers")
    return [[name.strip().removeprefix(f"{PACKAGE}.") for name in one.split("|")] for one in layers]


def imports(rooms: list[str]) -> Imports:
    """Return which rooms each room imports, also by way of others."""
    graph = grimp.build_graph(PACKAGE)

    def leads(room: str, other: str) -> bool:
        names = f"{PACKAGE}.{room}", f"{PACKAGE}.{other}"
        return graph.find_shortest_chain(*names, as_packages=True) is not None

    return {room: {one for one in rooms if one != room and leads(room, one)} for room in rooms}


def reduced(found: Imports, room: str) -> Iterator[str]:
    """Yield the rooms that no longer way from ``room`` leads to."""
    for other in sorted(found[room]):
        if not any(other in found[between] for between in found[room] - {other}):
            yield other


def table() -> str:
    """Return the table, from the top."""
    rows = floors()
    found = imports([room for rooms in rows for room in rooms])
    lines = list(_HEAD)
    for floor, rooms in zip(range(len(rows), 0, -1), rows, strict=True):
        for room in rooms:
            listed = ", ".join(f"`{other}`" for other in reduced(found, room))
            lines.append(f"| {floor} | `{room}` | {listed} |")
    return "\n".join([*lines, ""])


def main() -> int:
    """Write the table, or compare it."""
    text = PAGE.read_text(encoding="utf-8")
    drawn = _TABLE.sub(lambda _: table(), text)
    if "--check" in sys.argv:
        return int(drawn != text)
    PAGE.write_text(drawn, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
