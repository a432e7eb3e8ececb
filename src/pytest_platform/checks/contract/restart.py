"""A one-shot stays away once it has ended, and everything else comes back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

from pytest_platform.checks.contract.facts import Facts
from pytest_platform.compose.interpolation import optional, split_outside
from pytest_platform.compose.service import Restart
from pytest_platform.compose.service_parts import DeployRestart
from pytest_platform.run.engines import engine_of
from pytest_platform.text import quoted
from pytest_platform.verdict import Finding

CODE: Final = "contract.restart"

_RESTARTS: Final = frozenset({"always", "unless-stopped", "on-failure"})


def judge(facts: Facts) -> Iterator[Finding]:
    """Compare the restart policy with the expected state. Compose never restarts a hook."""
    if facts.module.manifest.spec.runtime.hook is not None or facts.service.provider:
        return
    if facts.module.undecided:
        return  # no policy is right for both
    policy = engine_of(facts.module).restart_of(facts.service)
    rendered, source = _deciding(policy, facts)
    if unset := facts.unset(rendered, source):
        yield _unknown(policy, unset, one_shot=facts.module.one_shot)
    elif names := optional(json.dumps(source)):
        yield _undecided(policy, names)
    elif facts.module.one_shot:
        yield from _one_shot(policy)
    else:
        yield from _long_running(policy)


def _deciding(policy: Restart, facts: Facts) -> tuple[list[str], list[str]]:
    """Return the texts on which the verdict depends, as they are rendered and as written.

    A bound counts for a one-shot alone.
    """
    service, source = facts.service, facts.source_service
    bounded = facts.module.one_shot and policy.name == "on-failure"
    if policy.path[0] != "deploy":
        texts = service.restart, str(source.get("restart") or "")
        first, second = (one if bounded else split_outside(one, ":")[0] for one in texts)
        return [first], [second]
    declared = service.deploy.restart_policy or DeployRestart()
    written = (source.get("deploy") or {}).get("restart_policy") or {}
    keys = ("condition", "max_attempts") if bounded else ("condition",)
    rendered = [str(getattr(declared, key) or "") for key in keys]
    return rendered, [str(written.get(key) or "") for key in keys]


def _unknown(policy: Restart, names: list[str], *, one_shot: bool) -> Finding:
    named, first = ", ".join(names), names[0]
    deploy = policy.path[0] == "deploy"
    words = ("any", "none") if deploy else ("unless-stopped", "no")
    defaults = [f"${{{first}:-{word}}}" for word in words]
    if one_shot and policy.name == "on-failure":
        defaults = [f"max_attempts: ${{{first}:-5}}" if deploy else f"on-failure:${{{first}:-5}}"]
    message = (
        f"{'.'.join(policy.path)} comes from {named}, which has no value and no default: "
        f"write a default, {' or '.join(defaults)}"
    )
    return Finding(CODE, message, "a restart policy", f"{named} is not set", policy.path)


def _undecided(policy: Restart, names: list[str]) -> Finding:
    named = ", ".join(names)
    message = (
        f"{'.'.join(policy.path)} depends on whether {named} is set, which the files do not say: "
        "write one that always holds"
    )
    return Finding(CODE, message, "a restart policy", f"{named} may be set", policy.path)


def _one_shot(policy: Restart) -> Iterator[Finding]:
    if policy.ends:
        return
    if not policy.declared:
        problem = "has to say that it stays away"
    elif policy.name == "on-failure":
        problem = "would be started again for ever while it fails"
    else:
        problem = "would be started again and again"
    message = f"{_shown(policy)}, but a one-shot {problem}: write {_advice(policy, 'no')}"
    yield Finding(CODE, message, "no", str(policy) if policy.declared else "not set", policy.path)


def _long_running(policy: Restart) -> Iterator[Finding]:
    if policy.name in _RESTARTS:
        return
    advice = _advice(policy, "unless-stopped")
    message = f"{_shown(policy)}, so it stays down after a crash or a reboot: write {advice}"
    actual = str(policy) if policy.declared else "not set"
    yield Finding(CODE, message, "a restart policy", actual, policy.path)


def _shown(policy: Restart) -> str:
    return f"restart is {quoted(str(policy))}" if policy.declared else "no restart policy is set"


def _advice(policy: Restart, wanted: str) -> str:
    if policy.path[0] == "deploy":
        return f"condition: {'none' if wanted == 'no' else 'any'}"
    if wanted == "no" and policy.name == "on-failure":
        return 'restart: "no", or a bound such as on-failure:5'
    return 'restart: "no"' if wanted == "no" else f"restart: {wanted}"
