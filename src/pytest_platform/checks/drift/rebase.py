"""Paths of a project whose files are in another folder on its host than here. Pure."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pytest_platform.compose.rendered import Rendered

Model = Mapping[str, Any]


def moved(rendered: Rendered, root: Path, here: Path, there: str) -> Rendered:
    """Return the project as Compose renders it on the host.

    Compose writes relative paths as whole ones, from the project's folder: ``here``, and
    ``there`` on the host. What is not below the repository's ``root`` was no relative path.
    """

    def move(path: str) -> str:
        if not there or not Path(path).is_relative_to(root):
            return path
        return posixpath.normpath(
            posixpath.join(there, Path(os.path.relpath(path, here)).as_posix())
        )

    def with_file(section: Model) -> Model:
        return {
            name: {**one, "file": move(one["file"])} if one.get("file") else one
            for name, one in section.items()
        }

    def with_volumes(service: Model) -> Model:
        return {**service, "volumes": [with_source(one) for one in service.get("volumes") or ()]}

    def with_source(mount: Model) -> Model:
        bound = mount["type"] == "bind" and mount.get("source")
        return {**mount, "source": move(mount["source"])} if bound else mount

    def with_device(volume: Model) -> Model:
        options = volume.get("driver_opts") or {}
        if "device" not in options:
            return volume
        return {**volume, "driver_opts": {**options, "device": move(str(options["device"]))}}

    model = dict(rendered.model)
    if model.get("volumes"):
        model["volumes"] = {name: with_device(one) for name, one in model["volumes"].items()}
    for key in model.keys() & {"secrets", "configs"}:
        model[key] = with_file(model[key] or {})
    model["services"] = {
        name: with_volumes(service) if service.get("volumes") else service
        for name, service in rendered.services.items()
    }
    return Rendered(model, rendered.placeholders)
