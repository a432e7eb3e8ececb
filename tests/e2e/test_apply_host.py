"""An Engine behind a network address may be on another machine than the lock and the backup."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import docker
import pytest

from e2e.applying import UNPINNED, Stack, make_stack, mutating, one_shot, store
from e2e.conftest import NewProject
from e2e.proxy import Proxy

pytestmark = pytest.mark.e2e


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


def _serve(listener: socket.socket, path: str, opened: list[socket.socket]) -> None:
    with suppress(OSError):
        while True:
            client, _ = listener.accept()
            engine = socket.socket(socket.AF_UNIX)
            opened += [client, engine]
            engine.connect(path)
            for pair in ((client, engine), (engine, client)):
                threading.Thread(target=_pump, args=pair, daemon=True).start()


@pytest.fixture
def address(proxy: Proxy) -> Iterator[str]:
    """Offer the Engine on loopback, as one that is reached by network is offered."""
    opened: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        way = (listener, str(proxy.path), opened)
        threading.Thread(target=_serve, args=way, daemon=True).start()
        yield f"tcp://127.0.0.1:{listener.getsockname()[1]}"
    for one in opened:
        one.close()


def test_only_beside_the_engine(
    new_project: NewProject,
    tmp_path: Path,
    engine: docker.APIClient,
    proxy: Proxy,
    address: str,
) -> None:
    assert engine.ping()
    stack: Stack = make_stack(tmp_path, new_project, "apply-host")
    stack.write({"store": store(), "job": one_shot()})
    stack.owner()
    stack.job("job", waivers=[UNPINNED])
    stack.project.up()
    stack.project.wait_for("job", "exited")
    stack.project.wait_for("store", "healthy")
    stack.mend()
    outcome = stack.pytest(
        *stack.arguments("job"), "--apply", "-m", "apply", env={"DOCKER_HOST": address}
    )
    assert outcome.returncode == 1
    reasons = [one["code"] for one in outcome.modules["job"]["plan"]["reasons"]]
    assert reasons == ["guard.host"], outcome.stderr
    assert mutating(proxy) == []
