"""Which modules a file of tests is marked for, without importing it."""

from __future__ import annotations

import ast
from collections.abc import Collection
from pathlib import Path

from pytest_platform.reading import read_bytes
from pytest_platform.selection.touched import EVERY


def modules_of(file: Path) -> Collection[str]:
    """Return the names in the marks ``module(...)`` of a file.

    ``EVERY`` where they cannot be told: it is no file of tests, a name is not written out,
    or it is not Python. Nothing where the file is gone: its tests are, too.
    """
    if not file.is_file():
        return frozenset()
    if not (file.name.startswith("test_") or file.stem.endswith("_test")):
        return {EVERY}
    try:
        tree = ast.parse(read_bytes(file))
    except (OSError, SyntaxError, ValueError, RecursionError):
        return {EVERY}
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and _marks(node.func)]
    return {_name(argument) for call in calls for argument in call.args}


def _marks(function: ast.expr) -> bool:
    return (
        isinstance(function, ast.Attribute)
        and function.attr == "module"
        and ast.unparse(function.value).rpartition(".")[2] == "mark"
    )


def _name(argument: ast.expr) -> str:
    if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
        return argument.value
    return EVERY
