"""The mounts of a service in a stack of one's own: nothing of the host can be written to."""

from __future__ import annotations

import re
import stat
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from msgspec import Struct

from pytest_platform.compose.rendered import Rendered
from pytest_platform.compose.service_parts import ServiceMount
from pytest_platform.stack import confined
from pytest_platform.stack.builds import built_from
from pytest_platform.stack.confined import gives_engine
from pytest_platform.stack.copies import Copy

_COMMON = ("/etc/localtime", "/etc/timezone", "/etc/ssl", "/etc/pki", "/usr/share")
"""Files of the host that are the same everywhere. Reading them tells and changes nothing."""

Mount = Mapping[str, Any]


class MountSource(Struct, frozen=True):
    """What stands on the host where a bind mount points: ``real`` is the path behind links.

    ``kind`` is ``file``, ``folder``, ``missing`` or ``other``, such as a socket. ``tracked`` are
    the files of a folder that git tracks, where a service may write to the folder.
    """

    real: str
    kind: str
    tracked: tuple[str, ...] = ()


def look_at(rendered: Rendered, folder: str = "/") -> dict[str, MountSource]:
    """Look at the files that a rendered project mounts, builds from or reads.

    Relative paths that Compose has left are those of ``folder``.
    """
    paths = [one.source for one in _binds(rendered)]
    for service in rendered.services.values():
        paths += [path for path, _ in built_from(service.build)] if service.build else []
        for container in service.containers:
            paths += confined.profiles(container.security_opt, folder)
    for kind in ("secrets", "configs"):
        files = (rendered.model.get(kind) or {}).values()
        paths += [str(one["file"]) for one in files if one.get("file")]
    return {path: _seen(Path(path)) for path in paths}


def written_to(rendered: Rendered) -> set[str]:
    """Return the paths of the host that a rendered project mounts to write to."""
    return {one.source for one in _binds(rendered) if not one.read_only}


def _binds(rendered: Rendered) -> Iterator[ServiceMount]:
    for service in rendered.services.values():
        for container in service.containers:
            yield from (one for one in container.volumes if one.type == "bind")


def _seen(path: Path) -> MountSource:
    real = path.resolve()
    try:
        mode = real.stat().st_mode
    except OSError:
        return MountSource(str(real), "missing")
    kind = "file" if stat.S_ISREG(mode) else "folder" if stat.S_ISDIR(mode) else "other"
    return MountSource(str(real), kind)


class Rewritten(Struct, frozen=True):
    """A mount as it will be, or why there can be none; ``note`` tells people of a difference.

    ``copy`` are the files that go into its volume.
    """

    mount: Mount | None = None
    refusal: str = ""
    note: str = ""
    copy: Copy | None = None


def rewrite_mount(
    mount: Mount, root: str, sources: Mapping[str, MountSource], volume: Callable[[str, str], str]
) -> Rewritten:
    """Return a mount that cannot change the host. ``volume`` names a fresh one for an identity.

    Files and read-only folders of the repository stay, read-only. A folder that is
    written to becomes a new volume, with the files of the repository that git tracks in it.
    """
    kind = mount["type"]
    if kind == "volume":
        return Rewritten(_volume(mount, volume))
    if kind in {"tmpfs", "image"}:
        return Rewritten(mount)
    if kind != "bind":
        return Rewritten(refusal=f"has a mount of the type {kind}")
    return _bind(mount, root, sources.get(mount["source"]), volume)


def _volume(mount: Mount, volume: Callable[[str, str], str]) -> Mount:
    """Mount a fresh volume under the same key. One without a name goes with its container."""
    fresh = dict(mount)
    if source := mount.get("source"):
        fresh["source"] = volume("", source)
    if options := mount.get("volume"):
        fresh["volume"] = {key: one for key, one in options.items() if key != "labels"}
    return fresh


def _bind(
    mount: Mount, root: str, source: MountSource | None, volume: Callable[[str, str], str]
) -> Rewritten:
    seen = source or MountSource(str(mount["source"]), "missing")
    if seen.kind == "other" or gives_engine(seen.real) or gives_engine(mount["source"]):
        return Rewritten(refusal=f"mounts {mount['source']}, by which it reaches the host")
    read_only = bool(mount.get("read_only"))
    readable = _below(seen.real, root) or any(_below(seen.real, one) for one in _COMMON)
    if read_only and readable and seen.kind == "missing":
        # The Engine would make a folder of that name.
        return Rewritten(refusal=f"mounts {mount['source']}, which does not exist")
    if _below(seen.real, root) and (read_only or seen.kind == "file"):
        note = "" if read_only else f"{mount['target']} cannot be written to: it is a file of yours"
        return Rewritten(_reading(mount), note=note)
    if read_only and readable:
        return Rewritten(_reading(mount))
    if read_only or seen.kind == "file":
        return Rewritten(refusal=f"mounts {mount['source']}, which is outside the repository")
    return _fresh(mount, seen, root, volume)


def _fresh(
    mount: Mount, seen: MountSource, root: str, volume: Callable[[str, str], str]
) -> Rewritten:
    """Mount a new volume in place of a folder that is written to."""
    name = volume(f"bind {seen.real}", "bind-" + _slug(seen.real))
    fresh = {"type": "volume", "source": name, "target": mount["target"]}
    if not seen.tracked or not _below(seen.real, root):
        note = f"{mount['target']} is a new, empty volume in place of a folder"
        return Rewritten(fresh, note=note)
    what = f"a new volume with the files of the folder that git tracks ({len(seen.tracked)})"
    copy = Copy(seen.real, seen.tracked)
    return Rewritten(fresh, note=f"{mount['target']} is {what}", copy=copy)


def _reading(mount: Mount) -> Mount:
    """Mount read-only, and neither relabel the file for SELinux nor pass mounts back."""
    options = mount.get("bind") or {}
    kept = {key: one for key, one in options.items() if key not in {"selinux", "propagation"}}
    if kept.get("recursive") == "writable":
        del kept["recursive"]
    return {**mount, "read_only": True, **({"bind": kept} if "bind" in mount else {})}


def refuse_to_read(
    path: str, root: str, sources: Mapping[str, MountSource], kind: str = "file"
) -> str:
    """Say why a secret, a config or an image may not be read or built from a path.

    What must stand there is a file or, as ``kind`` says, a folder.
    """
    seen = sources.get(path) or MountSource(path, "missing")
    if seen.kind == "other" or gives_engine(seen.real) or gives_engine(path):
        return f"reads {path}, by which it reaches the host"
    # What is no whole path would be read from a folder of ours.
    if not (path.startswith("/") and _below(seen.real, root)):
        return f"reads {path}, which is outside the repository"
    if seen.kind != kind:
        return (
            f"reads {path}, which is {'not there' if seen.kind == 'missing' else f'a {seen.kind}'}"
        )
    return ""


def _below(path: str, folder: str) -> bool:
    return PurePosixPath(path).is_relative_to(folder)


def _slug(path: str) -> str:
    return re.sub(r"[^a-zA-Z0-9_.-]+", "-", PurePosixPath(path).name).strip("-.") or "root"
