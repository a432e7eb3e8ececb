"""Whether a service is the same in two revisions of Compose files that many modules share."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any, Final

from pytest_platform.compose.mirror import read
from pytest_platform.compose.mirror_copy import restored
from pytest_platform.compose.renderer import Renderer
from pytest_platform.errors import PlatformError
from pytest_platform.module.loader import Module
from pytest_platform.reading import read_text
from pytest_platform.selection.other_services import rendered_others

Before = Callable[[str], str | None]
"""Returns a file, relative to the root, as it was; None where it was not there."""

_PARTS: Final = ("networks", "volumes", "secrets", "configs", "models")


class Revisions:
    """Renders the Compose files as they are and as they were, each set of files once.

    ``folder`` is where the old files are written to.
    """

    def __init__(
        self, root: Path, changed: Collection[str], before: Before, renderer: Renderer, folder: Path
    ) -> None:
        self._root = root.resolve()
        self._before = before
        self._renderer = renderer
        self._folder = folder.resolve()
        self._changed = {one for one in changed if one.endswith((".yaml", ".yml"))}
        self._written: set[Path] = set()

    def unchanged(self, module: Module) -> frozenset[Path]:
        """Return the module's Compose files whose changes do not concern its service.

        Empty where the service differs, or one of the revisions cannot be rendered.
        """
        files = tuple(read(module.compose_files).texts)
        if not any(self._relative(file) in self._changed for file in files):
            return frozenset()
        try:
            new = self._renderer.uninterpolated(module.compose_files, module.project).model
            old = self._old(module, files)
        except (PlatformError, OSError):
            return frozenset()
        same = _concerning(new, module.service) == _concerning(old, module.service)
        return frozenset(files) if same else frozenset()

    def _old(self, module: Module, files: Collection[Path]) -> Mapping[str, Any]:
        for file in {*files, *(self._root / one for one in self._changed)} - self._written:
            self._written.add(file)
            self._write(file)
        copies = [self._place(file) for file in module.compose_files]
        model = self._renderer.uninterpolated(copies, module.project).model
        found: Mapping[str, Any] = restored(model, self._folder)
        return found

    def _write(self, file: Path) -> None:
        name = self._relative(file)
        text = self._before(name) if name in self._changed else read_text(file, None)
        if text is not None:
            place = self._place(file)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text, encoding="utf-8")

    def _place(self, file: Path) -> Path:
        return self._folder / file.relative_to(file.anchor)

    def _relative(self, file: Path) -> str:
        inside = file.is_relative_to(self._root)
        return file.relative_to(self._root).as_posix() if inside else ""


def _concerning(model: Mapping[str, Any], service: str) -> str | None:
    """Return a service, and what it uses of the rest, in a form that can be compared."""
    found = (model.get("services") or {}).get(service)
    if found is None:
        return None
    services: Mapping[str, Any] = model["services"]
    made_of = rendered_others(services, service, str(model.get("name") or ""))
    taken = {name: services[name] for name in sorted(made_of)}
    text = json.dumps([found, taken])
    used = {
        part: {
            name: one
            for name, one in (model.get(part) or {}).items()
            if name == "default" or json.dumps(name)[1:-1] in text
        }
        for part in _PARTS
    }
    return json.dumps([found, taken, used], sort_keys=True)
