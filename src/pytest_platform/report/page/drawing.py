"""The graph of modules as shapes of SVG, and the same in words. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Final

from msgspec import UNSET, Struct

from pytest_platform.report.fit import cut, one_line
from pytest_platform.report.module_report import ModuleReport
from pytest_platform.report.page.graph import Layout, Node, layout

MOST: Final = 120
"""Modules of a graph that people can still read; of more, those that are not well are drawn."""
WIDTH: Final = 172
HEIGHT: Final = 30
_ACROSS: Final = WIDTH + 76
_DOWN: Final = 42
_MARGIN: Final = 6
_LETTERS: Final = 20
_BAD: Final = frozenset({"failed", "error"})
ABSENT: Final = "absent"
"""What stands for the verdict of a module that is needed and took no part in the run."""


class DrawnModule(Struct, frozen=True):
    """A box; ``x`` and ``y`` are its upper left corner. ``label`` is read out."""

    name: str
    shown: str
    verdict: str
    label: str
    x: float
    y: float


class DrawnEdge(Struct, frozen=True):
    """A line and its arrowhead as paths; ``kind`` are words for the style sheet."""

    kind: str
    line: str
    head: str


class GraphPicture(Struct, frozen=True):
    """The picture; ``apart`` are modules that need nothing and that nothing needs."""

    width: float
    height: float
    boxes: Sequence[DrawnModule]
    edges: Sequence[DrawnEdge]
    apart: Sequence[str]
    left_out: int


def needs_of(module: ModuleReport) -> dict[str, str]:
    """Return what a module stands on, each with how: ``requires`` or ``owner``."""
    owner = {} if module.owner is UNSET else {module.owner: "owner"}
    required = () if module.requires is UNSET else module.requires
    needs = {**owner, **{name: "requires" for name in required if name not in owner}}
    return {name: how for name, how in needs.items() if name not in {"", module.name}}


def drawn(modules: Sequence[ModuleReport]) -> GraphPicture:
    """Draw the graph of all modules, or of what matters where there are too many of them."""
    needs = {one.name: needs_of(one) for one in modules}
    verdicts = {one.name: str(one.verdict) for one in modules}
    joined = {name for source, to in needs.items() if to for name in (source, *to)}
    kept = joined if len(joined) <= MOST else _not_well(needs, verdicts)
    if len(kept) > MOST:
        kept = set()
    graph = {name: [to for to in needs.get(name, ()) if to in kept] for name in sorted(kept)}
    placed = layout(graph)
    return GraphPicture(
        width=2 * _MARGIN + placed.layers * _ACROSS - (_ACROSS - WIDTH),
        height=2 * _MARGIN + (placed.rows - 1) * _DOWN + HEIGHT,
        boxes=list(_boxes(placed, needs, verdicts)),
        edges=list(_edges(placed, needs, verdicts)),
        apart=[name for name in needs if name not in joined],
        left_out=len(joined) - len(kept),
    )


def _not_well(needs: Mapping[str, Mapping[str, str]], verdicts: Mapping[str, str]) -> set[str]:
    """Return the modules that are not well, with what they need and what needs them."""
    bad = {name for name, verdict in verdicts.items() if verdict in _BAD}
    near = {name for source, to in needs.items() if source in bad for name in to}
    above = {source for source, to in needs.items() if bad.intersection(to)}
    return (bad & (near | above | {one for one in bad if needs[one]})) | near | above


def _boxes(
    placed: Layout, needs: Mapping[str, Mapping[str, str]], verdicts: Mapping[str, str]
) -> Iterator[DrawnModule]:
    for name, (layer, row) in placed.places.items():
        if not isinstance(name, str):
            continue
        verdict = verdicts.get(name, ABSENT)
        said = verdict if name in verdicts else "took no part in this run"
        yield DrawnModule(
            name=name,
            shown=cut(one_line(name), _LETTERS),
            verdict=verdict,
            label=f"{one_line(name)}: {said}{_in_words(needs.get(name, {}))}",
            x=_MARGIN + layer * _ACROSS,
            y=round(_MARGIN + row * _DOWN, 1),
        )


def _in_words(needs: Mapping[str, str]) -> str:
    owners = [f"changes data of {name}" for name, how in needs.items() if how == "owner"]
    required = [name for name, how in needs.items() if how == "requires"]
    listed = [f"requires {', '.join(required)}"] if required else []
    return "".join(f"; {one}" for one in (*owners, *listed))


def _edges(
    placed: Layout, needs: Mapping[str, Mapping[str, str]], verdicts: Mapping[str, str]
) -> Iterator[DrawnEdge]:
    for (source, target), path in placed.paths.items():
        bad = " bad" if verdicts.get(target) in _BAD else ""
        corners = [_corner(placed, node) for node in path]
        forward = corners[-1][0] > corners[0][0]
        line, end = _line(corners, 1 if forward else -1)
        head = f"M{_pair(*end)}l{'-8' if forward else '8'} -4.5v9z"
        yield DrawnEdge(needs[source][target] + bad, line, head)


def _corner(placed: Layout, node: Node) -> tuple[float, float]:
    layer, row = placed.places[node]
    return _MARGIN + layer * _ACROSS, _MARGIN + row * _DOWN + HEIGHT / 2


def _line(corners: Sequence[tuple[float, float]], way: int) -> tuple[str, tuple[float, float]]:
    """Return a path from box to box, level where it passes a layer, and where it ends."""
    leaves, enters = (WIDTH, 0) if way > 0 else (0, WIDTH)
    parts = [f"M{_pair(corners[0][0] + leaves, corners[0][1])}"]
    end = corners[0]
    for (left, above), (right, below) in pairwise(corners):
        start, end = left + leaves, (right + enters, below)
        middle = (start + end[0]) / 2
        parts.append(f"C{_pair(middle, above)} {_pair(middle, below)} {_pair(*end)}")
        if (right, below) != corners[-1]:
            parts.append(f"H{right + leaves:.0f}")
    return "".join(parts), end


def _pair(x: float, y: float) -> str:
    return f"{x:.0f} {y:.0f}"
