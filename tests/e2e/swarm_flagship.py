"""The flagship as a stack: what its tests deploy to a Swarm of two nodes, reached over ssh."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from e2e.applying import CONFIRMED, UNPINNED
from e2e.backups import good_backup
from e2e.conftest import NewSshd
from e2e.hosts import CONFIG
from e2e.swarm_nodes import Swarm, swarm
from e2e.tree import ROOT, Outcome, Tree
from probes.certificates import Certificates

SECRETS = {"MINIO_ROOT_USER": "a-user", "MINIO_ROOT_PASSWORD": "correct-horse-battery"}
IMAGES = {name: f"pytest-platform-demo/{name}" for name in ("minio", "mc")}
PORT = 19000
CASES = ROOT / "tests" / "cases" / "swarm"
PROBES: dict[str, Any] = yaml.safe_load(
    (CASES / "probes.yaml").read_text("utf-8").replace("IMAGE", "pytest-platform-demo")
)
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


def stack() -> dict[str, Any]:
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
    far: dict[str, Any] = {"image": IMAGES["mc"], "entrypoint": ["/bin/sh", "-c"]}
    far["command"] = ["echo far away | tee /words/said; while true; do sleep 60; done"]
    far |= {"volumes": ["words:/words"], "deploy": there}
    services = {"minio": server, "buckets": job, "far": far, **PROBES["services"]}
    return {
        "version": "3.8",
        "services": services,
        "volumes": {"minio-data": {}, "words": {}},
        "configs": {name: {"file": f"./{name}.conf"} for name in PROBES["configs"]},
        "secrets": {"pem": {"file": "./good.pem"}},
    }


@contextmanager
def flagship(folder: Path, new_sshd: NewSshd) -> Iterator[Platform]:
    """Give the modules and two nodes, each behind a server of ssh; nothing is deployed yet."""
    tree = Tree(folder / "platform")
    backup = good_backup(folder / "backups", "minio")
    _modules(tree, backup.parent)
    _answering(tree)
    (tree.root / "stack.yaml").write_text(yaml.safe_dump(stack()), encoding="utf-8")
    with swarm(2, images=("minio", "mc", "nginx", "busybox")) as nodes:
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


def _answering(tree: Tree) -> None:
    """Write what answers to probes, and the probes."""
    for name, text in PROBES["configs"].items():
        (tree.root / f"{name}.conf").write_text(text, encoding="utf-8")
    certificates = Certificates(tree.root)
    certificates.context("good")
    for name in {one["module"] for one in PROBES["probes"]}:
        smoke = [probe for module, probe, _ in named_probes() if module == name]
        tree.module(
            *(name, "flagship", name),
            runtime={"expected_state": "running"},
            files="../../stack.yaml",
            engine="swarm",
            smoke=smoke,
        )
        shutil.copy(tree.root / "ca.pem", tree.folder(name))


def named_probes() -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Yield module, probe and what comes of it; a probe is named by its place in the table."""
    beside = {"module", "code", "message", "mesh"}
    for number, one in enumerate(PROBES["probes"]):
        probe = {key: value for key, value in one.items() if key not in beside}
        yield one["module"], {"name": f"p{number:02}", **probe}, one
