"""What the Engine is asked, counted by a proxy in front of it."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from e2e.conftest import NewProject
from e2e.project import FOREVER, Project
from e2e.proxy import Proxy
from e2e.tree import Outcome, Tree

pytestmark = pytest.mark.e2e

LIVE = ("--json", "--remote-mode", "local", "-m", "health or smoke")
CHECK = """\
import pytest

@pytest.mark.smoke
@pytest.mark.module("web")
@pytest.mark.parametrize("number", range({count}))
def test_container(platform_container, number):
    assert platform_container.status == "running"
"""


@pytest.fixture
def project(new_project: NewProject, tree: Tree) -> Project:
    project = new_project(tree.compose_file("web"), "calls")
    project.write({"web": {"command": FOREVER}, "job": {"command": ["sh", "-c", "exit 1"]}})
    project.up()
    project.wait_for("web", "running")
    project.wait_for("job", "exited")
    tree.module("web", project.name, "web", runtime={"expected_state": "running"})
    return project


def _asked(proxy: Proxy, tree: Tree, *arguments: str) -> tuple[Outcome, Counter[str]]:
    """Run pytest; return with its outcome how often each kind of request was made."""
    proxy.requests.clear()
    outcome = tree.pytest(*LIVE, *arguments, env=proxy.env)
    return outcome, Counter(re.sub(r"/[0-9a-f]{64}/", "/ID/", line) for line in proxy.requests)


def test_one_check(proxy: Proxy, tree: Tree, project: Project) -> None:
    outcome, asked = _asked(proxy, tree)
    assert outcome.returncode == 0, outcome.stderr
    assert project.name in outcome.stdout
    assert asked == {
        "GET /version": 1,
        "GET /containers/json": 1,
        "GET /containers/ID/json": 1,
        "GET /volumes": 1,
    }


def test_more_checks_of_a_module_ask_nothing_more(
    proxy: Proxy, tree: Tree, project: Project
) -> None:
    smoke = tree.root / "smoke"
    smoke.mkdir()
    counts = {}
    for count in (1, 10):
        (smoke / "test_web.py").write_text(CHECK.format(count=count))
        outcome, counts[count] = _asked(proxy, tree, "--module", "web")
        assert outcome.returncode == 0, outcome.stderr
        assert len(outcome.modules["web"]["checks"]) == count + 1
    assert counts[1] == counts[10], project.name


def test_more_modules_on_a_container_ask_nothing_more(
    proxy: Proxy, tree: Tree, project: Project
) -> None:
    counts = {}
    for count in (1, 10):
        for number in range(count):
            tree.module(
                f"web-{number}",
                project.name,
                "web",
                files="../web/compose.yaml",
                runtime={"expected_state": "running"},
            )
        outcome, counts[count] = _asked(proxy, tree, "--module", "web-*")
        assert outcome.returncode == 0, outcome.stderr
        assert len(outcome.modules) == count
    assert counts[1] == counts[10]


def test_more_checks_that_fail_ask_nothing_more(proxy: Proxy, tree: Tree, project: Project) -> None:
    counts = {}
    for count in (1, 10):
        for number in range(count):
            tree.module(
                f"job-{number}",
                project.name,
                "job",
                files="../web/compose.yaml",
                runtime={"expected_state": "exited-success"},
            )
        outcome, counts[count] = _asked(proxy, tree, "--module", "job-*")
        assert outcome.returncode == 1
        assert {one["verdict"] for one in outcome.modules.values()} == {"failed"}
    assert counts[1] == counts[10]


def test_one_list_for_containers_of_many_modules(
    proxy: Proxy, tree: Tree, project: Project
) -> None:
    tree.module(
        "job",
        project.name,
        "job",
        files="../web/compose.yaml",
        runtime={"expected_state": "exited-success"},
    )
    _, asked = _asked(proxy, tree)
    assert asked["GET /containers/json"] == 1
    assert asked["GET /volumes"] == 1
    # One for each container of the modules, none for those of other projects; and one more
    # that the SDK makes for the log of the job that failed.
    assert asked["GET /containers/ID/json"] == 3


def test_collection_asks_nothing(proxy: Proxy, tree: Tree, project: Project) -> None:
    outcome, asked = _asked(proxy, tree, "--collect-only", "-q")
    assert outcome.returncode == 0, outcome.stderr
    assert "health::state" in outcome.stderr
    assert not asked, project.name
    assert proxy.connections == 0


def test_skip_mode_asks_nothing(proxy: Proxy, tree: Tree, project: Project) -> None:
    outcome = tree.pytest("--json", "--remote-mode", "skip", env=proxy.env)
    assert outcome.modules["web"]["verdict"] in {"unverified", "failed"}, project.name
    assert outcome.check("web", "health::state")["verdict"] == "skipped"
    assert proxy.requests == []
    assert proxy.connections == 0


def test_everything_asked_only_reads_but_for_exec(
    proxy: Proxy, tree: Tree, project: Project
) -> None:
    probe = {"name": "it answers", "exec": {"command": ["echo", "hello"]}}
    tree.module("web", project.name, "web", runtime={"expected_state": "running"}, smoke=[probe])
    tree.module(
        "job",
        project.name,
        "job",
        files="../web/compose.yaml",
        runtime={"expected_state": "exited-success"},
    )
    outcome, asked = _asked(proxy, tree, "--wait", "1s")
    assert outcome.check("web", "smoke::it answers")["verdict"] == "passed", outcome.stderr
    changing = {line: count for line, count in asked.items() if not line.startswith("GET ")}
    assert changing == {"POST /containers/ID/exec": 1, "POST /exec/ID/start": 1}
