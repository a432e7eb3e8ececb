"""Desired: the settings of one service of the rendered stack files, by code. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pytest_platform.compose.image_name import normal
from pytest_platform.compose.service import text_of
from pytest_platform.swarm import form

Part = Mapping[str, Any]


def wanted(service: Part, model: Part, digest: Callable[[str], str]) -> dict[str, Any]:
    """Return what the files want, in the form of ``observed.seen_in``."""
    deploy: Part = service.get("deploy") or {}
    mode = deploy.get("mode") or "replicated"
    return {
        "container.image": normal(service.get("image") or ""),
        "container.entrypoint": tuple(service.get("entrypoint") or ()),
        "container.command": tuple(service.get("command") or ()),
        "container.environment": _environment(service, digest),
        "container.user": str(service.get("user") or ""),
        "container.healthcheck": _healthcheck(service.get("healthcheck")),
        "container.labels": form.labels(service.get("labels"), deploy.get("labels")),
        "container.mounts": frozenset(_mounts(service, model)),
        "container.networks": dict(_networks(service, model)),
        "container.ports": frozenset(_ports(service)),
        "container.restart": _restart(service, deploy.get("restart_policy")),
        "container.config": {**_config(service), **_rights(service)},
        "service.secrets": frozenset(_files(service, model, "secrets")),
        "service.configs": frozenset(_files(service, model, "configs")),
        "service.mode": mode,
        "service.replicas": _replicas(mode, deploy.get("replicas")),
        "service.placement": _placement(deploy.get("placement") or {}),
        "service.resources": _resources(deploy.get("resources") or {}),
        "service.update_config": {
            "update": _update(deploy.get("update_config") or {}),
            "rollback": _update(deploy.get("rollback_config") or {}),
        },
        "service.endpoint": deploy.get("endpoint_mode") or "vip",
    }


def _replicas(mode: str, count: Any) -> int | None:
    if mode.startswith("global"):
        return None
    return 1 if count is None else int(count)


def _environment(service: Part, digest: Callable[[str], str]) -> dict[str, str | None]:
    entries = (service.get("environment") or {}).items()
    return {name: None if one is None else digest(text_of(one)) for name, one in entries}


def _healthcheck(check: Part | None) -> dict[str, Any]:
    if not check:
        return {}
    if check.get("disable"):
        return {"test": ("NONE",)}
    times = {
        key: form.nanoseconds(check.get(key)) for key in ("interval", "timeout", "start_period")
    }
    test = tuple(check.get("test") or ())
    return form.given({"test": test, **times, "retries": int(check.get("retries") or 0)})


def _mounts(service: Part, model: Part) -> Iterator[tuple[Any, ...]]:
    for volume in service.get("volumes") or ():
        kind, source = volume["type"], volume.get("source") or ""
        if kind == "volume" and source:
            source = ((model.get("volumes") or {}).get(source) or {}).get("name") or source
        size = int((volume.get("tmpfs") or {}).get("size") or 0)
        yield kind, source, volume["target"].rstrip("/") or "/", bool(volume.get("read_only")), size


def _networks(service: Part, model: Part) -> Iterator[tuple[str, frozenset[str]]]:
    defined = model.get("networks") or {}
    for key, options in (service.get("networks") or {}).items():
        name = (defined.get(key) or {}).get("name") or key
        yield name, frozenset((options or {}).get("aliases") or ())


def _ports(service: Part) -> Iterator[tuple[int, int, str, str]]:
    for port in service.get("ports") or ():
        published = int(port.get("published") or 0)
        mode = port.get("mode") or "ingress"
        yield published, int(port["target"]), port.get("protocol") or "tcp", mode


def _restart(service: Part, policy: Part | None) -> dict[str, Any]:
    if policy is not None:
        return form.restart(
            policy.get("condition") or "",
            form.nanoseconds(policy.get("delay")),
            int(policy.get("max_attempts") or 0),
            form.nanoseconds(policy.get("window")),
        )
    # Of the key of Compose a deployment takes this alone: `no` becomes any.
    name, _, count = str(service.get("restart") or "").partition(":")
    if name == "on-failure":
        return form.restart(name, 0, int(count or 0), 0)
    return form.restart("any", 0, 0, 0)


def _rights(service: Part) -> dict[str, Any]:
    limits = service.get("ulimits") or {}
    return form.given(
        {
            "added": form.capabilities(service.get("cap_add") or ()),
            "dropped": form.capabilities(service.get("cap_drop") or ()),
            "read only": bool(service.get("read_only")),
            "sysctls": {key: str(one) for key, one in (service.get("sysctls") or {}).items()},
            "ulimits": {name: _ulimit(one) for name, one in limits.items()},
            "groups": frozenset(map(str, service.get("group_add") or ())),
        }
    )


def _ulimit(one: Any) -> tuple[int, int]:
    if isinstance(one, Mapping):
        return int(one.get("soft") or 0), int(one.get("hard") or 0)
    return int(one), int(one)


def _config(service: Part) -> dict[str, Any]:
    logging = service.get("logging") or {}
    return form.given(
        {
            "working directory": service.get("working_dir"),
            "host name": service.get("hostname"),
            "stop signal": service.get("stop_signal"),
            "grace": form.nanoseconds(service.get("stop_grace_period")) or form.GRACE,
            "init": bool(service.get("init")),
            "terminal": bool(service.get("tty")),
            "input": bool(service.get("stdin_open")),
            "isolation": (service.get("isolation") or "").replace("default", ""),
            "hosts": frozenset(_hosts(service.get("extra_hosts") or ())),
            "name servers": tuple(_listed(service.get("dns"))),
            "search": tuple(_listed(service.get("dns_search"))),
            "dns options": tuple(service.get("dns_opt") or ()),
            "log driver": logging.get("driver"),
            "log options": dict(logging.get("options") or {}),
        }
    )


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value or ())


def _hosts(entries: Any) -> Iterator[str]:
    for entry in entries:
        name, _, address = str(entry).replace("=", ":", 1).partition(":")
        yield f"{address} {name}"


def _files(service: Part, model: Part, key: str) -> Iterator[tuple[str, str, str, str, int]]:
    for use in service.get(key) or ():
        name = ((model.get(key) or {}).get(use["source"]) or {}).get("name") or use["source"]
        target = use.get("target") or use["source"]
        if key == "secrets":
            target = target.removeprefix("/run/secrets/")
        mode = use.get("mode")
        octal = 0o444 if mode is None else int(str(mode).removeprefix("0o"), 8)
        yield name, target, str(use.get("uid") or "0"), str(use.get("gid") or "0"), octal


def _placement(placement: Part) -> dict[str, Any]:
    preferences = placement.get("preferences") or ()
    return form.given(
        {
            "constraints": frozenset(
                one.replace(" ", "") for one in placement.get("constraints") or ()
            ),
            "preferences": tuple(one.get("spread") for one in preferences),
            "most on a node": int(placement.get("max_replicas_per_node") or 0),
        }
    )


def _resources(resources: Part) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for kind in ("limits", "reservations"):
        part = resources.get(kind) or {}
        found[f"{kind} cpus"] = round(float(part.get("cpus") or 0) * 10**9)
        found[f"{kind} memory"] = int(part.get("memory") or 0)
        found[f"{kind} processes"] = int(part.get("pids") or 0)
    return form.given(found)


def _update(config: Part) -> dict[str, Any]:
    return form.update(
        config.get("parallelism"),
        form.nanoseconds(config.get("delay")),
        config.get("failure_action") or "",
        form.nanoseconds(config.get("monitor")),
        config.get("max_failure_ratio"),
        config.get("order") or "",
    )
