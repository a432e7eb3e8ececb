"""Compose renders the files, and they have the service as it is declared."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from pytest_platform.checks.contract.facts import Facts
from pytest_platform.errors import ComposeError
from pytest_platform.module.nearest import did_you_mean, quoted
from pytest_platform.verdict import Finding, Location

CODE: Final = "contract.compose"

_FILE: Final = re.compile(r"[^\s\"':]+\.ya?ml\b")
_LINE: Final = re.compile(r"(?:(?<!defined at )\bline |\bL)([0-9]+)")
_FIELD: Final = re.compile(r"\bservices\.([\w-]+(?:\.[\w-]+)*)")


def judge(facts: Facts) -> Iterator[Finding]:
    """Render the files, and compare the service with what the module declares.

    Here a refusal by Compose is what is looked for, so it is a finding and not an error.
    """
    try:
        rendered = facts.renderer.rendered(facts.module.compose_files, facts.module.project)
    except ComposeError as error:
        yield _refused(facts, str(error))
        return
    service = rendered.services.get(facts.module.service)
    if service is None:
        yield _no_service(facts, rendered.services)
        return
    yield from _replicas(facts, service)
    yield from _hook(facts, service)


def _refused(facts: Facts, said: str) -> Finding:
    message = said.replace(f"{facts.module.root.resolve()}/", "")
    # What follows is the text itself, which may hold a secret.
    message = message.partition(" You may need to escape any $")[0]
    return Finding(CODE, message, "files that render", location=_where(facts, message))


def _where(facts: Facts, message: str) -> Location:
    """Return the place that Compose speaks of: a line, a field of a service, or the files."""
    file, lines = _FILE.search(message), _LINE.findall(message)
    if file and lines:
        return Location(file[0], int(lines[-1]))
    if field := _FIELD.search(message):
        name, *path = field[1].split(".")
        if name == facts.module.service:
            return facts.locate(*path)
    return facts.module.at("spec", "runtime", "compose", "files")


def _no_service(facts: Facts, services: Mapping[str, Any]) -> Finding:
    name = facts.module.service
    hint = did_you_mean(name, services) or ": correct the name, or add the service"
    return Finding(
        CODE,
        f"the Compose files have no service {quoted(name)}{hint}",
        expected=name,
        actual=", ".join(sorted(services)[:8]) or "no services",
        location=facts.module.at("spec", "runtime", "compose", "service"),
    )


def _replicas(facts: Facts, service: Mapping[str, Any]) -> Iterator[Finding]:
    declared = facts.module.manifest.spec.runtime.replicas
    deploy = service.get("deploy") or {}
    scale = service.get("scale")
    rendered = deploy.get("replicas", 1) if scale is None else scale
    if rendered != declared:
        yield Finding(
            CODE,
            f"Compose starts {rendered} containers and runtime.replicas is {declared}: "
            "make them equal",
            expected=f"{declared} replicas",
            actual=f"{rendered} replicas",
            path=("deploy", "replicas") if scale is None else ("scale",),
        )


def _hook(facts: Facts, service: Mapping[str, Any]) -> Iterator[Finding]:
    hook = facts.module.manifest.spec.runtime.hook
    if hook is not None and not service.get(hook):
        yield Finding(
            CODE,
            f"the service has no hook {hook}: add it to the service, or remove runtime.hook",
            expected=hook,
            actual="no such hook",
            location=facts.module.at("spec", "runtime", "hook"),
        )
