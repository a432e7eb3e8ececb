"""The probe ``volume``: a named volume as a service's container has it mounted."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Annotated

from msgspec import Meta, Struct

from pytest_platform.docker import files
from pytest_platform.docker.mounted import volume_mounts
from pytest_platform.docker.paths import resolve
from pytest_platform.module.forms import Base, Duration, Text
from pytest_platform.probes.container import AbsolutePath, Service, containers_of
from pytest_platform.probes.kind import ProbeKind, Target
from pytest_platform.probes.matchers import Bounds, out_of_bounds
from pytest_platform.units import amount, seconds
from pytest_platform.verdict import Finding

CODE = "probe.volume"


class Volume(Base, frozen=True):
    """Look at a named volume that a service's container has mounted, running or not."""

    name: Annotated[
        Text,
        Meta(
            description="The volume, as the Compose file or as `docker volume ls` names it.",
            examples=["data"],
        ),
    ]
    mounted_at: Annotated[
        AbsolutePath | None,
        Meta(description="Where it is mounted in the container.", examples=["/data"]),
    ] = None
    read_only: Annotated[
        bool | None, Meta(description="Whether the container may only read it.", examples=[True])
    ] = None
    contains: Annotated[
        tuple[
            Annotated[
                str,
                Meta(
                    pattern=r"^[^/\x00][^\x00]*$(?!\n)",
                    extra_json_schema={"patternErrorMessage": "a path relative to the volume"},
                ),
            ],
            ...,
        ],
        Meta(
            description="Paths in the volume at which something must be.",
            examples=[["backups", "media"]],
        ),
    ] = ()
    entries: Annotated[
        Bounds | None,
        Meta(
            description=(
                "How many entries its top folder has. All of the volume is read for it, "
                "unless `at_least` alone is given."
            )
        ),
    ] = None
    service: Service = None
    timeout: Annotated[Duration, Meta(description="How long reading it may take.")] = "10s"


class VolumeObserved(Struct, frozen=True):
    """``mounts`` from the names of volumes to where they are; the rest of the one asked for."""

    mounts: dict[str, str]
    mounted_at: str | None = None
    writable: bool = True
    missing: tuple[str, ...] = ()
    entries: int = 0


def observe(spec: Volume, target: Target) -> VolumeObserved:
    """Look at the mounts of the container, and into the volume where that is asked for.

    Raises:
        PlatformError: there is no container, or its files cannot be read.
    """
    target = target.looking_into(spec.service)
    container = containers_of(target, spec.service)[0].id
    mounts = {one.name: one for one in volume_mounts(target.engine.inspect(container))}
    places = {name: mount.path for name, mount in mounts.items()}
    mount = mounts.get(f"{target.module.project}_{spec.name}") or mounts.get(spec.name)
    if mount is None:
        return VolumeObserved(places)
    place = mount.path
    paths = {path: posixpath.join(place, path) for path in spec.contains}
    return VolumeObserved(
        places,
        place,
        mount.writable,
        tuple(p for p, at in paths.items() if not resolve(target.engine, container, at)),
        _count(spec, target, container, place),
    )


def _count(spec: Volume, target: Target, container: str, place: str) -> int:
    if spec.entries is None:
        return 0
    timeout = seconds(spec.timeout)
    return files.count(
        target.engine, container, place, timeout=timeout, enough=_enough(spec.entries)
    )


def _enough(bounds: Bounds) -> int:
    """Return how many entries settle the matter."""
    most = bounds.equals if bounds.equals is not None else bounds.at_most
    settled = amount(bounds.at_least or 0) if most is None else (amount(most) or 0) + 1
    return max(1, int(settled or 0))


def judge(spec: Volume, seen: VolumeObserved) -> list[Finding]:
    """Compare the mount first, then what is in the volume."""
    if seen.mounted_at is None:
        message = f"the volume '{spec.name}' is not mounted"
        actual = ", ".join(f"{name} at {place}" for name, place in seen.mounts.items())
        return [Finding(CODE, message, f"{spec.name} is mounted", actual or "no volume")]
    return [*_mount(spec, seen), *_content(spec, seen)]


def _mount(spec: Volume, seen: VolumeObserved) -> Iterator[Finding]:
    if spec.mounted_at is not None and spec.mounted_at.rstrip("/") != seen.mounted_at:
        message = f"'{spec.name}' is mounted at {seen.mounted_at}, not at {spec.mounted_at}"
        yield Finding(CODE, message, spec.mounted_at, seen.mounted_at)
    if spec.read_only is not None and spec.read_only is seen.writable:
        words = {True: "read-only", False: "writable"}
        expected, actual = words[spec.read_only], words[not seen.writable]
        yield Finding(CODE, f"'{spec.name}' is mounted {actual}", expected, actual)


def _content(spec: Volume, seen: VolumeObserved) -> Iterator[Finding]:
    for path in seen.missing:
        message = f"'{spec.name}' does not hold {path}"
        yield Finding(CODE, message, f"holds {path}", "nothing is there")
    if spec.entries is not None:
        what = f"the number of entries in '{spec.name}'"
        yield from out_of_bounds(spec.entries, seen.entries, code=CODE, what=what)


KIND = ProbeKind(Volume, observe, judge, lambda spec: [spec.service] if spec.service else [])
