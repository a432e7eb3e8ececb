"""What a rendered Compose service says of restarts and replicas, read once for all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from msgspec import Struct

_CONDITIONS: Final = {"none": "no", "any": "always"}
"""Words of ``deploy.restart_policy.condition`` that the Engine spells differently."""


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


def restart_of(service: Mapping[str, Any]) -> Restart:
    """Return the policy that holds: ``deploy`` wins over ``restart``, and none means ``no``."""
    policy = (service.get("deploy") or {}).get("restart_policy")
    if policy is None:
        text = str(service.get("restart") or "")
        name, _, bound = text.partition(":")
        return Restart(name or "no", _number(bound), declared=bool(text))
    condition = str(policy.get("condition") or "")
    name = _CONDITIONS.get(condition, condition)
    attempts = _number(policy.get("max_attempts"))
    return Restart(name, attempts, ("deploy", "restart_policy"), declared=bool(name))


def replicas_of(service: Mapping[str, Any]) -> int:
    """Return how many containers Compose starts: ``scale`` wins over ``deploy.replicas``."""
    scale = service.get("scale")
    declared = (service.get("deploy") or {}).get("replicas") if scale is None else scale
    return 1 if declared is None else int(declared)


def replicas_path(service: Mapping[str, Any]) -> tuple[str, ...]:
    """Return where the number of replicas stands, or would stand."""
    return ("deploy", "replicas") if service.get("scale") is None else ("scale",)


def _number(text: Any) -> int:
    return int(text) if str(text or "").isdigit() else 0
