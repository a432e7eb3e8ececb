"""Scripts that are broken at random go through all checks of scripts: findings, never a crash."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

import pytest
import yaml
from oddities import SHARES, broken, chance, of_share
from test_shell_checks import CHECKS, COMMANDS, FILES, SCRIPTS, WORDS

from pytest_platform.verdict import Finding

SLOWER = 20
"""How many cases of others one case of these counts for: a shell's parser takes its time."""
PIECES = [*WORDS.split(), *COMMANDS.split(","), "\n", "$$", "${a", "<<'E'\n", "# ", "\\\n", "é"]
SEEDS = [
    *SCRIPTS["hides"],
    *SCRIPTS["harmless"],
    *(one for file in FILES for one in [yaml.safe_load(file.read_text())["services"]["job"]]),
]


@pytest.mark.parametrize("share", range(SHARES))
def test_a_script_is_judged(share: int) -> None:
    for number in of_share(share, SLOWER):
        seed = SEEDS[number % len(SEEDS)]
        service = dict(seed) if isinstance(seed, dict) else {"command": ["sh", "-c", seed]}
        service["command"] = _command(number, service.get("command"))
        for name, check in CHECKS.items():
            found = check(_rendered(service), service, [])
            assert all(isinstance(one, Finding) for one in found), (number, name)
            assert {one.code for one in found} <= {f"contract.{name}"}, (number, name)


def _rendered(service: Mapping[str, Any]) -> dict[str, Any]:
    """Split an entrypoint into words, as Compose does."""
    entrypoint = service.get("entrypoint")
    words = shlex.split(entrypoint) if isinstance(entrypoint, str) else entrypoint
    return {**service, "entrypoint": words}


def _command(number: int, command: object) -> list[str]:
    words = command if isinstance(command, list) else [str(command)] if command else ["sh", "-c"]
    by = chance(number)
    at = by.randrange(len(words))
    kept = [str(one) for one in words]
    return [*kept[:at], broken(number, kept[at], PIECES), *kept[at + 1 :]]
