"""Many hosts at once, and what a thousand of them would take."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from distance import CONFIG, Sshd, client, far_away
from measuring import Cost, Costs, Goal, Measure, Section, median, ratio, run, take_turns
from projects import PYTEST, QUIET, deployed, module, names_of, tree

from scenarios.options import Options

_HOSTS: Final = 20
_EACH: Final = 5
_ROUND_TRIP: Final = 0.05
_ONE: Final = "one host"
_AT_ONCE: Final = 'for name in "$@"; do ssh -F "$0" "$name" true & done; wait'
_FLEET: Final = 1000


def many(root: Path, options: Options) -> Section:
    """Compare 20 hosts with one, each with as many modules."""
    names = [f"host-{number:02}" for number in range(_HOSTS)]
    one = _on_hosts(root / "one", names[:1])
    all_of_them = _on_hosts(root / "all", names)
    with contextlib.ExitStack() as stack:
        stack.enter_context(deployed(all_of_them / "modules" / "compose.yaml"))
        servers = [stack.enter_context(Sshd(root / name / "sshd")) for name in names]
        far = stack.enter_context(far_away(_ROUND_TRIP, [server.port for server in servers]))
        places = list(zip(names, servers, far.ports, strict=True))
        env = client(root / "ssh_config", places)

        def ours(folder: Path, *words: str) -> Cost:
            argv = [*PYTEST, "-m", "health", "--remote-mode", "ssh", *words, *QUIET]
            return run(argv, folder, env)

        measures: dict[str, Measure] = {
            _ONE: lambda: ours(one),
            f"{_HOSTS} hosts": lambda: ours(all_of_them),
            f"{_HOSTS} hosts, `-n 2`": lambda: ours(all_of_them, "-n", "2"),
            f"{_HOSTS} hosts, `-n 4`": lambda: ours(all_of_them, "-n", "4"),
            f"`ssh host true`, {_HOSTS} at once": lambda: run(
                ["sh", "-c", _AT_ONCE, env[CONFIG], *names]
            ),
        }
        costs = take_turns(options.rounds, measures)
    section = Section(f"{_HOSTS} hosts over ssh with {_EACH} modules each, 50 ms there and back")
    section.compare("one state check for each module", costs, _ONE)
    section.goals.append(Goal("times one host", ratio(costs[f"{_HOSTS} hosts"], costs[_ONE]), 2))
    section.remarks += _on_paper(costs)
    return section


def _on_hosts(folder: Path, hosts: Sequence[str]) -> Path:
    """Write a tree whose modules are spread over hosts."""
    count = _EACH * len(hosts)
    tree(folder, count)
    for number, name in enumerate(names_of(count)):
        module(folder / "modules" / name, host=hosts[number // _EACH])
    return folder


def _on_paper(costs: Costs) -> list[str]:
    """Reckon with what one more host took here, where clients and servers share the cores."""
    few, more = median(costs[_ONE]), median(costs[f"{_HOSTS} hosts"])
    each = (more - few) / (_HOSTS - 1)
    fleet = few + each * (_FLEET - 1)
    text = (
        f"On paper, {_FLEET:,} hosts: one host takes {few:.2f} s, each further one"
        f" {1000 * each:.0f} ms here, where the clients and all servers share the cores, so"
        f" {_FLEET:,} take about {fleet:.0f} s. It ends where processes do: a host is one ssh"
        " process and a few descriptors on this side, as many at once as the plugin lets be."
    )
    return [text]
