"""The ways in which files are rendered: as they are, as they are written, or as a copy."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from msgspec.structs import replace

from pytest_platform.compose.lenient import render_copy
from pytest_platform.compose.mirror import MirroredSource, read
from pytest_platform.compose.program import ALL, ComposeProgram, RenderingRefused, Request, as_error
from pytest_platform.compose.refusals import nameless, refuse_endless, refuse_remote
from pytest_platform.compose.rendered import Rendered

_COLLECTS: Final = "GOGC"
_SELDOM: Final = {_COLLECTS: "400"}
"""Compose ends soon: where it collects its garbage less often, it takes a quarter less time."""

IN_USE: Final = re.compile(r"container name .* is already in use|container_name")
"""What Compose says of services of different profiles that have one container name."""


class Rendering:
    """Renders without remembering. ``unset`` are the variables that had no value.

    Each way raises a ComposeError where Compose refuses the files.
    """

    def __init__(self, program: ComposeProgram, *, fetches: bool) -> None:
        self._program = program
        self._fetches = fetches
        self._sources: dict[tuple[Path, ...], MirroredSource] = {}
        self.unset: dict[Request, frozenset[str]] = {}

    def refuse(self, files: Sequence[Path]) -> None:
        """Refuse files that cannot be read, or not from here.

        Raises:
            ComposeError: names the first.
            RemoteInclude: names the first that would have to be fetched.
        """
        source = self.source(files)
        refuse_endless(source)
        if not self._fetches:
            refuse_remote(source)

    def source(self, files: Sequence[Path]) -> MirroredSource:
        """Read the files once."""
        key = tuple(files)
        if key not in self._sources:
            self._sources[key] = read(files)
        return self._sources[key]

    def _config(
        self,
        request: Request,
        *options: str,
        source: MirroredSource,
        env: Mapping[str, str] | None = None,
    ) -> tuple[Mapping[str, Any], frozenset[str]]:
        """Ask Compose, quickly where no file can see the variable that makes it quick."""
        seen = self._fetches or {_COLLECTS, "COMPOSE_ENV_FILES"} & os.environ.keys()
        quick = {} if seen or source.names(_COLLECTS) else _SELDOM
        return self._program.config(request, *options, env={**quick, **(env or {})})

    def deployed(self, request: Request) -> Rendered:
        """Render the files, or a copy where they lack a value or Compose refuses them."""
        source = self.source(request.files)
        if source.waiting:
            return self.copied(request)
        try:
            model, self.unset[request] = self._config(request, source=source)
        except RenderingRefused as refused:
            if IN_USE.search(refused.stderr) and request.profiles == ALL:
                raise as_error(refused) from None
            return self.copied(request, refused)
        return Rendered(model)

    def copied(self, request: Request, refused: RenderingRefused | None = None) -> Rendered:
        """Render a copy with placeholders; ``refused`` is what Compose says of the files."""
        source = self.source(request.files)
        copy = self._copy(request)
        if not copy.refusal and (said := nameless(source)):
            copy = replace(copy, refusal=said)
        if refused and source.absent:
            copy = replace(copy, refusal=refused.stderr)
        if copy.refusal:
            return replace(copy, refusal=str(as_error(RenderingRefused(copy.refusal))))
        return copy

    def _copy(
        self, request: Request, *, plain: bool = False, env: Mapping[str, str] | None = None
    ) -> Rendered:
        def ask(copied: Sequence[Path], *options: str) -> Mapping[str, Any]:
            return self._config(request.with_files(copied), *options, source=source, env=env)[0]

        source = self.source(request.files)
        try:
            return render_copy(source, ask, plain=plain)
        except RenderingRefused as refused:
            raise as_error(refused) from None

    def verbatim(self, request: Request) -> Rendered:
        """Render before variables are filled in."""
        source = self.source(request.files)
        if source.waiting:
            return self._copy(request, plain=True)
        try:
            return Rendered(self._config(request, "--no-interpolate", source=source)[0])
        except RenderingRefused:
            return self._copy(request, plain=True)

    def filled(self, request: Request, values: Mapping[str, str], first: Rendered) -> Rendered:
        """Render with values for some of the placeholders of ``first``."""
        source = self.source(request.files)
        if source.waiting or not values:
            return first
        try:
            model, _ = self._config(request, source=source, env=values)
        except RenderingRefused as refused:
            if first.lacking:
                raise as_error(refused) from None
            return self._copy(request, env=values)
        return Rendered(model, first.placeholders - values.keys())
