"""A proxy in front of an Engine's socket: it counts requests, and misbehaves when told to."""

from __future__ import annotations

import re
import shutil
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

import docker

from e2e.waiting import until

Deed = Literal["hang", "die", "slow", "babble"] | Callable[[], object]
_CHUNK = 65536
_VERSION = re.compile(r"^/v1\.[0-9]+")


@dataclass
class Proxy:
    """Forwards to ``upstream``. ``requests`` are ``METHOD /path`` in the order of arrival."""

    path: Path
    upstream: str
    requests: list[str] = field(default_factory=list)
    connections: int = 0
    _deeds: list[tuple[re.Pattern[str], Deed]] = field(default_factory=list)
    _sockets: list[socket.socket] = field(default_factory=list)
    _dead: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def of(cls, engine: docker.APIClient) -> Proxy:
        """Make a proxy in front of the Engine that a client talks to."""
        adapter = engine.get_adapter(engine.base_url)
        upstream = getattr(adapter, "socket_path", None) or urlsplit(engine.base_url).netloc
        # Not in pytest's folder: the path of a socket must be short.
        return cls(Path(tempfile.mkdtemp(prefix="pp-")) / "engine.sock", str(upstream))

    @property
    def env(self) -> dict[str, str]:
        """The environment in which the proxy is the Engine."""
        return {"DOCKER_HOST": self.url}

    @property
    def url(self) -> str:
        """The address of the proxy."""
        return f"unix://{self.path}"

    def when(self, pattern: str, deed: Deed) -> None:
        """Misbehave at each request that the pattern matches.

        ``hang`` never answers, ``die`` cuts all connections and takes no new one, ``slow``
        answers late, ``babble`` answers what is no HTTP. A function is called, and then the
        request is forwarded.
        """
        self._deeds.append((re.compile(pattern), deed))

    def count(self, pattern: str = "") -> int:
        """Count the requests that the pattern matches."""
        return sum(1 for request in self.requests if re.search(pattern, request))

    def wait_for(self, pattern: str, times: int = 1) -> None:
        """Wait until that many requests have come that the pattern matches."""
        until(lambda: self.count(pattern) >= times, f"{times} requests {pattern}")

    def die(self) -> None:
        """Cut all connections and take no new one, as an Engine that was killed."""
        self._dead.set()
        with self._lock:
            for one in self._sockets:
                _close(one)

    def __enter__(self) -> Self:
        self._listener = self._keep(socket.socket(socket.AF_UNIX))
        self._listener.bind(str(self.path))
        self._listener.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.die()
        shutil.rmtree(self.path.parent)

    def _accept(self) -> None:
        while not self._dead.is_set():
            try:
                client = self._keep(self._listener.accept()[0])
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with suppress(OSError):
            server = self._keep(self._connect())
            threading.Thread(target=_pump, args=(server, client), daemon=True).start()
            for head in self._heads(client):
                server.sendall(head)
                if b"upgrade: tcp" in head.lower():
                    break
            _pump(client, server)

    def _heads(self, client: socket.socket) -> Iterator[bytes]:
        """Yield each request, with its body, that may be forwarded."""
        data = b""
        while True:
            while b"\r\n\r\n" not in data:
                if not (more := client.recv(_CHUNK)):
                    return
                data += more
            end = data.index(b"\r\n\r\n") + 4
            length = re.search(rb"(?i)content-length: *([0-9]+)", data[:end])
            end += int(length[1]) if length else 0
            while len(data) < end:
                data += client.recv(_CHUNK)
            if not self._may_pass(data, client):
                return
            yield data[:end]
            data = data[end:]

    def _may_pass(self, request: bytes, client: socket.socket) -> bool:
        method, target = request.split(b"\r\n", 1)[0].decode().split(" ")[:2]
        line = f"{method} {_VERSION.sub('', target.partition('?')[0])}"
        self.requests.append(line)
        deed = next((deed for pattern, deed in self._deeds if pattern.search(line)), None)
        if deed == "die":
            self.die()
        elif deed == "hang":
            self._dead.wait()
        elif deed == "slow":
            time.sleep(0.5)
        elif deed == "babble":
            client.sendall(b"\x00\xff nothing that anybody speaks\r\n\r\n")
        elif deed is not None:
            deed()
        return deed not in {"die", "hang", "babble"}

    def _connect(self) -> socket.socket:
        if self.upstream.startswith("/"):
            server = socket.socket(socket.AF_UNIX)
            server.connect(self.upstream)
            return server
        host, _, port = self.upstream.partition(":")
        return socket.create_connection((host, int(port)))

    def _keep(self, one: socket.socket) -> socket.socket:
        with self._lock:
            self._sockets.append(one)
        return one


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(_CHUNK):
            target.sendall(data)
    _close(source)
    _close(target)


def _close(one: socket.socket) -> None:
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()
