"""One look at a large Swarm: 1,000 services and 10,000 tasks, from recorded answers.

Usage: ``python benchmarks/swarm.py``. A server on a socket answers as a manager does, with the
shapes of Engine 20.10. The time is that of the processor, in the thread that looks: of the whole
snapshot, and of judging every service.
"""

from __future__ import annotations

import json
import tempfile
import threading
import time
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingMixIn, UnixStreamServer
from typing import Any

from pytest_platform.docker.details import Digests
from pytest_platform.docker.engine import Engine
from pytest_platform.hosts.transport import Local
from pytest_platform.module.forms import ExpectedState
from pytest_platform.swarm.seen import SwarmExpectation, seen_of
from pytest_platform.swarm.services import NAMESPACE
from pytest_platform.swarm.snapshot import take
from pytest_platform.swarm.state import judge

SERVICES, TASKS, NODES = 1000, 10_000, 20
MOST = 2.0
"""Seconds that one look may take."""

_CONTAINER = {
    "Image": "registry.example/app:1.2.3@sha256:" + "0" * 64,
    "Labels": {NAMESPACE: "home"},
    "Args": ["serve", "--port", "8080"],
    "Env": [f"NAME_{number}=value-{number}" for number in range(20)],
    "Healthcheck": {"Test": ["CMD", "true"], "Interval": 10**10},
    "Isolation": "default",
}
_TEMPLATE = {"ContainerSpec": _CONTAINER, "Resources": {}, "Placement": {}, "ForceUpdate": 0}
_NOW = datetime.now(UTC).isoformat().replace("+00:00", "Z")
_NETWORK = {
    "Network": {
        "ID": "n" * 25,
        "Version": {"Index": 5},
        "Spec": {"Name": "home_default", "Labels": {NAMESPACE: "home"}, "Scope": "swarm"},
        "DriverState": {"Name": "overlay", "Options": {"vxlanid_list": "4097"}},
        "IPAMOptions": {"Configs": [{"Subnet": "10.0.1.0/24", "Gateway": "10.0.1.1"}]},
    },
    "Addresses": ["10.0.1.7/24"],
}


def _service(number: int) -> dict[str, Any]:
    labels = {NAMESPACE: "home", "com.docker.stack.image": "registry.example/app:1.2.3"}
    spec = {
        "Name": f"home_app{number}",
        "Labels": labels,
        "TaskTemplate": _TEMPLATE,
        "Mode": {"Replicated": {"Replicas": TASKS // SERVICES}},
        "EndpointSpec": {"Mode": "vip"},
    }
    return {"ID": f"s{number:024}", "Version": {"Index": number}, "Spec": spec, "CreatedAt": _NOW}


def _task(number: int) -> dict[str, Any]:
    status = {"Timestamp": _NOW, "State": "running", "Message": "started"}
    status["ContainerStatus"] = {"ContainerID": f"{number:064}", "PID": number, "ExitCode": 0}  # type: ignore[assignment]
    return {
        "ID": f"t{number:024}",
        "Version": {"Index": number},
        "CreatedAt": _NOW,
        "UpdatedAt": _NOW,
        "Spec": _TEMPLATE,
        "ServiceID": f"s{number % SERVICES:024}",
        "Slot": number // SERVICES + 1,
        "NodeID": f"node{number % NODES}",
        "Status": status,
        "DesiredState": "running",
        "NetworksAttachments": [_NETWORK, _NETWORK],
    }


def _node(number: int) -> dict[str, Any]:
    described = {"Hostname": f"node{number}", "Platform": {"OS": "linux"}}
    spec = {"Role": "manager", "Availability": "active", "Labels": {}}
    status = {"State": "ready", "Addr": "10.0.0.1"}
    return {"ID": f"node{number}", "Spec": spec, "Description": described, "Status": status}


class _Server(ThreadingMixIn, UnixStreamServer):
    daemon_threads = True


class _Manager(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    answers: dict[str, bytes]

    def address_string(self) -> str:
        return "socket"

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        path = "/" + self.path.rpartition("/")[2]
        body = self.answers.get(path, b"{}")
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class _There(Local):
    """The manager behind the socket."""

    def __init__(self, socket: str) -> None:
        super().__init__()
        self._socket = socket

    def engine_options(self) -> dict[str, Any]:
        return {"base_url": f"unix://{self._socket}"}


def main() -> None:
    """Print how long one look takes; end with an error where that is too long."""
    _Manager.answers = {
        "/version": json.dumps({"ApiVersion": "1.41", "Version": "20.10"}).encode(),
        "/services": json.dumps([_service(number) for number in range(SERVICES)]).encode(),
        "/tasks": json.dumps([_task(number) for number in range(TASKS)]).encode(),
        "/nodes": json.dumps([_node(number) for number in range(NODES)]).encode(),
        "/networks": b"[]",
    }
    with tempfile.TemporaryDirectory() as folder:
        socket = str(Path(folder) / "engine.sock")
        server = _Server(socket, _Manager)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        engine = Engine(_There(socket))
        engine.api_version()
        began = time.thread_time()
        snapshot = take(engine, {("home", "app1")}, Digests())
        looked = time.thread_time() - began
        wanted = SwarmExpectation("app", ExpectedState.RUNNING, TASKS // SERVICES)
        seen = [seen_of(snapshot, "home", f"app{number}") for number in range(SERVICES)]
        wrong = sum(bool(judge(wanted, one)) for one in seen)
        judged = time.thread_time() - began - looked
        engine.close()
        server.shutdown()
    size = sum(map(len, _Manager.answers.values())) / 2**20
    print(f"{len(snapshot.services)} services, {TASKS} tasks, {size:.0f} MiB of answers")
    print(f"one look: {looked:.2f} s (at most {MOST:g} s)")
    print(f"judging all of them: {judged:.2f} s, {wrong} wrong")
    assert looked <= MOST, "one look takes too long"


if __name__ == "__main__":
    main()
