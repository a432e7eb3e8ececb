"""Change the source in small ways, one at a time, and count the changes that no test notices.

    python benchmarks/mutation.py [TARGET...] [--jobs N] [--sample N | --part I/N] [--list]

For each mutant, a fork of this process imports the package with the one changed file and runs the
tests that reach the changed statement; where none fails, all tests of the target. A survivor that
changes no behaviour is explained in `mutants.yaml`; any other one, or a score below the floor,
fails. Generated cases are the same at each run.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, cast

import pytest
from mutant_tests import Only, Reaching, run
from mutants import PACKAGE, ROOT, Mutant, explained, mutants

FLOOR: Final = 95.0
CASES: Final = "1000"
UNNOTICED: Final = (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)
JUDGE: Final = (
    "check", "compare", "deployed", "describe", "evidence", "fields", "findings", "left_over",
    "rights", "top_level",
)  # fmt: skip
TARGETS: Final = {
    "state": (["state/table.py"], ["test_state_judge", "test_fleet"]),
    "guard": (
        ["change/guard.py", "change/conditions.py"],
        ["test_guard", "test_fuzz_guard", "test_plan"],
    ),
    "faults": (["run/faults.py"], ["test_fault_owners"]),
    "drift": (
        [f"checks/drift/{name}.py" for name in JUDGE],
        [
            *("test_drift_fields", "test_drift_top_level", "test_drift_deployed", "test_drift"),
            *("test_drift_check", "test_config_hash", "test_compose_there", "test_podman"),
        ],
    ),
}


def reaching(target: str, folder: Path) -> Mapping[str, list[str]]:
    """Run the tests of a target on the source as it is; return which of them reach each line."""
    into = folder / "reached.json"
    files, tests = TARGETS[target]
    _, status = os.waitpid(run(map(_path, tests), None, Reaching(files, into)), 0)
    assert status == 0, f"{target}: its tests fail without a change"
    return cast("Mapping[str, list[str]]", json.loads(into.read_text()))


def _path(test: str) -> str:
    return f"tests/unit/{test}.py"


def judged(mutant: Mutant, tests: Sequence[str], reached: Mapping[str, list[str]]) -> int:
    """Judge a mutant in a fork; return its process id. It ends with 0 where no test fails."""
    pid = os.fork()
    if pid:
        return pid
    places = (f"{mutant.file}:{line}" for line in mutant.statement)
    ids = frozenset(one for place in places for one in reached.get(place, ()))
    turns = [(list(map(_path, tests)), frozenset[str]())]
    if ids:
        turns.insert(0, (sorted({one.partition("::")[0] for one in ids}), ids))
    for files, only in turns:
        _, status = os.waitpid(run(files, mutant, *([Only(only)] if only else ())), 0)
        if os.waitstatus_to_exitcode(status) not in UNNOTICED:
            os._exit(1)
    os._exit(0)


def unnoticed(
    found: Sequence[Mutant], tests: Sequence[str], reached: Mapping[str, list[str]], jobs: int
) -> Iterator[Mutant]:
    """Yield the mutants that no test notices."""
    waiting, running = list(reversed(found)), dict[int, Mutant]()
    while waiting or running:
        while waiting and len(running) < jobs:
            mutant = waiting.pop()
            running[judged(mutant, tests, reached)] = mutant
        pid, status = os.wait()
        mutant = running.pop(pid)
        if status == 0:
            yield mutant
        done = len(found) - len(waiting) - len(running)
        if done % 50 == 0:
            print(f"{done} of {len(found)}", file=sys.stderr, flush=True)


def preload() -> None:
    """Import what the package needs, and not the package."""
    # Else each fork would compile the package and the tests again.
    sys.dont_write_bytecode = False
    sys.path[:0] = [str(ROOT / "tests"), str(PACKAGE.parent)]
    for name in ("plugin.session", "change.guard", "checks.registry", "change.backup"):
        importlib.import_module(f"pytest_platform.{name}")
    for name in [name for name in sys.modules if name.split(".")[0] == "pytest_platform"]:
        del sys.modules[name]


def chosen(target: str, sample: int | None, part: tuple[int, int]) -> list[Mutant]:
    """Return the mutants of a target, a ``sample`` or ``part`` of them, in an order by chance.

    The order is the same each time; a run that is ended early has seen some of all files.
    """
    found = [mutant for file in TARGETS[target][0] for mutant in mutants(file)]
    count = len(found) if sample is None else min(sample, len(found))
    found = random.Random(0).sample(found, count)  # noqa: S311 - no secret
    first, parts = part
    return found[first - 1 :: parts]


def measure(target: str, found: Sequence[Mutant], jobs: int, folder: Path) -> bool:
    """Print the score of a target and its survivors; return whether all is as it should be."""
    start, known, open_ = time.monotonic(), explained(), []
    changing = [mutant for mutant in found if mutant.key not in known]
    same = len(found) - len(changing)
    for mutant in unnoticed(changing, TARGETS[target][1], reaching(target, folder), jobs):
        open_.append(mutant)
        print(
            f"survived: {mutant.file}:{mutant.number}\n  - {mutant.line}\n  + {mutant.became}",
            flush=True,
        )
    score = 100 * (1 - len(open_) / max(1, len(changing)))
    seconds = time.monotonic() - start
    print(
        f"{target}: {score:.1f} % of {len(changing)} mutants are noticed; "
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
    os.environ.update(PYTEST_DISABLE_PLUGIN_AUTOLOAD="1", PLATFORM_FUZZ=CASES)
    targets = options.targets or list(TARGETS)
    if options.list:
        for target in targets:
            print(target, sum(1 for file in TARGETS[target][0] for _ in mutants(file)))
        return
    first, parts = map(int, options.part.split("/"))
    preload()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = folder
        good = []
        for target in targets:
            found = chosen(target, options.sample, (first, parts))
            good.append(measure(target, found, options.jobs, Path(folder)))
    sys.exit(not all(good))


if __name__ == "__main__":
    main()
