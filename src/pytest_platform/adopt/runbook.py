"""The skeleton of a runbook, with commands that work for one service."""

from __future__ import annotations

import shlex
from typing import Final

from pytest_platform.module.declared import Module

_TEXT: Final = """\
# {name}

## Purpose

{summary}

## Verify

    pytest --module {name} --remote-mode local
    {compose} ps --all {service}
    {compose} logs --tail 50 {service}

## Recover

    {recover}

{after}
"""
_AFTER: Final = {
    True: "It does its work, exits 0 and stays away. Read its log where it exits otherwise.",
    False: "Then verify it again.",
}


def runbook(name: str, summary: str, module: Module) -> str:
    """Return the text of ``runbook.md``; ``module`` is the service as it was inferred."""
    deploy = shlex.split(module.deploy)
    compose = shlex.join(deploy[: deploy.index("up")])
    service = shlex.quote(module.service)
    recover = f"{compose} up {service}" if module.one_shot else module.deploy
    return _TEXT.format(
        name=name,
        summary=summary,
        compose=compose,
        service=service,
        recover=recover,
        after=_AFTER[module.one_shot],
    )
