"""The files of a folder that git tracks, copied into the volume that takes its place.

What git does not track may be data, and large: it stays where it is.
"""

from __future__ import annotations

import json
import tarfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from pytest_platform.compose.temporary import temporary_folder
from pytest_platform.errors import PlatformError
from pytest_platform.hosts.transport import Transport

if TYPE_CHECKING:
    import docker

_TIMEOUT: Final = 60.0
_PLACE: Final = "into"
"""Where a volume is mounted, below ``/``: of ``/`` itself the Engine changes neither owner nor
rights."""


class Copy(Struct, frozen=True):
    """``files`` are paths in ``folder``, which is a whole path on this machine."""

    folder: str
    files: tuple[str, ...]


def tracked(transport: Transport, folder: str) -> tuple[str, ...]:
    """Return the files below a folder that git tracks and that are there; none without git."""
    # The Engine mounts the folder whoever owns it, so git may list it.
    argv = ["git", "-c", "safe.directory=*", "-C", folder]
    argv += ["ls-files", "-z", "--recurse-submodules"]
    try:
        listed = transport.run(argv, timeout=_TIMEOUT)
    except PlatformError:
        return ()
    names = listed.stdout.split("\0") if listed.returncode == 0 else []
    there = (name for name in filter(None, names) if _is_there(Path(folder) / name))
    return tuple(sorted(there))


def fill(client: docker.APIClient, copies: Mapping[str, Copy], labels: Mapping[str, str]) -> None:
    """Put files into volumes, of which the names are the keys; needs no image and starts nothing.

    Raises:
        TemporaryUnwritable: there is no room for an archive of the files.
    """
    if not copies:
        return
    words = [f'LABEL "{key}"="{value}"' for key, value in labels.items()]
    image = client.import_image_from_data(_empty_tar(), changes=words)
    identity = json.loads(image)["status"]
    try:
        for volume, copy in copies.items():
            _fill(client, identity, volume, copy, labels)
    finally:
        client.remove_image(identity, force=True)


def _fill(
    client: docker.APIClient, image: str, volume: str, copy: Copy, labels: Mapping[str, str]
) -> None:
    host = client.create_host_config(binds=[f"{volume}:/{_PLACE}"], network_mode="none")
    made = client.create_container(image, ["none"], host_config=host, labels=dict(labels))
    try:
        with temporary_folder() as folder:
            archive = _packed(copy, folder / "packed")
            with archive.open("rb") as stream:
                client.put_archive(made["Id"], "/", stream)
    finally:
        client.remove_container(made["Id"], force=True)


def _packed(copy: Copy, archive: Path) -> Path:
    """Pack the files as they are, with their folders: owners and rights count for who reads."""
    names = {".": None}
    for file in copy.files:
        parents = [str(one) for one in PurePosixPath(file).parents][::-1]
        names |= dict.fromkeys((*parents, file))
    with tarfile.open(archive, "w") as tar:
        for name in names:
            tar.add(Path(copy.folder) / name, arcname=f"{_PLACE}/{name}", recursive=False)
    return archive


def _empty_tar() -> bytes:
    data = BytesIO()
    tarfile.open(fileobj=data, mode="w").close()
    return data.getvalue()


def _is_there(path: Path) -> bool:
    try:
        return path.is_symlink() or path.is_file()
    except OSError:
        return False
