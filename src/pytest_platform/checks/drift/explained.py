"""What the config hash explains: fields made of variables whose values are on the host. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pytest_platform.checks.drift.compare import CONFIG
from pytest_platform.checks.drift.desired import VARIABLE
from pytest_platform.checks.drift.model import Desired, Drift, Observed
from pytest_platform.compose.rendered import Rendered

_ENVIRONMENT = "environment"
KEYS: Mapping[str, tuple[str, ...]] = {
    "image": ("image",),
    "command": ("command",),
    "entrypoint": ("entrypoint",),
    _ENVIRONMENT: (_ENVIRONMENT, "env_file"),
    "published": ("ports",),
    "exposed": ("ports", "expose"),
    "mounts": ("volumes", "tmpfs", "configs", "secrets"),
    "network_mode": ("network_mode",),
    "networks": ("networks", "network_mode"),
    "restart": ("restart", "deploy"),
    "user": ("user",),
    "healthcheck": ("healthcheck",),
    "labels": ("labels",),
}
"""The fields of ``Settings``, each with the keys of a service that it is made of."""

_TOP = {"mounts": ("volumes", "configs", "secrets"), "networks": ("networks",)}
"""Fields that depend on what stands beside the services, too."""


def variable_fields(name: str, source: Rendered) -> frozenset[str]:
    """Name the fields of ``Settings`` that are made of variables, by the files as written."""
    service = source.services.get(name) or {}
    return frozenset(
        field
        for field, keys in KEYS.items()
        if _has_variable(service, keys) or _has_variable(source.model, _TOP.get(field, ()))
    )


def taken_as_seen(desired: Desired, observed: Observed, fields: frozenset[str]) -> Desired:
    """Return what is wanted, with these fields as they are: their values are not known here."""
    seen: dict[str, Any] = {field: getattr(observed.settings, field) for field in fields}
    return replace(desired, settings=replace(desired.settings, **seen))


def named(drift: Drift, fields: frozenset[str]) -> Drift:
    """Give a difference of the hash the name of the field, where just one can have made it."""
    if drift.code != CONFIG or fields != {_ENVIRONMENT}:
        return drift
    expected = "the values that the host has for its variables (not shown)"
    return Drift("container.environment", expected, "other values (the hash differs)")


def _has_variable(section: Mapping[str, Any], keys: tuple[str, ...]) -> bool:
    return any(VARIABLE.search(str(section.get(key) or "")) for key in keys)
