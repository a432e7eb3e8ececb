"""``validate``, ``new`` and ``baseline``: the commands beside pytest that write or read modules."""

from __future__ import annotations

import pytest

from plugin.project import Project

COMMAND = "pytest-platform"
WRONG = {"image": "nginx", "restart": "unless-stopped"}


def test_valid_modules_are_valid(project: Project) -> None:
    for path in ((), ("modules",), ("modules/web",), ("modules/web/module.yaml",)):
        outcome = project.run(COMMAND, "validate", *path)
        assert (outcome.code, outcome.stdout) == (0, "1 module is valid\n"), str(outcome)


def test_each_problem_is_one_line_with_its_place(project: Project) -> None:
    project.module("bad", runtime={"expected_state": "sleeping"})
    outcome = project.run(COMMAND, "validate")
    assert outcome.code == 1
    lines = outcome.stderr.splitlines()
    assert len(lines) == 2, str(outcome)
    assert all(line.startswith("modules/bad/module.yaml:") for line in lines)
    assert all(line.endswith("[contract.schema]") for line in lines)


def test_nothing_to_validate_is_no_success(empty: Project) -> None:
    outcome = empty.run(COMMAND, "validate")
    assert (outcome.code, "no module.yaml" in outcome.stderr) == (1, True)


def test_a_new_module_is_valid(project: Project) -> None:
    project.service("fresh")
    outcome = project.run(COMMAND, "new", "fresh", "--expected-state", "exited-success")
    assert outcome.code == 0, str(outcome)
    assert project.run(COMMAND, "validate").stdout == "2 modules are valid\n"


@pytest.mark.parametrize("name", ["Fresh", "web", "../x", "", "a" * 64])
def test_a_name_that_cannot_be_is_refused(project: Project, name: str) -> None:
    outcome = project.run(COMMAND, "new", name)
    assert (outcome.code, "new.name" in outcome.stderr) == (1, True), str(outcome)


def test_a_baseline_accepts_what_is_there_and_nothing_new(project: Project) -> None:
    project.service("web", **WRONG)
    assert project.pytest().code == 1
    assert project.run(COMMAND, "baseline").code == 0
    assert project.pytest().code == 0
    text = (project.root / "modules/compose.yaml").read_text(encoding="utf-8")
    project.file("modules/compose.yaml", f"# moved\n\n{text}")
    assert project.pytest().code == 0
    project.file("modules/compose.yaml", text.replace("nginx", "httpd"))
    assert project.pytest().code == 1


def test_a_baseline_ends(project: Project) -> None:
    project.service("web", **WRONG)
    assert project.run(COMMAND, "baseline", "--until", "2020-01-31").code == 0
    assert project.pytest().code == 1


def test_a_second_baseline_keeps_reasons_and_drops_what_is_mended(project: Project) -> None:
    project.service("web", **WRONG)
    project.run(COMMAND, "baseline", "--until", "2999-01-31")
    file = project.root / "modules/baseline.yaml"
    text = file.read_text(encoding="utf-8").replace("there when the baseline was taken", "mine")
    file.write_text(text, encoding="utf-8")
    project.run(COMMAND, "baseline", "--until", "2998-01-31")
    assert file.read_text(encoding="utf-8") == text
    project.service("web")
    project.run(COMMAND, "baseline")
    assert "mine" not in file.read_text(encoding="utf-8")
    assert project.pytest().code == 0


def test_a_broken_baseline_is_an_error_with_its_place(project: Project) -> None:
    project.service("web", **WRONG)
    project.file("modules/baseline.yaml", "apiVersion: platform/v2\nkind: Basline\n")
    outcome = project.pytest("--json")
    check = outcome.checks("web")["contract::image.pinned"]
    assert (check["verdict"], check["code"]) == ("error", "baseline.unusable")
    assert (check["file"], check["line"]) == ("modules/baseline.yaml", 2)
