"""What the tests of a Swarm ask its manager, to know when what they have ordered has happened."""

from __future__ import annotations

from typing import Any

from e2e.swarm_nodes import Swarm

MOVING = {"new", "allocated", "assigned", "accepted", "preparing", "ready"}


def service(nodes: Swarm, name: str) -> dict[str, Any]:
    """Return a service as the API has it."""
    (found,) = (one for one in nodes.manager.get("/services") if one["Spec"]["Name"] == name)
    return dict(found)


def states(nodes: Swarm, name: str) -> list[str]:
    """Return the states of a service's tasks; of a job those of its current iteration."""
    found = service(nodes, name)
    index = (found.get("JobStatus") or {}).get("JobIteration", {}).get("Index", 0)
    return [
        one["Status"]["State"]
        for one in nodes.manager.get("/tasks")
        if one["ServiceID"] == found["ID"]
        and (one.get("JobIteration") or {}).get("Index", 0) == index
    ]


def still(nodes: Swarm, *names: str) -> bool:
    """Tell whether each of the services has a task, and none is about to start."""
    found = [states(nodes, name) for name in names]
    return all(found) and not MOVING & {state for one in found for state in one}


def updates(nodes: Swarm) -> set[str]:
    """Return how far the updates of all services are."""
    found = nodes.manager.get("/services")
    return {(one.get("UpdateStatus") or {}).get("State", "") for one in found}
