"""What is known beside the fields: the config hash, what it explains, what an image means now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from pytest_platform.checks.drift.compare import CONFIG
from pytest_platform.checks.drift.desired import VARIABLE
from pytest_platform.checks.drift.model import Desired, Drift, Evidence, Hash, Observed
from pytest_platform.compose import image_name
from pytest_platform.compose.rendered import Rendered
from pytest_platform.docker.api import InspectedContainer, InspectedImage


def evidence(
    desired: Desired,
    observed: Observed,
    references: Mapping[str, str],
    rendered_hash: str | None,
    version: str,
) -> Evidence:
    """Put the evidence together. ``references`` are the names of images and their ids."""
    return Evidence(
        config_hash(observed, rendered_hash, version),
        image_id(desired.settings.image, references),
    )


def same_content(container: InspectedContainer, image: InspectedImage) -> bool:
    """Return whether an image still holds what a container was made of.

    With the containerd store an image is an index. It gets a new id by each build, for what
    attests the build changes, while the manifest that containers are made of stays.
    """
    used = container.image_manifest_descriptor
    held = {one.id for one in image.manifests or () if one.kind == "image"} - {None}
    return used is not None and used.digest in held


def config_hash(observed: Observed, rendered: str | None, version: str) -> Hash:
    """Compare the hashes, which only those of the same version of Compose allow."""
    if not rendered or not observed.config_hash or observed.compose_version != version:
        return Hash.UNKNOWN
    return Hash.EQUAL if observed.config_hash == rendered else Hash.DIFFERENT


def image_id(wanted: str, references: Mapping[str, str]) -> str:
    """Return the id that a reference means on the host now; empty where it is not there."""
    if wanted.startswith("sha256:"):
        return wanted
    name = image_name.decisive(wanted)
    known = (image for spelt, image in references.items() if image_name.normal(spelt) == name)
    return next(known, "")


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
    service = source.documents.get(name) or {}
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
