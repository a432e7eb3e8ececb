"""Change the source in small ways, one at a time, and count the changes that no test notices.

    python benchmarks/mutation.py [TARGET...] [--jobs N] [--sample N | --part I/N] [--list]

cosmic-ray makes the mutants. For each, a fork of this process imports the package with the one
changed file and runs the fast tests of it. A survivor that changes no behaviour is explained in
`mutants.yaml`; any other one, or a score below the floor, fails. Generated cases are the same at
each run.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from types import CodeType
from typing import Any, Final

import hypothesis
import pytest
import yaml
from cosmic_ray.ast import Visitor, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names

ROOT: Final = Path(__file__).resolve().parents[1]
PACKAGE: Final = ROOT / "src" / "pytest_platform"
FLOOR: Final = 95.0
SECONDS: Final = 120
"""A mutant that has not ended then runs for ever: that was noticed, too."""
EXAMPLES: Final = "300"
JUDGE: Final = (
    "check", "compare", "deployed", "describe", "evidence", "fields", "findings", "left_over",
    "rights", "top_level",
)  # fmt: skip
TARGETS: Final = {
    "state": (["state/table.py"], ["test_state_judge", "test_fleet"]),
    "guard": (["change/guard.py", "change/conditions.py"], ["test_guard", "test_plan"]),
    "faults": (["run/faults.py"], ["test_fault_owners"]),
    "drift": (
        [f"checks/drift/{name}.py" for name in JUDGE],
        [
            *("test_drift_fields", "test_drift_top_level", "test_drift_deployed", "test_drift"),
            *("test_drift_check", "test_config_hash", "test_compose_there", "test_podman"),
        ],
    ),
}


@dataclass(frozen=True)
class Mutant:
    """One changed file, and the lines that differ."""

    file: str
    text: str
    number: int
    line: str
    became: str

    @property
    def key(self) -> tuple[str, str, str]:
        """What is the same when lines above it come and go."""
        return self.file, self.line, self.became


class _Loader(SourceFileLoader):
    def __init__(self, name: str, path: str, text: str) -> None:
        super().__init__(name, path)
        self._text = text

    def get_code(self, _fullname: str) -> CodeType:
        code: CodeType = compile(self._text, self.path, "exec", dont_inherit=True)
        return code


class _Finder:
    """Finds the one module that is changed."""

    def __init__(self, mutant: Mutant) -> None:
        self._mutant = mutant
        words = Path(mutant.file).with_suffix("").parts
        self._name = ".".join(("pytest_platform", *words))

    def find_spec(self, fullname: str, *_: Any) -> ModuleSpec | None:
        if fullname != self._name:
            return None
        path = str(PACKAGE / self._mutant.file)
        loader = _Loader(fullname, path, self._mutant.text)
        return spec_from_file_location(fullname, path, loader=loader)


class _Profile:
    """Generates the same cases for each mutant, and makes none of them smaller."""

    def pytest_configure(self) -> None:
        hypothesis.settings.register_profile(
            "mutation",
            derandomize=True,
            database=None,
            deadline=None,
            phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
            suppress_health_check=list(hypothesis.HealthCheck),
        )
        hypothesis.settings.load_profile("mutation")


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
    return Mutant(file, text, number, line.strip(), became.strip())


def survives(mutant: Mutant | None, tests: Sequence[str]) -> int:
    """Run the tests in a fork; return its process id. It ends with 0 where nothing failed."""
    pid = os.fork()
    if pid:
        return pid
    signal.alarm(SECONDS)
    null = os.open(os.devnull, os.O_RDWR)
    if mutant:
        os.dup2(null, 1)
        os.dup2(null, 2)
        sys.meta_path.insert(0, _Finder(mutant))
    files = [f"tests/unit/{name}.py" for name in tests]
    words = ["-x", "-q", "-p", "no:cacheprovider", "-o", "timeout=0", "-p", "pytest_timeout"]
    code = 3
    try:
        code = pytest.main([*words, *files], plugins=[_Profile()])
    finally:
        os._exit(int(code))


def run_all(found: Sequence[Mutant], tests: Sequence[str], jobs: int) -> Iterator[Mutant]:
    """Yield the mutants that no test notices."""
    waiting, running = list(reversed(found)), dict[int, Mutant]()
    while waiting or running:
        while waiting and len(running) < jobs:
            mutant = waiting.pop()
            running[survives(mutant, tests)] = mutant
        pid, status = os.wait()
        mutant = running.pop(pid)
        if status == 0:
            yield mutant


def preload() -> None:
    """Import what the package needs, and not the package."""
    sys.path[:0] = [str(ROOT / "tests"), str(PACKAGE.parent)]
    for name in ("plugin.session", "change.guard", "checks.registry", "change.backup"):
        importlib.import_module(f"pytest_platform.{name}")
    for name in [name for name in sys.modules if name.split(".")[0] == "pytest_platform"]:
        del sys.modules[name]


def explained() -> dict[tuple[str, str, str], str]:
    """Return why each known survivor changes nothing."""
    rows = yaml.safe_load((Path(__file__).with_name("mutants.yaml")).read_text("utf-8"))
    return {(row["file"], row["line"], row["became"]): row["why"] for row in rows}


def chosen(target: str, sample: int | None, part: tuple[int, int]) -> list[Mutant]:
    """Return the mutants of a target: a random ``sample``, the same each time, or a ``part``."""
    found = [mutant for file in TARGETS[target][0] for mutant in mutants(file)]
    if sample is not None:
        found = random.Random(0).sample(found, min(sample, len(found)))  # noqa: S311 - no secret
    first, parts = part
    return found[first - 1 :: parts]


def measure(target: str, found: Sequence[Mutant], jobs: int) -> bool:
    """Print the score of a target and its survivors; return whether all is as it should be."""
    tests = TARGETS[target][1]
    _, status = os.waitpid(survives(None, tests), 0)
    assert status == 0, f"{target}: its tests fail without a change"
    known, start, open_ = explained(), time.monotonic(), []
    same = 0
    for mutant in run_all(found, tests, jobs):
        if mutant.key in known:
            same += 1
            continue
        open_.append(mutant)
        print(
            f"survived: {mutant.file}:{mutant.number}\n  - {mutant.line}\n  + {mutant.became}",
            flush=True,
        )
    killed = len(found) - same - len(open_)
    score = 100 * killed / max(1, len(found) - same)
    seconds = time.monotonic() - start
    print(
        f"{target}: {score:.1f} % of {len(found) - same} mutants are noticed; "
        f"{same} more change nothing ({seconds:.0f} s)",
        flush=True,
    )
    return score >= FLOOR and not open_


def main() -> None:
    """Measure the chosen targets."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"of {', '.join(TARGETS)}")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--sample", type=int, metavar="N", help="run N mutants of each target")
    parser.add_argument("--part", metavar="I/N", default="1/1", help="run the I-th of N parts")
    parser.add_argument("--list", action="store_true", help="count the mutants, run none")
    options = parser.parse_args()
    os.chdir(ROOT)
    os.environ.update(PYTEST_DISABLE_PLUGIN_AUTOLOAD="1", PLATFORM_EXAMPLES=EXAMPLES)
    targets = options.targets or list(TARGETS)
    if options.list:
        for target in targets:
            print(target, sum(1 for file in TARGETS[target][0] for _ in mutants(file)))
        return
    first, parts = map(int, options.part.split("/"))
    preload()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = folder
        good = [
            measure(target, chosen(target, options.sample, (first, parts)), options.jobs)
            for target in targets
        ]
    sys.exit(not all(good))


if __name__ == "__main__":
    main()
