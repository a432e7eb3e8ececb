"""Servers on loopback: one says the same to everybody, one is an Engine but for some answers."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Callable, Iterator, Mapping

VERSION = json.dumps({"ApiVersion": "1.41", "MinAPIVersion": "1.12", "Version": "20.10.24"})
_DEFAULTS = {"/version": VERSION, "/containers/json": "[]", "/volumes": "{}", "/images/json": "[]"}
_HEAD = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n"
_HEAD += "Connection: close\r\n\r\n"
_UPGRADED = b"HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n"


@contextlib.contextmanager
def answering(text: str) -> Iterator[int]:
    """Serve on a free port, and give it; each connection gets the text and is closed."""
    with _serving(lambda _: text.encode(), waits=text.startswith("HTTP")) as port:
        yield port


@contextlib.contextmanager
def engine_answering(answers: Mapping[str, str]) -> Iterator[int]:
    """Serve as an Engine does, and give the port; ``answers`` are bodies by the end of a path."""

    def answer(request: bytes) -> bytes:
        path = request.split(b" ", 2)[1].decode().partition("?")[0]
        known = {**_DEFAULTS, **answers}
        body = next((known[one] for one in known if path.endswith(one)), "null").encode()
        return _HEAD.format(len(body)).encode() + body

    with _serving(answer, waits=True) as port:
        yield port


@contextlib.contextmanager
def engine_executing(output: bytes) -> Iterator[int]:
    """Serve as an Engine in whose containers each command has written this before it is read."""
    frame = b"\1\0\0\0" + len(output).to_bytes(4, "big") + output
    bodies = {"/version": VERSION, "/exec": '{"Id": "one"}', "/json": '{"ExitCode": 0}'}

    def answer(request: bytes) -> bytes:
        path = request.split(b" ", 2)[1].decode()
        if path.endswith("/start"):
            return _UPGRADED + frame
        body = next(text for end, text in bodies.items() if path.endswith(end)).encode()
        return _HEAD.format(len(body)).encode() + body

    with _serving(answer, waits=True) as port:
        yield port


@contextlib.contextmanager
def _serving(answer: Callable[[bytes], bytes], *, waits: bool) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=_serve, args=(server, answer, waits))
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            with contextlib.suppress(OSError):
                server.shutdown(socket.SHUT_RDWR)
            thread.join()


def _serve(server: socket.socket, answer: Callable[[bytes], bytes], waits: bool) -> None:
    with contextlib.suppress(OSError):
        while True:
            connection, _ = server.accept()
            with connection, contextlib.suppress(OSError):
                connection.settimeout(5)
                connection.sendall(answer(connection.recv(65536) if waits else b""))
                connection.shutdown(socket.SHUT_WR)
                connection.recv(65536)
