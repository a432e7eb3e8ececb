"""Desired: the settings of one service of the rendered stack files, by code. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from pytest_platform.compose.image_name import normal
from pytest_platform.compose.service import RenderedService, text_of
from pytest_platform.compose.service_parts import (
    Deploy,
    FileGrant,
    Listed,
    Placement,
    Resources,
    RollingUpdate,
    ServiceHealthcheck,
    Ulimit,
)
from pytest_platform.swarm import form
from pytest_platform.units import nanoseconds

Part = Mapping[str, Any]
"""Sections of the model beside its services."""


def wanted(service: RenderedService, model: Part, digest: Callable[[str], str]) -> dict[str, Any]:
    """Return what the files want, in the form of ``observed.seen_in``."""
    deploy = service.deploy
    return {
        "container.image": normal(service.image),
        "container.entrypoint": service.entrypoint or (),
        "container.command": service.command or (),
        "container.environment": _environment(service, digest),
        "container.user": str(service.user),
        "container.healthcheck": _healthcheck(service.healthcheck),
        "container.labels": form.labels(service.labels, deploy.labels),
        "container.mounts": frozenset(_mounts(service, model)),
        "container.networks": dict(_networks(service, model)),
        "container.ports": frozenset(_ports(service)),
        "container.restart": _restart(service),
        "container.config": {**_config(service), **_rights(service)},
        "service.secrets": frozenset(
            _files(service.secrets, model.get("secrets"), "/run/secrets/")
        ),
        "service.configs": frozenset(_files(service.configs, model.get("configs"))),
        "service.mode": deploy.mode or "replicated",
        "service.replicas": _replicas(deploy),
        "service.placement": _placement(deploy.placement),
        "service.resources": _resources(deploy.resources),
        "service.update_config": {
            "update": _update(deploy.update_config),
            "rollback": _update(deploy.rollback_config),
        },
        "service.endpoint": deploy.endpoint_mode or "vip",
    }


def _replicas(deploy: Deploy) -> int | None:
    if deploy.is_global:
        return None
    return 1 if deploy.replicas is None else deploy.replicas


def _environment(service: RenderedService, digest: Callable[[str], str]) -> dict[str, str | None]:
    entries = service.environment.items()
    return {name: None if one is None else digest(text_of(one)) for name, one in entries}


def _healthcheck(check: ServiceHealthcheck | None) -> dict[str, Any]:
    if check is None:
        return {}
    if check.disable:
        return {"test": ("NONE",)}
    times = {
        "interval": nanoseconds(check.interval),
        "timeout": nanoseconds(check.timeout),
        "start_period": nanoseconds(check.start_period),
    }
    return form.given({"test": check.words, **times, "retries": check.retries})


def _mounts(service: RenderedService, model: Part) -> Iterator[tuple[Any, ...]]:
    for volume in service.volumes:
        kind, source = volume.type, volume.source
        if kind == "volume" and source:
            source = ((model.get("volumes") or {}).get(source) or {}).get("name") or source
        place = volume.target.rstrip("/") or "/"
        yield kind, source, place, volume.read_only, volume.tmpfs.size


def _networks(service: RenderedService, model: Part) -> Iterator[tuple[str, frozenset[str]]]:
    defined = model.get("networks") or {}
    for key, options in service.networks.items():
        name = (defined.get(key) or {}).get("name") or key
        yield name, frozenset(options.aliases if options else ())


def _ports(service: RenderedService) -> Iterator[tuple[int, int, str, str]]:
    for port in service.ports:
        yield int(port.published or 0), int(port.target), port.protocol, port.mode


def _restart(service: RenderedService) -> dict[str, Any]:
    policy = service.deploy.restart_policy
    if policy is not None:
        return form.restart(
            policy.condition,
            nanoseconds(policy.delay),
            int(policy.max_attempts or 0),
            nanoseconds(policy.window),
        )
    # Of the key of Compose a deployment takes this alone: `no` becomes any.
    said = service.restart_policy
    if said.name == "on-failure":
        return form.restart(said.name, 0, said.attempts, 0)
    return form.restart("any", 0, 0, 0)


def _rights(service: RenderedService) -> dict[str, Any]:
    return form.given(
        {
            "added": form.capabilities(service.cap_add),
            "dropped": form.capabilities(service.cap_drop),
            "read only": service.read_only,
            "sysctls": {key: str(one) for key, one in service.sysctls.items()},
            "ulimits": {name: _ulimit(one) for name, one in service.ulimits.items()},
            "groups": frozenset(map(str, service.group_add)),
        }
    )


def _ulimit(one: int | Ulimit) -> tuple[int, int]:
    return (one.soft, one.hard) if isinstance(one, Ulimit) else (one, one)


def _config(service: RenderedService) -> dict[str, Any]:
    return form.given(
        {
            "working directory": service.working_dir,
            "host name": service.hostname,
            "stop signal": service.stop_signal,
            "grace": nanoseconds(service.stop_grace_period) or form.GRACE,
            "init": service.init,
            "terminal": service.tty,
            "input": service.stdin_open,
            "isolation": service.isolation.replace("default", ""),
            "hosts": frozenset(_hosts(service.extra_hosts)),
            "name servers": _listed(service.dns),
            "search": _listed(service.dns_search),
            "dns options": service.dns_opt,
            "log driver": service.logging.driver,
            "log options": dict(service.logging.options),
        }
    )


def _listed(value: Listed) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _hosts(entries: Iterable[str]) -> Iterator[str]:
    for entry in entries:
        name, _, address = entry.replace("=", ":", 1).partition(":")
        yield f"{address} {name}"


def _files(
    grants: Iterable[FileGrant], defined: Part | None, folder: str = ""
) -> Iterator[tuple[str, str, str, str, int]]:
    """Yield what is put into the container; ``folder`` is where that is without a whole path."""
    for one in grants:
        name = ((defined or {}).get(one.source) or {}).get("name") or one.source
        octal = 0o444 if one.mode is None else int(str(one.mode).removeprefix("0o"), 8)
        target = (one.target or one.source).removeprefix(folder)
        yield name, target, str(one.uid or "0"), str(one.gid or "0"), octal


def _placement(placement: Placement) -> dict[str, Any]:
    return form.given(
        {
            "constraints": frozenset(one.replace(" ", "") for one in placement.constraints),
            "preferences": tuple(one.spread for one in placement.preferences),
            "most on a node": placement.max_replicas_per_node,
        }
    )


def _resources(resources: Resources) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for kind, part in (("limits", resources.limits), ("reservations", resources.reservations)):
        found[f"{kind} cpus"] = round(float(part.cpus) * 10**9)
        found[f"{kind} memory"] = int(part.memory)
        found[f"{kind} processes"] = int(part.pids)
    return form.given(found)


def _update(config: RollingUpdate) -> dict[str, Any]:
    return form.update(
        config.parallelism,
        nanoseconds(config.delay),
        config.failure_action,
        nanoseconds(config.monitor),
        config.max_failure_ratio,
        config.order,
    )
