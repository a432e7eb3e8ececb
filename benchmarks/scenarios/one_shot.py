"""How long after a one-shot has exited its verdict is known."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Final

from measuring import Cost, Goal, Section, percentile, take_turns
from projects import PROJECT, PYTEST, QUIET, compose, module, service, test_file

from scenarios.options import Options

_RUNS: Final = 3
"""Runs for each round: percentiles ask for more than medians."""
_NAME: Final = "job"
_CONTAINER: Final = f"{PROJECT}-{_NAME}-1"
_POLLING: Final = """\
import docker


def test_finished(docker_services):
    client = docker.APIClient(version="auto")

    def finished():
        state = client.inspect_container("{container}")["State"]
        return state["Status"] == "exited" and state["ExitCode"] == 0

    docker_services.wait_until_responsive(check=finished, timeout=30, pause=0.1)
    print("VERDICT", flush=True)
"""
_CONFTEST: Final = """\
import pytest


@pytest.fixture(scope="session")
def docker_setup():
    return []


@pytest.fixture(scope="session")
def docker_cleanup():
    return []
"""
_WAIT: Final = "`docker wait`"
_OURS: Final = "pytest-platform `--wait`"
_PRINTED: Final = "pytest-platform `--wait`, to its exit"


def to_the_verdict(root: Path, options: Options) -> Section:
    """Compare, from the moment at which the Engine says that it finished."""
    tree = _written(root)
    file = tree / "modules" / "compose.yaml"
    polling = test_file(root / "polling", _POLLING.format(container=_CONTAINER))
    (polling / "conftest.py").write_text(_CONFTEST)
    (polling / "docker-compose.yml").write_text(file.read_text())
    ended: list[Cost] = []

    def ours() -> Cost:
        argv = [*PYTEST, "-v", "-p", "no:cacheprovider", "-m", "health", "--remote-mode", "local"]
        verdict, end = _behind(file, [*argv, "--wait", "30s"], tree, "PASSED")
        ended.append(Cost(end))
        return Cost(verdict)

    def peer(argv: list[str], folder: Path, word: str) -> Callable[[], Cost]:
        return lambda: Cost(_behind(file, argv, folder, word)[0])

    poll = [*PYTEST, *QUIET, "-s", "-p", "no:platform"]
    costs = take_turns(
        _RUNS * options.rounds,
        {
            _WAIT: peer(["docker", "wait", _CONTAINER], root, "0"),
            _OURS: ours,
            "pytest-docker, polling every 0.1 s": peer(poll, polling, "VERDICT"),
        },
    )
    _compose(file, "down", "-t", "0")
    shown: dict[str, list[Cost]] = {**costs, _PRINTED: ended[1:]}
    section = Section("From the exit of a one-shot to its verdict")
    section.compare(f"{_RUNS * options.rounds} runs of each", shown, _WAIT)
    section.tables.append(_percentiles(shown))
    section.remarks.append(
        "`docker compose up --wait` has no row: it ends with 0 as soon as a one-shot runs, before"
        " there is a result, and with 1 where it has exited with 0 by then."
    )
    behind = 1000 * (_p95(costs[_OURS]) - _p95(costs[_WAIT]))
    section.goals.append(Goal("behind `docker wait`, p95", behind, 50, " ms"))
    return section


def _written(root: Path) -> Path:
    folder = root / "tree"
    module(folder / "modules" / _NAME, state="exited-success")
    # It ends when it is told to: each command has to be waiting by then.
    ends = "[sh, -c, \"trap 'exit 0' TERM; while :; do sleep 0.01; done\"]"
    text = service(_NAME, ends, '"no"').replace("    init: true\n", "")
    (folder / "modules" / "compose.yaml").write_text(f"services:\n{text}")
    (folder / "pytest.ini").write_text("[pytest]\n")
    return folder


def _behind(file: Path, argv: list[str], folder: Path, word: str) -> tuple[float, float]:
    """Return the seconds from the exit to the word in the output, and to the command's end."""
    _compose(file, "up", "-d", "--force-recreate")
    with subprocess.Popen(
        argv,
        cwd=folder,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
    ) as process:
        time.sleep(2)
        subprocess.run(
            ["docker", "kill", "-s", "TERM", _CONTAINER], capture_output=True, check=True
        )
        said = time.time()
        assert process.stdout is not None
        text, seen = b"", 0.0
        while piece := os.read(process.stdout.fileno(), 65536):
            text += piece
            if word.encode() in text and not seen:
                seen = time.time()
        process.wait()
        end = time.time()
    if word and not seen:
        sys.exit(f"{' '.join(argv[:4])} said: {text.decode(errors='replace')}")
    finished = _finished_at()
    assert finished >= said - 5
    return (seen if word else end) - finished, end - finished


def _finished_at() -> float:
    done = subprocess.run(["docker", "inspect", _CONTAINER], capture_output=True, check=True)
    text = json.loads(done.stdout)[0]["State"]["FinishedAt"]
    return datetime.fromisoformat(text).timestamp()


def _compose(file: Path, *words: str) -> None:
    subprocess.run(compose(file, *words), capture_output=True, check=True)


def _p95(costs: list[Cost]) -> float:
    return percentile([one.wall for one in costs], 0.95)


def _percentiles(costs: Mapping[str, list[Cost]]) -> str:
    rows = ["| what | p50 | p95 |", "|---|--:|--:|"]
    for name, taken in costs.items():
        half, most = (1000 * percentile([one.wall for one in taken], p) for p in (0.5, 0.95))
        rows.append(f"| {name} | {half:.0f} ms | {most:.0f} ms |")
    return "\n".join(rows)
