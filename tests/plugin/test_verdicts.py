"""What becomes of checks: verdicts, exit codes, the table, and the same under xdist."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from plugin.project import Outcome, Project

TODAY = datetime.now(UTC).date()


def waiver(code: str, days: int) -> dict[str, str]:
    """Return a waiver that ends in some days."""
    until = TODAY + timedelta(days=days)
    return {"code": code, "reason": "not yet", "until": until.isoformat()}


def ask(project: Project, *args: str) -> Outcome:
    """Run the checks that need no renderer."""
    return project.pytest("--json", "-k", "schema or runbook or state or name", *args)


def test_skip_mode(project: Project) -> None:
    """Nothing failed, and nobody looked: that is not a pass."""
    outcome = project.pytest("--json", "--module", "web")
    assert outcome.code == 0, str(outcome)
    module, checks = outcome.modules["web"], outcome.checks("web")
    assert (module["verdict"], module["observed"]) == ("unverified", None), str(outcome)
    live = {name for name, one in checks.items() if one["group"] != "contract"}
    assert "health::state" in live
    assert {checks[name]["verdict"] for name in live} == {"skipped"}, str(outcome)
    assert "remote mode is skip" in checks["health::state"]["message"], str(outcome)
    contract = {one["verdict"] for one in checks.values() if one["group"] == "contract"}
    assert contract == {"passed"}, str(outcome)


def test_the_reason_of_a_skip_is_shown(project: Project) -> None:
    outcome = project.pytest("-rs", "--module", "web", "-m", "health")
    assert "remote mode is skip: nothing outside the files is touched" in outcome.stdout


@pytest.mark.parametrize(
    ("contract", "code", "verdict"), [("draft", 0, "unverified"), ("strict-v2", 1, "failed")]
)
def test_findings(project: Project, contract: str, code: int, verdict: str) -> None:
    """In a draft they warn."""
    project.module("web", contract=contract)
    project.service("web", restart="no")
    outcome = ask(project, "-k", "restart or schema")
    assert outcome.code == code, str(outcome)
    assert outcome.modules["web"]["verdict"] == verdict, str(outcome)
    warned = [one for one in outcome.document.get("warnings", []) if "restart is" in one["message"]]
    assert bool(warned) is (contract == "draft"), str(outcome)


def test_where_warnings_are_errors(project: Project) -> None:
    """The test fails for pytest, so the document says failed too."""
    project.module("web", contract="draft")
    project.service("web", restart="no")
    outcome = ask(project, "-W", "error", "-k", "restart or schema")
    assert outcome.code == 1, str(outcome)
    check = outcome.checks("web")["contract::restart"]
    assert (check["verdict"], check["code"]) == ("failed", "contract.restart"), str(outcome)
    assert "Traceback" not in outcome.stderr, str(outcome)


@pytest.mark.parametrize("workers", ["0", "2"])
def test_nothing_else_warns(project: Project, workers: str) -> None:
    outcome = project.pytest("--json", "-W", "error", "-n", workers)
    assert outcome.code == 0, str(outcome)


@pytest.mark.parametrize(
    ("given", "code", "words"),
    [
        (waiver("contract.runbook", 1), 0, "waived until"),
        (waiver("contract.runbook", 0), 0, "waived until"),
        (waiver("contract.runbook", -2), 1, "ended on"),
    ],
)
def test_waivers(project: Project, given: dict[str, str], code: int, words: str) -> None:
    project.module("web", runbook="none.md", waivers=[given])
    outcome = ask(project)
    assert outcome.code == code, str(outcome)
    check = outcome.checks("web")["contract::runbook"]
    assert check["verdict"] == ("failed" if code else "passed"), str(outcome)
    assert words in check["message"], str(outcome)


def test_a_waiver_of_what_nobody_knows(project: Project) -> None:
    project.module("web", waivers=[waiver("contract.runbok", 1)])
    outcome = ask(project)
    assert outcome.code == 1, str(outcome)
    message = outcome.checks("web")["contract::schema"]["message"]
    assert "contract.runbok" in message, message
    assert "contract.runbook" in message, f"the nearest code is not named: {message}"


BROKEN: dict[str, Any] = {
    "syntax": "metadata: [",
    "empty": "",
    "binary": "\x00\x01",
    "list": "- a",
    "unknown-key": "apiVersion: platform/v2\nkind: Module\nmetdata: {}\n",
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize("workers", ["0", "2"])
def test_one_broken_file_among_ten(empty: Project, text: str, workers: str) -> None:
    """It fails one check of its own, and hides none of the others."""
    good = [f"good-{number}" for number in range(9)]
    for name in good:
        empty.module(name)
    empty.file("modules/bad/module.yaml", text)
    outcome = ask(empty, "-n", workers)
    assert outcome.code == 1, str(outcome)
    assert list(outcome.checks("bad")) == ["contract::schema"], str(outcome)
    assert outcome.modules["bad"]["verdict"] == "failed", str(outcome)
    assert {outcome.modules[name]["verdict"] for name in good} == {"unverified"}, str(outcome)
    assert "Traceback" not in outcome.stderr, str(outcome)


def without_renderer(project: Project) -> Outcome:
    """Run contract checks where no program ``docker`` or ``docker-compose`` can be found."""
    empty = project.root / "bin"
    empty.mkdir()
    python = project.root / "elsewhere" / "python"
    project.file(
        "run.py",
        f"import sys; sys.executable = {str(python)!r}\n"
        "import pytest; raise SystemExit(pytest.main(sys.argv[1:]))\n",
    )
    args = ("--json", "--module", "web", "-m", "contract")
    return project.run(sys.executable, "run.py", *args, env={"PATH": str(empty)})


def test_no_renderer(project: Project) -> None:
    """Checks that need it could not look. They name the one command that installs it."""
    outcome = without_renderer(project)
    assert outcome.code == 1, str(outcome)
    assert outcome.modules["web"]["verdict"] == "error", str(outcome)
    checks = outcome.checks("web")
    for name in ("compose", "restart", "command_shape", "image.pinned", "exposure"):
        check = checks[f"contract::{name}"]
        assert (check["verdict"], check["code"]) == ("error", "compose.missing"), str(outcome)
        assert "pip install 'pytest-platform[compose]'" in check["message"], str(outcome)
    for name in ("schema", "name", "runbook"):
        assert checks[f"contract::{name}"]["verdict"] == "passed", str(outcome)
    assert "Traceback" not in outcome.stderr, str(outcome)


@pytest.mark.parametrize("mode", ["skip", "local"])
def test_the_same_with_any_number_of_workers(project: Project, mode: str) -> None:
    """Records cross to the controller as they are, and stand in the order of collection."""
    project.module("db", runbook="none.md")
    project.module("draft", contract="draft", runbook="none.md")
    project.file("modules/bad/module.yaml", "metadata: [")
    smoke = "import pytest\n@pytest.mark.module('web')\ndef test_it(): assert 0, 'wrong'\n"
    project.file("smoke/test_it.py", smoke)
    sections = [told(project, workers, mode) for workers in ("0", "1", "4")]
    assert sections[0] == sections[1] == sections[2]


def told(project: Project, workers: str, mode: str) -> Any:
    """Return the section of a run, without what takes another time each time."""
    outcome = project.pytest("--json", "-n", workers, "--remote-mode", mode)
    assert outcome.code == 1, str(outcome)
    section = outcome.document["platform"]
    for module in section["modules"]:
        for check in module["checks"]:
            check["seconds"] = 0
    return section


def test_no_engine(project: Project) -> None:
    """Could not look: an error, not a failure of the service, and no traceback."""
    outcome = project.pytest("--json", "-m", "health", "--remote-mode", "local")
    assert outcome.code == 1, str(outcome)
    check = outcome.checks("web")["health::state"]
    assert (check["verdict"], check["code"]) == ("error", "engine.unreachable"), str(outcome)
    assert outcome.document["summary"]["error"] == 1, str(outcome)
    assert "Traceback" not in outcome.stderr, str(outcome)


def test_the_table(project: Project) -> None:
    project.module("a-name-of-some-length")
    project.file("modules/bad/module.yaml", "metadata: [")
    outcome = project.pytest("-k", "schema", env={"COLUMNS": "80"})
    lines = outcome.stdout.splitlines()
    start = next(number for number, line in enumerate(lines) if " platform " in line)
    table = lines[start + 1 : start + 5]
    headings = ["module", "expected", "observed", "contract", "state", "verdict"]
    assert table[0].split() == headings, str(outcome)
    assert table[2].split() == ["bad", "?", "not", "looked", "at", "failed", "-", "failed"]
    assert max(map(len, table)) <= 80, str(outcome)


def test_a_hook_that_breaks_a_check(project: Project) -> None:
    """A check that another plugin stops is an error: it must not look as if it passed."""
    project.file(
        "conftest.py",
        "def pytest_runtest_setup(item):\n    if item.name == 'schema': 1 / 0\n",
    )
    outcome = ask(project)
    assert outcome.code == 1, str(outcome)
    assert outcome.modules["web"]["verdict"] == "error", str(outcome)
    assert outcome.checks("web")["contract::schema"]["verdict"] == "error", str(outcome)


@pytest.mark.parametrize("args", [(), ("--showlocals", "-vv"), ("-n", "2")])
def test_no_traceback_of_ours(project: Project, args: tuple[str, ...]) -> None:
    """A check that fails shows what is wrong and where, and no code."""
    project.module("web", runbook="none.md")
    outcome = project.pytest("-k", "runbook", *args)
    assert outcome.code == 1, str(outcome)
    assert "modules/web/module.yaml:" in outcome.stdout, str(outcome)
    assert "contract.runbook" in outcome.stdout, str(outcome)
    for word in ("Traceback", "raise ", "def ", ".py:"):
        assert word not in outcome.stdout, f"'{word}' is shown\n{outcome}"


def test_verdicts_survive_a_stop_at_the_first(project: Project) -> None:
    project.module("db", runbook="none.md")
    outcome = ask(project, "-x")
    assert outcome.code == 1, str(outcome)
    assert outcome.modules["db"]["verdict"] == "failed", str(outcome)
    assert outcome.modules["web"]["verdict"] == "unverified", str(outcome)


def test_colour_and_width_do_not_matter(project: Project) -> None:
    env = {"COLUMNS": "40", "FORCE_COLOR": "1", "PYTHONWARNINGS": "default"}
    outcome = project.pytest("--json", "-k", "schema", env={**os.environ, **env, **project.env})
    assert outcome.modules["web"]["verdict"] == "unverified"


HASTE = """\
from pytest_platform.checks.contract import sandbox

sandbox._APART.cpu_seconds = 0.5
"""
NAMES = [f"f{number}" for number in range(10)]


def test_a_hostile_script(project: Project) -> None:
    """A check that finds no end with it has no answer, and the other checks have theirs."""
    project.file("conftest.py", HASTE)
    runtime = {
        "compose": {"files": ["../compose.yaml"], "project": "pp-plugin", "service": "web"},
        "expected_state": "exited-success",
    }
    project.module("web", runtime=runtime)
    calls = "".join(f"{name}() {{ {'; '.join(NAMES)}; }}\n" for name in NAMES)
    project.service("web", command=["sh", "-c", f"{calls}f0\n"], restart="no")
    project.module("other")
    outcome = project.pytest("--json", "-m", "contract")
    assert outcome.code == 1, str(outcome)
    checks = outcome.checks("web")
    check = checks.pop("contract::masked_failure")
    assert (check["verdict"], check["code"]) == ("error", "contract.unanswered"), str(outcome)
    verdicts = {one["verdict"] for one in (*checks.values(), *outcome.checks("other").values())}
    assert "passed" in verdicts, str(outcome)
    assert not verdicts & {"failed", "error"}, str(outcome)


SPREAD = """\
import os
import pathlib
import pytest

@pytest.mark.parametrize("number", range(12))
def test_it(number):
    pathlib.Path(os.environ["PYTEST_XDIST_WORKER"]).touch()
"""


@pytest.mark.parametrize("mode", ["skip", "local"])
def test_tests_of_no_module_are_spread_as_always(project: Project, mode: str) -> None:
    project.file("other/test_it.py", SPREAD)
    outcome = project.run(
        *(sys.executable, "-m", "pytest", "-n", "2", "--remote-mode", mode, "other")
    )
    assert outcome.code == 0, str(outcome)
    assert sorted(path.name for path in project.root.glob("gw*")) == ["gw0", "gw1"], str(outcome)


def test_a_draft_softens_style_and_hardening_only(project: Project) -> None:
    """What makes other verdicts a lie fails; what warns keeps place, code and all findings."""
    project.module("web", contract="draft", runbook="none.md")
    project.service("web", entrypoint=["sh", "-c"], command="echo a b", ports=["80:80", "81:81"])
    outcome = project.pytest("--json", "-m", "contract")
    assert outcome.code == 1, str(outcome)
    checks = outcome.checks("web")
    assert checks["contract::command_shape"]["verdict"] == "failed", str(outcome)
    assert checks["contract::exposure"]["verdict"] == "passed", str(outcome)
    warned = [one["message"] for one in outcome.document["warnings"]]
    exposed = [one for one in warned if "contract.exposure: " in one]
    assert len(exposed) == 2, warned
    assert all(one.startswith("modules/compose.yaml:") for one in exposed), warned


def test_one_finding_of_many_modules_is_shown_once(project: Project) -> None:
    """It has one place, as with an anchor that all services share."""
    names = [f"m-{number}" for number in range(6)]
    for name in names:
        project.module(name, contract="draft")
    image = f"registry.example/x@sha256:{64 * 'a'}"
    text = f"x-all: &all\n  image: {image}\n  restart: always\n  ports: ['80:80']\nservices:\n"
    services = "".join(f"  {name}: *all\n" for name in ("web", *names))
    project.file("modules/compose.yaml", text + services)
    outcome = project.pytest("-k", "exposure", "--module", "m-*")
    assert outcome.code == 0, str(outcome)
    assert outcome.stdout.count("contract.exposure: ") == 1, str(outcome)


def test_the_command_that_deploys(project: Project) -> None:
    """It names the project and the files of the module."""
    from pytest_platform.checks.registry import vocabulary
    from pytest_platform.module.loader import Module, load

    module = load(project.root / "modules/web/module.yaml", project.root, vocabulary())
    assert isinstance(module, Module)
    assert module.deploy == "docker compose -p pp-plugin -f modules/compose.yaml up -d web"
