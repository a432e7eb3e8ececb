"""One-shots that are run twice: what is the same afterwards passes, and nothing else does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import docker
import pytest

from e2e.project import FOREVER
from e2e.stacks import ONE_SHOT, OWN, RUNNING, name_in, parts, write
from e2e.tree import Outcome, Tree

pytestmark = pytest.mark.e2e
PROJECT = "pp-e2e-never-deployed"
CREATES = "mkdir -p /data/it; echo content >/data/it/file; ln -sf file /data/it/link"
LISTS = {"name": "lists", "exec": {"service": "store", "command": ["ls", "/data"]}}
IS_ALL = {
    "name": "is all",
    "exec": {"service": "store", "command": ["ls", "-A", "/data"], "stdout": {"equals": "it"}},
}
IS_THERE = {
    "name": "is there",
    "exec": {"service": "store", "command": ["test", "-e", "/data/first"]},
}
SERVES = {
    "name": "serves",
    "file": {"service": "store", "path": "/data", "type": "directory"},
}
TELLS_TIME = {
    "name": "tells time",
    "exec": {"service": "store", "command": ["cat", "/proc/uptime"]},
}

PASSES: Mapping[str, tuple[str, dict[str, Any]]] = {
    "creates-or-verifies": (CREATES, {}),
    "changes-nothing": ("exit 0", {}),
    "is-all-that-is-there": (CREATES, {"smoke": [IS_ALL]}),
    "keeps-what-a-probe-sees": (CREATES, {"smoke": [LISTS]}),
    "seen-by-a-probe-that-differs-by-itself": (CREATES, {"smoke": [TELLS_TIME]}),
}
FELLS = """\
test -e /data/x || { touch /data/x; exit; }
touch /data/stop
while test -e /data/stop; do sleep 0.1; done
sleep 3
"""
FAILS: Mapping[str, tuple[str, dict[str, Any], str]] = {
    "fails-the-second-time": ("mkdir /data/fails", {}, "it exited 0, and 1 when"),
    "appends": ("echo line >>/data/appends", {}, "'/data/appends' differs"),
    "adds": ("mkdir /data/adds-$(ls /data | wc -l)", {}, "is new"),
    "removes": (
        "if test -e /data/removes; then rm /data/removes; else touch /data/removes; fi",
        {},
        "'/data/removes' is gone",
    ),
    "empties": (
        ": >/data/empties; test -e /data/x || echo x | tee /data/x >/data/empties",
        {},
        "'/data/empties' differs",
    ),
    "wipes-and-makes-anew": (
        "rm -rf /data/*; mkdir /data/it; echo content >/data/it/file",
        {},
        "it removes what it did not make: a file that was put into /data is gone",
    ),
    "adds-what-a-probe-sees": (
        "mkdir /data/a-$(ls /data | wc -l)",
        {"smoke": [LISTS]},
        "'lists' differs",
    ),
    "changes-what-no-probe-sees": (
        f"{CREATES}; cat /proc/uptime >/data/it/time",
        {"smoke": [SERVES]},
        "'/data/it/time' differs",
    ),
    "breaks-what-a-probe-sees": (
        "if test -e /data/x; then rm /data/first; else touch /data/x /data/first; fi",
        {"smoke": [IS_THERE]},
        "passed before it ran a second time, and not after it: 'is there'",
    ),
    # The last by name: whoever looks at the stack after it waits for its store in vain.
    "z-fells-its-store": (
        FELLS,
        {},
        "after it ran a second time, 'z-fells-its-store-store' is not as declared",
    ),
}


@pytest.fixture(scope="module")
def outcome(engine: docker.APIClient, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """Run all of them on one stack, each with a store of its own."""
    tree = Tree(tmp_path_factory.mktemp("idempotent"))
    for name, (script, spec) in PASSES.items():
        _write(tree, name, script, spec)
    for name, (script, spec, _) in FAILS.items():
        _write(tree, name, script, spec)
    found = tree.pytest("--json", *OWN, "-k", "idempotent")
    assert not parts(engine, name_in(found.stderr))
    return found


def _write(tree: Tree, name: str, script: str, spec: Mapping[str, Any]) -> None:
    """Write a one-shot, and the store that it works for, in a project of its own."""
    store, data = f"{name}-store", f"{name}-data"
    volumes = [f"{data}:/data"]
    job = {
        "command": ["sh", "-euc", script.replace("$", "$$")],
        "volumes": volumes,
        "restart": "no",
        "depends_on": [store],
    }
    until = ["sh", "-c", "until test -e /data/stop; do sleep 0.1; done; rm /data/stop; exit 1"]
    server = {"command": until if "fells" in name else FOREVER, "volumes": volumes}
    write(tree, name, {store: server, name: job}, volumes={data: {}})
    stateful = {"class": "stateful", "backup": {"roots": ["/srv/backups"]}}
    file = f"../{name}/compose.yaml"
    tree.module(store, PROJECT, store, files=file, runtime=RUNNING, state=stateful)
    sidecar = {"class": "sidecar", "owner": store, "backup_ref_modules": [store]}
    renamed = [
        {
            key: {**value, "service": store} if key != "name" else value
            for key, value in probe.items()
        }
        for probe in spec.get("smoke", [])
    ]
    more: dict[str, Any] = {"smoke": renamed} if renamed else {}
    tree.module(name, PROJECT, name, runtime=ONE_SHOT, state=sidecar, requires=[store], **more)


@pytest.mark.parametrize("name", PASSES)
def test_passes(outcome: Outcome, name: str) -> None:
    check = outcome.check(name, "smoke::idempotent")
    assert check["verdict"] == "passed", check


@pytest.mark.parametrize("name", FAILS)
def test_fails(outcome: Outcome, name: str) -> None:
    check = outcome.check(name, "smoke::idempotent")
    assert (check["verdict"], check["code"]) == ("failed", "smoke.idempotent"), check
    assert FAILS[name][2] in check["message"]
