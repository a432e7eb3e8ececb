"""The module is named like its folder, which is how other modules refer to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pytest_platform.checks.contract.facts import Facts
from pytest_platform.text import quoted
from pytest_platform.verdict import Finding

CODE: Final = "contract.name"


def judge(facts: Facts) -> Iterator[Finding]:
    """Compare ``metadata.name`` with the name of the folder."""
    module = facts.module
    name = module.manifest.metadata.name
    if name != module.name:
        yield Finding(
            CODE,
            f"metadata.name is {quoted(name)} but the folder is {quoted(module.name)}: "
            "rename one of them",
            expected=module.name,
            actual=name,
            location=module.at("metadata", "name"),
        )
