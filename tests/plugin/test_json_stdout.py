"""With ``--json``, stdout is one JSON document and nothing else, however the run ends."""

from __future__ import annotations

import json
import sys

import pytest

from plugin.project import ROOT, Project, invalid

NOISY = """
import os, subprocess, sys
def test_noise():
    noise = "noise: " + "of a test"
    print(noise)
    os.write(1, b"to fd 1\\n")
    subprocess.run(["echo", "of a child"], check=True)
    sys.__stdout__.write("to the first stdout\\n")
"""
EXITS_IN_WORKER = """
import os, time
def test_leaves():
    os._exit(7)
def test_stays():
    time.sleep(0.1)
"""
OUTCOMES = """
import pytest
def test_passes(): pass
def test_fails(): secret = "local"; assert 0, "it is wrong"
@pytest.fixture
def broken(): raise RuntimeError
def test_errors(broken): pass
def test_skipped(): pytest.skip("not today")
@pytest.mark.xfail
def test_expected_to_fail(): assert 0
"""
FAST = ("-k", "schema")
"""Selects the one check that needs no renderer."""


@pytest.mark.parametrize(
    "args",
    [
        pytest.param((), id="plain"),
        pytest.param(("-q",), id="quiet"),
        pytest.param(("-vv", "--showlocals"), id="verbose"),
        pytest.param(("-s",), id="no-capture"),
        pytest.param(("-s", "-n", "2"), id="workers"),
        pytest.param(("-x",), id="stop-at-first"),
        pytest.param(("-p", "no:terminal"), id="no-terminal"),
        pytest.param(("-p", "no:terminal", "-n", "1"), id="no-terminal-worker"),
        pytest.param(("-p", "no:cacheprovider"), id="no-cache"),
        pytest.param(("--json-report", "--json-report-file=own.json"), id="own-report"),
    ],
)
def test_outcomes(project: Project, args: tuple[str, ...]) -> None:
    """Passed, failed, error and skipped tests, and ones that write wherever they can."""
    project.file("test_noise.py", NOISY)
    project.file("test_outcomes.py", OUTCOMES)
    outcome = project.pytest("--json", "test_noise.py", "test_outcomes.py", *args)
    assert outcome.code == 1, str(outcome)
    assert {"passed", "failed"} <= set(outcome.document["summary"]), str(outcome)
    assert '"schema"' not in outcome.stderr, str(outcome)


def test_what_people_read_goes_to_stderr(project: Project) -> None:
    outcome = project.pytest("--json", *FAST)
    assert outcome.code == 0, str(outcome)
    assert outcome.modules["web"]["verdict"] == "unverified"
    assert "1 passed" in outcome.stderr, str(outcome)


@pytest.mark.parametrize("args", [("--collect-only",), ("--fixtures",), ("--setup-plan",)])
def test_sessions_that_run_nothing(project: Project, args: tuple[str, ...]) -> None:
    outcome = project.pytest("--json", *args)
    assert outcome.code == 0, str(outcome)
    assert outcome.document["platform"]["modules"] == []


@pytest.mark.parametrize("args", [("--help",), ("--markers",), ("--version", "--version")])
def test_no_session_at_all(project: Project, args: tuple[str, ...]) -> None:
    outcome = project.pytest("--json", *args)
    assert outcome.code == 0, str(outcome)
    assert outcome.error["code"] == "platform.no_session"


@pytest.mark.parametrize("args", [("-k", "nothing_is_called_so"), ("-m", "smoke")])
def test_nothing_selected(project: Project, args: tuple[str, ...]) -> None:
    outcome = project.pytest("--json", *args)
    assert outcome.code == 5, str(outcome)
    assert outcome.document["platform"]["modules"] == []


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--bogus",), "unrecognized arguments: --bogus"),
        (("--module", "wbe"), "'wbe'"),
        (("--remote-mode", "remote"), "--remote-mode: 'remote' is not one of"),
        (("--remote-mode",), "--remote-mode: expected one argument"),
        (("--module",), "--module: expected one argument"),
        (("--wait", "soon"), "--wait: 'soon' is not a duration"),
        (("--modules-dir", "nowhere"), "nowhere"),
        (("-p", "no:pytest_jsonreport"), "pytest-json-report"),
    ],
)
def test_usage_errors(project: Project, args: tuple[str, ...], said: str) -> None:
    outcome = project.pytest("--json", *args)
    assert outcome.code == 4, str(outcome)
    assert outcome.error["code"] == "platform.usage", str(outcome)
    assert said in outcome.error["message"], str(outcome)
    assert said in outcome.stderr, str(outcome)


def test_a_path_that_does_not_exist(project: Project) -> None:
    outcome = project.pytest("--json", "nowhere.py")
    assert outcome.code == 4, str(outcome)
    assert outcome.document["tests"] == []


@pytest.mark.parametrize("workers", ["0", "2"])
@pytest.mark.parametrize(
    ("conftest", "code", "named"),
    [
        ("import no_such_module", 4, "platform.usage"),
        ("import sys; sys.exit(7)", 7, "platform.crash"),
        ("import sys; sys.exit('bye')", 1, "platform.crash"),
        ("def pytest_configure(config): 1 / 0", 3, "platform.crash"),
        ("def pytest_sessionstart(session): 1 / 0", 3, "platform.crash"),
        ("def pytest_collection_modifyitems(items): 1 / 0", 3, "platform.crash"),
        ("def pytest_runtest_logreport(report): 1 / 0", 3, "platform.crash"),
        ("def pytest_sessionfinish(session): 1 / 0", 1, "platform.crash"),
        ("def pytest_terminal_summary(): 1 / 0", 1, "platform.crash"),
        ("def pytest_unconfigure(config): 1 / 0", 1, "platform.crash"),
        ("import pytest\ndef pytest_configure(config): pytest.exit('stop', 9)", 9, None),
        ("def pytest_sessionstart(session): raise KeyboardInterrupt", 2, "platform.interrupted"),
        ("def pytest_runtest_call(item): raise KeyboardInterrupt", 2, "platform.interrupted"),
        ("def pytest_sessionfinish(session): session.exitstatus = 42", 42, None),
    ],
)
def test_crashes(
    project: Project, conftest: str, code: int, named: str | None, workers: str
) -> None:
    """The exit code in the document is that of the process, also where a late hook decides it."""
    project.file("conftest.py", conftest)
    project.file("test_it.py", "def test_it(): pass")
    outcome = project.pytest("--json", "test_it.py", "-n", workers)
    error = outcome.document["platform"].get("error", {})
    assert outcome.code == code, str(outcome)
    assert named in {None, error.get("code")}, str(outcome)


def test_a_worker_that_dies(project: Project) -> None:
    project.file("test_it.py", EXITS_IN_WORKER)
    outcome = project.pytest("--json", "test_it.py", "-n", "2", "-s")
    assert outcome.code == 1, str(outcome)
    assert outcome.document["summary"]["failed"] == 1, str(outcome)


def test_a_worker_that_dies_in_a_check(project: Project) -> None:
    """The verdict is ``error``: nobody knows what the check would have said."""
    project.file(
        "conftest.py",
        "import os\ndef pytest_runtest_call(item):\n    if item.name == 'schema': os._exit(7)",
    )
    outcome = project.pytest("--json", "-n", "2", *FAST)
    assert outcome.code == 1, str(outcome)
    assert outcome.modules["web"]["verdict"] == "error", str(outcome)
    assert outcome.checks("web")["contract::schema"]["code"] == "platform.crash"


def test_a_file_that_does_not_import(project: Project) -> None:
    project.file("test_it.py", "import no_such_module")
    outcome = project.pytest("--json", "test_it.py")
    assert outcome.code == 2, str(outcome)
    assert outcome.document["tests"] == []


TELLING = """
import os
it = os.environ["ROOT_PASSWORD"]
print("this is", it)
assert it == os.environ["UNNAMED"]
"""


def test_a_file_that_tells_secrets_when_it_is_read(project: Project) -> None:
    """By their names, or because the Compose files of the modules have them."""
    values = {"ROOT_PASSWORD": "hunter22-of-root", "UNNAMED": "hunter22-of-web"}
    project.service("web", environment={"KNOWN": "${UNNAMED}"})
    project.file("smoke/test_it.py", TELLING)
    arguments = ("--module=web", "-vv", "--showlocals", "--json=it.json", "--junitxml=it.xml")
    outcome = project.pytest(*arguments, env=values)
    assert outcome.code == 2, str(outcome)
    told = [outcome.stdout, outcome.stderr]
    told += [(project.root / name).read_text(encoding="utf-8") for name in ("it.json", "it.xml")]
    assert "this is [redacted]" in told[0], str(outcome)
    assert not [text for text in told if "hunter22" in text], str(outcome)


@pytest.mark.parametrize("where", ["ini", "environment"])
def test_asked_for_elsewhere(project: Project, where: str) -> None:
    if where == "ini":
        project.file("pytest.ini", "[pytest]\naddopts = --json\n")
    env = {"PYTEST_ADDOPTS": "--json"} if where == "environment" else {}
    passed = project.pytest(*FAST, env=env)
    assert passed.modules["web"]["verdict"] == "unverified"
    refused = project.pytest("--bogus", env=env)
    assert refused.error["code"] == "platform.usage"


def test_the_last_one_counts(project: Project) -> None:
    outcome = project.pytest("--json=report.json", *FAST, env={"PYTEST_ADDOPTS": "--json"})
    assert "1 passed" in outcome.stdout, str(outcome)
    assert (project.root / "report.json").exists()


def test_a_path_that_follows_is_not_swallowed(project: Project) -> None:
    project.file("test_it.py", "def test_it(): pass")
    before = (project.root / "test_it.py").read_text(encoding="utf-8")
    outcome = project.pytest("--json", "test_it.py")
    assert [one["nodeid"] for one in outcome.document["tests"]] == ["test_it.py::test_it"]
    assert (project.root / "test_it.py").read_text(encoding="utf-8") == before


@pytest.mark.parametrize("workers", ["0", "2"])
def test_into_a_file(project: Project, workers: str) -> None:
    outcome = project.pytest("--json=out/report.json", "-n", workers, *FAST)
    assert outcome.code == 0, str(outcome)
    assert "1 passed" in outcome.stdout, str(outcome)
    document = json.loads((project.root / "out" / "report.json").read_text(encoding="utf-8"))
    assert not invalid(document)
    assert [one["name"] for one in document["platform"]["modules"]] == ["web"]


def test_a_refused_run_leaves_no_old_report_behind(project: Project) -> None:
    report = project.file("report.json", '{"exitcode": 0}')
    outcome = project.pytest("--json=report.json", "--module", "nope")
    document = json.loads(report.read_text(encoding="utf-8"))
    assert (outcome.code, document["exitcode"]) == (4, 4), str(outcome)
    assert document["platform"]["error"]["code"] == "platform.usage"


@pytest.mark.parametrize("target", ["pytest.ini/report.json", ".", ""])
def test_a_file_that_cannot_be_written(project: Project, target: str) -> None:
    outcome = project.pytest(f"--json={target}", *FAST)
    assert outcome.code == 4, str(outcome)
    assert "--json" in outcome.stderr, str(outcome)
    assert "[platform.usage]" in outcome.stderr, str(outcome)
    assert "Traceback" not in outcome.stderr, str(outcome)


def test_a_reader_that_goes_away(project: Project) -> None:
    command = f"{sys.executable} -m pytest --json {' '.join(FAST)} | head -c 1"
    outcome = project.run("sh", "-c", command)
    assert outcome.stdout == "{", str(outcome)
    assert "Traceback" not in outcome.stderr, str(outcome)
    assert "BrokenPipe" not in outcome.stderr, str(outcome)


def test_a_full_disk(project: Project) -> None:
    command = f"{sys.executable} -m pytest --json {' '.join(FAST)} >/dev/full"
    outcome = project.run("sh", "-c", command)
    assert outcome.code == 4, str(outcome)
    assert "cannot be written" in outcome.stderr, str(outcome)
    assert "Traceback" not in outcome.stderr, str(outcome)


def test_a_plan_is_in_it(project: Project) -> None:
    outcome = project.pytest("--json", "--module", "web", "--plan")
    assert outcome.modules["web"]["plan"]["decision"] == "refused", str(outcome)


def test_projects_without_modules_have_it_too(empty: Project) -> None:
    empty.file("test_it.py", "def test_it(): pass")
    outcome = empty.pytest("--json")
    assert outcome.document["summary"]["passed"] == 1
    assert outcome.document["platform"]["modules"] == []


def test_the_examples_of_the_schema_fit_it() -> None:
    schema = json.loads((ROOT / "schema" / "report.schema.json").read_text(encoding="utf-8"))
    assert [invalid(example) for example in schema["examples"]] == [[], []]


@pytest.mark.parametrize(
    "change",
    [
        {"schema": 2},
        {"remote_mode": None},
        {"surplus": 1},
        {"error": {"code": "platform.usage"}},
        {"modules": [{"name": "web"}]},
    ],
)
def test_the_schema_is_strict_about_its_section(change: dict[str, object]) -> None:
    schema = json.loads((ROOT / "schema" / "report.schema.json").read_text(encoding="utf-8"))
    document = schema["examples"][0]
    document["platform"].update(change)
    assert invalid(document)
