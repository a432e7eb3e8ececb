"""A layered layout of a graph: what needs something stands left of it. Pure.

The steps are those of Sugiyama: cycles are opened, each node gets a layer, long edges get a
place in each layer that they cross, and the nodes of a layer are sorted so that few edges cross.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Final

from msgspec import Struct

_SWEEPS: Final = 12

Node = str | tuple[str, str, int]
"""A name; or, where a long edge crosses a layer, the two names and the layer."""
Edge = tuple[str, str]


class Layout(Struct, frozen=True):
    """``places`` are layer and row of each node; rows may be halves. ``paths`` join nodes."""

    places: Mapping[Node, tuple[int, float]]
    paths: Mapping[Edge, Sequence[Node]]

    @property
    def layers(self) -> int:
        """How many layers there are."""
        return 1 + max((layer for layer, _ in self.places.values()), default=-1)

    @property
    def rows(self) -> float:
        """How many rows the longest layer has."""
        return 1 + max((row for _, row in self.places.values()), default=-1.0)


def layout(needs: Mapping[str, Sequence[str]]) -> Layout:
    """Lay a graph out; every name that is needed is a key, too."""
    forward = _without_cycles(needs)
    layer = _layers(forward)
    paths: dict[Edge, list[Node]] = {}
    for source, targets in needs.items():
        for target in targets:
            # An edge that closes a cycle is laid as if it went the other way.
            back = target not in forward[source]
            ends = (target, source) if back else (source, target)
            path = list(_path(*ends, layer))
            paths[source, target] = path[::-1] if back else path
    return Layout(_placed(layer, list(paths.values())), paths)


def _without_cycles(needs: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Return the graph without the edges that lead back to where one came from."""
    forward: dict[str, list[str]] = {name: [] for name in needs}
    open_: set[str] = set()
    done: set[str] = set()
    for root in needs:
        walk = [(root, iter(needs[root]))] if root not in done else []
        open_.update(name for name, _ in walk)
        while walk:
            name, targets = walk[-1]
            target = next(targets, None)
            if target is None:
                walk.pop()
                open_.discard(name)
                done.add(name)
            elif target not in open_:
                forward[name].append(target)
                if target not in done:
                    open_.add(target)
                    walk.append((target, iter(needs[target])))
    return forward


def _layers(forward: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """Return the layer of each name: one right of all that need it, and as far right as it may."""
    depth: dict[str, int] = {}
    for name in _needed_first(forward):
        depth[name] = max((depth[one] + 1 for one in forward[name]), default=0)
    deepest = max(depth.values(), default=0)
    return {name: deepest - one for name, one in depth.items()}


def _needed_first(forward: Mapping[str, Sequence[str]]) -> Iterator[str]:
    done: set[str] = set()
    for root in forward:
        walk = [root]
        while walk:
            missing = [one for one in forward[walk[-1]] if one not in done]
            if missing:
                walk.append(missing[0])
                continue
            name = walk.pop()
            if name not in done:
                done.add(name)
                yield name


def _path(source: str, target: str, layer: Mapping[str, int]) -> Iterator[Node]:
    yield source
    for crossed in range(layer[source] + 1, layer[target]):
        yield source, target, crossed
    yield target


def _placed(
    layer: Mapping[str, int], paths: Sequence[Sequence[Node]]
) -> dict[Node, tuple[int, float]]:
    """Sort the nodes of each layer by the middle of their neighbours, forth and back."""
    layers = _in_layers(layer, paths)
    beside = _neighbours(layers, paths)
    best, least = [list(one) for one in layers], _crossings(layers, beside)
    for sweep in range(_SWEEPS):
        for index in range(len(layers)) if sweep % 2 == 0 else reversed(range(len(layers))):
            _sort(layers, index, -1 if sweep % 2 == 0 else 1, beside)
        if (crossings := _crossings(layers, beside)) < least:
            best, least = [list(one) for one in layers], crossings
    rows = _aligned(best, beside)
    return {node: (index, rows[node]) for index, nodes in enumerate(best) for node in nodes}


def _aligned(layers: Sequence[Sequence[Node]], beside: Neighbours) -> dict[Node, float]:
    """Return rows that keep the order of each layer and make edges as level as may be."""
    rows = {node: float(row) for nodes in layers for row, node in enumerate(nodes)}
    for sweep in range(_SWEEPS):
        for nodes in layers if sweep % 2 else reversed(layers):
            wanted = []
            for node in nodes:
                near = [rows[one] for side in beside[node].values() for one in side]
                wanted.append(sum(near) / len(near) if near else rows[node])
            rows.update(zip(nodes, _apart(wanted), strict=True))
    top = min(rows.values(), default=0.0)
    return {node: round(row - top, 2) for node, row in rows.items()}


def _apart(wanted: Sequence[float]) -> list[float]:
    """Return rows at least 1 apart, and as near as may be to what is wanted (least squares)."""
    blocks: list[list[float]] = []
    for index, one in enumerate(wanted):
        blocks.append([one - index])
        while len(blocks) > 1 and _mean(blocks[-2]) > _mean(blocks[-1]):
            blocks[-2:] = [blocks[-2] + blocks[-1]]
    flat = [_mean(block) for block in blocks for _ in block]
    return [index + one for index, one in enumerate(flat)]


def _mean(numbers: Sequence[float]) -> float:
    return sum(numbers) / len(numbers)


def _in_layers(layer: Mapping[str, int], paths: Sequence[Sequence[Node]]) -> list[list[Node]]:
    layers: list[list[Node]] = [[] for _ in range(1 + max(layer.values(), default=-1))]
    for name, index in layer.items():
        layers[index].append(name)
    for path in paths:
        for node in path:
            if isinstance(node, tuple):
                layers[node[2]].append(node)
    return layers


Neighbours = Mapping[Node, Mapping[int, Sequence[Node]]]
"""The neighbours of a node in the layer left (-1) and right (1) of it."""


def _neighbours(layers: Sequence[Sequence[Node]], paths: Sequence[Sequence[Node]]) -> Neighbours:
    index = {node: at for at, nodes in enumerate(layers) for node in nodes}
    beside: dict[Node, dict[int, list[Node]]] = {node: {-1: [], 1: []} for node in index}
    for path in paths:
        for first, second in pairwise(path):
            side = 1 if index[second] > index[first] else -1
            beside[first][side].append(second)
            beside[second][-side].append(first)
    return beside


def _sort(layers: list[list[Node]], index: int, side: int, beside: Neighbours) -> None:
    if not 0 <= index + side < len(layers):
        return
    rows = {node: row for row, node in enumerate(layers[index + side])}
    # Layers are of different lengths: what counts is where in its layer a node stands.
    scale = len(layers[index]) / (len(rows) or 1)
    middle: dict[Node, float] = {}
    for row, node in enumerate(layers[index]):
        near = [rows[one] for one in beside[node][side]]
        middle[node] = (sum(near) / len(near) + 0.5) * scale - 0.5 if near else float(row)
    layers[index].sort(key=middle.__getitem__)


def _crossings(layers: Sequence[Sequence[Node]], beside: Neighbours) -> int:
    total = 0
    for left, right in pairwise(layers):
        rows = {node: row for row, node in enumerate(right)}
        ends = [row for node in left for row in sorted(rows[one] for one in beside[node][1])]
        total += sum(first > second for at, first in enumerate(ends) for second in ends[at + 1 :])
    return total
