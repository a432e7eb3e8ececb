"""Containers on this machine: a state check each, and ten checks each."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from measuring import Goal, Section, median, ratio, take_turns
from peers import FLOOR, LOCAL, OURS, Case, one_inspect, ours, up_wait
from projects import deployed, tree

from scenarios.options import Options

_HUNDRED: Final = 100
_PROBES: Final = 9


def state(root: Path, options: Options) -> Section:
    """Compare one state check for each of so many containers."""
    section = Section("Containers on this machine, one state check each")
    for count in options.containers:
        case = _case(root / str(count), count)
        measures = {name: peer(case) for name, peer in LOCAL.items()}
        measures[OURS] = ours(case, "-m", "health", "--remote-mode", "local")
        measures["`docker compose up --wait`, nothing to do"] = up_wait(case)
        measures["one `docker inspect` of all, judging nothing"] = one_inspect(case)
        with deployed(case.file):
            costs = take_turns(options.rounds, measures)
        section.compare(f"{count} containers", costs, FLOOR)
        others = [median(costs[name]) for name in LOCAL if name != FLOOR]
        mine = median(costs[OURS])
        if count == _HUNDRED:
            value = ratio(costs[OURS], costs[FLOOR])
            section.goals.append(Goal("times the floor, 100 containers", value, 1.2))
        goal = Goal(f"the fastest peer, times ours, {count}", min(others) / mine, 1, above=True)
        section.goals.append(goal)
    section.remarks.append(
        "container-structure-test looks into images, not at containers, and has no such check."
    )
    return section


def probes(root: Path, options: Options) -> Section:
    """Compare ten checks for each of so many containers: the state, and nine commands in it."""
    case = _case(root / "probes", options.probed, _PROBES)
    measures = {name: peer(case) for name, peer in LOCAL.items()}
    measures[OURS] = ours(case, "-m", "health or smoke", "--remote-mode", "local")
    with deployed(case.file):
        costs = take_turns(options.rounds, measures)
    checks = case.count * (1 + _PROBES)
    section = Section(f"{case.count} containers on this machine, {checks:,} checks")
    section.compare("one state and nine commands in each container", costs, FLOOR)
    others = [median(costs[name]) for name in LOCAL if name != FLOOR]
    section.goals += [
        Goal("times the floor", ratio(costs[OURS], costs[FLOOR]), 1.2),
        Goal("the fastest peer, times ours", min(others) / median(costs[OURS]), 1, above=True),
    ]
    return section


def _case(root: Path, count: int, probed: int = 0) -> Case:
    project = tree(root / "tree", count, probes=probed)
    return Case(root, project / "modules" / "compose.yaml", count, probed)
