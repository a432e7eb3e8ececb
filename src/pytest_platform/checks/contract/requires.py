"""The modules that this one requires exist, and none of them requires it in turn."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pytest_platform.checks.contract.facts import Facts
from pytest_platform.module.catalog import Catalog
from pytest_platform.module.loader import Broken
from pytest_platform.text import did_you_mean, quoted
from pytest_platform.verdict import Finding

CODE: Final = "contract.requires"

_Trail = tuple[str, ...]
"""Names of modules, each of which requires the next one."""


def judge(facts: Facts) -> Iterator[Finding]:
    """Follow what the module requires, and what those require. Reads no other module."""
    module = facts.module
    seen: set[str] = {module.name}
    for index, name in enumerate(module.manifest.spec.requires):
        place = module.at("spec", "requires", index)
        for message in _problems((module.name, name), facts.catalog, seen):
            yield Finding(CODE, message, location=place)


def _problems(start: _Trail, catalog: Catalog, seen: set[str]) -> Iterator[str]:
    """Walk depth first. Each module is looked at once, so each problem is told once."""
    trails = [start]
    while trails:
        trail = trails.pop()
        *before, name = trail
        if name in before:
            yield _cycle(trail[before.index(name) :])
        elif name not in seen:
            seen.add(name)
            problem = _problem(trail, catalog)
            if problem:
                yield problem
            else:
                trails.extend((*trail, other) for other in _required(name, catalog))


def _required(name: str, catalog: Catalog) -> Iterator[str]:
    module = catalog.get(name)
    if not isinstance(module, Broken):
        yield from reversed(module.manifest.spec.requires)


def _cycle(trail: _Trail) -> str:
    way = " -> ".join(trail)
    return f"a cycle, {way}: nothing can start first; remove one of these requirements"


def _problem(trail: _Trail, catalog: Catalog) -> str | None:
    name = trail[-1]
    through = f", which {quoted(trail[-2])} requires" if len(trail) > 2 else ""  # noqa: PLR2004
    if not catalog.exists(name):
        others = [one for one in catalog.names() if one not in trail]
        hint = did_you_mean(name, others) or "; correct the name, or add the module"
        return f"there is no module {quoted(name)}{through}{hint}"
    if isinstance(catalog.get(name), Broken):
        return f"the module {quoted(name)}{through} cannot be read: mend that one first"
    return None
