"""The small changes of a source file, each another program than the file, and which are explained.

cosmic-ray makes them; those that only change types, docstrings or the like are left out.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml
from cosmic_ray.ast import Visitor, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names

ROOT: Final = Path(__file__).resolve().parents[1]
PACKAGE: Final = ROOT / "src" / "pytest_platform"


@dataclass(frozen=True)
class Mutant:
    """One changed file, and the lines that differ."""

    file: str
    text: str
    number: int
    line: str
    became: str
    statement: range
    """The lines of the smallest statement with the change; none where it runs at import."""

    @property
    def key(self) -> tuple[str, str, str]:
        """What is the same when lines above it come and go."""
        return self.file, self.line, self.became


def mutants(file: str) -> Iterator[Mutant]:
    """Yield each mutant of a file that is another program, and each program once."""
    source = (PACKAGE / file).read_text(encoding="utf-8")
    seen, tree = {_meaning(source)}, get_ast(source)
    for operator in _operators():
        for occurrence in range(_Places.of(operator, tree)):
            text = str(mutate_code(source, operator, occurrence))
            try:
                meaning = _meaning(text)
            except SyntaxError:
                continue
            if meaning not in seen:
                seen.add(meaning)
                yield _mutant(file, source, text)


class _Places(Visitor):  # type: ignore[misc]
    """Counts where an operator applies."""

    def __init__(self, operator: Any) -> None:
        self._operator = operator
        self.count = 0

    def visit(self, node: Any) -> Any:
        self.count += sum(1 for _ in self._operator.mutation_positions(node))
        return node

    @classmethod
    def of(cls, operator: Any, tree: Any) -> int:
        places = cls(operator)
        places.walk(tree)
        return places.count


def _operators() -> Iterator[Any]:
    for name in sorted(operator_names()):
        with suppress(TypeError):  # of those that need to be told what to look for
            yield get_operator(name)()


_OF_MEMBERS: Final[dict[type[ast.cmpop], type[ast.cmpop]]] = {ast.Is: ast.Eq, ast.IsNot: ast.NotEq}
"""A member of an enum equals itself alone."""


def _meaning(source: str) -> str:
    """Return a program without its types and docstrings, which do nothing when it runs."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef():
                node.returns = None
            case ast.arg():
                node.annotation = None
            case ast.AnnAssign():
                node.annotation = ast.Constant(None)
            case ast.Assign(targets=[ast.Name(id)]) if id[0].isupper() and _is_type(node.value):
                node.value = ast.Constant(None)
            case ast.keyword(arg="frozen" | "slots"):  # mypy sees who writes to such a value
                node.value = ast.Constant(None)
            case ast.Compare(ops=[operator], comparators=[right]) if _is_member(right):
                node.ops = [_OF_MEMBERS.get(type(operator), type(operator))()]
    return ast.unparse(tree)


def _is_type(node: ast.expr) -> bool:
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr | ast.BitAnd)


def _is_member(node: ast.expr) -> bool:
    match node:
        case ast.Attribute(value=ast.Name(enum)):
            return enum[0].isupper()
    return False


def _mutant(file: str, source: str, text: str) -> Mutant:
    before, after = source.splitlines(), text.splitlines()
    pairs = enumerate(zip(before, after, strict=False), 1)
    number, (line, became) = next(one for one in pairs if one[1][0] != one[1][1])
    return Mutant(file, text, number, line.strip(), became.strip(), _statement(source, number))


def _statement(source: str, number: int) -> range:
    around = [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.stmt) and number in _lines(node)
    ]
    if not any(isinstance(node, ast.FunctionDef) for node in around):
        return range(0)
    return min(map(_lines, around), key=len)


def _lines(node: ast.stmt) -> range:
    return range(node.lineno, (node.end_lineno or node.lineno) + 1)


def explained() -> dict[tuple[str, str, str], str]:
    """Return why each known survivor changes nothing."""
    rows = yaml.safe_load((Path(__file__).with_name("mutants.yaml")).read_text("utf-8"))
    return {(row["file"], row["line"], row["became"]): row["why"] for row in rows}
