"""The flagship as a stack on a real Swarm: an S3 server, a bucket job, and the guarded apply.

The job fails while the server is away. It is run again over ssh to a manager, by the version of
the service that was seen, and nothing else of the service changes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from e2e.applying import CONFIRMED, UNPINNED
from e2e.backups import good_backup
from e2e.conftest import NewSshd
from e2e.hosts import CONFIG
from e2e.swarm_nodes import Swarm, possible, run, swarm, until
from e2e.tree import ROOT, Outcome, Tree

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(not possible(), reason="starting a Swarm needs root and dockerd"),
]

SECRETS = {"MINIO_ROOT_USER": "a-user", "MINIO_ROOT_PASSWORD": "correct-horse-battery"}
IMAGES = {name: f"pytest-platform-demo/{name}" for name in ("minio", "mc")}
PORT = 19000
PATIENCE = 300.0
"""Seconds for what takes long on a busy machine."""


@dataclass(frozen=True)
class Platform:
    """A Swarm, the modules, and how they are reached over ssh."""

    nodes: Swarm
    tree: Tree
    backup: Path
    config: Path

    def pytest(self, *words: str) -> Outcome:
        """Run pytest over ssh to the manager."""
        name = self.nodes.manager.namespace
        mode = ("--remote-mode", "ssh", "--ssh-host", name, "--json")
        return self.tree.pytest(*words, *mode, env={**SECRETS, CONFIG: str(self.config)})

    def apply(self, *words: str) -> Outcome:
        """Order the guarded apply of the job."""
        ordered = ("--apply", *CONFIRMED, f"--backup-ref={self.backup}")
        return self.pytest("--module", "buckets", "-m", "apply", *ordered, *words)

    def service(self, name: str) -> dict[str, Any]:
        """Return a service as the API has it."""
        (found,) = (
            one for one in self.nodes.manager.get("/services") if one["Spec"]["Name"] == name
        )
        return dict(found)

    def states(self, name: str) -> list[str]:
        """Return the states of a service's tasks."""
        service = self.service(name)
        index = (service.get("JobStatus") or {}).get("JobIteration", {}).get("Index", 0)
        return [
            one["Status"]["State"]
            for one in self.nodes.manager.get("/tasks")
            if one["ServiceID"] == service["ID"]
            and (one.get("JobIteration") or {}).get("Index", 0) == index
        ]

    def events(self) -> list[str]:
        """Return what the audit log says happened."""
        text = (self.tree.root / ".pytest_platform" / "audit.jsonl").read_text("utf-8")
        return [json.loads(line)["event"] for line in text.splitlines()]


def _stack() -> dict[str, Any]:
    """Make a stack of the repository's own files."""
    read = {
        name: yaml.safe_load((ROOT / "modules" / name / "compose.yaml").read_text("utf-8"))
        for name in ("minio", "minio-init")
    }
    server = dict(read["minio"]["services"]["minio"])
    job = dict(read["minio-init"]["services"]["minio-init"])
    for key in ("restart", "depends_on"):
        server.pop(key, None)
        job.pop(key, None)
    here = {"placement": {"constraints": ["node.role == manager"]}}
    there = {"placement": {"constraints": ["node.role == worker"]}}
    check = {key: one for key, one in server["healthcheck"].items() if key != "start_interval"}
    # Not through virtual addresses and the routing mesh, which not every kernel has.
    port = {"target": 9000, "published": PORT, "mode": "host"}
    # Patient, as a check that is late on a busy machine would end the server.
    check |= {"timeout": "60s", "retries": 20, "start_period": "300s"}
    server |= {"image": IMAGES["minio"], "ports": [port], "healthcheck": check}
    server["deploy"] = {**here, "endpoint_mode": "dnsrr"}
    script = job["command"][0].replace("tries=20", "tries=4")
    job |= {"image": IMAGES["mc"], "command": [script]}
    job["deploy"] = {"mode": "replicated-job", "restart_policy": {"condition": "none"}}
    far = {"image": IMAGES["mc"], "entrypoint": ["/bin/sh", "-c"]}
    far["command"] = ["echo far away; while true; do sleep 60; done"]
    services = {
        "minio": server,
        "buckets": job,
        "far": {**far, "deploy": there},
    }
    return {"version": "3.8", "services": services, "volumes": {"minio-data": {}}}


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory, new_sshd: NewSshd) -> Iterator[Platform]:
    folder = tmp_path_factory.mktemp("flagship")
    tree = Tree(folder / "platform")
    (tree.root / "stack.yaml").write_text(yaml.safe_dump(_stack()), encoding="utf-8")
    backup = good_backup(folder / "backups", "minio")
    _modules(tree, backup.parent)
    with swarm(2, images=("minio", "mc")) as nodes:
        config = folder / "ssh_config"
        lines = []
        for node in nodes.nodes:
            server = new_sshd(alias=node.namespace, env={"DOCKER_HOST": node.url})
            lines.append(server.config.read_text("utf-8").partition("Host *")[0])
            lines.append(_own(server))
        config.write_text("\n".join(lines), encoding="utf-8")
        names = "\n".join(f"    {node.namespace} = {node.namespace}" for node in nodes.nodes)
        ini = f"[pytest]\nplatform_hosts =\n{names}\n"
        (tree.root / "pytest.ini").write_text(ini, encoding="utf-8")
        yield Platform(nodes, tree, backup, config)


def _own(server: Any) -> str:
    """Return what a client needs for one server, as a block of its own."""
    rest = server.config.read_text("utf-8").partition("Host *\n")[2]
    return f"Host {server.alias}\n{rest}"


def _modules(tree: Tree, roots: Path) -> None:
    def module(name: str, expected: str, **spec: Any) -> None:
        runtime = {"expected_state": expected, "exposure": "public"}
        waivers = [UNPINNED]
        tree.module(
            *(name, "flagship", name),
            runtime=runtime,
            files="../../stack.yaml",
            engine="swarm",
            waivers=waivers,
            **spec,
        )

    backup = {"roots": [str(roots)], "max_age": "7d", "level": "structural"}
    module(
        "minio",
        "healthy",
        state={"class": "stateful", "backup": backup},
        smoke=[{"name": "it listens", "tcp": {"port": 9000}}],
    )
    made = {"service": "minio", "command": ["ls", "/data"], "stdout": {"contains": ["backups"]}}
    module(
        "buckets",
        "exited-success",
        state={"class": "sidecar", "owner": "minio", "backup_ref_modules": ["minio"]},
        requires=["minio"],
        smoke=[{"name": "the buckets exist", "exec": made}],
    )
    module(
        "far",
        "running",
        smoke=[
            {"name": "inside", "exec": {"command": ["echo", "here"], "stdout": {"equals": "here"}}},
            {"name": "said", "log": {"contains": ["far away"]}},
            {"name": "file", "file": {"path": "/etc/passwd"}},
        ],
    )


@pytest.fixture(scope="module")
def failed(platform: Platform) -> Platform:
    """Deploy with no server, so that the job fails, and bring the server up.

    Not by a second deployment: that runs every job of the stack again.
    """
    manager, stack = platform.nodes.manager, platform.tree.root / "stack.yaml"
    away = platform.tree.root / "away.yaml"
    content = _stack()
    content["services"]["minio"]["deploy"]["replicas"] = 0
    away.write_text(yaml.safe_dump(content), encoding="utf-8")
    words = ("docker", "-H", manager.url, "stack", "deploy", "--resolve-image", "never")
    run(*words, "-c", str(away), "flagship", env=SECRETS)
    until(lambda: platform.states("flagship_buckets") == ["failed"], "the job fails", PATIENCE)
    manager.docker("service", "scale", "--detach", "flagship_minio=1")
    until(lambda: "running" in platform.states("flagship_minio"), "the server is healthy", PATIENCE)
    assert stack.exists()
    return platform


def test_in_the_order_of_a_failure(failed: Platform) -> None:
    state = failed.pytest("--module", "buckets", "-m", "health or drift").modules["buckets"]
    assert state["drift"] == ["container.state.exited_success"]
    refused = failed.pytest("--module", "buckets", "-m", "apply", "--apply")
    codes = {one["code"] for one in refused.modules["buckets"]["plan"]["reasons"]}
    assert codes == {"guard.allow_stateful", "guard.confirmation", "guard.backup_ref"}

    plan = failed.tree.root / "plan.json"
    words = (*CONFIRMED, f"--backup-ref={failed.backup}")
    failed.pytest("--module", "buckets", "-m", "apply", f"--plan={plan}", *words)
    before = failed.service("flagship_buckets")["Spec"]
    assert failed.states("flagship_buckets") == ["failed"]

    outcome = failed.apply()
    check = outcome.check("buckets", "apply::apply")
    assert check["verdict"] == "passed", check["message"]
    assert outcome.modules["buckets"]["apply"]["exit_code"] == 0
    assert failed.states("flagship_buckets") == ["complete"]
    after = failed.service("flagship_buckets")["Spec"]
    assert after["TaskTemplate"].pop("ForceUpdate") == 1
    assert before["TaskTemplate"].pop("ForceUpdate", 0) == 0
    assert after == before
    assert failed.events() == ["refused", "started", "ended"]
    assert SECRETS["MINIO_ROOT_PASSWORD"] not in outcome.stdout + outcome.stderr

    again = failed.apply()
    assert again.modules["buckets"]["plan"]["decision"] == "nothing-to-do"
    stale = failed.pytest("--module", "buckets", "-m", "apply", f"--apply={plan}", *words)
    assert stale.check("buckets", "apply::apply")["code"] in {"stale-plan", None}
    assert failed.service("flagship_buckets")["Spec"]["TaskTemplate"]["ForceUpdate"] == 1


def test_probes_reach_the_nodes(failed: Platform) -> None:
    outcome = failed.pytest("-m", "smoke", "--module", "far", "--module", "minio")
    for name in ("inside", "said", "file"):
        check = outcome.check("far", f"smoke::{name}")
        assert check["verdict"] == "passed", check["message"]
    check = outcome.check("minio", "smoke::it listens")
    assert check["verdict"] == "passed", check["message"]


def test_a_node_without_a_name_is_an_error(failed: Platform) -> None:
    env = {**SECRETS, "DOCKER_HOST": failed.nodes.manager.url}
    words = ("-m", "smoke", "--module", "far", "--remote-mode", "local", "--json")
    outcome = failed.tree.pytest(*words, env=env)
    check = outcome.check("far", "smoke::inside")
    assert (check["verdict"], check["code"]) == ("error", "swarm.unreached")
    assert outcome.check("far", "smoke::said")["verdict"] == "passed"
