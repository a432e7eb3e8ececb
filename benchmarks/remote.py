"""Measure the plugin over ssh, through a proxy that adds a round trip, beside its peers.

Run it as ``python benchmarks/remote.py`` in an environment of ``requirements/bench.txt``, where
a Docker Engine answers and an OpenSSH server is installed. It starts containers in a Compose
project and ssh servers of its own, and removes them. Runs that are compared took turns.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import overhead
from overhead import PROJECT, Cost, cost, deployed, make_test, make_tree, ratio, run, show

sys.path.append(str(Path(__file__).resolve().parents[1] / "tests"))
from e2e.hosts import CONFIG, client
from e2e.sshd import Sshd

# Hypothesis comes with other tools; to load it costs more than the checks.
QUIET = (*overhead.QUIET, "-p", "no:hypothesispytest")
INSPECT_TARGET = 2.5
TESTINFRA_TARGET = 30.0
HOSTS_TARGET = 3.0

# What its documentation shows; its checks are one command each.
TESTINFRA = """\
import pytest


@pytest.mark.parametrize("number", range({count}))
def test_running(host, number):
    assert host.docker(f"{project}-m-{{number:04}}-1").is_running
"""


_AT_ONCE = 'for name in "$@"; do ssh -F "$0" "$name" true & done; wait'


@dataclass
class FarAway:
    """The proxy. ``ports`` are where the servers are now; ``connections`` counts those made."""

    process: subprocess.Popen[str]
    ports: list[int]
    connections: list[str] = field(default_factory=list)


def main() -> int:
    """Run what was asked for; exit 1 where a target is missed."""
    options = _options()
    met: list[bool] = []
    with contextlib.ExitStack() as stack:
        # The paths of sockets are short.
        root = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="pp-")))
        count = max(options.containers, options.hosts * options.modules)
        tree = make_tree(root / "tree", count, PROJECT)
        stack.enter_context(deployed(tree))
        if options.containers:
            met += measure_containers(root / "a", options)
        if options.hosts:
            met += measure_hosts(root / "b", options)
    return 0 if all(met) else 1


def measure_containers(root: Path, options: argparse.Namespace) -> Iterator[bool]:
    """Compare a state check per container with one plain inspect, and with testinfra."""
    count = options.containers
    tree = make_tree(root / "health", count, PROJECT)
    peer = make_test(root / "peer", TESTINFRA, count)
    with Sshd(root / "sshd") as sshd, far_away(options.round_trip, [sshd.port]) as far:
        os.environ.update(client(root / "ssh_config", [("far", sshd, far.ports[0])]))
        config = os.environ[CONFIG]
        inspect = ["ssh", "-F", config, "far", "docker", "inspect", *_containers(count)]
        ours = ["-m", "health", "--remote-mode", "ssh", "--ssh-host", "far", *QUIET]
        theirs = ["--hosts", "ssh://far", "--ssh-config", config, "-p", "no:platform", *QUIET]
        plain, mine = overhead.take_turns(
            options.rounds, lambda: _timed(inspect), lambda: cost(ours, tree)
        )
        far.connections.clear()
        cost(ours, tree)
        logins = len(far.connections)
        other = [] if options.no_testinfra else [cost(theirs, peer)]
    print(f"{count} containers, one state check each, {1000 * options.round_trip:g} ms away")
    show("ssh docker inspect", plain)
    show("the plugin", mine, plain)
    yield overhead.told("  ratio, median of pairs", ratio(mine, plain, 0), INSPECT_TARGET, "")
    yield overhead.told("  ssh connections of a run", logins, 1, "")
    if other:
        show("testinfra, one run", other)
        factor = ratio(other, [sorted(mine)[len(mine) // 2]], 0)
        met = factor >= TESTINFRA_TARGET
        word = "met" if met else "MISSED"
        print(f"  testinfra, times the plugin {factor:.1f}  (target {TESTINFRA_TARGET:g}: {word})")
        yield met


def measure_hosts(root: Path, options: argparse.Namespace) -> Iterator[bool]:
    """Compare many hosts with one, each with as many modules."""
    each, names = options.modules, [f"host-{number:02}" for number in range(options.hosts)]
    one = _on_hosts(make_tree(root / "one", each, PROJECT), names, each)
    all_of_them = _on_hosts(make_tree(root / "all", each * len(names), PROJECT), names, each)
    with contextlib.ExitStack() as stack:
        servers = [stack.enter_context(Sshd(root / name / "sshd")) for name in names]
        ports = [server.port for server in servers]
        far = stack.enter_context(far_away(options.round_trip, ports))
        os.environ.update(
            client(root / "ssh_config", list(zip(names, servers, far.ports, strict=True)))
        )
        argv = ["-m", "health", "--remote-mode", "ssh", *QUIET]
        few, many, bare = overhead.take_turns(
            options.rounds,
            lambda: cost(argv, one),
            lambda: cost(argv, all_of_them),
            lambda: _timed(["sh", "-c", _AT_ONCE, os.environ[CONFIG], *names]),
        )
    print(f"{len(names)} hosts, {each} modules on each, {1000 * options.round_trip:g} ms away")
    show("one host", few)
    show(f"{len(names)} hosts", many, few)
    # Where both ends are one machine, it has twice the work of as many logins at once.
    show(f"ssh true, {len(names)} at once", bare, few)
    yield overhead.told("  ratio, median of pairs", ratio(many, few, 0), HOSTS_TARGET, "")


@contextlib.contextmanager
def far_away(round_trip: float, ports: Sequence[int]) -> Iterator[FarAway]:
    """Put a proxy in front of some ports."""
    script = Path(__file__).with_name("far_away.py")
    argv = [sys.executable, str(script), str(round_trip), *map(str, ports)]
    pipe = subprocess.PIPE
    with subprocess.Popen(argv, stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        far = FarAway(process, list(map(int, process.stdout.readline().split())))
        reading = threading.Thread(target=far.connections.extend, args=(process.stdout,))
        reading.start()
        try:
            yield far
        finally:
            process.stdin.close()
            reading.join()


def _on_hosts(tree: Path, names: Sequence[str], each: int) -> Path:
    """Put so many modules of a tree on each host."""
    for number, file in enumerate(sorted(tree.glob("modules/*/module.yaml"))):
        place = f"    host: {names[number // each]}\n  state:"
        file.write_text(file.read_text().replace("  state:", place))
    return tree


def _containers(count: int) -> list[str]:
    return [f"{PROJECT}-m-{number:04}-1" for number in range(count)]


def _timed(argv: Sequence[str]) -> Cost:
    before, began = os.times(), time.perf_counter()
    run(argv)
    wall, after = time.perf_counter() - began, os.times()
    user = after.children_user - before.children_user
    return Cost(wall, user + after.children_system - before.children_system)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="measured rounds (default: 5)")
    parser.add_argument("--containers", type=int, default=100, help="0 leaves this out")
    parser.add_argument("--hosts", type=int, default=20, help="0 leaves this out")
    parser.add_argument("--modules", type=int, default=5, help="on each host")
    parser.add_argument("--round-trip", type=float, default=0.05, help="seconds (default: 0.05)")
    parser.add_argument("--no-testinfra", action="store_true", help="it takes a minute or more")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
