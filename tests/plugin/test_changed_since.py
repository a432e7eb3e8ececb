"""``--changed-since``: a run is narrowed to what a change touches, and says why."""

from __future__ import annotations

import pytest

from plugin.project import Outcome, Project
from repository import ENVIRONMENT, Repository

COLLECT = ("--collect-only", "-q")
SINCE = ("--changed-since", "main")
SMOKE = """
import pytest
@pytest.mark.module("web")
def test_of_web(): pass
@pytest.mark.module("db")
def test_of_db(): pass
"""


@pytest.fixture
def platform(empty: Project) -> Project:
    """Make a repository with three modules, of which two belong together."""
    empty.file("modules/.keep", "")
    for name, requires in {"db": [], "web": ["db"], "cache": []}.items():
        compose = {"files": ["compose.yaml"], "project": "pp-plugin", "service": name}
        runtime = {"compose": compose, "expected_state": "running"}
        empty.module(name, requires=requires, runtime=runtime)
        image = f"registry.example/{name}@sha256:{64 * 'a'}"
        text = f"services: {{{name}: {{image: '{image}', restart: unless-stopped}}}}"
        empty.file(f"modules/{name}/compose.yaml", text)
    empty.file("smoke/test_them.py", SMOKE)
    empty.file("tests/test_unit.py", "raise SystemExit('collected')")
    empty.file("pytest.ini", "[pytest]\ntestpaths = tests\naddopts = -p no:cacheprovider\n")
    empty.file(".gitignore", "__pycache__/\n")
    empty.env |= {name: ENVIRONMENT[name] for name in ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_NOSYSTEM")}
    repository = Repository(empty.root)
    repository.commit()
    repository.git("switch", "--quiet", "--create", "branch")
    return empty


def modules_of(outcome: Outcome) -> set[str]:
    """Return the names of the modules whose files were collected."""
    return {one.split("/")[1] for one in outcome.ids if one.startswith("modules/")}


def names_of(outcome: Outcome) -> set[str]:
    """Return the names of the tests in Python that were collected."""
    return {one.rpartition("::")[2] for one in outcome.ids if ".py::" in one}


def test_what_is_told(platform: Project) -> None:
    """Those that require a touched module are tested too."""
    platform.file("modules/db/notes.md", "x")
    outcome = platform.pytest("--json", *SINCE)
    assert outcome.code == 0, str(outcome)
    assert outcome.document["platform"]["changed_since"] == {
        "ref": "main",
        "touched": [
            {"module": "db", "because": "modules/db/notes.md"},
            {"module": "web", "because": "requires db"},
        ],
    }
    line = "changed since main: db (modules/db/notes.md), web (requires db)"
    assert line in outcome.stderr, str(outcome)
    assert list(outcome.modules) == ["db", "web"], str(outcome)


@pytest.mark.parametrize("workers", ["0", "2"])
def test_no_touched_module_is_a_success(platform: Project, workers: str) -> None:
    """Nothing is collected, the project's own tests neither."""
    platform.file("docs/index.md", "x")
    outcome = platform.pytest("--json", *SINCE, "-n", workers)
    assert outcome.code == 0, str(outcome)
    section = outcome.document["platform"]
    assert section["changed_since"] == {"ref": "main", "touched": []}, str(outcome)
    assert section["modules"] == [], str(outcome)
    told = "nothing that changed since main touches a module, so no check had to run"
    assert told in outcome.stderr, str(outcome)
    assert "no check was selected" not in outcome.stderr, str(outcome)


def test_with_module(platform: Project) -> None:
    """Only modules that both select."""
    platform.file("modules/db/notes.md", "x")
    both = platform.pytest(*COLLECT, *SINCE, "--module", "web", "--module", "cache")
    assert (modules_of(both), names_of(both)) == ({"web"}, {"test_of_web"}), str(both)
    none = platform.pytest(*SINCE, "--module", "cache")
    assert none.code == 0, str(none)
    assert "since main touches one of the selected modules" in none.stdout, str(none)


def test_with_paths(platform: Project) -> None:
    platform.file("modules/web/notes.md", "x")
    outcome = platform.pytest(*COLLECT, *SINCE, "modules/web", "modules/cache")
    assert modules_of(outcome) == {"web"}, str(outcome)


def test_nothing_left_of_a_touched_module_is_a_failure(platform: Project) -> None:
    """The rule that zero checks are no success holds for all other ways to select."""
    platform.file("modules/cache/notes.md", "x")
    outcome = platform.pytest(*SINCE, "-m", "smoke")
    assert outcome.code == 5, str(outcome)
    assert "no check was selected" in outcome.stdout, str(outcome)


def test_a_failing_check_fails(platform: Project) -> None:
    (platform.root / "modules/web/runbook.md").unlink()
    outcome = platform.pytest(*SINCE, "-m", "contract")
    assert outcome.code == 1, str(outcome)


def test_local_mode(platform: Project) -> None:
    platform.file("modules/web/notes.md", "x")
    outcome = platform.pytest("--json", *SINCE, "--remote-mode", "local", "-m", "health")
    assert list(outcome.modules) == ["web"], str(outcome)
    assert outcome.checks("web")["health::state"]["code"] == "engine.unreachable", str(outcome)


CHANGES_ITSELF = """
from pathlib import Path

def pytest_configure_node(node):
    folder = Path(node.config.rootpath) / "modules" / "cache"
    (folder / f"made-for-{node.gateway.id}").write_text("x")
"""


def test_workers_agree(platform: Project) -> None:
    """A file that appears while workers start is seen by none of them."""
    platform.file("changing.py", CHANGES_ITSELF)
    platform.file("modules/db/notes.md", "x")
    outcome = platform.pytest("--json", *SINCE, "-n", "2", "-p", "changing")
    assert outcome.code == 0, str(outcome)
    assert list(outcome.modules) == ["db", "web"], str(outcome)
    assert (platform.root / "modules/cache/made-for-gw1").exists()


def test_a_ref_that_is_none(platform: Project) -> None:
    outcome = platform.pytest("--json", "--changed-since=--output=x")
    assert outcome.code == 4, str(outcome)
    assert "[changes.ref]" in outcome.error["message"], str(outcome)
    assert "Traceback" not in outcome.stderr, str(outcome)


def test_no_repository(project: Project) -> None:
    outcome = project.pytest(*SINCE, "-n", "2", env={"GIT_CEILING_DIRECTORIES": "/"})
    assert outcome.code == 4, str(outcome)
    errors = [line for line in outcome.stderr.splitlines() if line.startswith("ERROR")]
    assert len(errors) == 1, str(outcome)
    assert "is not in a git repository [changes.repository]" in errors[0], str(outcome)


def test_not_for_a_change(platform: Project) -> None:
    """An apply that is left out because nothing changed must not look like a success."""
    outcome = platform.pytest(*SINCE, "--module", "web", "--apply")
    assert outcome.code == 4, str(outcome)
    assert "--plan and --apply want --module" in outcome.stderr, str(outcome)


def test_a_compose_file_that_all_share(platform: Project) -> None:
    """Only modules are touched whose rendered services differ."""
    image = f"registry.example/x@sha256:{64 * 'a'}"
    services = {
        name: f"  {name}: {{image: '{image}', env_file: .env}}" for name in ("db", "web", "cache")
    }

    def share(changed: dict[str, str], rest: str = "") -> None:
        text = "\n".join(["services:", *{**services, **changed}.values(), rest])
        platform.file("compose.yaml", text)

    for name in services:
        compose = {"files": ["../../compose.yaml"], "project": "pp-plugin", "service": name}
        platform.module(name, runtime={"compose": compose, "expected_state": "running"})
    share({})
    repository = Repository(platform.root)
    repository.commit()
    repository.git("branch", "--force", "main")

    share({"web": services["web"].replace("image", "restart: always, image")})
    assert modules_of(platform.pytest(*COLLECT, *SINCE)) == {"web"}
    share({}, "# only a comment")
    assert platform.pytest(*COLLECT, *SINCE).code == 0
    assert modules_of(platform.pytest(*COLLECT, *SINCE)) == set()
    share({}, "networks: {default: {internal: true}}")
    assert modules_of(platform.pytest(*COLLECT, *SINCE)) == {"db", "web", "cache"}
    share({"web": "  web: ["})
    assert modules_of(platform.pytest(*COLLECT, *SINCE)) == {"db", "web", "cache"}
