"""Measure what the plugin costs, side by side with doing without it.

Run it as ``python benchmarks/overhead.py`` where the plugin is installed and a Docker
Engine answers. It starts 100 containers in a Compose project of its own, and removes
them. Every pair of figures comes from runs that took turns, so that what else the
machine does falls on both.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

IMAGE = "pytest-platform-demo/busybox:latest"
PROJECT = f"pp-bench-{os.getpid()}"

IMPORT_TARGET_MS = 10.0
HEALTH_TARGET = 1.5

MODULE = """\
apiVersion: platform/v2
kind: Module
metadata:
  name: {name}
  summary: One of many.
  owner: bench
spec:
  runtime:
    compose: {{files: [../compose.yaml], project: {project}, service: {name}}}
    expected_state: running
  state: {{class: stateless}}
"""

SERVICE = """\
  {name}:
    image: {image}
    command: [sleep, infinity]
    network_mode: none
    init: true
    restart: unless-stopped
    logging: {{driver: none}}
"""

BASELINE = """\
import docker
import pytest

PROJECT = "{project}"


@pytest.fixture(scope="session", autouse=True)
def look():
    client = docker.APIClient(version="auto")
    label = "com.docker.compose.project"
    for listed in client.containers(all=True, filters={{"label": label}}):
        if listed["Labels"][label] == PROJECT:
            client.inspect_container(listed["Id"])


@pytest.mark.parametrize("number", range({count}))
def test_nothing(number):
    pass
"""

NAIVE = """\
import docker
import pytest


@pytest.mark.parametrize("number", range({count}))
def test_running(number):
    client = docker.from_env()
    container = client.containers.get(f"{project}-m-{{number:04}}-1")
    assert container.status == "running"
"""

AUDITED = """\
import os, sys
tree, opened = sys.argv[1], set()
def hook(event, args):
    if event == "open" and isinstance(args[0], str) and args[0].startswith(tree):
        opened.add(args[0])
sys.addaudithook(hook)
import pytest
code = pytest.main(sys.argv[2:])
print("opened", len(opened), file=sys.stderr)
raise SystemExit(code)
"""

QUIET = ("-q", "-p", "no:cacheprovider")


class Cost(NamedTuple):
    """What a run cost, in seconds. What else the machine does disturbs ``cpu`` less."""

    wall: float
    cpu: float


Measured = TypeVar("Measured")


def main() -> int:
    """Run what was asked for; exit 1 where a target is missed."""
    options = _options()
    met = []
    with tempfile.TemporaryDirectory(prefix="pp-bench-") as folder:
        root = Path(folder)
        met.append(measure_import(options.rounds * 3))
        met.append(measure_selection(root, options.rounds))
        if options.containers:
            met.append(measure_health(root, options.containers, options.rounds))
    return 0 if all(met) else 1


def measure_import(rounds: int) -> bool:
    """Compare ``import pytest`` with ``import pytest, pytest_platform.plugin``."""
    plain, loaded = take_turns(
        rounds,
        lambda: import_seconds("import pytest"),
        lambda: import_seconds("import pytest, pytest_platform.plugin"),
    )
    added = [1000 * (more - less) for less, more in zip(plain, loaded, strict=True)]
    cost = statistics.median(added)
    print(f"import ({rounds} pairs)")
    print(f"  pytest                  {1000 * statistics.median(plain):8.1f} ms")
    print(f"  pytest and the plugin   {1000 * statistics.median(loaded):8.1f} ms")
    return told("  added, median of pairs", cost, IMPORT_TARGET_MS, " ms")


def measure_selection(root: Path, rounds: int) -> bool:
    """Compare collecting one module of 10 with collecting one of 1,000."""
    few = make_tree(root / "few", 10, "bench")
    many = make_tree(root / "many", 1000, "bench")
    argv = ["--module", "m-0003", "--collect-only", *QUIET]
    small, large = take_turns(rounds, lambda: cost(argv, few), lambda: cost(argv, many))
    opened = [files_opened(argv, tree) for tree in (few, many)]
    print(f"collecting one module ({rounds} pairs)")
    show("of 10", small)
    show("of 1,000", large, small)
    print(f"  files of the tree opened: {opened[0]} of 10 modules, {opened[1]} of 1,000")
    return opened[0] == opened[1]


def measure_health(root: Path, count: int, rounds: int) -> bool:
    """Compare a state check per container with pytest doing nothing and the bare requests."""
    tree = make_tree(root / "health", count, PROJECT)
    baseline = make_test(root / "baseline", BASELINE, count)
    naive = make_test(root / "naive", NAIVE, count)
    ours = ["-m", "health", "--remote-mode", "local", *QUIET]
    others = ["-p", "no:platform", *QUIET]
    with deployed(tree):
        times = take_turns(
            rounds,
            lambda: cost(others, baseline),
            lambda: cost(ours, tree),
            lambda: cost(others, naive),
        )
    print(f"{count} containers, one state check each ({rounds} rounds)")
    base, mine, plain = times
    show("baseline", base)
    show("a client for each test", plain, base)
    show("the plugin", mine, base)
    return told("  ratio, median of pairs", ratio(mine, base, 0), HEALTH_TARGET, "")


def take_turns(rounds: int, *measures: Callable[[], Measured]) -> list[list[Measured]]:
    """Run the measures one after the other, ``rounds`` times, after one turn to warm up."""
    for measure in measures:
        measure()
    turns = [[measure() for measure in measures] for _ in range(rounds)]
    return [list(column) for column in zip(*turns, strict=True)]


def ratio(above: Sequence[Cost], below: Sequence[Cost], clock: int) -> float:
    """Return the median of the ratios of each pair; ``clock`` is the field of the cost."""
    return statistics.median(
        more[clock] / less[clock] for more, less in zip(above, below, strict=True)
    )


def show(name: str, costs: Sequence[Cost], base: Sequence[Cost] | None = None) -> None:
    """Print the medians of a row, and its ratios to another one."""
    wall, cpu = (1000 * statistics.median(column) for column in zip(*costs, strict=True))
    times = f"  {name:23} {wall:8.0f} ms {cpu:8.0f} ms CPU"
    ratios = f"   x {ratio(costs, base, 0):.2f}, CPU x {ratio(costs, base, 1):.2f}" if base else ""
    print(times + ratios)


def told(what: str, value: float, target: float, unit: str) -> bool:
    """Print a figure beside its target; tell whether it is met."""
    met = value <= target
    word = "met" if met else "MISSED"
    print(f"{what}  {value:8.2f}{unit}  (target {target:g}{unit}: {word})")
    return met


def import_seconds(statement: str) -> float:
    """Time an import inside a new process, so that starting Python is left out."""
    script = f"import time; began = time.perf_counter(); {statement}; "
    script += "print(time.perf_counter() - began)"
    return float(run([sys.executable, "-c", script]).stdout)


def cost(argv: Sequence[str], folder: Path) -> Cost:
    """Measure a whole run of pytest in a folder, which must pass."""
    before, began = os.times(), time.perf_counter()
    run([sys.executable, "-m", "pytest", *argv], folder)
    wall, after = time.perf_counter() - began, os.times()
    user = after.children_user - before.children_user
    return Cost(wall, user + after.children_system - before.children_system)


def files_opened(argv: Sequence[str], folder: Path) -> int:
    """Count the different files below a folder that a run of pytest opens."""
    done = run([sys.executable, "-c", AUDITED, str(folder), *argv], folder)
    return int(done.stderr.split()[-1])


def run(argv: Sequence[str], folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command; where it fails, show what it said and stop."""
    done = subprocess.run(
        argv, cwd=folder, env=environment(), capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"{' '.join(argv[:6])} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done


def environment() -> Mapping[str, str]:
    """Return the environment of the runs: compiled modules may be kept, as everywhere else."""
    unwanted = {"PYTHONDONTWRITEBYTECODE", "PYTEST_ADDOPTS"}
    return {name: value for name, value in os.environ.items() if name not in unwanted}


def make_tree(folder: Path, count: int, project: str) -> Path:
    """Write a project of ``count`` modules; return its folder."""
    names = [f"m-{number:04}" for number in range(count)]
    for name in names:
        module = folder / "modules" / name
        module.mkdir(parents=True)
        (module / "module.yaml").write_text(MODULE.format(name=name, project=project))
        (module / "runbook.md").write_text("## Purpose\n\n## Verify\n\n## Recover\n")
    services = "".join(SERVICE.format(name=name, image=IMAGE) for name in names)
    (folder / "modules" / "compose.yaml").write_text(f"services:\n{services}")
    (folder / "pytest.ini").write_text("[pytest]\n")
    return folder


def make_test(folder: Path, text: str, count: int) -> Path:
    """Write a project of one test file; return its folder."""
    folder.mkdir()
    (folder / "test_it.py").write_text(text.format(project=PROJECT, count=count))
    (folder / "pytest.ini").write_text("[pytest]\n")
    return folder


@contextlib.contextmanager
def deployed(tree: Path) -> Iterator[None]:
    """Bring the project up, and remove it again whatever happens."""
    try:
        compose(tree, "up", "--detach", "--quiet-pull")
        yield
    finally:
        compose(tree, "down", "--timeout", "0", "--volumes")


def compose(tree: Path, *words: str) -> None:
    """Run Compose on the project."""
    beside = Path(sys.executable).with_name("docker-compose")
    program = str(beside) if beside.is_file() else shutil.which("docker-compose")
    head = [program] if program else ["docker", "compose"]
    run([*head, "-p", PROJECT, "-f", str(tree / "modules" / "compose.yaml"), *words])


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=10, help="measured rounds (default: 10)")
    parser.add_argument(
        "--containers", type=int, default=100, help="how many; 0 leaves the Engine alone"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
