"""Rendering the files of many modules at once, before the first check asks for them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from pytest_platform.compose.renderer import Renderer
from pytest_platform.errors import PlatformError

Wanted = tuple[tuple[Path, ...], str, str]
"""The files of a module, its project and its service."""


def render_ahead(renderer: Renderer, wanted: Iterable[Wanted], stop: Callable[[], None]) -> None:
    """Render each set of files once, both as it will be run and as it is written.

    What cannot be rendered is told by the checks that need it. Where this is interrupted,
    ``stop`` has to end what still runs.
    """
    by_file = {(files, project): service for files, project, service in wanted}
    if not by_file:
        return
    with suppress(PlatformError):
        renderer.version()
        # Compose is a process, so threads only wait for it.
        with ThreadPoolExecutor((os.cpu_count() or 1) + 1) as pool:
            try:
                for (files, project), service in by_file.items():
                    pool.submit(_judged, renderer, files, project, service)
                    pool.submit(_verbatim, renderer, files, project)
                pool.shutdown()
            except BaseException:
                stop()
                pool.shutdown(cancel_futures=True)
                raise


def _judged(renderer: Renderer, files: Sequence[Path], project: str, service: str) -> None:
    with suppress(PlatformError):
        renderer.judged(files, project, service)


def _verbatim(renderer: Renderer, files: Sequence[Path], project: str) -> None:
    with suppress(PlatformError):
        renderer.uninterpolated(files, project)
