"""The files as Compose was given them: paths, folder and values of the deployment, on this host."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from pytest_platform.checks.contract.facts import Facts
from pytest_platform.compose.remote import Deployed
from pytest_platform.compose.rendered import Rendered
from pytest_platform.compose.service import RenderedService
from pytest_platform.docker.api import InspectedContainer
from pytest_platform.docker.details import Details
from pytest_platform.docker.host_config import HostConfig
from pytest_platform.docker.snapshot import Snapshot
from pytest_platform.errors import PlatformError

# Compose puts a container's id in place of ``service:NAME``, so a service also differs when the
# container of NAME is another one by now.
_MODES = {"network_mode": "network_mode", "pid": "pid_mode", "ipc": "ipc_mode"}
_SERVICE, _CONTAINER = "service:", "container:"


def deployed(container: InspectedContainer | None) -> Deployed:
    """Return where a container was deployed from; nowhere where it was not inspected."""
    return Deployed.by(container.config.labels or {} if container else {})


def as_deployed(facts: Facts, snapshot: Snapshot, details: Details) -> Facts:
    """Return the facts with the paths and the folder that Compose was given.

    Compose goes by the path that the shell shows, this process by the one without links; and
    with ``--project-directory`` relative paths and ``.env`` belong to another folder. Both end
    up in mounts and in the config hash, and the difference is none of the declaration.
    Only for the files that were deployed: of a copy in another folder, what it includes is
    its own, and must not be read from the deployed one.
    """
    module = facts.module
    for container in snapshot.of(module.project, module.service):
        place = deployed(details.containers.get(container.id))
        files = tuple(map(Path, place.files))
        if tuple(file.resolve() for file in files) != module.compose_files:
            return facts
        return _in_folder(replace(facts, files=files), place.folder)
    return facts


def _in_folder(facts: Facts, folder: str) -> Facts:
    """Render from another folder, where it is there and the files can be rendered from it."""
    own = facts.compose_files[0].parent
    if not folder or not Path(folder).is_dir() or Path(folder).resolve() == own.resolve():
        return facts
    elsewhere = replace(facts, renderer=facts.renderer.in_folder(Path(folder)))
    try:
        _ = elsewhere.service, elsewhere.source
    except PlatformError:
        return facts
    return elsewhere


def rendered_remotely(facts: Facts, container: InspectedContainer) -> Rendered:
    """Return the project with its paths as they were on deploying a container."""
    folder, module = deployed(container).folder, facts.module
    if facts.renderer.folder is not None:
        return facts.rendered
    return rebased(facts.rendered, module.root.resolve(), module.compose_files[0].parent, folder)


def with_service(rendered: Rendered, name: str, service: Mapping[str, Any]) -> Rendered:
    """Return the project with another model of one service."""
    services = {**rendered.documents, name: service}
    return replace(rendered, model={**rendered.model, "services": services})


Model = Mapping[str, Any]


def rebased(rendered: Rendered, root: Path, here: Path, folder: str) -> Rendered:
    """Return the project as Compose renders it on the host.

    Compose writes relative paths as whole ones, from the project's folder: ``here``, and
    ``folder`` on the host. What is not below the repository's ``root`` was no relative path.
    """
    rebase = _Rebase(root, here, folder)
    model = dict(rendered.model)
    if model.get("volumes"):
        model["volumes"] = {name: rebase.volume(one) for name, one in model["volumes"].items()}
    for key in model.keys() & {"secrets", "configs"}:
        model[key] = {name: rebase.file(one) for name, one in (model[key] or {}).items()}
    model["services"] = {
        name: rebase.service(service) if service.get("volumes") else service
        for name, service in rendered.documents.items()
    }
    return Rendered(model, rendered.placeholders)


class _Rebase(Struct, frozen=True):
    """Replaces paths below ``root`` by those that they have from another folder."""

    root: Path
    here: Path
    folder: str

    def path(self, path: str) -> str:
        if not self.folder or not Path(path).is_relative_to(self.root):
            return path
        relative = Path(os.path.relpath(path, self.here)).as_posix()
        return posixpath.normpath(posixpath.join(self.folder, relative))

    def file(self, one: Model) -> Model:
        return {**one, "file": self.path(one["file"])} if one.get("file") else one

    def service(self, service: Model) -> Model:
        return {**service, "volumes": [self.mount(one) for one in service.get("volumes") or ()]}

    def mount(self, mount: Model) -> Model:
        bound = mount["type"] == "bind" and mount.get("source")
        return {**mount, "source": self.path(mount["source"])} if bound else mount

    def volume(self, volume: Model) -> Model:
        options = volume.get("driver_opts") or {}
        if "device" not in options:
            return volume
        return {**volume, "driver_opts": {**options, "device": self.path(str(options["device"]))}}


def shares(service: RenderedService) -> bool:
    """Whether a rendered service uses a namespace or the volumes of another service."""
    modes: Iterator[str] = (getattr(service, key) for key in _MODES)
    return bool(service.volumes_from) or any(one.startswith(_SERVICE) for one in modes)


def resolved(service: Model, host: HostConfig, ids: Mapping[str, Sequence[str]]) -> Model:
    """Return the document of a service with the ids of containers in place of names of services.

    ``host`` is of the container that it is compared with; ``ids`` are those of the containers
    of each service. Of several containers of one service, the one in use is taken. A
    service without a container stays as it is.
    """
    changed: dict[str, Any] = {}
    for key, seen in _MODES.items():
        mode = str(service.get(key) or "")
        if mode.startswith(_SERVICE):
            used = str(getattr(host, seen) or "").removeprefix(_CONTAINER)
            one = _one(ids.get(mode.removeprefix(_SERVICE), ()), [used])
            changed[key] = f"{_CONTAINER}{one}" if one else mode
    if given := service.get("volumes_from"):
        used_volumes = [one.partition(":")[0] for one in host.volumes_from or ()]
        changed["volumes_from"] = [_volumes(one, ids, used_volumes) for one in given]
    return {**service, **changed}


def _volumes(given: str, ids: Mapping[str, Sequence[str]], used: Sequence[str]) -> str:
    name, _, rest = given.partition(":")
    if name == _CONTAINER.rstrip(":"):
        return rest.partition(":")[0]
    return _one(ids.get(name, ()), used) or given


def _one(ids: Sequence[str], used: Sequence[str]) -> str:
    return next((one for one in ids if one in used), ids[0] if ids else "")
