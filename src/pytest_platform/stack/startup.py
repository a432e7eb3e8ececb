"""How far a stack is while Compose starts it, which itself says nothing until it is over."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from pytest_platform.compose import image_name
from pytest_platform.docker.engine import SERVICE
from pytest_platform.docker.writable import WritableEngine
from pytest_platform.errors import PlatformError
from pytest_platform.hosts.transport import Transport
from pytest_platform.stack.owner import LABEL

if TYPE_CHECKING:
    import docker

FIRST: Final = 2.0
"""Seconds after which it is told; what is quicker needs no telling."""
TICK: Final = 1.0


class ServiceProgress(Struct, frozen=True):
    """How far one service is. ``started`` counts for one that has ended, too."""

    service: str
    text: str
    started: bool


OnProgress = Callable[[Sequence[ServiceProgress], float], None]
"""Takes how far all services are, and after how many seconds."""


@contextmanager
def progress_reported(
    transport: Transport, model: Mapping[str, Any], report: OnProgress | None
) -> Iterator[None]:
    """Report from a thread of its own, while the block runs, how far the services are."""
    if report is None:
        yield
        return
    over = threading.Event()
    thread = threading.Thread(target=_watch, args=(transport, model, report, over), daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(timeout=TICK)


def _watch(
    transport: Transport, model: Mapping[str, Any], report: OnProgress, over: threading.Event
) -> None:
    began, pause = time.monotonic(), FIRST
    try:
        with WritableEngine(transport) as engine:
            while not over.wait(pause):
                pause = TICK
                with engine.asking() as client:
                    seen = observe(client, model)
                if not over.is_set():
                    report(seen, time.monotonic() - began)
    except PlatformError:
        return  # Who needs the Engine says so.


def observe(client: docker.APIClient, model: Mapping[str, Any]) -> list[ServiceProgress]:
    """Ask the Engine how far the services of a stack are."""
    project = model["name"]
    label = {"label": f"{LABEL}={project}"}
    made = {one["Labels"].get(SERVICE): one for one in client.containers(all=True, filters=label)}
    return [
        _of_container(name, made[name]) if name in made else _of_image(client, project, name, one)
        for name, one in model["services"].items()
    ]


def _of_container(name: str, container: Mapping[str, Any]) -> ServiceProgress:
    if container["State"] == "created":
        return ServiceProgress(name, "created, waits for what it depends on", started=False)
    return ServiceProgress(name, container["State"], started=True)


def _of_image(
    client: docker.APIClient, project: str, name: str, service: Mapping[str, Any]
) -> ServiceProgress:
    from docker.errors import APIError

    image = image_name.of_service(service.get("image") or "", project, name)
    try:
        client.inspect_image(image)  # type: ignore[no-untyped-call]
    except APIError:
        return ServiceProgress(
            name, f"its image is {'built' if 'build' in service else 'pulled'}", False
        )
    return ServiceProgress(name, "its image is there", started=False)
