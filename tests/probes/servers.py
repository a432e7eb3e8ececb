"""Servers on loopback that answer well, or go wrong in one way each."""

from __future__ import annotations

import gzip
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import unquote

from probes.certificates import Certificates
from probes.names import name_server, silent_name_server

HOST = "127.0.0.1"
HUGE = 1 << 30
"""A body of 1 GB. It is written as it is read, so it takes no room."""

BOMB = gzip.compress(bytes(1 << 26))
"""64 MiB, packed into 64 KiB."""

PAGE = b"<!doctype html><title>it works</title><p>it works</p>"
STATUS = json.dumps({"status": "ok", "checks": [{"name": "db", "ms": 3}, {"name": "s3", "ms": 7}]})


class Site(BaseHTTPRequestHandler):
    """One page for each thing that an answer may be."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer by the path."""
        path = self.path.partition("?")[0]
        with suppress(OSError):
            if path.startswith("/status/"):
                self._body(b"as you wish", status=int(path.removeprefix("/status/")))
            elif path.startswith("/to/"):
                self._to(unquote(path.removeprefix("/to/")))
            elif path.startswith("/hop/"):
                self._hop(int(path.removeprefix("/hop/")))
            else:
                self._PAGES.get(path, Site._missing)(self)

    do_POST = do_GET  # noqa: N815 - the name that http.server looks for

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def _body(
        self, body: bytes, kind: str = "text/html", status: int = 200, packed: str = ""
    ) -> None:
        self.send_response(status)
        if packed:
            self.send_header("Content-Encoding", packed)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _missing(self) -> None:
        self._body(b"there is no such page", status=404)

    def _hop(self, left: int) -> None:
        self._to(f"/hop/{left - 1}" if left else "/")

    def _to(self, where: str) -> None:
        self.send_response(302)
        self.send_header("Location", where)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _endless(self, kind: str = "text/plain", length: int | None = None) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        if length is not None:
            self.send_header("Content-Length", str(length))
        self.end_headers()
        left = HUGE if length is None else length
        while left > 0:
            self.wfile.write(b"0123456789abcde\n" * 4096)
            left -= 65536

    def _trickle(self) -> None:
        self.send_response(200)
        self.end_headers()
        while True:
            self.wfile.write(b"x")
            threading.Event().wait(0.05)

    def _asked(self) -> None:
        asked = {"host": self.headers["Host"], "method": self.command, "path": self.path}
        said = {**asked, "accept": self.headers.get("Accept", "")}
        self._body(json.dumps(said).encode(), "application/json")

    _PAGES: ClassVar[dict[str, Callable[[Any], None]]] = {
        "/": lambda site: site._body(PAGE),
        "/json": lambda site: site._body(STATUS.encode(), "application/json"),
        "/binary": lambda site: site._body(bytes(range(256)), "application/octet-stream"),
        "/no-charset": lambda site: site._body(b"it works", "text/plain; charset=idna"),
        "/packed": lambda site: site._body(gzip.compress(PAGE), packed="gzip"),
        "/not-packed": lambda site: site._body(PAGE, packed="gzip"),
        "/packed-huge": lambda site: site._body(BOMB, packed="gzip"),
        "/odd-charset": lambda site: site._body(b"it works", "text/plain; charset=no-such-thing"),
        "/empty": lambda site: site._body(b""),
        "/loop": lambda site: site._to("/loop"),
        "/asked": _asked,
        "/trickle": _trickle,
        "/endless": _endless,
        "/huge": lambda site: site._endless(length=HUGE),
    }


def _handle(listener: socket.socket, answer: Callable[[socket.socket], None]) -> None:
    """Answer connections until the listener is closed."""
    with ExitStack() as open_ones:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            open_ones.enter_context(connection)
            with suppress(OSError):
                answer(connection)


def _silent(_: socket.socket) -> None:
    """Say nothing, for ever."""


def _hang_up(connection: socket.socket) -> None:
    connection.shutdown(socket.SHUT_RDWR)


def _banner(connection: socket.socket) -> None:
    connection.sendall(b"220 ready\r\n")


def _binary(connection: socket.socket) -> None:
    connection.sendall(bytes(range(256)))
    connection.shutdown(socket.SHUT_WR)


def _pong(connection: socket.socket) -> None:
    if connection.recv(64) == b"PING\r\n":
        # In two parts: who reads once only does not see all of it.
        connection.sendall(b"+PO")
        connection.sendall(b"NG\r\n")


def _flood(connection: socket.socket) -> None:
    for _ in range(HUGE // 65536):
        connection.sendall(b"0123456789abcde\n" * 4096)


def _endless_headers(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Endless: ")
    for _ in range(HUGE):
        connection.sendall(b"x")
        threading.Event().wait(0.05)


RAW: dict[str, Callable[[socket.socket], None]] = {
    "silent": _silent,
    "hang_up": _hang_up,
    "banner": _banner,
    "binary": _binary,
    "pong": _pong,
    "flood": _flood,
    "endless_headers": _endless_headers,
}


@contextmanager
def raw(answer: Callable[[socket.socket], None]) -> Iterator[int]:
    """Listen, and treat each connection alike; gives the port."""
    listener = socket.create_server((HOST, 0))
    thread = threading.Thread(target=_handle, args=(listener, answer), daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        # Closing alone does not wake up who waits in accept().
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


@contextmanager
def closed() -> Iterator[int]:
    """Keep a port on which nobody listens."""
    with closing(socket.socket()) as kept:
        kept.bind((HOST, 0))
        yield kept.getsockname()[1]


@contextmanager
def site(context: ssl.SSLContext | None = None) -> Iterator[int]:
    """Serve the pages, with TLS where there is a context."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def get_request(self) -> tuple[socket.socket, Any]:
            connection, address = super().get_request()
            if context:
                # The handshake happens in the thread of the connection, on its first read.
                connection = context.wrap_socket(
                    connection, server_side=True, do_handshake_on_connect=False
                )
            return connection, address

        def handle_error(self, *_: Any) -> None:
            """Say nothing: clients that refuse a certificate hang up."""

    server = Server((HOST, 0), Site)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def running(name: str, certificates: Certificates) -> Iterator[int]:
    """Start the server of this name; gives its port. ``tls-…`` names a certificate."""
    if name == "site":
        server = site()
    elif name == "closed":
        server = closed()
    elif name == "dns":
        server = name_server()
    elif name == "dns-silent":
        server = silent_name_server()
    elif name.startswith("tls-"):
        server = site(certificates.context(name.removeprefix("tls-")))
    else:
        server = raw(RAW[name])
    with server as port:
        yield port
