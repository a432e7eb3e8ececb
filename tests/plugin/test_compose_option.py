"""``--compose``: the services of a Compose project as modules, without any file of theirs."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
import yaml

from plugin.project import Project

IMAGE = f"registry.example/x@sha256:{64 * 'a'}"
INIT: dict[str, Any] = {"image": IMAGE, "command": ["true"]}
WEB: dict[str, Any] = {
    "image": IMAGE,
    "restart": "always",
    "depends_on": {"init": {"condition": "service_completed_successfully"}},
}

# Seven lines that stand for ten million words.
BOMB = "x-a: &a [w, w, w, w, w, w, w, w, w, w]\n" + "".join(
    f"x-{to}: &{to} [{', '.join(10 * [f'*{of}'])}]\n" for of, to in pairwise("abcdefg")
)
NO_SERVICES = {
    "nothing": ("", "write one below 'services:'"),
    "no mapping": ("[]", "must be a mapping"),
    "a tab": ("services:\n\tweb:\n\t\timage: a\n", "cannot start any token"),
    "no text": ("\x00\x01", "control characters"),
    "aliases of aliases": (f"{BOMB}services: {{web: {{image: a, x-g: *g}}}}\n", "write less"),
    "depth": (f"services: {{web: {{image: a, x-g: {3000 * '['}{3000 * ']'}}}}}\n", "100 levels"),
}


def write(
    project: Project, services: dict[str, Any], file: str = "compose.yaml", **rest: Any
) -> None:
    project.file(file, yaml.safe_dump({"services": services, **rest}, sort_keys=False))


def test_every_service_is_a_module(empty: Project) -> None:
    write(empty, {"init": INIT, "web": WEB, "Odd_one.v2": INIT})
    outcome = empty.pytest("--compose", "--json")
    assert outcome.code == 0, str(outcome)
    expected = {name: one["expected_state"] for name, one in outcome.modules.items()}
    assert expected == {"Odd_one.v2": "undecided", "init": "exited-success", "web": "running"}
    assert {one["file"] for one in outcome.modules.values()} == {"compose.yaml"}
    (at, *_) = [one for one in outcome.document["tests"] if "web" in one["nodeid"]]
    assert at["nodeid"] == "compose.yaml::web::contract::schema"


def test_a_node_can_be_named(empty: Project) -> None:
    write(empty, {"init": INIT, "web": WEB})
    outcome = empty.pytest("compose.yaml::init::health::state", "--compose", "--collect-only", "-q")
    assert outcome.ids == ["compose.yaml::init::health::state"], str(outcome)


def test_a_service_can_be_selected(empty: Project) -> None:
    write(empty, {"init": INIT, "web": WEB})
    outcome = empty.pytest("--compose", "--module", "we*", "--json")
    assert list(outcome.modules) == ["web"]


def test_an_unknown_service_is_a_usage_error(empty: Project) -> None:
    write(empty, {"init": INIT, "web": WEB})
    outcome = empty.pytest("--compose", "--module", "inti")
    assert outcome.code == 4, str(outcome)
    assert "did you mean 'init'?" in outcome.stderr


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one", "two"])
def test_a_block_says_what_nobody_can_infer(empty: Project, workers: tuple[str, ...]) -> None:
    block = {"expected_state": "exited-success", "timeout": "2m"}
    write(empty, {"job": {**INIT, "x-platform": block}})
    outcome = empty.pytest("--compose", "--json", *workers)
    assert outcome.code == 0, str(outcome)
    assert outcome.modules["job"]["expected_state"] == "exited-success"


@pytest.mark.parametrize(
    ("block", "said", "line"),
    [
        ({"expectd_state": "running"}, "did you mean 'expected_state'?", 5),
        ({"expected_state": "exited"}, "exited", 5),
        ({"compose": {}}, "cannot hold 'compose'", 5),
        ({"state": {"class": "stateful"}}, "cannot hold 'state': only a module.yaml", 5),
        ({"timeout": 5}, "timeout", 5),
        ({"smoke": [{"name": "x", "exec": {"comand": ["ls"]}}]}, "did you mean 'command'?", 8),
        ({"smoke": [{"name": "state", "log": {"contains": []}}]}, "contains", 8),
        ("running", "must be a mapping", 2),
    ],
)
def test_a_wrong_block_fails_at_its_line(
    empty: Project, block: object, said: str, line: int
) -> None:
    write(empty, {"job": {"image": IMAGE, "x-platform": block}, "web": {**WEB, "depends_on": []}})
    outcome = empty.pytest("--compose", "--json")
    check = outcome.checks("job")["contract::schema"]
    assert (check["verdict"], check["code"]) == ("failed", "contract.schema")
    assert said in check["message"], check
    assert (check["file"], check["line"]) == ("compose.yaml", line)
    assert outcome.checks("web")["contract::schema"]["verdict"] == "passed"


def test_files_are_found_as_compose_finds_them(empty: Project) -> None:
    write(empty, {"web": {"image": IMAGE}}, "docker-compose.yml")
    write(empty, {"web": {"restart": "always"}}, "docker-compose.override.yml")
    empty.file("below/x.txt", "")
    outcome = empty.pytest("--compose", "--json", cwd="below")
    assert outcome.modules["web"]["expected_state"] == "running", str(outcome)


def test_compose_file_names_the_files(empty: Project) -> None:
    write(empty, {"a": {"image": IMAGE}}, "one.yaml")
    write(empty, {"b": {"image": IMAGE}}, "two.yaml")
    env = {"COMPOSE_FILE": "one.yaml:two.yaml"}
    assert list(empty.pytest("--compose", "--json", env=env).modules) == ["a", "b"]
    empty.file(".env", "COMPOSE_FILE=two.yaml\n")
    assert list(empty.pytest("--compose", "--json").modules) == ["b"]


def test_files_are_named_as_with_f(empty: Project) -> None:
    write(empty, {"a": {"image": IMAGE}}, "one.yaml")
    write(empty, {"a": {"restart": "always"}, "b": {"image": IMAGE}}, "sub/two.yaml")
    outcome = empty.pytest("--compose=one.yaml", "--compose=sub/two.yaml", "--json")
    assert outcome.modules["a"]["expected_state"] == "running"
    assert list(outcome.modules) == ["a", "b"]


def test_a_missing_file_is_a_usage_error(empty: Project) -> None:
    outcome = empty.pytest("--compose=nowhere.yaml")
    assert outcome.code == 4
    assert "nowhere.yaml" in outcome.stderr
    assert "[compose.project]" in outcome.stderr


def test_no_file_at_all_is_a_usage_error(empty: Project) -> None:
    outcome = empty.pytest("--compose")
    assert outcome.code == 4
    assert "--compose=FILE" in outcome.stderr


@pytest.mark.parametrize(
    ("more", "env", "args", "named"),
    [
        ({"name": "mine"}, {}, (), "mine"),
        ({"name": "${STAGE:-prod}-home"}, {}, (), "prod-home"),
        ({"name": "mine"}, {"COMPOSE_PROJECT_NAME": "other"}, (), "other"),
        ({"name": "mine"}, {}, ("--platform-project", "third"), "third"),
        ({}, {}, ("--compose=My App_2/compose.yaml",), "myapp_2"),
    ],
)
def test_the_project_has_the_name_that_compose_gives_it(
    empty: Project, more: dict[str, Any], env: dict[str, str], args: tuple[str, ...], named: str
) -> None:
    for folder in ("", "My App_2/"):
        write(empty, {"web": {"image": IMAGE}}, f"{folder}compose.yaml", **more)
    chosen = args if any(one.startswith("--compose") for one in args) else ("--compose", *args)
    outcome = empty.pytest(*chosen, "--collect-only", env=env)
    assert f"compose project: {named} (" in outcome.stdout, str(outcome)


def test_a_wrong_name_of_a_project_is_a_usage_error(empty: Project) -> None:
    write(empty, {"web": {"image": IMAGE}})
    outcome = empty.pytest("--compose", "--platform-project", "No Name")
    assert outcome.code == 4
    assert "no name of a Compose project" in outcome.stderr


def test_profiles_are_those_that_compose_would_start(empty: Project) -> None:
    write(empty, {"web": {"image": IMAGE}, "debug": {"image": IMAGE, "profiles": ["dev"]}})
    outcome = empty.pytest("--compose")
    assert "not deployed, so not looked at: debug (profile dev)" in outcome.stdout
    assert list(empty.pytest("--compose", "--json").modules) == ["web"]
    more = empty.pytest("--compose", "--json", env={"COMPOSE_PROFILES": "dev,x"})
    assert list(more.modules) == ["debug", "web"]
    assert list(empty.pytest("--compose", "--json", "--module", "debug").modules) == ["debug"]


def test_contract_findings_warn(empty: Project) -> None:
    write(empty, {"web": {"image": "nginx", "ports": ["80:80"], "restart": "always"}})
    outcome = empty.pytest("--compose")
    assert outcome.code == 0, str(outcome)
    assert "contract.image.pinned" in outcome.stdout


def test_what_makes_a_verdict_a_lie_fails(empty: Project) -> None:
    command = 'sh -c "mc alias set a; mc mb b" > /dev/null'
    write(empty, {"init": {"image": IMAGE, "command": command}, "web": WEB})
    checks = empty.pytest("--compose", "--json").checks("init")
    assert checks["contract::command_shape"]["verdict"] == "failed"
    assert checks["contract::command_shape"]["file"] == "compose.yaml"


def test_a_file_that_does_not_render_is_told_as_far_as_it_can(empty: Project) -> None:
    write(empty, {"init": INIT, "web": {**WEB, "depends_on": {**WEB["depends_on"], "no": {}}}})
    outcome = empty.pytest("--compose", "--json")
    assert outcome.code == 1, str(outcome)
    assert outcome.modules["init"]["expected_state"] == "exited-success"
    assert outcome.checks("web")["contract::compose"]["verdict"] == "failed"


@pytest.mark.parametrize(("text", "said"), NO_SERVICES.values(), ids=NO_SERVICES)
@pytest.mark.parametrize("more", [(), ("--module", "web")], ids=["all", "one"])
def test_files_of_which_no_service_can_be_read(
    empty: Project, text: str, said: str, more: tuple[str, ...]
) -> None:
    """It is said why, and no run ends with nothing but the word that nothing was selected."""
    empty.file("compose.yaml", text)
    outcome = empty.pytest("--compose", *more)
    assert outcome.code == 4, str(outcome)
    assert "compose.yaml has no service: " in outcome.stderr, str(outcome)
    assert said in outcome.stderr, str(outcome)
    assert "[compose.project]" in outcome.stderr, str(outcome)


def test_services_that_no_profile_activates_are_no_fault_of_the_file(empty: Project) -> None:
    write(empty, {"web": {"image": IMAGE, "profiles": ["later"]}})
    outcome = empty.pytest("--compose")
    assert outcome.code == 5, str(outcome)
    assert "web (profile later)" in outcome.stdout, str(outcome)


def test_a_change_is_refused_with_a_code(empty: Project) -> None:
    write(empty, {"init": INIT, "web": WEB})
    outcome = empty.pytest("--compose", "--module", "init", "--apply", "--json")
    codes = {one["code"] for one in outcome.modules["init"]["plan"]["reasons"]}
    assert outcome.code == 1
    assert "guard.inferred" in codes
    assert outcome.modules["init"]["apply"]["ran"] is False


def test_a_plan_changes_nothing_and_says_so(empty: Project) -> None:
    write(empty, {"init": INIT, "web": WEB})
    outcome = empty.pytest("--compose", "--module", "init", "--plan", "--json")
    codes = {one["code"] for one in outcome.modules["init"]["plan"]["reasons"]}
    assert "guard.inferred" in codes


def test_a_module_file_of_the_service_holds(project: Project) -> None:
    runtime = {
        "compose": {"files": ["../compose.yaml"], "project": "x", "service": "job"},
        "expected_state": "exited-success",
    }
    project.module("nightly", runtime=runtime)
    project.service("job")
    outcome = project.pytest("--compose=modules/compose.yaml", "--json")
    job = outcome.modules["job"]
    assert (job["expected_state"], job["file"]) == ("exited-success", "modules/nightly/module.yaml")


def test_tests_of_the_project_do_not_run(empty: Project) -> None:
    write(empty, {"web": {"image": IMAGE}})
    empty.file("tests/test_unit.py", "def test_nothing():\n    raise AssertionError\n")
    assert empty.pytest("--compose").code == 0


def test_200_services_are_read_once(empty: Project) -> None:
    write(empty, {f"s{number}": {"image": IMAGE} for number in range(200)})
    outcome = empty.pytest("--compose", "--collect-only", "-q", "-m", "health")
    assert len(outcome.ids) == 200, str(outcome)


def test_a_change_of_one_service_touches_it_and_those_that_need_it(empty: Project) -> None:
    other = {"image": IMAGE, "restart": "always"}
    write(empty, {"init": INIT, "web": WEB, "other": other})
    for command in ("init -q", "add .", "-c user.name=x -c user.email=x commit -qm x"):
        assert empty.run("git", *command.split()).code == 0
    write(empty, {"init": {**INIT, "command": ["false"]}, "web": WEB, "other": other})
    outcome = empty.pytest("--compose", "--changed-since", "HEAD", "--json")
    assert list(outcome.modules) == ["init", "web"], str(outcome)
