"""The skeleton of a runbook, with commands that work for one service."""

from __future__ import annotations

from typing import Final

from pytest_platform.module.declared import Module

_TEXT: Final = """\
# {name}

## Purpose

{summary}

## Verify

    pytest --module {name} --remote-mode local
    {listed}
    {log}

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
    listed, log, again = module.by_hand
    return _TEXT.format(
        name=name,
        summary=summary,
        listed=listed,
        log=log,
        recover=again if module.one_shot else module.deploy,
        after=_AFTER[module.one_shot],
    )
