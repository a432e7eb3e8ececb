"""Where probes of the network go: published ports, containers' own addresses, none at all."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from e2e.claims import no_traceback
from e2e.conftest import NewProject
from e2e.project import FOREVER
from e2e.tree import ROOT, Outcome, Tree

pytestmark = pytest.mark.e2e

WEB = {"image": "pytest-platform-demo/web", "networks": ["default"], "init": True}
PASSWORD = "a-word-of-some-length"  # noqa: S105 - of a server that lives for a moment
LATE = "[ -e /tmp/ran ] && exec httpd -f -p 8080 -h /srv; touch /tmp/ran; nc -l -p 8080; exit 1"
"""Ends at the first connection, and serves when it has restarted."""

SERVICES: dict[str, Any] = {
    "web": WEB,
    "published": {**WEB, "ports": ["127.0.0.1::8080"]},
    "sharing": {"network_mode": "service:web", "command": FOREVER},
    "lonely": {"command": FOREVER},
    "late": {**WEB, "command": ["sh", "-c", LATE], "restart": "always"},
    "odd..name": WEB,
    "minio": {
        "image": "pytest-platform-demo/minio",
        "networks": ["default"],
        "command": ["server", "/data"],
        "environment": {"MINIO_ROOT_USER": "someone", "MINIO_ROOT_PASSWORD": PASSWORD},
    },
    "postgres": {
        "image": "pytest-platform-demo/postgres",
        "networks": ["default"],
        "environment": {"POSTGRES_PASSWORD": PASSWORD},
    },
}
PAGE = {"body": {"contains": ["it works"]}}
OPEN: dict[str, dict[str, Any]] = {
    "its own address": {"http": {"port": 8080, **PAGE}},
    "a published port": {"http": {"service": "published", "port": 8080, **PAGE}},
    "the network of another container": {"http": {"service": "sharing", "port": 8080, **PAGE}},
    "the network of the host": {"http": {"service": "host", "port": 0, **PAGE}},
    "a port of the host": {"tcp": {"host": "127.0.0.1", "port": 0}},
    "a url": {"http": {"url": "http://127.0.0.1:0/", **PAGE}},
    "a service of an odd name": {"http": {"service": "odd..name", "port": 8080, **PAGE}},
    "a server of objects": {
        "http": {"service": "minio", "port": 9000, "status": [400, 403]},
        "within": "60s",
    },
    "a database": {"tcp": {"service": "postgres", "port": 5432}, "within": "60s"},
    "a kind of another plugin": {
        "query": {"service": "postgres", "sql": "SELECT 6 * 7", "answer": {"equals": "42"}},
        "within": "60s",
    },
    "a closed port": {"tcp": {"service": "postgres", "port": 5433, "open": False}},
    "one that restarts between two tries": {
        "http": {"service": "late", "port": 8080, **PAGE},
        "within": "60s",
    },
}
WRONG: dict[str, tuple[dict[str, Any], str, str, str]] = {
    "nobody listens": (
        {"http": {"port": 8081}},
        *("failed", "probe.http", ":8081) does not answer: connection refused"),
    ),
    "the address that was dialled is named": (
        {"http": {"port": 8080, "path": "/none"}},
        *("failed", "probe.http", "http://web:8080/none (dialled "),
    ),
    "never": (
        {"tcp": {"port": 8081}, "within": "1s"},
        *("failed", "probe.tcp", "times in 1 s, and last: web:8081 does not take connections"),
    ),
    "no network": (
        {"tcp": {"service": "lonely", "port": 80}},
        *("error", "probe.no_address", "has no network; use exec"),
    ),
    "an answer that another plugin does not like": (
        {"query": {"service": "postgres", "sql": "SELECT 1", "answer": {"at_least": 2}}},
        *("failed", "probe.query", "the answer"),
    ),
    "a name that TLS cannot ask for": (
        {"tls": {"service": "odd..name", "port": 8080}},
        *("error", "probe.bad_name", "TLS cannot ask for 'odd..name'; say with server_name"),
    ),
    "that name over https": (
        {"http": {"service": "odd..name", "port": 8080, "scheme": "https"}},
        *("error", "probe.bad_name", "TLS cannot ask for 'odd..name'; say with server_name"),
    ),
    "a url with a password": (
        {"http": {"url": "http://someone:swordfish@127.0.0.1:0/missing"}},
        *("failed", "probe.http", "http://someone:[redacted]@127.0.0.1:"),
    ),
    "no container": (
        {"tcp": {"service": "gone", "port": 80}, "within": "500ms"},
        *("error", "probe.no_container", "a running container of 'gone' is needed"),
    ),
}


def at(port: int, value: Any) -> Any:
    """Put a port in place of 0."""
    if isinstance(value, dict):
        return {key: at(port, inner) for key, inner in value.items()}
    if isinstance(value, str):
        return value.replace("127.0.0.1:0/", f"127.0.0.1:{port}/")
    return port if value == 0 and not isinstance(value, bool) else value


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def outcome(new_project: NewProject, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    tree = Tree(tmp_path_factory.mktemp("network"))
    project, port = new_project(tree.compose_file("app"), "network"), free_port()
    command = ["httpd", "-f", "-p", str(port), "-h", "/srv"]
    host = {"image": WEB["image"], "network_mode": "host", "init": True, "command": command}
    project.write({**SERVICES, "host": host})
    asked = {**OPEN, **{name: probe for name, (probe, *_) in WRONG.items()}}
    probes = [{"name": name, **at(port, probe)} for name, probe in asked.items()]
    tree.module("app", project.name, "web", runtime={"expected_state": "running"}, smoke=probes)
    project.up()
    for service in ("web", "published", "sharing", "odd..name", "host"):
        project.wait_for(service, "running")
    words = ("-p", "plugin.query_probe", "-m", "health or smoke")
    env = {"PYTHONPATH": str(ROOT / "tests")}
    return tree.pytest(*words, "--json", "--remote-mode", "local", env=env)


@pytest.mark.parametrize("name", OPEN)
def test_it_is_reached(outcome: Outcome, name: str) -> None:
    check = outcome.check("app", f"smoke::{name}")
    assert check["verdict"] == "passed", check


def test_it_says_how_often_it_tried(outcome: Outcome) -> None:
    check = outcome.check("app", "smoke::one that restarts between two tries")
    assert check["message"].startswith("passed when tried "), check


@pytest.mark.parametrize("name", WRONG)
def test_it_is_not(outcome: Outcome, name: str) -> None:
    check, (_, *expected, words) = outcome.check("app", f"smoke::{name}"), WRONG[name]
    assert [check["verdict"], check["code"]] == expected, check
    assert words in check["message"], check


def test_no_password_is_told(outcome: Outcome) -> None:
    no_traceback(outcome)
    assert "swordfish" not in outcome.stdout + outcome.stderr
