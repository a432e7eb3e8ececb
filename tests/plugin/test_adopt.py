"""``adopt``: module files for a Compose project, which are valid, and never written over."""

from __future__ import annotations

import os
from typing import Any

import pytest
import yaml

from plugin.project import Project
from plugin.terminal import on_terminal

IMAGE = f"registry.example/x@sha256:{64 * 'a'}"
SERVICES: dict[str, Any] = {
    "db": {"image": IMAGE, "restart": "always", "volumes": ["data:/d"]},
    "init": {
        "image": "minio/mc",
        "entrypoint": ["/bin/sh", "-euc"],
        "command": ["mc mb --ignore-existing l/b; mc anonymous set download l/b"],
        "depends_on": ["db"],
        "restart": "no",
    },
    "web": {
        "image": IMAGE,
        "restart": "unless-stopped",
        "depends_on": {"init": {"condition": "service_completed_successfully"}},
    },
    "My_Odd.Job": {"image": IMAGE},
    "told": {
        "image": IMAGE,
        "x-platform": {
            "expected_state": "exited-success",
            "timeout": "9m",
            "smoke": [{"name": "it is there", "exec": {"command": ["ls"], "exit_code": 0}}],
        },
    },
}
WITH_VOLUMES: dict[str, Any] = {"volumes": {"data": {}}}


def write(project: Project, services: dict[str, Any], file: str = "compose.yaml") -> None:
    project.file(file, yaml.safe_dump({"services": services, **WITH_VOLUMES}, sort_keys=False))


def adopt(project: Project, *args: str) -> str:
    outcome = project.run("pytest-platform", "adopt", *args)
    assert outcome.code == 0, str(outcome)
    return outcome.stdout


def read(project: Project, name: str) -> dict[str, Any]:
    text = (project.root / "modules" / name / "module.yaml").read_text(encoding="utf-8")
    document: dict[str, Any] = yaml.safe_load(text)
    return document


def test_each_service_becomes_a_module_that_is_valid(empty: Project) -> None:
    write(empty, SERVICES)
    said = adopt(empty)
    outcome = empty.pytest("--json")
    assert outcome.code == 0, str(outcome)
    states = {name: one["expected_state"] for name, one in outcome.modules.items()}
    assert states == {
        "db": "running",
        "init": "exited-success",
        "my_odd.job": "running",
        "told": "exited-success",
        "web": "running",
    }
    assert "modules/my_odd.job/module.yaml:9: or exited-success? Nothing says" in said


def test_a_module_is_short(empty: Project) -> None:
    write(empty, SERVICES)
    adopt(empty)
    for file in (empty.root / "modules").glob("*/module.yaml"):
        assert len(file.read_text(encoding="utf-8").splitlines()) <= 15, file


def test_a_sidecar_says_what_it_does(empty: Project) -> None:
    write(empty, SERVICES)
    adopt(empty)
    spec = read(empty, "init")["spec"]
    assert spec["state"] == {"class": "sidecar", "owner": "db", "backup_ref_modules": ["db"]}
    assert spec["requires"] == ["db"]
    (declared,) = spec["runtime"]["beyond_create"]
    assert declared["command"] == "mc anonymous set"
    (undecided,) = _mutations(empty)
    assert undecided["message"].startswith("nobody has decided whether `mc anonymous set` may run")
    file = empty.root / "modules/init/module.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace(declared["reason"], "it is public by design"), encoding="utf-8")
    assert _mutations(empty) == []


def _mutations(project: Project) -> list[Any]:
    check = project.pytest("--json").checks("init")["contract::mutations"]
    found: list[Any] = check["findings"]
    return found


def test_what_a_service_says_of_itself_is_kept(empty: Project) -> None:
    write(empty, SERVICES)
    adopt(empty)
    spec = read(empty, "told")["spec"]
    assert (spec["runtime"]["timeout"], spec["smoke"][0]["name"]) == ("9m", "it is there")


def test_the_reasons_stand_beside(empty: Project) -> None:
    write(empty, SERVICES)
    adopt(empty)
    text = (empty.root / "modules/init/module.yaml").read_text(encoding="utf-8")
    assert "# 'web' waits for it with service_completed_successfully" in text
    stateful = (empty.root / "modules/db/module.yaml").read_text(encoding="utf-8")
    assert "# it writes to data; DECIDE" in stateful


def test_nothing_is_written_over_and_a_second_run_adds_what_is_new(empty: Project) -> None:
    write(empty, {"web": SERVICES["db"]})
    adopt(empty)
    file = empty.root / "modules/web/module.yaml"
    file.write_text(file.read_text(encoding="utf-8") + "# mine\n", encoding="utf-8")
    before = _all_files(empty)
    assert "wrote" not in adopt(empty)
    assert _all_files(empty) == before
    write(empty, {"web": SERVICES["db"], "more": SERVICES["db"]})
    assert "wrote modules/more/module.yaml" in adopt(empty)
    assert before.items() <= _all_files(empty).items()
    assert empty.pytest().code == 0


def test_a_module_of_a_hook_is_not_that_of_its_service(empty: Project) -> None:
    hooked = {**SERVICES["db"], "pre_start": [{"image": IMAGE, "command": ["true"]}]}
    write(empty, {"web": hooked})
    runtime = {
        "compose": {"files": ["../../compose.yaml"], "project": "home", "service": "web"},
        "expected_state": "exited-success",
        "hook": "pre_start",
    }
    empty.module("web-hook", runtime=runtime)
    strict = empty.pytest("--strict-coverage", "-m", "health")
    assert "1 service has no module" in strict.stdout, str(strict)
    inferred = empty.pytest("--compose", "--json", "-m", "health").modules["web"]
    assert (inferred["expected_state"], inferred["file"]) == ("running", "compose.yaml")
    assert "wrote modules/web/module.yaml" in adopt(empty)
    assert empty.pytest("--strict-coverage", "-m", "contract").code == 0


def test_a_folder_of_that_name_that_is_of_another_service_is_left_alone(empty: Project) -> None:
    empty.file("modules/web/notes.txt", "mine")
    write(empty, {"web": SERVICES["db"]})
    adopt(empty)
    assert read(empty, "web-2")["spec"]["runtime"]["compose"] == {"service": "web"}
    assert not (empty.root / "modules/web/module.yaml").exists()


def test_services_whose_names_differ_by_case_do_not_collide(empty: Project) -> None:
    long = "a" * 70
    write(empty, dict.fromkeys(("Web", "web", long, f"{long}b", "__", "ü1")[:4], SERVICES["db"]))
    adopt(empty)
    assert sorted(path.name for path in (empty.root / "modules").glob("*/")) == sorted(
        ["web", "web-2", "a" * 63, "a" * 61 + "-2"]
    )
    assert empty.pytest().code == 0


def test_defaults_of_another_project_are_not_relied_on(empty: Project) -> None:
    write(empty, {"web": SERVICES["db"]}, "one/compose.yaml")
    write(empty, {"web": SERVICES["db"]}, "two/compose.yaml")
    adopt(empty, "one/compose.yaml")
    adopt(empty, "two/compose.yaml")
    compose = read(empty, "web-2")["spec"]["runtime"]["compose"]
    assert compose == {"files": ["../../two/compose.yaml"], "project": "two", "service": "web"}
    assert empty.pytest().code == 0


def test_a_dry_run_writes_nothing_and_prints_all(empty: Project) -> None:
    write(empty, SERVICES)
    said = adopt(empty, "--dry-run")
    assert "+++ modules/web/module.yaml" in said
    assert "+    compose: {service: web}" in said
    assert not (empty.root / "modules").exists()


def test_files_outside_are_refused(empty: Project) -> None:
    write(empty, {"web": SERVICES["db"]}, "one/compose.yaml")
    empty.file("two/x", "")
    outcome = empty.run("pytest-platform", "adopt", "../one/compose.yaml", cwd="two")
    assert (outcome.code, "adopt.refused" in outcome.stderr) == (1, True), str(outcome)


def test_without_a_project_there_is_one_line(empty: Project) -> None:
    outcome = empty.run("pytest-platform", "adopt")
    assert outcome.code == 1
    assert "there is no Compose file" in outcome.stderr
    assert "compose.project" in outcome.stderr


def test_a_block_that_cannot_be_read_is_told_and_the_others_are_written(empty: Project) -> None:
    bad = {"image": IMAGE, "x-platform": {"expectd_state": "running"}}
    write(empty, {"bad": bad, "web": SERVICES["db"]})
    outcome = empty.run("pytest-platform", "adopt")
    assert outcome.code == 1
    assert "compose.yaml:5: unknown key 'expectd_state'" in outcome.stderr
    assert read(empty, "web")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written(empty: Project) -> None:
    write(empty, {"web": SERVICES["db"]})
    (empty.root / "modules").mkdir(mode=0o500)
    outcome = empty.run("pytest-platform", "adopt")
    assert (outcome.code, "adopt.unwritable" in outcome.stderr) == (1, True)


def test_a_file_in_the_place_of_the_folder(empty: Project) -> None:
    write(empty, {"web": SERVICES["db"]})
    empty.file("modules", "a file")
    outcome = empty.run("pytest-platform", "adopt")
    assert (outcome.code, "adopt.unwritable" in outcome.stderr) == (1, True), str(outcome)


def test_a_folder_of_modules_that_is_a_link(empty: Project) -> None:
    write(empty, {"web": SERVICES["db"]})
    (empty.root / "real").mkdir()
    (empty.root / "modules").symlink_to("real")
    adopt(empty)
    assert (empty.root / "real/web/module.yaml").is_file()
    assert empty.pytest().code == 0


def _all_files(project: Project) -> dict[str, str]:
    files = (one for one in (project.root / "modules").rglob("*") if one.is_file())
    return {str(one): one.read_text(encoding="utf-8") for one in files}


def test_hooks_without_a_module_are_named(empty: Project) -> None:
    hooked = {"image": IMAGE, "restart": "always", "pre_start": [{"image": IMAGE, "command": "x"}]}
    write(empty, {"web": hooked, "db": SERVICES["db"]})
    said = adopt(empty)
    assert "the pre_start hooks of web are judged with web; for a module of their own copy" in said
    assert "hooks of db" not in said


def test_over_ssh_the_settings_are_those_of_pytest(empty: Project) -> None:
    """What pytest refuses, or finds nowhere, ``adopt`` says in one line too."""
    write(empty, {"db": SERVICES["db"]})
    ssh = ("pytest-platform", "adopt", "--remote-mode", "ssh")
    outcome = empty.run(*ssh)
    assert (outcome.code, outcome.stdout) == (1, "")
    assert "no host is named for 'db'; give --ssh-host" in outcome.stderr
    for ini, said in {
        "platform_hosts = nas": "platform_hosts: 'nas' is not of the form: name =",
        "platform_ssh_config = none": "platform_ssh_config: there is no file",
        "addopts = --no-such-option\nplatform_ssh_host = -x": "platform_ssh_host: ",
    }.items():
        empty.file("pytest.ini", f"[pytest]\n{ini}\n")
        outcome = empty.run(*ssh)
        assert (outcome.code, outcome.stdout) == (1, "")
        assert outcome.stderr.startswith(f"adopt: {said}"), str(outcome)
    assert not (empty.root / "modules").exists()


def test_what_is_said_fits_the_terminal(empty: Project) -> None:
    write(empty, SERVICES)
    shown = on_terminal(empty, "adopt", program="pytest_platform")
    lines = shown.text.replace("\r", "").splitlines()
    (at,) = (number for number, line in enumerate(lines) if "or exited-success? Nothing" in line)
    assert max(map(len, lines)) <= 80
    assert lines[at + 1].startswith("    ")
    assert "why may it run mc anonymous set?" in shown.text
