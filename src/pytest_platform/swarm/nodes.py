"""The nodes of a Swarm, and which of them a service may run on. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct, field

_SAME = {"x86_64": "amd64", "aarch64": "arm64"}
"""What nodes and images call the same processor."""


class SwarmNode(Struct, frozen=True):
    """One machine. ``facts`` are what constraints speak of, such as ``node.role``."""

    id: str
    name: str
    ready: bool
    availability: str
    address: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def takes_tasks(self) -> bool:
        """Whether it is there, and neither drained nor paused."""
        return self.ready and self.availability == "active"


def read_node(document: Mapping[str, Any]) -> SwarmNode:
    """Read one node as the API describes it."""
    spec, described = document.get("Spec") or {}, document.get("Description") or {}
    platform, engine = described.get("Platform") or {}, described.get("Engine") or {}
    name = described.get("Hostname") or document["ID"]
    facts = {
        "node.id": document["ID"],
        "node.hostname": name,
        "node.role": spec.get("Role") or "",
        "node.platform.os": platform.get("OS") or "",
        "node.platform.arch": _arch(platform.get("Architecture") or ""),
        **{f"node.labels.{key}": one for key, one in (spec.get("Labels") or {}).items()},
        **{f"engine.labels.{key}": one for key, one in (engine.get("Labels") or {}).items()},
    }
    status, manager = document.get("Status") or {}, document.get("ManagerStatus") or {}
    address = status.get("Addr") or ""
    if address in {"", "0.0.0.0", "127.0.0.1"}:  # noqa: S104 - what an only manager says of itself
        address = (manager.get("Addr") or "").rpartition(":")[0].strip("[]") or "127.0.0.1"
    available = spec.get("Availability") or "active"
    return SwarmNode(
        document["ID"], name, status.get("State") == "ready", available, address, facts
    )


def eligible(nodes: Iterable[SwarmNode], placement: Mapping[str, Any]) -> list[SwarmNode]:
    """Return the nodes that a task of a service with this placement may be on."""
    return [one for one in nodes if one.takes_tasks and _fits(one, placement)]


def _fits(node: SwarmNode, placement: Mapping[str, Any]) -> bool:
    platforms = placement.get("Platforms") or ()
    on_it = not platforms or any(_is_platform(node, one) for one in platforms)
    return on_it and all(_holds(node, one) for one in placement.get("Constraints") or ())


def _is_platform(node: SwarmNode, platform: Mapping[str, Any]) -> bool:
    system, arch = platform.get("OS") or "", _arch(platform.get("Architecture") or "")
    facts = node.facts
    return system in {"", facts["node.platform.os"]} and arch in {"", facts["node.platform.arch"]}


def _holds(node: SwarmNode, constraint: str) -> bool:
    word = "!=" if "!=" in constraint else "=="
    key, _, wanted = (part.strip() for part in constraint.partition(word))
    # Swarm compares without regard to case.
    equal = node.facts.get(key, "").lower() == wanted.lower()
    return equal if word == "==" else not equal


def _arch(name: str) -> str:
    return _SAME.get(name, name)
