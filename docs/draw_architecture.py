"""Draw the rooms of the package and their imports into docs/architecture.md.

    python docs/draw_architecture.py           write the picture
    python docs/draw_architecture.py --check   exit 1 where the page has another one

The floors are those of import-linter's contract, the arrows are the imports in the code. An
arrow is left out where a longer way leads to the same room.
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
_PICTURE = re.compile(r"```mermaid\n.*?```\n", re.DOTALL)

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


def reduced(found: Imports) -> Iterator[tuple[str, str]]:
    """Yield the arrows that no longer way makes superfluous."""
    for room, others in found.items():
        for other in sorted(others):
            if not any(other in found[between] for between in others - {other}):
                yield room, other


def picture() -> str:
    """Return the picture as a block of Mermaid."""
    lines = ["```mermaid", "flowchart TD"]
    rows = floors()
    for number, rooms in enumerate(rows):
        lines.append(f"  subgraph floor{number}[ ]")
        lines += [f"    {room.strip('_')}" for room in rooms]
        lines.append("  end")
    arrows = reduced(imports([room for rooms in rows for room in rooms]))
    lines += [f"  {one.strip('_')} --> {other.strip('_')}" for one, other in arrows]
    return "\n".join([*lines, "```", ""])


def main() -> int:
    """Write the picture, or compare it."""
    text = PAGE.read_text(encoding="utf-8")
    drawn = _PICTURE.sub(lambda _: picture(), text)
    if "--check" in sys.argv:
        return int(drawn != text)
    PAGE.write_text(drawn, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
