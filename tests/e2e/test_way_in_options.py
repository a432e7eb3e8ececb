"""``--compose`` and ``adopt`` with all that pytest can be told beside: one small stack."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import docker
import pytest
import yaml

from e2e.conftest import NewProject, NewSshd
from e2e.hosts import CONFIG
from e2e.project import BUSYBOX, FOREVER
from e2e.sshd import Sshd
from e2e.stacks import name_in, parts
from e2e.tree import Outcome, Tree
from e2e.way_in import Stack

pytestmark = pytest.mark.e2e

SMALL = {"image": BUSYBOX, "network_mode": "none", "stop_grace_period": "0s"}
ENDS = {"x-platform": {"expected_state": "exited-success"}}
SERVICES: Mapping[str, Mapping[str, Any]] = {
    "first": {**SMALL, "command": ["true"], "restart": "no"},
    "page": {
        **SMALL,
        "command": FOREVER,
        "restart": "always",
        "depends_on": {"first": {"condition": "service_completed_successfully"}},
    },
    "job": {**SMALL, "command": ["true"]},
}
LOCAL = ("--remote-mode", "local", "-m", "health or drift or smoke")
MORE = "more.yaml"


@pytest.fixture(scope="module")
def stack(new_project: NewProject, tmp_path_factory: pytest.TempPathFactory) -> Stack:
    tree = Tree(tmp_path_factory.mktemp("options"))
    stack = Stack(tree, new_project(tree.root / "compose.yaml", "opt"), {"services": SERVICES})
    decided = {"services": {"job": ENDS}}
    (tree.root / MORE).write_text(yaml.safe_dump(decided), encoding="utf-8")
    stack.write()
    stack.project.up()
    return stack


@pytest.fixture(scope="module")
def sshd(new_sshd: NewSshd) -> Sshd:
    return new_sshd()


def _verdicts(outcome: Outcome) -> dict[str, str]:
    return {name: one["verdict"] for name, one in outcome.modules.items()}


def test_what_nobody_says_is_undecided_until_somebody_does(stack: Stack) -> None:
    outcome = stack.pytest("--compose", *LOCAL, "--wait", "1m")
    check = outcome.check("job", "health::state")
    assert (check["verdict"], check["code"]) == ("error", "infer.undecided")
    assert _verdicts(outcome) == {"first": "passed", "job": "error", "page": "passed"}
    assert outcome.returncode == 1
    files = ("--compose=compose.yaml", f"--compose={MORE}")
    for words, env in ((files, {}), (("--compose",), {"COMPOSE_FILE": f"compose.yaml:{MORE}"})):
        outcome = stack.pytest(*words, *LOCAL, "-n", "2", env=env)
        assert (outcome.returncode, set(_verdicts(outcome).values())) == (0, {"passed"})


def test_over_ssh(stack: Stack, sshd: Sshd) -> None:
    env = {CONFIG: str(sshd.config), "COMPOSE_FILE": f"compose.yaml:{MORE}"}
    ssh = ("--remote-mode", "ssh", "--ssh-host", sshd.alias)
    outcome = stack.pytest("--compose", *ssh, "-m", "health", env=env)
    assert (outcome.returncode, set(_verdicts(outcome).values())) == (0, {"passed"})
    before = sshd.logins
    stack.adopt(*ssh, "--modules-dir", "remote", env=env)
    assert sshd.logins == before + 1
    shared = yaml.safe_load((stack.tree.root / "remote" / "defaults.yaml").read_text())
    assert (shared["host"], len(shared["compose"]["files"])) == (sshd.alias, 2)
    words = ("--modules-dir", "remote", "--remote-mode", "ssh", "-m", "health")
    outcome = stack.pytest(*words, env=env)
    assert (outcome.returncode, set(_verdicts(outcome).values())) == (0, {"passed"})


def test_over_ssh_to_a_host_of_the_ini_file(stack: Stack, sshd: Sshd) -> None:
    """``adopt`` finds hosts and the ssh client's configuration where pytest finds them."""
    ini = stack.tree.root / "pytest.ini"
    lines = (
        "[pytest]",
        f"platform_ssh_config = {sshd.config}",
        f"platform_hosts = attic = {sshd.alias}",
    )
    try:
        ini.write_text("\n".join([*lines, ""]), encoding="utf-8")
        ssh = ("--remote-mode", "ssh", "--modules-dir", "attic")
        said = stack.adopt(*ssh, "--ssh-host", "attic")
        shared = yaml.safe_load((stack.tree.root / "attic" / "defaults.yaml").read_text())
        assert (shared["host"], "or running? It has exited 0" in said) == ("attic", True)
        again = stack.adopt(*ssh)
        assert "left alone" in again

        ini.write_text("\n".join([*lines, "platform_ssh_host = attic", ""]), encoding="utf-8")
        dry = stack.adopt("--remote-mode", "ssh", "--modules-dir", "other", "--dry-run")
        assert "or running? It has exited 0" in dry
        assert "host:" not in dry
    finally:
        ini.write_text("[pytest]\n", encoding="utf-8")


def test_a_change_is_planned_and_refused(stack: Stack) -> None:
    stack.write({"first": {"command": ["false"]}})
    stack.project.compose("up -d --no-deps first")
    stack.project.wait_for("first", "exited")
    started = stack.project.container("first")["State"]["StartedAt"]
    try:
        for word in ("--plan", "--apply"):
            outcome = stack.pytest("--compose", "--module", "first", word, "--remote-mode", "local")
            plan = outcome.modules["first"]["plan"]
            assert "guard.inferred" in {one["code"] for one in plan["reasons"]}, plan
            assert (outcome.returncode, plan["decision"]) == (1, "refused")
        assert stack.project.container("first")["State"]["StartedAt"] == started
    finally:
        stack.mend()


def test_a_stack_of_its_own(stack: Stack, engine: docker.APIClient) -> None:
    words = ("--stack=ephemeral", "--module", "page", "-m", "health")
    outcome = stack.pytest("--compose", *words)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    assert _verdicts(outcome)["page"] == "passed"
    assert not parts(engine, name_in(outcome.stdout + outcome.stderr))


def test_half_of_it_is_down_when_it_is_adopted(stack: Stack) -> None:
    stack.project.compose("stop page")
    try:
        stack.adopt("--remote-mode", "local", "--modules-dir", "half")
        outcome = stack.pytest("--modules-dir", "half", *LOCAL)
        assert outcome.check("page", "health::state")["code"] == "container.state.running"
        assert _verdicts(outcome) == {"first": "passed", "job": "passed", "page": "failed"}
    finally:
        stack.project.up()


def test_an_image_that_cannot_be_read(stack: Stack) -> None:
    gone = {"image": "registry.invalid/nobody/has:it", "command": ["run"]}
    (stack.tree.root / "gone.yaml").write_text(yaml.safe_dump({"services": {"gone": gone}}))
    said = stack.adopt("compose.yaml", "gone.yaml", "--remote-mode", "local", "--modules-dir", "u")
    assert "wrote u/gone/module.yaml" in said
    outcome = stack.pytest("--modules-dir", "u", "-m", "health", "--remote-mode", "local")
    assert outcome.check("gone", "health::state")["code"] == "container.missing"
