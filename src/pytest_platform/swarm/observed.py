"""Observed: the settings of one service as the API has them, by code. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pytest_platform.compose.image_name import normal
from pytest_platform.swarm import form
from pytest_platform.swarm.services import mode_of

Part = Mapping[str, Any]


def seen_in(spec: Part, networks: Mapping[str, str]) -> dict[str, Any]:
    """Return what a service is set to; ``networks`` are names by id."""
    template: Part = spec.get("TaskTemplate") or {}
    container: Part = template.get("ContainerSpec") or {}
    mode, count = mode_of(spec.get("Mode") or {})
    endpoint = spec.get("EndpointSpec") or {}
    return {
        "container.image": normal(container.get("Image") or ""),
        "container.entrypoint": tuple(container.get("Command") or ()),
        "container.command": tuple(container.get("Args") or ()),
        "container.environment": dict(container.get("Env") or {}),
        "container.user": container.get("User") or "",
        "container.healthcheck": _healthcheck(container.get("Healthcheck") or {}),
        "container.labels": form.labels(container.get("Labels"), spec.get("Labels")),
        "container.mounts": frozenset(_mounts(container)),
        "container.networks": dict(_networks(template, spec, networks)),
        "container.ports": frozenset(_ports(endpoint.get("Ports") or ())),
        "container.restart": _restart(template.get("RestartPolicy") or {}),
        "container.config": _config(container, template) | _rights(container),
        "service.secrets": frozenset(_files(container.get("Secrets") or (), "SecretName")),
        "service.configs": frozenset(_files(container.get("Configs") or (), "ConfigName")),
        "service.mode": mode,
        "service.replicas": count,
        "service.placement": _placement(template.get("Placement") or {}),
        "service.resources": _resources(template.get("Resources") or {}),
        "service.update_config": {
            "update": _update(spec.get("UpdateConfig") or {}),
            "rollback": _update(spec.get("RollbackConfig") or {}),
        },
        "service.endpoint": endpoint.get("Mode") or "vip",
    }


def _healthcheck(check: Part) -> dict[str, Any]:
    test = tuple(check.get("Test") or ())
    if test[:1] == ("NONE",):
        return {"test": test}
    return form.given(
        {
            "test": test,
            "interval": check.get("Interval"),
            "timeout": check.get("Timeout"),
            "start_period": check.get("StartPeriod"),
            "retries": check.get("Retries"),
        }
    )


def _mounts(container: Part) -> Iterator[tuple[Any, ...]]:
    for one in container.get("Mounts") or ():
        size = int((one.get("TmpfsOptions") or {}).get("SizeBytes") or 0)
        target = (one.get("Target") or "").rstrip("/") or "/"
        yield (
            one.get("Type") or "",
            one.get("Source") or "",
            target,
            bool(one.get("ReadOnly")),
            size,
        )


def _networks(
    template: Part, spec: Part, networks: Mapping[str, str]
) -> Iterator[tuple[str, frozenset[str]]]:
    own = spec.get("Name", "").removeprefix(
        f"{(spec.get('Labels') or {}).get('com.docker.stack.namespace', '')}_"
    )
    for one in template.get("Networks") or spec.get("Networks") or ():
        target = one.get("Target") or ""
        name = networks.get(target, target)
        yield name, frozenset(one.get("Aliases") or ()) - {own}


def _ports(ports: Iterable[Part]) -> Iterator[tuple[int, int, str, str]]:
    for one in ports:
        mode = one.get("PublishMode") or "ingress"
        published = int(one.get("PublishedPort") or 0)
        yield published, int(one["TargetPort"]), one.get("Protocol") or "tcp", mode


def _restart(policy: Part) -> dict[str, Any]:
    return form.restart(
        policy.get("Condition") or "",
        policy.get("Delay") or 0,
        policy.get("MaxAttempts") or 0,
        policy.get("Window") or 0,
    )


def _rights(container: Part) -> dict[str, Any]:
    return form.given(
        {
            "added": form.capabilities(container.get("CapabilityAdd") or ()),
            "dropped": form.capabilities(container.get("CapabilityDrop") or ()),
            "read only": bool(container.get("ReadOnly")),
            "sysctls": dict(container.get("Sysctls") or {}),
            "ulimits": {
                one["Name"]: (one.get("Soft") or 0, one.get("Hard") or 0)
                for one in container.get("Ulimits") or ()
            },
            "groups": frozenset(container.get("Groups") or ()),
        }
    )


def _config(container: Part, template: Part) -> dict[str, Any]:
    names, logging = container.get("DNSConfig") or {}, template.get("LogDriver") or {}
    return form.given(
        {
            "working directory": container.get("Dir"),
            "host name": container.get("Hostname"),
            "stop signal": container.get("StopSignal"),
            "grace": container.get("StopGracePeriod") or form.GRACE,
            "init": bool(container.get("Init")),
            "terminal": bool(container.get("TTY")),
            "input": bool(container.get("OpenStdin")),
            "isolation": (container.get("Isolation") or "").replace("default", ""),
            "hosts": frozenset(container.get("Hosts") or ()),
            "name servers": tuple(names.get("Nameservers") or ()),
            "search": tuple(names.get("Search") or ()),
            "dns options": tuple(names.get("Options") or ()),
            "log driver": logging.get("Name"),
            "log options": dict(logging.get("Options") or {}),
        }
    )


def _files(uses: Iterable[Part], key: str) -> Iterator[tuple[str, str, str, str, int]]:
    for use in uses:
        file = use.get("File") or {}
        name = file.get("Name") or ""
        yield (
            use.get(key) or "",
            name,
            file.get("UID") or "0",
            file.get("GID") or "0",
            file.get("Mode") or 0,
        )


def _placement(placement: Part) -> dict[str, Any]:
    spreads = ((one.get("Spread") or {}) for one in placement.get("Preferences") or ())
    constraints = placement.get("Constraints") or ()
    return form.given(
        {
            "constraints": frozenset(one.replace(" ", "") for one in constraints),
            "preferences": tuple(one.get("SpreadDescriptor") for one in spreads),
            "most on a node": placement.get("MaxReplicas"),
        }
    )


def _resources(resources: Part) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for kind, key in (("limits", "Limits"), ("reservations", "Reservations")):
        part = resources.get(key) or {}
        found[f"{kind} cpus"] = part.get("NanoCPUs")
        found[f"{kind} memory"] = part.get("MemoryBytes")
        found[f"{kind} processes"] = part.get("Pids")
    return form.given(found)


def _update(config: Part) -> dict[str, Any]:
    return form.update(
        config.get("Parallelism"),
        config.get("Delay") or 0,
        config.get("FailureAction") or "",
        config.get("Monitor") or 0,
        config.get("MaxFailureRatio"),
        config.get("Order") or "",
    )
