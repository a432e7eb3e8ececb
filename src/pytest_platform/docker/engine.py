"""What a Docker Engine is asked: containers, images, volumes, logs, files, events."""

from __future__ import annotations

import base64
import contextlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from pytest_platform.docker import api
from pytest_platform.docker.connection import DEADLINE, EngineConnection
from pytest_platform.docker.output import Events, Readable, end_of, written
from pytest_platform.errors import PlatformError
from pytest_platform.hosts.transport import Transport
from pytest_platform.text import quoted

_LONGEST_PAUSE = 120
"""Seconds between the end of a run and the next one; Docker waits a minute at most."""

PROJECT = "com.docker.compose.project"
SERVICE = "com.docker.compose.service"
_PATH_STAT = "X-Docker-Container-Path-Stat"

Document = Mapping[str, Any]
"""A JSON object as the Engine sends it."""


class PathRefused(PlatformError):
    """The Engine answers, and cannot look at a path of a container."""

    code = "files.refused"


class Engine(EngineConnection):
    """One host's Engine, to be read: no method changes anything there.

    What changes something takes a ``WritableEngine``.
    """

    def __init__(self, transport: Transport, deadline: int = DEADLINE) -> None:
        super().__init__(transport, deadline)
        self._tails: dict[tuple[str, int], str] = {}

    def ask(self, paths: Sequence[str]) -> list[Any]:
        """Return the answer to each path of the API, such as ``/volumes``.

        It is None where there is no such thing. All are asked at once where the Engine is far.

        Raises:
            EngineError: the Engine cannot be asked.
        """
        with self._asking() as client:
            return client.ask(paths, far=self._far())

    def list_containers(self) -> list[api.ListedContainer]:
        """List the containers of all Compose projects, stopped ones too, in short form."""
        with self._asking() as client:
            listed = client.containers(all=True, filters={"label": PROJECT})
        return api.understood(listed, list[api.ListedContainer], self.host)

    def inspect(self, container: str) -> api.InspectedContainer | None:
        """Return all that the Engine knows of a container; None where it is gone by now."""
        (found,) = self.inspect_all([container])
        return found

    def inspect_all(self, containers: Sequence[str]) -> list[api.InspectedContainer | None]:
        """Return all that the Engine knows of each container; None for one that is gone."""
        answers = self.ask([f"/containers/{one}/json" for one in containers])
        return api.understood(answers, list[api.InspectedContainer | None], self.host)

    def inspect_image(self, image: str, *, manifests: bool = False) -> api.InspectedImage | None:
        """Return what the Engine knows of an image, with its ``manifests`` where it keeps them."""
        (answer,) = self.ask([f"/images/{image}/json{'?manifests=1' * manifests}"])
        return api.understood([answer], list[api.InspectedImage | None], self.host)[0]

    def list_images(self) -> list[api.ListedImage]:
        """List all images with their names, in short form."""
        with self._asking() as client:
            listed = client.images()
        return api.understood(listed, list[api.ListedImage], self.host)

    def log_tail(self, container: str, lines: int) -> str:
        """Return the last lines of a container's output, stdout and stderr as they came.

        Asked for once: many checks may fail for the same container.
        """
        if (container, lines) not in self._tails:
            with self._asking() as client:
                tail: bytes = client.logs(container, tail=lines)
            self._tails[container, lines] = end_of(tail).decode(errors="replace")
        return self._tails[container, lines]

    def service_log(  # noqa: PLR0913 - as many as a log has
        self,
        service: str,
        *,
        since: float,
        streams: Collection[str],
        tail: int | None,
        limit: int,
        terminal: bool = False,
    ) -> tuple[bytes, bool]:
        """Return the output of a Swarm's service as ``log`` does, unframed with a ``terminal``."""
        asked = _log_options(since, streams, tail)
        with self._streamed(f"services/{service}/logs", asked) as stream:
            data: bytes = stream.read(limit)
            cut = bool(stream.read(1))
        text = data if terminal else written(data)
        return (text.rpartition(b"\n")[0] if cut else text), cut

    def swarm_node(self) -> str:
        """Return the id of the Swarm's node that this Engine is; empty where it is none."""
        (info,) = self.ask(["/info"])
        return str(((info or {}).get("Swarm") or {}).get("NodeID") or "")

    def kernel(self) -> str:
        """Return the release of the kernel that the Engine runs on."""
        (info,) = self.ask(["/info"])
        return str((info or {}).get("KernelVersion") or "")

    def log(
        self,
        container: api.InspectedContainer,
        *,
        since: float,
        streams: Collection[str],
        tail: int | None,
        limit: int,
    ) -> tuple[bytes, bool]:
        """Return the output of an inspected container, and whether it is more than ``limit``.

        ``since`` is in seconds of Unix time, ``streams`` has ``stdout`` or ``stderr`` or
        both, ``tail`` asks for that many of the last lines only, ``limit`` is in bytes.
        """
        asked = _log_options(since, streams, tail)
        # Not client.logs(): that reads all there is, or else line by line.
        with self._streamed(f"containers/{container.id}/logs", asked) as stream:
            data: bytes = stream.read(limit)
            cut = bool(stream.read(1))
        text = data if container.config.tty else written(data)
        return (text.rpartition(b"\n")[0] if cut else text), cut

    def path_stat(self, container: str, path: str) -> Document | None:
        """Return name, size, mode and link target of a path in a container; None where it is not.

        The container need not run. The mode is Go's ``FileMode``.

        Raises:
            PathRefused: the Engine cannot look there.
            EngineError: the Engine cannot be asked.
        """
        with self._asking() as client:
            url = f"{client.base_url}/v{client.api_version}/containers/{container}/archive"
            response = client.head(url, params={"path": path}, timeout=self._deadline)
            if response.status_code == HTTPStatus.NOT_FOUND:
                return None
            if response.status_code == HTTPStatus.INTERNAL_SERVER_ERROR:
                # It says why in a body, which this answer does not have.
                message = (
                    f"the Engine cannot look at {quoted(path)} in the container: "
                    "its links lead in a circle, or a name is too long"
                )
                raise PathRefused(message)
            response.raise_for_status()
            stat: Document = json.loads(base64.b64decode(response.headers[_PATH_STAT]))
            return stat

    @contextlib.contextmanager
    def archive(self, container: str, path: str) -> Iterator[Readable]:
        """Give a path of a container as a stream in tar format; the container need not run.

        Raises:
            EngineError: the path does not exist, or reading fails.
        """
        with self._streamed(f"containers/{container}/archive", {"path": path}) as stream:
            yield stream

    def events(self, actions: Collection[str]) -> Events:
        """Subscribe to the container events of Compose projects.

        The Engine has answered when this returns, so nothing that happens afterwards is
        missed. After that the stream may be silent for as long as nothing happens.
        """
        filters = {"type": ["container"], "event": list(actions), "label": [PROJECT]}
        with self._asking() as client:
            # Not client.events(): that waits for the Engine's first word for ever.
            response = self._opened(client, "events", {"filters": json.dumps(filters)})
            response.raise_for_status()
            return Events(response)

    def last_exit(self, container: str, before: float) -> int | None:
        """Return the exit code of the run that ended last, within two minutes of a moment.

        ``before`` is Unix time by the Engine's clock, in the past. None where the Engine has
        forgotten the event; it keeps a few hundred.

        Raises:
            EngineError: the Engine cannot be asked.
        """
        filters = json.dumps({"type": ["container"], "event": ["die"], "container": [container]})
        since, until = f"{before - _LONGEST_PAUSE:.9f}", f"{before:.9f}"
        with self._asking() as client:
            response = client.get(
                f"{client.base_url}/v{client.api_version}/events",
                params={"filters": filters, "since": since, "until": until},
                timeout=self._deadline,
            )
            response.raise_for_status()
            events = [json.loads(line) for line in response.text.splitlines() if line.strip()]
        told = (event.get("Actor", {}).get("Attributes", {}).get("exitCode") for event in events)
        codes = [int(code) for code in told if str(code).isdigit()]
        return codes[-1] if codes else None

    def forget(self) -> None:
        """Forget what was kept of logs, because something was changed or may have been."""
        self._tails.clear()


def _log_options(since: float, streams: Collection[str], tail: int | None) -> dict[str, str | int]:
    return {
        "stdout": int("stdout" in streams),
        "stderr": int("stderr" in streams),
        "since": f"{since:.9f}",
        "tail": "all" if tail is None else tail,
    }
