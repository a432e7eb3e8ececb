"""Compose renders the files, and they have the service as it is declared."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final

from pytest_platform.checks.contract.facts import Facts
from pytest_platform.compose.refusals import RemoteInclude
from pytest_platform.compose.service import RenderedService
from pytest_platform.compose.service_parts import Provider
from pytest_platform.errors import ComposeError
from pytest_platform.text import did_you_mean, quoted
from pytest_platform.verdict import Finding

CODE: Final = "contract.compose"


def judge(facts: Facts) -> Iterator[Finding]:
    """Render the files, and compare the service with what the module declares.

    Here a refusal by Compose is what is looked for, so it is a finding and not an error.
    """
    try:
        rendered = facts.renderer.judged(
            facts.module.compose_files, facts.module.project, facts.module.service
        )
    except RemoteInclude as error:
        raise facts.remote(error) from None
    except ComposeError as error:
        yield _refused(facts, str(error))
        return
    if rendered.refusal:
        yield _refused(facts, rendered.refusal)
    service = rendered.services.get(facts.module.service)
    if service is None:
        yield _no_service(facts, rendered.services)
        return
    if service.provider:
        yield _provided(facts, service.provider)
        return
    if not rendered.left_out(facts.module.service, ("scale", "deploy")):
        yield from _replicas(facts, service)
    yield from _hook(facts, service)


def _refused(facts: Facts, said: str) -> Finding:
    # What follows is the text itself, which may hold a secret.
    message = said.partition(" You may need to escape any $")[0]
    location = facts.spoken_of(message)
    return Finding(CODE, facts.shortened(message), "files that render", location=location)


def _no_service(facts: Facts, services: Collection[str]) -> Finding:
    name = facts.module.service
    hint = did_you_mean(name, services) or ": correct the name, or add the service"
    return Finding(
        CODE,
        f"the Compose files have no service {quoted(name)}{hint}",
        expected=name,
        actual=", ".join(sorted(services)[:8]) or "no services",
        location=facts.module.at("spec", "runtime", facts.module.engine, "service"),
    )


def _provided(facts: Facts, provider: Provider) -> Finding:
    kind = quoted(provider.type)
    name = quoted(facts.module.service)
    return Finding(
        CODE,
        f"{name} is made by the provider {kind} and has no container, so there is nothing to "
        "observe: remove the module, or declare a service that has a container",
        expected="a service with a container",
        actual=f"provider {kind}",
        path=("provider",),
    )


def _replicas(facts: Facts, service: RenderedService) -> Iterator[Finding]:
    declared = facts.module.manifest.spec.runtime.replicas
    rendered, path = service.replicas, service.replicas_path
    if rendered == declared:
        return
    unset = facts.unset_in(rendered)
    if unset:
        message = (
            f"the number of containers comes from {', '.join(unset)}, which has no value and no "
            f"default: write a default, ${{{unset[0]}:-{declared}}}"
        )
        yield Finding(CODE, message, f"{declared} replicas", "unknown", path)
        return
    yield Finding(
        CODE,
        f"Compose starts {rendered} containers and runtime.replicas is {declared}: make them equal",
        expected=f"{declared} replicas",
        actual=f"{rendered} replicas",
        path=path,
    )


def _hook(facts: Facts, service: RenderedService) -> Iterator[Finding]:
    hook = facts.module.manifest.spec.runtime.hook
    if hook is not None and not service.hooks[hook]:
        yield Finding(
            CODE,
            f"the service has no hook {hook}: add it to the service, or remove runtime.hook",
            expected=hook,
            actual="no such hook",
            location=facts.module.at("spec", "runtime", "hook"),
        )
