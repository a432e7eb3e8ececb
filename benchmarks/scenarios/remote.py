"""Containers of a host over ssh, through a proxy that adds a round trip."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from distance import CONFIG, Sshd, client, far_away
from measuring import Cost, Goal, Section, median, ratio, run, take_turns
from peers import OURS, Case, ours, with_testinfra
from projects import containers_of, deployed, tree

from scenarios.options import Options

_ROUND_TRIPS: Final = (0, 50, 150)
_ASKED_OF: Final = 50
"""Milliseconds there and back: all of them, and the one that the goals speak of."""
_SHARE: Final = 10
"""pytest-testinfra takes minutes; it judges one in so many containers, and its time is taken
times as much. Each of its checks is a login, so it grows with them."""
_INSPECT: Final = "one `ssh host docker inspect` of all, judging nothing"


def state(root: Path, options: Options) -> Section:
    """Compare one state check for each container, at several distances."""
    count = options.probed
    folder = tree(root / "tree", count)
    case = Case(root, folder / "modules" / "compose.yaml", count)
    section = Section(f"{count} containers over ssh, one state check each")
    with deployed(case.file), Sshd(root / "sshd") as sshd:
        for milliseconds in _ROUND_TRIPS:
            with far_away(milliseconds / 1000, [sshd.port]) as far:
                config = root / f"ssh_config-{milliseconds}"
                env = client(config, [("far", sshd, far.ports[0])])
                _measure(section, case, milliseconds, env, options.rounds)
                far.connections.clear()
                ours(case, *_over_ssh(), env={**os.environ, **env})()
                logins = len(far.connections)
            if milliseconds == _ASKED_OF:
                section.goals.append(Goal("ssh connections of a run", logins, 1))
    section.remarks.append(
        f"pytest-testinfra judged {max(1, count // _SHARE)} of the containers, and its time is"
        f" multiplied by {_SHARE}: every check of it is a login of its own."
    )
    return section


def _measure(
    section: Section, case: Case, milliseconds: int, env: Mapping[str, str], rounds: int
) -> None:
    config = env[CONFIG]
    few = Case(case.folder, case.file, max(1, case.count // _SHARE))
    where = ("--hosts", "ssh://far", "--ssh-config", config)
    peer = with_testinfra(few, *where)
    inspect = ["ssh", "-F", config, "far", "docker", "inspect", *containers_of(case.count)]
    theirs = "pytest-testinfra"
    costs = take_turns(
        rounds,
        {
            _INSPECT: lambda: run(inspect),
            OURS: ours(case, *_over_ssh(), env=env),
            theirs: lambda: _times(peer(), _SHARE),
        },
    )
    section.compare(f"{milliseconds} ms there and back", costs, _INSPECT)
    if milliseconds == _ASKED_OF:
        ahead = median(costs[theirs]) / median(costs[OURS])
        section.goals += [
            Goal("times one plain inspect, 50 ms", ratio(costs[OURS], costs[_INSPECT]), 2),
            Goal("pytest-testinfra, times ours, 50 ms", ahead, 40, above=True),
        ]


def _times(cost: Cost, factor: int) -> Cost:
    return Cost(cost.wall * factor, cost.cpu * factor, cost.memory)


def _over_ssh() -> tuple[str, ...]:
    return ("-m", "health", "--remote-mode", "ssh", "--ssh-host", "far")
