"""Which modules and services a stack consists of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pytest_platform.module.catalog import Catalog
from pytest_platform.module.declared import Module


def members(selected: Iterable[Module], catalog: Catalog) -> list[Module]:
    """Return the selected modules, and all that they require or whose data they change.

    Raises:
        ModuleBroken: one of those does not exist or cannot be read.
    """
    found: dict[str, Module] = {}
    waiting = list(selected)
    while waiting:
        module = waiting.pop(0)
        if module.name not in found:
            found[module.name] = module
            waiting += _needed_by(module, catalog)
    return list(found.values())


def _needed_by(module: Module, catalog: Catalog) -> Iterator[Module]:
    spec = module.manifest.spec
    for index, name in enumerate(spec.requires):
        yield catalog.require(name, wanted_by=module.at("spec", "requires", index))
    if spec.state.owner:
        yield catalog.require(spec.state.owner, wanted_by=module.at("spec", "state", "owner"))


def needed_services(services: Mapping[str, Any], wanted: Iterable[str]) -> list[str]:
    """Return the wanted services of a rendered project, and those that they cannot do without."""
    found: dict[str, None] = {}
    waiting = list(wanted)
    while waiting:
        name = waiting.pop(0)
        if name in services and name not in found:
            found[name] = None
            service = services[name]
            for container in (service, *(service.get("pre_start") or ())):
                waiting += _neighbours(container)
    return list(found)


def _neighbours(service: Mapping[str, Any]) -> Iterator[str]:
    yield from service.get("depends_on") or ()
    for link in service.get("links") or ():
        yield str(link).partition(":")[0]
    for other in service.get("volumes_from") or ():
        yield str(other).partition(":")[0]
    for key in ("network_mode", "pid", "ipc"):
        kind, _, name = str(service.get(key) or "").partition(":")
        if kind == "service":
            yield name
