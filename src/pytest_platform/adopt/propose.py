"""What a module file says of a service: what is inferred, and what was seen. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from msgspec import Struct, field

from pytest_platform.adopt.layout import YamlLine, flow
from pytest_platform.module.declared import Module
from pytest_platform.module.engines import ENGINES
from pytest_platform.module.forms import DECIDE, ExpectedState, StateClass
from pytest_platform.module.infer import Data
from pytest_platform.run.compose_catalog import Ask

_ELSEWHERE: Final = frozenset({"expected_state", "health", "smoke"})
_ONE_SHOT: Final = ExpectedState.EXITED_SUCCESS.value
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
_LONGEST: Final = 63


class SeenService(Struct, frozen=True):
    """What was seen of a service: a word for each container, and probes that have just passed.

    ``states`` are such as ``running`` and ``exited 0``; ``checked`` tells that the Engine checks
    the health of its containers, be it because of the image.
    """

    states: tuple[str, ...] = ()
    checked: bool = False
    probes: tuple[Mapping[str, Any], ...] = ()


class AdoptedService(Struct, frozen=True):
    """A service that is to become a module: ``name`` is the module's, ``names`` those of others.

    ``place`` is what its file says of the project or stack, ``head`` of owner and contract;
    both hold what the defaults do not. ``said`` is its ``x-platform``, ``does`` are commands of
    a sidecar that do more than create or verify.
    """

    name: str
    module: Module
    data: Data
    names: Mapping[str, str]
    place: Mapping[str, Any]
    head: Mapping[str, Any]
    image: str = ""
    said: Mapping[str, Any] = field(default_factory=dict)
    seen: SeenService = field(default_factory=SeenService)
    does: Sequence[str] = ()

    @property
    def summary(self) -> str:
        """One sentence on the service."""
        what = f", which runs {self.image}" if self.image else ""
        return f"The service {self.module.service}{what}."


def expected(subject: AdoptedService) -> tuple[str, str]:
    """Return the expected state, and why."""
    module, seen = subject.module, subject.seen
    inferred = module.inferred
    reason = inferred.reason if inferred else ""
    if not module.undecided:
        state = module.manifest.spec.runtime.expected_state.value
        if state == ExpectedState.RUNNING.value and seen.checked:
            return ExpectedState.HEALTHY.value, f"{reason}, and its image has a health check"
        return state, reason
    if seen.states and set(seen.states) == {"exited 0"}:
        return _ONE_SHOT, f"{DECIDE}: or running? It has exited 0, and {reason}"
    state = ExpectedState.HEALTHY if seen.checked else ExpectedState.RUNNING
    return state.value, f"{DECIDE}: or {_ONE_SHOT}? {reason[:1].upper()}{reason[1:]}"


def module_lines(subject: AdoptedService) -> Iterator[YamlLine]:
    """Yield the lines of ``module.yaml``, keys in the order of the reference."""
    state, why = expected(subject)
    yield YamlLine("apiVersion: platform/v2")
    yield YamlLine("kind: Module")
    yield YamlLine("metadata:")
    yield YamlLine(f"  name: {flow(subject.name)}")
    yield YamlLine(f"  summary: {flow(subject.summary)}")
    yield from (YamlLine(f"  {key}: {flow(value)}") for key, value in subject.head.items())
    yield YamlLine("spec:")
    yield YamlLine("  runtime:")
    place = {**subject.place, "service": subject.module.service}
    yield YamlLine(f"    {subject.module.engine}: {flow(place)}")
    yield YamlLine(f"    expected_state: {state}", why)
    yield from _more_of_runtime(subject)
    yield from _state(subject, state)
    requires = [one for one in subject.module.manifest.spec.requires if one in subject.names]
    if requires:
        listed = flow([subject.names[one] for one in requires])
        yield YamlLine(f"  requires: {listed}", "depends_on")
    yield from _probes("health", subject.said.get("health") or (), "as x-platform says")
    said = subject.said.get("smoke") or ()
    passed = "passed when this was written"
    why = f"those of x-platform first; the others {passed}" if said else f"each {passed}"
    yield from _probes("smoke", [*said, *subject.seen.probes], why)


def _probes(group: str, probes: Sequence[Mapping[str, Any]], why: str) -> Iterator[YamlLine]:
    if probes:
        yield YamlLine(f"  {group}:", why)
        yield from (YamlLine(f"    - {flow(dict(probe))}") for probe in probes)


def _more_of_runtime(subject: AdoptedService) -> Iterator[YamlLine]:
    said = {key: value for key, value in subject.said.items() if key not in _ELSEWHERE}
    for key, value in said.items():
        yield YamlLine(f"    {key}: {flow(value)}", "as x-platform says")
    replicas = subject.module.manifest.spec.runtime.replicas
    if replicas != 1 and "replicas" not in said:
        yield YamlLine(f"    replicas: {replicas}", "as the Compose file says")
    if subject.does and "beyond_create" not in said:
        yield YamlLine("    beyond_create:", "what its script does beyond creating and verifying")
        for command in subject.does:
            reason = f"{DECIDE}: why may it run {command}?"
            yield YamlLine(f"      - {flow({'command': command, 'reason': reason})}")


def _state(subject: AdoptedService, expected_state: str) -> Iterator[YamlLine]:
    data = subject.data
    owner = subject.names.get(data.owner or "")
    if data.class_ is StateClass.SIDECAR and owner:
        state = {"class": "sidecar", "owner": owner, "backup_ref_modules": [owner]}
        yield YamlLine(f"  state: {flow(state)}", data.reason)
    elif data.class_ is StateClass.STATEFUL and expected_state != _ONE_SHOT:
        backup = f"{DECIDE}: backup: {{roots: [...]}}, or stateless?"
        yield YamlLine("  state: {class: stateful}", f"{data.reason}; {backup}")
    else:
        reason = "" if data.class_ is StateClass.STATELESS else data.reason
        yield YamlLine("  state: {class: stateless}", reason)


def defaults_lines(files: Sequence[str], ask: Ask, host: str) -> Iterator[YamlLine]:
    """Yield the lines of ``defaults.yaml``."""
    yield YamlLine("apiVersion: platform/v2")
    yield YamlLine("kind: Defaults")
    yield YamlLine("owner: nobody", f"{DECIDE}: who is asked when a module fails?")
    yield YamlLine("contract: draft", "findings of the contract warn; strict-v2: they fail")
    place = {"files": list(files), ENGINES[ask.engine]: ask.project}
    yield YamlLine(f"{ask.engine}: {flow(place)}")
    if host:
        yield YamlLine(f"host: {flow(host)}")


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


def module_names(services: Iterable[str], taken: Callable[[str], bool]) -> dict[str, str]:
    """Give each service a valid name of a module that is not ``taken``; its own where it can be."""
    found: dict[str, str] = {}
    for service in services:
        base = _valid(service)
        name, number = base, 2
        while name in found.values() or taken(name):
            ending = f"-{number}"
            name, number = base[: _LONGEST - len(ending)] + ending, number + 1
        found[service] = name
    return found


def _valid(service: str) -> str:
    name = re.sub(r"[^a-z0-9._-]+", "-", service.lower()).strip("._-")[:_LONGEST]
    return name.rstrip("._-") or "service"
