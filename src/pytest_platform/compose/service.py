"""What a rendered Compose service says, read once for all: contract, drift and stacks share it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from msgspec import Struct

CONDITIONS: Final = {"none": "no", "any": "always"}
"""Words of ``deploy.restart_policy.condition`` that the Engine spells differently."""

_CONTAINER: Final = "container:"


class Restart(Struct, frozen=True):
    """A restart policy as the Engine gets it; ``attempts`` is 0 where nothing bounds them.

    ``path`` is where it stands in the service; ``declared`` tells whether it does. The name is
    empty where ``deploy.restart_policy`` has no condition: what the Engine does is not declared.
    """

    name: str
    attempts: int = 0
    path: tuple[str, ...] = ("restart",)
    declared: bool = True

    @property
    def ends(self) -> bool:
        """Whether a container that exits 0 stays away, and one that fails does in the end."""
        return self.name == "no" or (self.name == "on-failure" and self.attempts > 0)

    def __str__(self) -> str:
        bounded = self.name == "on-failure" and self.attempts
        return f"{self.name}:{self.attempts}" if bounded else self.name


def image_of(service: Mapping[str, Any], project: str, name: str) -> str:
    """Return the image of a service; what is built without a name is called after the project."""
    return str(service.get("image") or f"{project}-{name}")


def with_hooks(service: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return a service and its hooks: each becomes a container of its own."""
    return [service, *(service.get("pre_start") or ())]


def volumes_taken(service: Mapping[str, Any]) -> list[tuple[str, bool]]:
    """Return whose volumes a service uses, and whether only to read.

    A name is that of a service, or begins with ``container:``.
    """
    taken = []
    for text in map(str, service.get("volumes_from") or ()):
        name, _, mode = text.removeprefix(_CONTAINER).partition(":")
        outside = text.startswith(_CONTAINER)
        taken.append((f"{_CONTAINER}{name}" if outside else name, "ro" in mode.split(",")))
    return taken


def restart_of(service: Mapping[str, Any]) -> Restart:
    """Return the policy that holds: ``deploy`` wins over ``restart``, and none means ``no``."""
    policy = (service.get("deploy") or {}).get("restart_policy")
    if policy is None:
        text = str(service.get("restart") or "")
        name, _, bound = text.partition(":")
        return Restart(name or "no", number(bound), declared=bool(text))
    condition = str(policy.get("condition") or "")
    name = CONDITIONS.get(condition, condition)
    attempts = number(policy.get("max_attempts"))
    return Restart(name, attempts, ("deploy", "restart_policy"), declared=bool(name))


def replicas_of(service: Mapping[str, Any]) -> int:
    """Return how many containers Compose starts: ``scale`` wins over ``deploy.replicas``."""
    scale = service.get("scale")
    declared = (service.get("deploy") or {}).get("replicas") if scale is None else scale
    return 1 if declared is None else int(declared)


def replicas_path(service: Mapping[str, Any]) -> tuple[str, ...]:
    """Return where the number of replicas stands, or would stand."""
    return ("deploy", "replicas") if service.get("scale") is None else ("scale",)


def source_of(entry: Any) -> str:
    """Return the volume, config or secret that an entry of a service names."""
    if isinstance(entry, Mapping):
        return str(entry.get("source") or "")
    return str(entry).partition(":")[0]


def text_of(value: Any) -> str:
    """Write a YAML scalar as Compose does."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def number(text: Any) -> int:
    """Return a whole number of a file; 0 where there is none."""
    return int(text) if str(text or "").isdigit() else 0
