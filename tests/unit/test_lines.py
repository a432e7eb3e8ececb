"""Many questions at once over a socket: all are on their way before the first answer is."""

from __future__ import annotations

import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pytest_platform.docker.client import Client, PipelinedConnection, answers

PATIENCE = 60.0
Server = Callable[[list[socket.socket]], None]


@pytest.fixture
def path() -> Iterator[Path]:
    # Not in pytest's folder: the path of a socket must be short.
    with tempfile.TemporaryDirectory(prefix="pp-") as folder:
        yield Path(folder) / "s"


def _ask(
    path: Path, lines: int, count: int, serve: Server, timeout: float = PATIENCE
) -> list[tuple[int, bytes]]:
    """Put questions to a server that gets as many connections as there are lines."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()

        def accept() -> None:
            connections = [listener.accept()[0] for _ in range(lines)]
            serve(connections)
            for one in connections:
                one.close()

        serving = threading.Thread(target=accept)
        serving.start()
        made = [PipelinedConnection(str(path), timeout) for _ in range(lines)]
        try:
            return list(answers(made, [f"/{number}" for number in range(count)]))
        finally:
            for line in made:
                line.close()
            serving.join()


def _question(connection: socket.socket) -> bytes:
    """Read a question; return its path, and nothing where the other side has hung up."""
    said = b""
    while b"\r\n\r\n" not in said:
        more = connection.recv(4096)
        if not more:
            return b""
        said += more
    return said.split()[1]


def _answer(connection: socket.socket, body: bytes, status: int = 200) -> None:
    head = f"HTTP/1.1 {status} Word\r\nContent-Length: {len(body)}\r\n\r\n"
    connection.sendall(head.encode() + body)


def _all_then_each(connections: list[socket.socket]) -> None:
    """Say nothing until there is a question on every line, and then begin with the last one."""
    while any(asked := [_question(one) for one in connections]):
        for connection, question in reversed(list(zip(connections, asked, strict=True))):
            if question:
                _answer(connection, question)


@pytest.mark.parametrize(("lines", "count"), [(1, 1), (5, 5), (3, 9)])
def test_all_questions_come_before_the_first_answer(path: Path, lines: int, count: int) -> None:
    said = _ask(path, lines, count, _all_then_each)
    assert said == [(200, f"/{number}".encode()) for number in range(count)]


def test_an_answer_may_be_no(path: Path) -> None:
    def serve(connections: list[socket.socket]) -> None:
        for one in connections:
            _question(one)
            _answer(one, b"none", 404)

    assert _ask(path, 1, 1, serve) == [(404, b"none")]


@pytest.mark.parametrize("said", [b"", b"\x00\xff nothing that anybody speaks\r\n\r\n"])
def test_what_is_no_answer(path: Path, said: bytes) -> None:
    def serve(connections: list[socket.socket]) -> None:
        for one in connections:
            _question(one)
            one.sendall(said)
            one.close()

    with pytest.raises(ConnectionError):
        _ask(path, 1, 1, serve)


def test_an_answer_that_is_cut(path: Path) -> None:
    def serve(connections: list[socket.socket]) -> None:
        for one in connections:
            _question(one)
            one.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")

    with pytest.raises(ConnectionError, match="HTTP"):
        _ask(path, 1, 1, serve)


def test_nobody_answers(path: Path) -> None:
    def serve(connections: list[socket.socket]) -> None:
        for one in connections:
            while _question(one):
                pass

    with pytest.raises(TimeoutError):
        _ask(path, 2, 2, serve, timeout=0.2)


def test_nobody_listens(path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        list(answers([PipelinedConnection(str(path), PATIENCE)], ["/"]))


def _each_on_its_own(path: Path, body: bytes) -> None:
    """Answer one question on each connection, and hang up without a word about it."""
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(path))
    listening.listen()

    def serve() -> None:
        while True:
            connection, _ = listening.accept()
            with connection:
                _question(connection)
                _answer(connection, body)

    threading.Thread(target=serve, daemon=True).start()


def test_an_engine_may_hang_up_after_each_answer(path: Path) -> None:
    _each_on_its_own(path, b"{}")
    client = Client(base_url=f"unix://{path}", version="1.43", timeout=5)

    assert client.ask(["/one", "/two", "/three"], far=False) == [{}, {}, {}]
    client.close()


def test_bytes_that_are_no_text(path: Path) -> None:
    _each_on_its_own(path, b'"\xff"')
    client = Client(base_url=f"unix://{path}", version="1.43", timeout=5)

    assert client.ask(["/one"], far=False) == ["\N{REPLACEMENT CHARACTER}"]
    client.close()
