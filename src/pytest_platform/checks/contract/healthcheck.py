"""What is to be healthy has to be asked."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from pytest_platform.checks.contract import built
from pytest_platform.checks.contract.facts import Facts, Unit
from pytest_platform.compose.interpolation import UNKNOWN, declared, optional
from pytest_platform.compose.service_parts import ServiceHealthcheck
from pytest_platform.module.forms import ExpectedState
from pytest_platform.text import quoted
from pytest_platform.verdict import Finding

CODE: Final = "contract.healthcheck"

UNDECLARED: Final = "none is declared"
"""What is found where the image may bring a health check all the same."""

_ADVICE: Final = "or set expected_state: running"


def judge(facts: Facts) -> Iterator[Finding]:
    """Look for a health check where the expected state is ``healthy``."""
    if facts.module.manifest.spec.runtime.expected_state is not ExpectedState.HEALTHY:
        return
    if facts.service.provider:
        return
    check, source = facts.service.healthcheck, facts.source_service.get("healthcheck")
    deciding = _deciding(source or {})
    if names := sorted({*facts.unset(None, deciding), *optional(json.dumps(deciding))}):
        named = ", ".join(names)
        problem = (
            f"whether there is a health check depends on {named}, which has no value that always "
            f"holds: write a test in the file, {_ADVICE}"
        )
        yield Finding(CODE, problem, "a health check", f"{named} is not known", ("healthcheck",))
    elif wrong := _problem(check):
        actual = "none" if check else UNDECLARED
        if check or not _is_built_with_one(facts):
            yield Finding(CODE, wrong, "a health check", actual, ("healthcheck",))


def _is_built_with_one(facts: Facts) -> bool:
    """Say whether the Dockerfile of the service gives its image a health check."""
    unit = built.read(facts, Unit(facts.service, facts.source_service)).unit
    check = unit.rendered.healthcheck
    return check is not None and check.words not in {(), ("NONE",)}


def _deciding(check: Mapping[str, Any]) -> list[str]:
    """Return the texts that decide whether there is a test, and not only what it asks."""
    test = check.get("test")
    words = list(map(str, test)) if isinstance(test, list) else ["CMD-SHELL", str(test or "")]
    command = " ".join(words[1:])
    open_ = words[1:] if not declared(command).replace(UNKNOWN, "").strip() else []
    return [*words[:1], *open_, str(check.get("disable") or "")]


def _problem(check: ServiceHealthcheck | None) -> str | None:
    check = check or ServiceHealthcheck()
    words = check.words
    if check.disable or words == ("NONE",):
        return f"the health check is disabled, so it is never healthy: give it a test, {_ADVICE}"
    command = " ".join(words[1:]).strip().upper()
    if words and command in {"NONE", ""} and words[0] in {"CMD", "CMD-SHELL"}:
        return (
            f"Compose runs {quoted(' '.join(words[1:]))} as the test's command, so it is never "
            f"healthy: give it a test, {_ADVICE}"
        )
    # Without a test, the other settings tune the check that the image brings.
    if check == ServiceHealthcheck():
        return (
            "no health check is declared (one that the image may bring cannot be seen in the "
            f"files): add healthcheck with a test, {_ADVICE}"
        )
    return None
