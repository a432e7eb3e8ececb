"""All problems of a module's file, in the order of its lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from itertools import islice
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

from pytest_platform.errors import Problem
from pytest_platform.module.complaint import Fault, SchemaContext, complaint, label
from pytest_platform.module.faults import explain
from pytest_platform.module.forms import Base
from pytest_platform.module.places import ModuleSource, Path_
from pytest_platform.module.probes import Kinds, ProbeRefused, convert
from pytest_platform.module.schema import module_schema

MAX_PROBLEMS = 100


def diagnose(source: ModuleSource, kinds: Kinds) -> tuple[Problem, ...]:
    """Return a problem for all that the schema or a probe refuses, ordered by line."""
    faults = list(islice(_unique(_faults(source, kinds)), MAX_PROBLEMS + 1))
    shown = sorted(faults[:MAX_PROBLEMS], key=lambda fault: _order(source, fault))
    problems = [source.problem(fault.message, fault.path, key=fault.key) for fault in shown]
    if len(faults) > MAX_PROBLEMS:
        problems.append(source.problem(f"more than {MAX_PROBLEMS} problems; the rest is not shown"))
    return tuple(problems)


def _unique(faults: Iterable[Fault]) -> Iterator[Fault]:
    seen: set[Fault] = set()
    for fault in faults:
        if fault not in seen:
            seen.add(fault)
            yield fault


def _order(source: ModuleSource, fault: Fault) -> tuple[int, int, str]:
    span = source.span(fault.path, key=fault.key)
    return span.line, span.column, fault.message


def _faults(source: ModuleSource, kinds: Kinds) -> Iterator[Fault]:
    context, validator = _checker(tuple(kinds.items()))
    bad: set[Path_] = set()
    for error in validator.iter_errors(source.data):
        path = tuple(error.absolute_path)
        bad.update(path[:length] for length in range(len(path) + 1))
        yield from explain(complaint(error, context))
    for path, value, kind in _specs(source.data, kinds):
        if path not in bad:
            yield from _own_rules(path, value, kind)


@cache
def _checker(
    kinds: tuple[tuple[str, type[Base]], ...],
) -> tuple[SchemaContext, Draft202012Validator]:
    """Return what checks modules; making it takes longer than to check one."""
    schema = module_schema(dict(kinds))
    checker = Draft202012Validator(schema, format_checker=FormatChecker(["date"]))
    return SchemaContext.of(schema), checker


def _own_rules(path: Path_, value: Any, kind: type[Base]) -> Iterator[Fault]:
    """Yield what a kind refuses although the schema accepts it."""
    try:
        convert(value, kind, path)
    except ProbeRefused as refused:
        yield Fault(refused.path, f"{label(refused.path)}: {refused}", key=True)


def _specs(data: Any, kinds: Kinds) -> Iterator[tuple[Path_, Any, type[Base]]]:
    """Yield the body of every probe of a known kind, whatever else is wrong."""
    spec = _mapping(_mapping(data).get("spec"))
    for group in ("health", "smoke"):
        probes = spec.get(group)
        for index, probe in enumerate(probes if isinstance(probes, list) else ()):
            for key, value in _mapping(probe).items():
                if key in kinds:
                    yield ("spec", group, index, key), value, kinds[key]


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
