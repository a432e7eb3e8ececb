"""What goes over the connection: nothing grows with the checks, and hosts do not mix."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import docker
import pytest

from e2e.conftest import NewProject, NewSshd
from e2e.hosts import client
from e2e.project import FOREVER
from e2e.proxy import Proxy
from e2e.tree import Tree

pytestmark = pytest.mark.e2e

SSH = ("--remote-mode=ssh", "-m", "health", "--json", "-p", "no:cacheprovider")


def _asked(proxy: Proxy) -> Counter[str]:
    return Counter(re.sub(r"/[0-9a-f]{64}/", "/ID/", line) for line in proxy.requests)


def test_round_trips(
    new_project: NewProject, new_sshd: NewSshd, engine: docker.APIClient, tmp_path: Path
) -> None:
    tree = Tree(tmp_path / "platform")
    project = new_project(tree.root / "modules" / "compose.yaml", "trips")
    project.write({f"{host}-{n}": {"command": FOREVER} for host in ("a", "b") for n in range(2)})
    project.up()

    def module(name: str, service: str) -> None:
        runtime = {"expected_state": "running", "host": service[0]}
        tree.module(name, project.name, service, files="../compose.yaml", runtime=runtime)

    for service in ("a-0", "a-1", "b-0", "b-1"):
        project.wait_for(service, "running")
        module(service, service)
    with Proxy.of(engine) as first, Proxy.of(engine) as second:
        servers = [new_sshd(env=proxy.env) for proxy in (first, second)]
        places = [(name, server, None) for name, server in zip("ab", servers, strict=True)]
        env = client(tmp_path / "ssh_config", places)
        outcome = tree.pytest(*SSH, env=env)
        assert outcome.returncode == 0, outcome.stderr
        once = {
            "GET /version": 1,
            "GET /containers/json": 1,
            "GET /containers/ID/json": 2,
            "GET /volumes": 1,
        }
        assert [_asked(first), _asked(second)] == [once, once]
        for number in range(10):
            module(f"more-{number}", f"a-{number % 2}")
        first.requests.clear()
        outcome = tree.pytest(*SSH, env=env)
        assert outcome.returncode == 0, outcome.stderr
        assert len(outcome.modules) == 14
        assert _asked(first) == once
        assert [server.logins for server in servers] == [2, 2]
