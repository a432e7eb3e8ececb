"""A one-shot stays away once it has ended, and everything else comes back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from pytest_platform.checks.contract.facts import Facts
from pytest_platform.module.nearest import quoted
from pytest_platform.verdict import Finding

CODE: Final = "contract.restart"

_RESTARTS: Final = frozenset({"always", "unless-stopped", "on-failure"})
_CONDITIONS: Final = {"none": "no", "any": "always"}
"""Words of ``deploy.restart_policy`` that differ from those of ``restart``."""


def judge(facts: Facts) -> Iterator[Finding]:
    """Compare the restart policy with the expected state. Compose never restarts a hook."""
    if facts.module.manifest.spec.runtime.hook is not None:
        return
    policy, path = policy_of(facts.service)
    if facts.module.one_shot:
        yield from _one_shot(policy, path)
    else:
        yield from _long_running(policy, path)


def policy_of(service: Mapping[str, Any]) -> tuple[str, tuple[str, ...]]:
    """Return what holds, and where it stands: Compose lets ``deploy.restart_policy`` win."""
    policy = (service.get("deploy") or {}).get("restart_policy")
    if policy is None:
        return str(service.get("restart") or ""), ("restart",)
    condition = str(policy.get("condition") or "")
    return _CONDITIONS.get(condition, condition), ("deploy", "restart_policy")


def _one_shot(policy: str, path: tuple[str, ...]) -> Iterator[Finding]:
    if policy == "no":
        return
    problem = "would be started again and again" if policy else "has to say that it stays away"
    message = f"{_shown(policy)}, but a one-shot {problem}: write {_advice(path, 'no')}"
    yield Finding(CODE, message, "no", policy or "not set", path)


def _long_running(policy: str, path: tuple[str, ...]) -> Iterator[Finding]:
    if policy.partition(":")[0] in _RESTARTS:
        return
    advice = _advice(path, "unless-stopped")
    message = f"{_shown(policy)}, so it stays down after a crash or a reboot: write {advice}"
    yield Finding(CODE, message, "a restart policy", policy or "not set", path)


def _shown(policy: str) -> str:
    return f"restart is {quoted(policy)}" if policy else "no restart policy is set"


def _advice(path: tuple[str, ...], policy: str) -> str:
    if path[0] == "deploy":
        return f"condition: {'none' if policy == 'no' else 'any'}"
    return 'restart: "no"' if policy == "no" else f"restart: {policy}"
