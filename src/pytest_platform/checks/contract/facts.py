"""What contract checks may look at: the module, its files, and what Compose makes of them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from pytest_platform.compose.placeholders import lacking
from pytest_platform.compose.refusals import RemoteInclude
from pytest_platform.compose.rendered import Rendered
from pytest_platform.compose.renderer import Renderer
from pytest_platform.compose.service import RenderedService
from pytest_platform.compose.source import locate, locate_variable
from pytest_platform.errors import ComposeError
from pytest_platform.module.catalog import Catalog
from pytest_platform.module.loader import Module
from pytest_platform.text import quoted
from pytest_platform.verdict import Finding, Location

_REFUSED: Final = "Compose cannot render the files; contract::compose says why"
_READ: Final = frozenset(
    {"image", "build", "restart", "deploy", "scale", "ports", "network_mode", "healthcheck"}
    | {"command", "entrypoint", "pre_start"}
)
"""Fields of a service without which most checks cannot judge it."""

_ALWAYS: Final = frozenset({"extends", "provider"})
"""Fields without which nothing of a service is certain."""

_FILE: Final = re.compile(r"[^\s\"':]+\.ya?ml\b")
_LINE: Final = re.compile(r"(?:(?<!defined at )\bline |\bL)([0-9]+)")
_FIELD: Final = re.compile(r"\bservices\.([\w-]+(?:\.[\w-]+)*)")


class Unit(Struct, frozen=True):
    """One thing that runs: the service itself, or one of its ``pre_start`` hooks.

    ``rendered`` is as it will be run, ``source`` the same with ``${VAR}`` in place and
    string commands unsplit: a document, for what is written has no fixed form. ``path``
    leads from the service to it.
    """

    rendered: RenderedService
    source: Mapping[str, Any]
    path: tuple[str, ...] = ()


class Facts(Struct, frozen=True):
    """Everything a contract check may ask for. Files are read and rendered on first use.

    ``files`` are the module's Compose files where their paths are to be spelt in another way.
    With ``as_deployed``, variables without a value are blank, as they are at a deployment.
    ``reads`` are the fields of the service that the check reads: where one of them had to be
    left out, the service cannot be asked for.
    """

    module: Module
    catalog: Catalog
    renderer: Renderer
    today: date
    files: tuple[Path, ...] = ()
    as_deployed: bool = False
    reads: frozenset[str] = _READ

    @property
    def compose_files(self) -> tuple[Path, ...]:
        """The module's Compose files."""
        return self.files or self.module.compose_files

    @property
    def render(self) -> Callable[[Sequence[Path], str, str], Rendered]:
        """The renderer of Compose files: as deployed, or as far as they can be judged."""
        return self.renderer.rendered if self.as_deployed else self.renderer.judged

    @property
    def rendered(self) -> Rendered:
        """The Compose project as it will be run.

        Raises:
            ComposeMissing: no renderer is installed.
            ComposeError: Compose refuses the files; its words are told by contract.compose.
        """
        try:
            return self.render(self.compose_files, self.module.project, self.module.service)
        except RemoteInclude as error:
            raise self.remote(error) from None
        except ComposeError:
            location = self.module.at("spec", "runtime", self.module.engine, "files")
            raise ComposeError(_REFUSED, location=location) from None

    @property
    def source(self) -> Rendered:
        """The Compose project with ``${VAR}`` in place and string commands unsplit.

        Raises:
            ComposeMissing: no renderer is installed.
            ComposeError: as ``rendered``.
        """
        _ = self.rendered  # where nothing can be rendered, that is what to say
        return self.renderer.uninterpolated(self.compose_files, self.module.project)

    @property
    def service(self) -> RenderedService:
        """The module's service as it will be run.

        Raises:
            ComposeError: as ``rendered``, or the project has no such service.
        """
        return self.rendered.services[self._judged(self.rendered)]

    @property
    def document(self) -> Mapping[str, Any]:
        """The same as it stands in the rendered model, for what hashes it or changes it first."""
        return self.rendered.documents[self._judged(self.rendered)]

    @property
    def source_service(self) -> Mapping[str, Any]:
        """The document of the service with ``${VAR}`` in place and string commands unsplit."""
        return self.source.documents[self._judged(self.source)]

    @property
    def units(self) -> list[Unit]:
        """What the module runs: its service, or the service's hooks where it is a hook.

        A service of a provider has no container, so it runs nothing.
        """
        hook = self.module.manifest.spec.runtime.hook
        service = self.service
        if service.provider:
            return []
        if hook is None:
            return [Unit(service, self.source_service)]
        pairs = zip(service.hooks[hook], self.source_service.get(hook) or (), strict=False)
        return [
            # A hook runs in the image of its service unless it names one.
            Unit(rendered.over(service, ("image",)), source, (hook, str(index)))
            for index, (rendered, source) in enumerate(pairs)
        ]

    def unset_in(self, value: Any) -> list[str]:
        """Return the variables without value and default that part of the service depends on."""
        return self.rendered.unset_in(value)

    def unset(self, rendered: Any, source: Any) -> list[str]:
        """Return the same for a part as it is rendered and as it is written.

        A placeholder is not always whole in what is rendered: ``12${A}.0.0.1``.
        """
        needed = lacking(json.dumps(source), {}) & self.rendered.placeholders
        return sorted({*self.unset_in(rendered), *needed})

    def remote(self, error: RemoteInclude) -> RemoteInclude:
        """Name the place of an include that is not here as seen from the repository."""
        place = error.location
        shown = Location(self.shortened(place.file), place.line) if place else None
        return RemoteInclude(str(error), location=shown)

    def locate(self, *path: str) -> Location:
        """Return where a field of the service stands in the Compose files.

        Falls back to the service, then to the first file, where Compose got the field
        from somewhere that is not plain to see (an anchor, ``extends``).
        """
        return locate(self.module, ("services", self.module.service, *path))

    def placed(self, finding: Finding) -> Finding:
        """Give a finding its place in the files, from its path and its spot in a script."""
        if finding.location or not finding.path:
            return finding
        at = finding.spot.at if finding.spot else None
        path = ("services", self.module.service, *finding.path)
        return replace(finding, location=locate(self.module, path, at))

    def spoken_of(self, said: str) -> Location:
        """Return the place that Compose speaks of: a line, a field of the service, or the files."""
        file, lines = _FILE.search(self.shortened(said)), _LINE.findall(said)
        if file and lines:
            return Location(file[0], int(lines[-1]))
        if field := _FIELD.search(said):
            name, *path = field[1].split(".")
            if name == self.module.service:
                return self.locate(*path)
        return self.module.at("spec", "runtime", self.module.engine, "files")

    def shortened(self, said: str) -> str:
        """Name the files in Compose's words as seen from the repository."""
        return said.replace(f"{self.module.root.resolve()}/", "")

    def _judged(self, rendered: Rendered) -> str:
        """Return the name of the module's service, of which all that is judged was rendered."""
        name = self.module.service
        location = self.module.at("spec", "runtime", self.module.engine, "service")
        unclear = rendered.left_out(name, self.reads | _ALWAYS)
        if unclear:
            raise self._unclear(unclear, location)
        if name not in rendered.documents:
            message = f"there is no service {quoted(name)} to look at; contract::compose says more"
            raise ComposeError(message, location=location)
        return name

    def _unclear(self, paths: list[tuple[str, ...]], location: Location) -> ComposeError:
        needs = self.rendered.needs
        for path in paths:
            if path in needs:
                names, place = needs[path], locate_variable(self.module, path, needs[path][0])
                message = (
                    f"{'.'.join(path[2:])} needs {', '.join(names)}, which has no value and no "
                    f"default: write a default, ${{{names[0]}:-value}}"
                )
                return ComposeError(message, location=place)
        return ComposeError(_REFUSED, location=location)
