"""What is around a script and decides what runs: the image, its mounts, and its variables."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from pytest_platform.compose.placeholders import variables
from pytest_platform.compose.service import RenderedService
from pytest_platform.compose.service_parts import FileGrant, ServiceMount
from pytest_platform.scripts.changes import Judge
from pytest_platform.scripts.data_change import DataChange
from pytest_platform.scripts.invocation import single_dollars
from pytest_platform.scripts.variables import is_expanded
from pytest_platform.scripts.verbs import may_be_set, may_have, table
from pytest_platform.verdict import Spot

Told = tuple[tuple[str, ...], Spot | None, DataChange, str | None]
"""The place of something unknown, what it is, and how it was written."""

UNKNOWN: Final = "placeholder-"
"""What stands in a text for a value that is not there."""


def of_image(rendered: RenderedService, source: Mapping[str, Any]) -> Told:
    """Report that it is not known what an image runs."""
    image = rendered.image.partition("@")[0].rpartition("/")
    name = image[0] + image[1] + image[2].partition(":")[0] or "build"
    does = "is an image whose entrypoint was not read (`entrypoint:` would name it)"
    place = "image" if rendered.image else "build"
    quoted = str(source.get("image") or rendered.image or "build").partition("@")[0]
    return (place,), None, DataChange(does, (name,), name), quoted


def of_environment(
    rendered: RenderedService, source: Mapping[str, Any], judge: Judge, ran: str
) -> list[Told]:
    """Find variables by which the name of a program runs another one, or code before it.

    So may every variable that is not known to be data: by its name, by its value, or for the
    script, whose text is in ``ran``, asks for it.
    """
    known = environment(rendered, source)
    return [
        (("environment", name), None, DataChange(does, (f"{name.lower()}=",), name), name)
        for name, value in rendered.environment.items()
        if (does := _heeded(name, str(value or ""), known.get(name), judge, ran))
    ]


def _heeded(name: str, value: str, known: str | None, judge: Judge, ran: str) -> str:
    """Give what a variable may do; nothing where it is data."""
    if not may_be_set(name):
        return "" if _is_usual(name, value, judge) else "decides what programs run"
    if may_have(name, known) or is_expanded(name, ran):
        return ""
    return "is not known to be data for the programs that run (the script does not use it)"


def _is_usual(name: str, value: str, judge: Judge) -> bool:
    if name == "PATH":
        return set(value.split(":")) <= set(table()["folders"])
    usual = table()["variables"]["usual"]
    below_tmp = value.startswith("/tmp") and not judge.scratch  # noqa: S108
    matches = re.fullmatch(usual["names"], name) and re.fullmatch(usual["values"], value)
    return bool(matches) and ".." not in value and not below_tmp


def environment(rendered: RenderedService, source: Mapping[str, Any]) -> dict[str, str]:
    """Return what is given for sure: what Compose fills in may be anything at a deployment."""
    written = source.get("environment")
    if not isinstance(written, Mapping):
        return {}
    return {
        name: single_dollars(str(one))
        for name, one in rendered.environment.items()
        if one is not None and name in written and not set(variables(str(written[name] or "")))
    }


def mounted(rendered: RenderedService) -> frozenset[str]:
    """Return the paths at which something that stays is mounted."""
    return frozenset(target for _, _, target in _mounts(rendered))


def below_tmp(rendered: RenderedService) -> bool:
    """Say whether what is written below ``/tmp`` may stay, or may be somebody else's."""
    below = any(f"{one}/".startswith(("/tmp/", "//")) for one in mounted(rendered))  # noqa: S108
    return below or bool(rendered.volumes_from)


def of_mounts(rendered: RenderedService, source: Mapping[str, Any], judge: Judge) -> list[Told]:
    """Find what is mounted where programs, libraries and start-up files are read.

    A script there is judged like one that is run, for a program of the image may run it.
    """
    return [
        one
        for kind, at, target in _mounts(rendered)
        if _decides(target)
        for one in _of_mount((kind, str(at)), target, str(source.get(kind)), judge)
    ]


def _of_mount(path: tuple[str, ...], target: str, source: str, judge: Judge) -> list[Told]:
    read = judge.program(target, 0) if _is_program(target) else None
    if read is not None:
        return [(path, Spot(one.at, one.file), one, one.text) for one in read]
    does = "is mounted where programs and their start-up files are read"
    quoted = target if target in source else None
    return [(path, None, DataChange(does, (target,), target), quoted)]


def _is_program(target: str) -> bool:
    """Say whether nothing but a shell, or who runs it by its name, reads a file of that name."""
    folder, _, name = target.rpartition("/")
    hidden = any(part.startswith(".") for part in target.split("/"))
    kept = target.startswith(("/etc/", "/lib"))
    return folder in table()["folders"] or (name.endswith(".sh") and not hidden and not kept)


def _decides(target: str) -> bool:
    rules = table()["mounts"]
    if UNKNOWN in target:
        return True
    deciding = any(re.fullmatch(f"(?:{one})(?:/.*)?", target) for one in rules["deciding"])
    return deciding and not any(
        re.fullmatch(f"(?:{one})(?:/.*)?", target, re.DOTALL) for one in rules["harmless"]
    )


def _mounts(rendered: RenderedService) -> Iterator[tuple[str, int, str]]:
    """Yield what is mounted: its field, its index there, and its path in the container."""
    for at, mount in enumerate(rendered.volumes):
        if mount.type != "tmpfs":
            yield "volumes", at, target_of("volumes", mount)
    for kind, grants in (("configs", rendered.configs), ("secrets", rendered.secrets)):
        for at, one in enumerate(grants):
            yield kind, at, target_of(kind, one)


def target_of(kind: str, mount: ServiceMount | FileGrant) -> str:
    """Give the path in the container at which something is mounted.

    >>> target_of("configs", FileGrant("a")), target_of("volumes", ServiceMount(target="/a/../etc"))
    ('/a', '/etc')
    """
    target = mount.target or mount.source
    folder = "/run/secrets" if kind == "secrets" else "/"
    return normal(posixpath.join(folder, target))


def normal(path: str) -> str:
    """Give an absolute path without double slashes and dots."""
    return posixpath.normpath(re.sub("^/*", "/", path))
