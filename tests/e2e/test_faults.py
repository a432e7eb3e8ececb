"""What goes wrong with an Engine, and what a run must withstand.

Whatever it is: one line with a code, the verdict ``error`` and not ``failed``, an exit code
other than 0, no traceback, and nothing left behind. (That no process is left behind is
asserted wherever pytest is run.)
"""

from __future__ import annotations

import os
import shutil
from typing import Any

import docker
import pytest

from e2e.claims import could_not_look, no_traceback
from e2e.conftest import NewProject
from e2e.project import FOREVER, Project
from e2e.proxy import Proxy
from e2e.tree import Tree, finish

pytestmark = pytest.mark.e2e

LIVE = ("--json", "--remote-mode", "local", "-m", "health or smoke")
STATE = "health::state"
RUNNING = {"expected_state": "running"}
PROBES: list[dict[str, Any]] = [
    {"name": f"probe {number}", "exec": {"command": ["true"]}} for number in range(8)
]
UNREACHABLE = "engine.unreachable"


@pytest.fixture(scope="module")
def project(new_project: NewProject, tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = new_project(tmp_path_factory.mktemp("faults") / "compose.yaml", "faults")
    project.write({"web": {"command": FOREVER}})
    project.up()
    project.wait_for("web", "running")
    return project


@pytest.fixture
def web(tree: Tree, project: Project) -> Tree:
    """Declare a module that is well and has nine live checks."""
    tree.module("web", project.name, "web", runtime=RUNNING, smoke=PROBES)
    shutil.copy(project.file, tree.compose_file("web"))
    return tree


# ---- an Engine that cannot be asked ----


def test_no_engine(web: Tree) -> None:
    outcome = web.pytest(*LIVE, env={"DOCKER_HOST": f"unix://{web.root}/none.sock"})
    message = could_not_look(outcome, "web", UNREACHABLE)
    assert "No such file" in message
    assert "DOCKER_HOST" in message
    assert len(outcome.modules["web"]["checks"]) == 9


def test_an_engine_that_refuses_connections(web: Tree, proxy: Proxy) -> None:
    proxy.die()
    outcome = web.pytest(*LIVE, env=proxy.env)
    assert "Connection refused" in could_not_look(outcome, "web", UNREACHABLE)


def test_no_engine_over_tcp(web: Tree) -> None:
    outcome = web.pytest(*LIVE, env={"DOCKER_HOST": "tcp://127.0.0.1:9"})
    assert "Connection refused" in could_not_look(outcome, "web", UNREACHABLE)


@pytest.mark.parametrize("address", ["nonsense://x", "tcp://127.0.0.1:port"])
def test_an_address_that_is_none(web: Tree, address: str) -> None:
    could_not_look(web.pytest(*LIVE, env={"DOCKER_HOST": address}), "web", UNREACHABLE)


def test_a_socket_without_permission(web: Tree, proxy: Proxy) -> None:
    proxy.path.chmod(0)
    # Root may use any socket, unless it has dropped the capability to.
    drop = ("setpriv", "--bounding-set=-dac_override,-dac_read_search")
    prefix = drop if os.geteuid() == 0 else ()
    outcome = finish(web.start(*LIVE, env=proxy.env, prefix=prefix))
    message = could_not_look(outcome, "web", "engine.permission")
    assert "refuses this user" in message
    assert proxy.connections == 0


def test_a_slow_engine_is_no_error(web: Tree, proxy: Proxy) -> None:
    proxy.when("GET /(version|containers|volumes)", "slow")
    outcome = web.pytest(*LIVE, env=proxy.env)
    assert outcome.returncode == 0, outcome.stderr


@pytest.mark.parametrize("request_", ["GET /version", "GET /containers/json", "GET /volumes"])
def test_an_engine_that_talks_nonsense(web: Tree, proxy: Proxy, request_: str) -> None:
    proxy.when(request_, "babble")
    could_not_look(web.pytest(*LIVE, env=proxy.env), "web", "engine.answer")


# ---- an Engine that dies ----


def test_an_engine_that_dies_in_the_first_look(web: Tree, proxy: Proxy) -> None:
    proxy.when("GET /containers/[0-9a-f]+/json", "die")
    could_not_look(web.pytest(*LIVE, env=proxy.env), "web", UNREACHABLE)


@pytest.mark.parametrize(
    "request_", ["POST /containers/[0-9a-f]+/exec", "POST /exec/", "GET /exec/"]
)
def test_an_engine_that_dies_between_two_checks(
    web: Tree, project: Project, engine: docker.APIClient, proxy: Proxy, request_: str
) -> None:
    proxy.when(request_, "die")
    outcome = web.pytest(*LIVE, env=proxy.env)
    no_traceback(outcome)
    assert outcome.returncode == 1
    module = outcome.modules["web"]
    assert module["verdict"] == "error"
    assert module["observed"][0]["status"] == "running"
    assert outcome.check("web", STATE)["verdict"] == "passed"
    probes = [one for one in module["checks"] if one["group"] == "smoke"]
    assert {(one["verdict"], one["code"]) for one in probes} == {("error", UNREACHABLE)}
    processes = engine.top(project.container("web")["Id"])["Processes"]
    assert len(processes) == 1, "a probe's command was left behind"


def test_an_engine_that_dies_while_a_command_runs(
    tree: Tree, project: Project, proxy: Proxy
) -> None:
    probe = {"name": "slow", "exec": {"command": ["sleep", "2"], "timeout": "1m"}}
    tree.module("web", project.name, "web", runtime=RUNNING, smoke=[probe])
    process = tree.start(*LIVE, env=proxy.env)
    proxy.wait_for("POST /exec/[0-9a-f]+/start")
    proxy.die()
    outcome = finish(process)
    no_traceback(outcome)
    check = outcome.check("web", "smoke::slow")
    assert (check["verdict"], check["code"]) == ("error", UNREACHABLE)


# ---- a container that is in the way ----


def test_a_probe_in_a_paused_container(tree: Tree, new_project: NewProject) -> None:
    project = _up(tree, new_project, [PROBES[0]])
    project.compose("pause")
    outcome = tree.pytest(*LIVE)
    no_traceback(outcome)
    assert outcome.check("web", STATE)["verdict"] == "failed"
    check = outcome.check("web", "smoke::probe 0")
    assert (check["verdict"], check["code"]) == ("skipped", "probe.blocked")
    assert "paused" in check["message"]
    check = tree.pytest(*LIVE, "-m", "smoke").check("web", "smoke::probe 0")
    assert (check["verdict"], check["code"]) == ("error", "probe.blocked")


@pytest.mark.parametrize("end", ["kill", "rm -f -s", "pause"])
def test_a_container_that_goes_between_two_checks(
    tree: Tree, new_project: NewProject, proxy: Proxy, end: str
) -> None:
    project = _up(tree, new_project, [PROBES[0]])
    proxy.when("POST /containers/[0-9a-f]+/exec", lambda: project.compose(end))
    outcome = tree.pytest(*LIVE, env=proxy.env)
    no_traceback(outcome)
    assert outcome.check("web", STATE)["verdict"] == "passed"
    check = outcome.check("web", "smoke::probe 0")
    assert (check["verdict"], check["code"]) == ("error", "container.not_running")


def test_a_container_that_goes_in_the_first_look(
    tree: Tree, new_project: NewProject, proxy: Proxy
) -> None:
    project = _up(tree, new_project, [])
    proxy.when("GET /containers/[0-9a-f]+/json", lambda: project.compose("rm -f -s"))
    outcome = tree.pytest(*LIVE, env=proxy.env)
    no_traceback(outcome)
    check = outcome.check("web", STATE)
    assert (check["verdict"], check["code"]) == ("failed", "container.missing")


def test_a_command_that_does_not_end(tree: Tree, new_project: NewProject) -> None:
    endless = {"name": "endless", "exec": {"command": ["sleep", "3600"], "timeout": "500ms"}}
    _up(tree, new_project, [endless, PROBES[0]])
    outcome = tree.pytest(*LIVE)
    no_traceback(outcome)
    check = outcome.check("web", "smoke::endless")
    assert (check["verdict"], check["code"]) == ("failed", "probe.exec")
    assert "did not end within 500ms" in check["message"]
    # Those that follow are not held up.
    assert outcome.check("web", "smoke::probe 0")["verdict"] == "passed"


def test_a_command_that_floods(tree: Tree, new_project: NewProject) -> None:
    flood = ["sh", "-c", "head -c 20000000 /dev/zero; echo; echo the end >&2"]
    says = {"contains": ["the end"]}
    _up(tree, new_project, [{"name": "flood", "exec": {"command": flood, "stderr": says}}])
    outcome = tree.pytest(*LIVE)
    no_traceback(outcome)
    assert outcome.check("web", "smoke::flood")["verdict"] == "passed"


def test_a_command_that_is_none(tree: Tree, new_project: NewProject) -> None:
    _up(tree, new_project, [{"name": "none", "exec": {"command": ["no-such-program"]}}])
    outcome = tree.pytest(*LIVE)
    no_traceback(outcome)
    check = outcome.check("web", "smoke::none")
    assert (check["verdict"], check["code"]) == ("failed", "probe.exec")
    assert "no-such-program" in check["message"]


def _up(tree: Tree, new_project: NewProject, probes: list[dict[str, Any]]) -> Project:
    project = new_project(tree.compose_file("web"), "way")
    project.write({"web": {"command": FOREVER}})
    project.up()
    project.wait_for("web", "running")
    tree.module("web", project.name, "web", runtime=RUNNING, smoke=probes)
    return project
