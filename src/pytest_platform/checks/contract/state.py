"""Whose data a module holds or changes, and how it comes back, is declared."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pytest_platform.checks.contract.facts import Facts
from pytest_platform.checks.mounted_data import declared_beside, shared_by_files
from pytest_platform.errors import ComposeError
from pytest_platform.module.forms import StateClass
from pytest_platform.module.loader import Broken
from pytest_platform.text import did_you_mean, quoted
from pytest_platform.verdict import Finding

CODE: Final = "contract.state"


def judge(facts: Facts) -> Iterator[Finding]:
    """Compare what is declared under ``state`` with its class, with who is named, and with mounts.

    Raises:
        ComposeError: what it mounts cannot be rendered, and nothing else is wrong.
        ComposeMissing: no renderer is installed.
    """
    if facts.module.inferred:
        return  # nothing is declared that could be wrong
    declared = [*_missing(facts), *_misplaced(facts), *_named(facts)]
    yield from declared
    try:
        yield from _mounted(facts)
    except ComposeError:
        if not declared:
            raise


def _missing(facts: Facts) -> Iterator[Finding]:
    state = facts.module.manifest.spec.state
    if state.class_ is StateClass.STATEFUL and state.backup is None:
        message = "a stateful module declares its backup: add backup with roots"
        yield _finding(facts, message, "class")
    if state.class_ is not StateClass.SIDECAR:
        return
    if state.owner is None:
        message = "a sidecar declares whose data it changes: add owner with a stateful module"
        yield _finding(facts, message, "class")
    if not state.backup_ref_modules:
        message = (
            "a sidecar declares whose backup allows it to run again: "
            f"add backup_ref_modules: [{state.owner or '…'}]"
        )
        yield _finding(facts, message, "class")


def _misplaced(facts: Facts) -> Iterator[Finding]:
    state = facts.module.manifest.spec.state
    if state.backup is not None and state.class_ is not StateClass.STATEFUL:
        message = f"a {state.class_} module has no backup of its own: remove it, or use stateful"
        yield _finding(facts, message, "backup")
    if state.owner is not None and state.class_ is not StateClass.SIDECAR:
        message = f"a {state.class_} module has no owner: remove it, or use sidecar"
        yield _finding(facts, message, "owner")
    if state.backup_ref_modules and state.class_ is StateClass.STATELESS:
        message = "a stateless module needs no backup to run again: remove backup_ref_modules"
        yield _finding(facts, message, "backup_ref_modules")


def _named(facts: Facts) -> Iterator[Finding]:
    state = facts.module.manifest.spec.state
    if state.class_ is StateClass.SIDECAR and state.owner is not None:
        yield from _not_stateful(facts, state.owner, "owner")
    if state.class_ is not StateClass.STATELESS:
        for index, name in enumerate(state.backup_ref_modules):
            yield from _not_stateful(facts, name, "backup_ref_modules", index)


def _not_stateful(facts: Facts, name: str, *path: str | int) -> Iterator[Finding]:
    problem = _problem(facts, name)
    if problem:
        yield _finding(facts, f"{path[0]}: {problem}", *path)


def _problem(facts: Facts, name: str) -> str | None:
    catalog = facts.catalog
    if not catalog.exists(name):
        others = [one for one in catalog.names() if one != facts.module.name]
        hint = did_you_mean(name, others) or "; correct the name, or add the module"
        return f"there is no module {quoted(name)}{hint}"
    module = catalog.get(name)
    if isinstance(module, Broken):
        return f"the module {quoted(name)} cannot be read: mend that one first"
    class_ = module.manifest.spec.state.class_
    if class_ is StateClass.STATEFUL:
        return None
    return f"the module {quoted(name)} is {class_}: name a stateful one"


def _mounted(facts: Facts) -> Iterator[Finding]:
    """Find the data of others that it can write to and is not declared to."""
    module, state = facts.module, facts.module.manifest.spec.state
    _ = facts.service  # where it cannot be rendered, that is what to say
    shared = shared_by_files(module, facts.catalog, facts.render, declared_beside(module))
    for name, what in shared.of.items():
        if state.class_ is not StateClass.SIDECAR:
            message = (
                f"a {state.class_} module mounts {what} of the stateful module {quoted(name)} and "
                f"can change it: declare class: sidecar with owner: {name}, or mount it read-only"
            )
            yield _finding(facts, message, "class")
        elif state.owner not in {None, name}:
            message = (
                f"it mounts {what} of the stateful module {quoted(name)}, which is not its owner: "
                "make that one its owner, or mount it read-only"
            )
            yield _finding(facts, message, "owner")
        elif state.backup_ref_modules and name not in state.backup_ref_modules:
            message = f"it mounts {what} of {quoted(name)}, whose backup counts: name that module"
            yield _finding(facts, message, "backup_ref_modules")


def _finding(facts: Facts, message: str, *path: str | int) -> Finding:
    return Finding(CODE, message, location=facts.module.at("spec", "state", *path))
