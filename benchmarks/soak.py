"""Run the main job again and again on a live stack, and tell what grows and what is left.

    benchmarks/soak.py [RUNS]

Two ways: one long-lived process that runs pytest each time, in which memory, descriptors and
threads could grow, and a process for each run, of which the peak of memory counts. Beside the
first stands pytest alone in such a process, since pytest keeps something of each run, too.
"""

from __future__ import annotations

import contextlib
import io
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker
import projects
import pytest

WARM_UP = 10
LIVE = ("-q", "-p", "no:cacheprovider", "-p", "pytest_platform.plugin", "--remote-mode=local")
PLAIN = ("-q", "-p", "no:cacheprovider", "unrelated")
MODULES = 5


@dataclass(frozen=True)
class Sample:
    """One look at this process: memory in KiB."""

    memory: int
    descriptors: int
    threads: int
    children: int


def main() -> int:
    """Print the table; the exit code is 1 where something is left, or a run failed."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    os.environ["PYTHONDONTWRITEBYTECODE"] = os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    with tempfile.TemporaryDirectory(prefix="pp-soak-") as folder:
        root, temporary = Path(folder, "tree"), Path(folder, "tmp")
        temporary.mkdir()
        os.environ["TMPDIR"] = tempfile.tempdir = str(temporary)
        with live_stack(root):
            before = parts()
            for name, words in (("the plugin", LIVE), ("pytest alone", PLAIN)):
                say(told(name, in_one_process(root, words, runs)))
            say(in_processes(root, max(1, runs // 10)))
            left = parts() ^ before
        files = sorted(one.name for one in temporary.iterdir())
    say([f"containers, networks, volumes left: {sorted(left) or 'none'}"])
    say([f"temporary files and sockets left: {files or 'none'}"])
    return 1 if left or files else 0


def say(lines: Iterable[str]) -> None:
    """Print lines at once: a run takes long."""
    for line in lines:
        sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


@contextlib.contextmanager
def live_stack(root: Path) -> Iterator[None]:
    """Start containers that stay as they are, and a folder with one test beside them."""
    names = projects.names_of(MODULES)
    for name in names:
        projects.module(root / "modules" / name, probes=1)
    text = "services:\n" + "".join(map(projects.service, names))
    (root / "modules" / "compose.yaml").write_text(text, encoding="utf-8")
    (root / "unrelated").mkdir()
    (root / "unrelated" / "test_it.py").write_text("def test_it(): pass\n", encoding="utf-8")
    (root / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    compose = ("docker-compose", "-p", projects.PROJECT, "-f", "modules/compose.yaml")
    subprocess.run([*compose, "up", "-d"], cwd=root, check=True, capture_output=True)
    try:
        yield
    finally:
        subprocess.run([*compose, "down", "-t", "0"], cwd=root, check=True, capture_output=True)


def parts() -> set[str]:
    """Name all containers, networks and volumes of projects that the plugin or this has made."""
    label = {"label": "com.docker.compose.project"}
    with contextlib.closing(docker.from_env().api) as engine:
        mine = (projects.PROJECT, "pytest-platform-")
        named = [one["Names"][0][1:] for one in engine.containers(all=True, filters=label)]
        named += [one["Name"] for one in engine.networks(filters=label)]
        named += [one["Name"] for one in engine.volumes(filters=label)["Volumes"] or ()]
        return {name for name in named if name.startswith(mine)}


def in_one_process(root: Path, words: Sequence[str], runs: int) -> list[Sample]:
    """Run pytest in this process again and again; one sample after each run."""
    os.chdir(root)
    samples: list[Sample] = []
    for _ in range(runs + WARM_UP):
        with contextlib.redirect_stdout(io.StringIO()) as said:
            code = pytest.main(list(words))
        assert code == 0, said.getvalue()
        samples.append(sample())
    os.chdir("/")
    return samples[WARM_UP:]


def sample() -> Sample:
    """Look at this process."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    return Sample(
        int(status["VmRSS"].split()[0]),
        len(os.listdir("/proc/self/fd")),  # noqa: PTH208 - names are enough
        threading.active_count(),
        len(children),
    )


def told(name: str, samples: Sequence[Sample]) -> Iterator[str]:
    """Say how each figure went from the first run to the last."""
    yield f"{name}, {len(samples)} runs in one process:"
    figures: dict[str, Callable[[Sample], Any]] = {
        "memory in KiB": lambda one: one.memory,
        "descriptors": lambda one: one.descriptors,
        "threads": lambda one: one.threads,
        "children": lambda one: one.children,
    }
    for word, figure in figures.items():
        first, last = figure(samples[0]), figure(samples[-1])
        each = (last - first) / len(samples)
        yield f"  {word:14} {first} -> {last}, {each:+.2f} a run"
    late = samples[len(samples) // 2 :]
    yield f"  memory, later half: {(late[-1].memory - late[0].memory) / len(late):+.2f} KiB a run"


def in_processes(root: Path, runs: int) -> list[str]:
    """Run pytest in a process of its own each time; say the peaks of memory."""
    peaks: list[int] = []
    for _ in range(runs):
        process = subprocess.Popen(
            [sys.executable, "-m", "pytest", *LIVE], cwd=root, stdout=subprocess.DEVNULL
        )
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode == 0, "a run failed"
        peaks.append(_kib(used))
    third = max(1, len(peaks) // 3)
    first, last = statistics.median(peaks[:third]), statistics.median(peaks[-third:])
    return [
        f"a process for each of {runs} runs:",
        f"  peak of memory in KiB: first third {first:g}, last third {last:g}",
    ]


def _kib(used: resource.struct_rusage) -> int:
    return used.ru_maxrss


if __name__ == "__main__":
    raise SystemExit(main())
