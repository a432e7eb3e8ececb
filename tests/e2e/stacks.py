"""Stacks of one's own in the tests: small platforms to start, and what is left of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import docker
import yaml

from e2e.project import FOREVER, services_of
from e2e.tree import Tree
from pytest_platform.stack.owner import LABEL

OWN = ("--stack=ephemeral", "-m", "health or smoke")
ONE_SHOT = {"expected_state": "exited-success", "timeout": "1m"}
RUNNING = {"expected_state": "running"}
STORE: Mapping[str, Any] = {"command": FOREVER, "volumes": ["data:/data"]}
_NAME = re.compile(r"pytest-platform-[0-9a-f]{8}")


def write(tree: Tree, module: str, services: Mapping[str, Any], **rest: Any) -> None:
    """Write the Compose file of a module, each service completed with the defaults."""
    file = tree.compose_file(module)
    file.parent.mkdir(parents=True, exist_ok=True)
    document: dict[str, Any] = {"services": services_of(services), **rest}
    file.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")


def store_and_job(tree: Tree, project: str, script: str = "exit 0", **job: Any) -> None:
    """Write a store that keeps data in a volume, and a one-shot ``job`` that works for it."""
    worker = {
        "command": ["sh", "-euc", script],
        "volumes": ["data:/data"],
        "restart": "no",
        "depends_on": ["store"],
        **job,
    }
    write(tree, "store", {"store": STORE, "job": worker}, volumes={"data": {}})
    backup = {"roots": ["/srv/backups"]}
    stateful = {"class": "stateful", "backup": backup}
    tree.module("store", project, "store", runtime=RUNNING, state=stateful)
    tree.module(
        "job",
        project,
        "job",
        files="../store/compose.yaml",
        runtime=ONE_SHOT,
        state={"class": "sidecar", "owner": "store", "backup_ref_modules": ["store"]},
        requires=["store"],
    )


def name_in(text: str) -> str:
    """Return the name of the stack that a run has told."""
    found = _NAME.search(text)
    assert found, text
    return found[0]


def names_in(text: str) -> set[str]:
    """Return the names of all stacks that a text has."""
    return set(_NAME.findall(text))


def parts(engine: docker.APIClient, stack: str) -> list[str]:
    """List all that there is of a stack: by its labels, by its name, and with Compose's label."""
    label = {"label": f"{LABEL}={stack}"}
    compose = {"label": f"com.docker.compose.project={stack}"}
    found: list[str] = []
    for wanted in (label, compose, {"name": stack}):
        found += [one["Id"] for one in engine.containers(all=True, filters=wanted)]
        found += [one["Name"] for one in engine.volumes(filters=wanted)["Volumes"] or ()]
        found += [one["Name"] for one in engine.networks(filters=wanted)]
    found += [one["Id"] for one in engine.images(filters=label)]
    return found


def running(engine: docker.APIClient, stack: str) -> list[str]:
    """Return the ids of the containers of a stack that run."""
    label = {"label": f"{LABEL}={stack}"}
    return [one["Id"] for one in engine.containers(filters=label)]
