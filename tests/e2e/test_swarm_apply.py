"""The flagship as a stack on a real Swarm: an S3 server, a bucket job, and the guarded apply.

The job fails while the server is away. It is run again over ssh to a manager, by the version of
the service that was seen, and nothing else of the service changes. Probes go to both nodes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from e2e.applying import CONFIRMED
from e2e.conftest import NewSshd
from e2e.swarm_flagship import PATIENCE, PROBES, SECRETS, Platform, flagship, named_probes, stack
from e2e.swarm_node import run, until
from e2e.swarm_nodes import possible
from e2e.tree import Outcome

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(not possible(), reason="starting a Swarm needs root and dockerd"),
]

ASKED = list(named_probes())
IDS = ["-".join((module, *probe)).replace("-name-", "-") for module, probe, _ in ASKED]
IPVS = Path("/proc/net/ip_vs").exists()


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory, new_sshd: NewSshd) -> Iterator[Platform]:
    with flagship(tmp_path_factory.mktemp("flagship"), new_sshd) as one:
        yield one


@pytest.fixture(scope="module")
def failed(platform: Platform) -> Platform:
    """Deploy with no server, so that the job fails, and bring the server up.

    Not by a second deployment: that runs every job of the stack again.
    """
    manager = platform.nodes.manager
    away = platform.tree.root / "away.yaml"
    content = stack()
    content["services"]["minio"]["deploy"]["replicas"] = 0
    away.write_text(yaml.safe_dump(content), encoding="utf-8")
    words = ("docker", "-H", manager.url, "stack", "deploy", "--resolve-image", "never")
    run(*words, "-c", str(away), "flagship", env=SECRETS)
    until(lambda: platform.states("flagship_buckets") == ["failed"], "the job fails", PATIENCE)
    manager.docker("service", "scale", "--detach", "flagship_minio=1")
    until(lambda: "running" in platform.states("flagship_minio"), "the server is healthy", PATIENCE)
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


@pytest.fixture(scope="module")
def probed(failed: Platform) -> Outcome:
    """Ask all probes at once, over ssh."""
    for name in PROBES["services"]:
        until(lambda name=name: "running" in failed.states(f"flagship_{name}"), name, PATIENCE)
    return failed.pytest("-m", "smoke")


@pytest.mark.parametrize(("module", "probe", "expect"), ASKED, ids=IDS)
def test_probe(module: str, probe: dict[str, Any], expect: dict[str, Any], probed: Outcome) -> None:
    check = probed.check(module, f"smoke::{probe['name']}")
    if expect.get("mesh") and not IPVS:
        assert (check["verdict"], check["code"]) == ("error", "swarm.mesh"), check["message"]
        assert "publish the port with mode: host" in check["message"]
        return
    assert check["code"] == expect.get("code"), check["message"]
    assert re.search(expect.get("message", ""), check["message"]), check["message"]


def test_a_port_on_the_node_of_the_server(probed: Outcome) -> None:
    check = probed.check("minio", "smoke::it listens")
    assert check["verdict"] == "passed", check["message"]


def test_a_node_without_a_name_is_an_error(failed: Platform) -> None:
    env = {**SECRETS, "DOCKER_HOST": failed.nodes.manager.url}
    words = ("-m", "smoke", "--module", "far", "--remote-mode", "local", "--json")
    outcome = failed.tree.pytest(*words, env=env)
    check = outcome.check("far", f"smoke::{_named('exec')}")
    assert (check["verdict"], check["code"]) == ("error", "swarm.unreached")
    assert outcome.check("far", f"smoke::{_named('log')}")["verdict"] == "passed"


def _named(kind: str) -> str:
    """Return the name of the first probe of a kind of the module on the other node."""
    found = (one for module, one, _ in named_probes() if module == "far" and kind in one)
    return str(next(found)["name"])
