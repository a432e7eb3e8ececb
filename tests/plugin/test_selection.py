"""Which tests take part in a run: ``--module``, paths, markers, and what is left alone."""

from __future__ import annotations

import json
import sys
from xml.etree import ElementTree as ET

import pytest

from plugin.project import Outcome, Project

AUDITED = """
import json, os, sys
opened = set()
def hook(event, args):
    if event == "open" and isinstance(args[0], str):
        opened.add(os.path.realpath(args[0]))
sys.addaudithook(hook)
import pytest
code = pytest.main(sys.argv[1:])
print(json.dumps(sorted(opened)), file=sys.stderr)
raise SystemExit(code)
"""
SMOKE = """
import pytest
@pytest.mark.module("web")
def test_of_web(): pass
@pytest.mark.module("db")
def test_of_db(): pass
@pytest.mark.module("web")
@pytest.mark.module("db")
def test_of_both(): pass
def test_of_none(): pass
"""
COLLECT = ("--collect-only", "-q")


@pytest.fixture
def platform(project: Project) -> Project:
    """Make a project with three modules, smoke tests, and unit tests of its own."""
    project.module("db")
    project.module("web-admin", requires=["web"])
    project.file("smoke/test_them.py", SMOKE)
    project.file("tests/test_unit.py", "def test_unit(): pass")
    project.file("test_top.py", "def test_top(): pass")
    project.file("pytest.ini", "[pytest]\ntestpaths = tests\n")
    return project


def modules_of(outcome: Outcome) -> set[str]:
    """Return the names of the modules whose files were collected."""
    return {one.split("/")[1] for one in outcome.ids if one.startswith("modules/")}


def names_of(outcome: Outcome) -> set[str]:
    """Return the names of the tests in Python that were collected."""
    return {one.rpartition("::")[2] for one in outcome.ids if ".py::" in one}


@pytest.mark.parametrize(
    ("patterns", "modules", "tests"),
    [
        (["web"], {"web"}, {"test_of_web", "test_of_both"}),
        (["web", "db"], {"web", "db"}, {"test_of_web", "test_of_db", "test_of_both"}),
        (["web", "web"], {"web"}, {"test_of_web", "test_of_both"}),
        (["web*"], {"web", "web-admin"}, {"test_of_web", "test_of_both"}),
        (["?b"], {"db"}, {"test_of_db", "test_of_both"}),
        (["[dx]b", "web-*"], {"db", "web-admin"}, {"test_of_db", "test_of_both"}),
        (["*"], {"web", "db", "web-admin"}, {"test_of_web", "test_of_db", "test_of_both"}),
    ],
)
def test_by_name(
    platform: Project, patterns: list[str], modules: set[str], tests: set[str]
) -> None:
    """Only what belongs to the modules, and never the project's own unit tests."""
    named = [word for pattern in patterns for word in ("--module", pattern)]
    outcome = platform.pytest(*COLLECT, *named)
    assert outcome.code == 0, str(outcome)
    assert (modules_of(outcome), names_of(outcome)) == (modules, tests), str(outcome)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("wbe", "'web'"),
        ("web_admin", "'web-admin'"),
        ("nothing-like-it", "db, web, web-admin"),
        ("z*", "db, web, web-admin"),
        ("", "db, web, web-admin"),
        ("web/", "web"),
        ("../modules/web", "web"),
    ],
)
def test_an_unknown_name(platform: Project, name: str, hint: str) -> None:
    outcome = platform.pytest("--module", "web", "--module", name)
    assert outcome.code == 4, str(outcome)
    assert f"there is no module '{name}'" in outcome.stderr, str(outcome)
    assert hint in outcome.stderr, str(outcome)


def test_nothing_asked_for(platform: Project) -> None:
    """Without ``--module``, pytest collects what it always collects."""
    outcome = platform.pytest(*COLLECT)
    assert (modules_of(outcome), names_of(outcome)) == (set(), {"test_unit"}), str(outcome)


@pytest.mark.parametrize(
    ("paths", "modules", "tests"),
    [
        (["modules"], {"web", "db", "web-admin"}, set()),
        (["modules/db"], {"db"}, set()),
        (["modules/db/module.yaml"], {"db"}, set()),
        (["modules", "--module", "db"], {"db"}, set()),
        (["modules/web", "--module", "db"], set(), set()),
        (["smoke", "--module", "db"], set(), {"test_of_db", "test_of_both"}),
        (["tests", "test_top.py"], set(), {"test_unit", "test_top"}),
        (["tests", "modules/web", "--module", "web"], {"web"}, set()),
    ],
)
def test_paths(platform: Project, paths: list[str], modules: set[str], tests: set[str]) -> None:
    outcome = platform.pytest(*COLLECT, *paths)
    assert (modules_of(outcome), names_of(outcome)) == (modules, tests), str(outcome)


def test_node_ids(platform: Project) -> None:
    outcome = platform.pytest(*COLLECT, "--module", "web")
    assert outcome.ids[0] == "modules/web/module.yaml::contract::schema", str(outcome)
    assert "modules/web/module.yaml::health::state" in outcome.ids, str(outcome)


@pytest.mark.parametrize("group", ["::health", "::health::state"])
def test_a_node_id_selects(platform: Project, group: str) -> None:
    outcome = platform.pytest(*COLLECT, f"modules/web/module.yaml{group}")
    assert outcome.ids == ["modules/web/module.yaml::health::state"], str(outcome)


@pytest.mark.parametrize(
    ("args", "ids"),
    [
        (("-m", "health"), {"health::state"}),
        (("-m", "contract and not health", "-k", "schema"), {"contract::schema"}),
        (("-k", "state and health"), {"health::state"}),
        (("-k", "runbook"), {"contract::runbook"}),
        (("--deselect", "modules/web/module.yaml::contract"), {"health::state", "drift::none"}),
    ],
)
def test_pytest_own_ways(project: Project, args: tuple[str, ...], ids: set[str]) -> None:
    outcome = project.pytest(*COLLECT, "--module", "web", *args)
    assert {one.partition("::")[2] for one in outcome.ids} == ids, str(outcome)


def test_last_failed(project: Project) -> None:
    project.module("web", runbook="none.md")
    first = project.pytest("--module", "web", "-k", "runbook or schema")
    assert first.code == 1, str(first)
    again = project.pytest("--json", "--module", "web", "--lf")
    assert list(again.checks("web")) == ["contract::runbook"], str(again)


def test_junit(project: Project) -> None:
    project.module("web", runbook="none.md")
    outcome = project.pytest("--module", "web", "-k", "runbook or state", "--junitxml=junit.xml")
    assert outcome.code == 1, str(outcome)
    cases = list(ET.parse(project.root / "junit.xml").iter("testcase"))  # noqa: S314
    named = {(case.get("classname"), case.get("name")) for case in cases}
    assert ("modules.web.module.yaml.health", "state") in named, named
    (failure,) = (case.find("failure") for case in cases if case.get("name") == "runbook")
    assert failure is not None
    assert "contract.runbook" in (failure.text or ""), failure.text
    assert "platform_answers" not in (project.root / "junit.xml").read_text(encoding="utf-8")


@pytest.mark.parametrize("args", [("-m", "smoke"), ("-k", "nothing_is_called_so")])
def test_nothing_left(project: Project, args: tuple[str, ...]) -> None:
    outcome = project.pytest("--module", "web", *args)
    assert outcome.code == 5, str(outcome)
    assert "no check was selected" in outcome.stdout, str(outcome)


@pytest.mark.parametrize("cwd", ["modules", "modules/web", "tests"])
def test_from_a_subfolder(platform: Project, cwd: str) -> None:
    outcome = platform.pytest(*COLLECT, "--module", "web", "-k", "state", cwd=cwd)
    assert "modules/web/module.yaml::health::state" in outcome.ids, str(outcome)


@pytest.mark.parametrize("how", ["option", "ini", "absolute"])
def test_another_folder_of_modules(project: Project, how: str) -> None:
    (project.root / "modules").rename(project.root / "deploy")
    args = {
        "option": ["--modules-dir", "deploy"],
        "absolute": ["--modules-dir", str(project.root / "deploy")],
    }.get(how, [])
    if how == "ini":
        project.file("pytest.ini", "[pytest]\nplatform_modules_dir = deploy\n")
    outcome = project.pytest(*COLLECT, *args, "--module", "web", "-m", "health")
    assert outcome.ids == ["deploy/web/module.yaml::health::state"], str(outcome)


def test_the_option_is_relative_to_where_people_are(project: Project) -> None:
    outcome = project.pytest(
        *COLLECT, "--modules-dir", ".", "--module", "web", "-m", "health", cwd="modules"
    )
    assert outcome.ids == ["modules/web/module.yaml::health::state"], str(outcome)


def test_a_folder_that_does_not_exist(project: Project) -> None:
    outcome = project.pytest("--modules-dir", "nowhere")
    assert outcome.code == 4, str(outcome)
    assert "there is no folder" in outcome.stderr, str(outcome)


def test_other_files_of_that_name_are_left_alone(project: Project) -> None:
    """Only ``modules/<name>/module.yaml`` is a module."""
    for path in ("module.yaml", "charts/web/module.yaml", "modules/web/sub/module.yaml"):
        project.file(path, "this: is not a module")
    outcome = project.pytest(*COLLECT, ".")
    assert {one.partition("::")[0] for one in outcome.ids} == {"modules/web/module.yaml"}


def test_projects_without_modules_are_left_alone(empty: Project) -> None:
    empty.file("charts/web/module.yaml", "this: is not a module")
    empty.file("test_it.py", "import pytest\n@pytest.mark.module(1)\ndef test_it(): pass")
    outcome = empty.pytest()
    assert outcome.code == 0, str(outcome)
    assert "1 passed" in outcome.stdout, str(outcome)
    assert "platform ==" not in outcome.stdout, str(outcome)


def test_tests_below_smoke_are_collected_beside_modules(project: Project) -> None:
    """Folders of modules that are not selected are passed over, but not where tests lie."""
    (project.root / "modules").rename(project.root / "smoke")
    project.file("smoke/db/test_it.py", SMOKE)
    args = ("--modules-dir", "smoke", "--module", "web", "-m", "smoke")
    outcome = project.pytest(*COLLECT, *args)
    assert "smoke/db/test_it.py::test_of_web" in outcome.ids, str(outcome)


def test_one_of_a_thousand_is_all_that_is_read(empty: Project) -> None:
    """Of 1,000 modules, the one selected, its owner and what these require are read."""
    for number in range(1000):
        empty.file(f"modules/m-{number}/module.yaml", "broken: [")
    empty.module("data", state={"class": "stateful", "backup": {"roots": ["/srv/backups"]}})
    empty.module("base")
    sidecar = {"class": "sidecar", "owner": "data", "backup_ref_modules": ["data"]}
    empty.module("one", state=sidecar, requires=["base"])
    names = ["data", "base", "one"]
    outcome = empty.run(sys.executable, "-c", AUDITED, "--module", "one")
    opened = json.loads(outcome.stderr.splitlines()[-1])
    here = str(empty.root / "modules")
    read = {path.removeprefix(here) for path in opened if path.endswith("module.yaml")}
    assert read == {f"/{name}/module.yaml" for name in names}, str(outcome)
    others = [path for path in opened if f"{here}/m-" in path]
    assert not others, str(outcome)
