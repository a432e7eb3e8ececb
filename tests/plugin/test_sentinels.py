"""Sentinels of every source that Compose knows, in everything that is written: none is found."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from forked import UNUSED
from plugin.project import Outcome, Project
from pytest_platform.report.formats import FORMATS

SENTINELS = {
    "VARIABLE": "Kq7vXw2Zr9TbNm4Aa1",
    "DOTENV": "Hc3nPz8Yd5RgLk2Bb2",
    "COMMENTED": "Vj6tQs4Mf9WxCe1Cc3",
    "QUOTED": "Bn2 $yU7'kGi0Lz5Dd4",
    "LINES": "Tw9fEa3Jp6SdXo8Ee5",
    "COLON": "Rm4hUv1Nq8KcZb7Ff6",
    "NO_UTF8": "Xg5lDi2Ow7PtYs9Gg7",
    "FURTHER": "Fe8jBr6Ck3HmVn0Hh8",
    "RAW": "Zu1qTa9Sx4LpGw5Ii9",
    "INCLUDED": "Od7yMh3Ev6QfJk2Jj0",
    "SECRET_FILE": "Wi2sKb8Xc5NrTg4Kk1",
    "SECRET_PAIR": "Py6dRl1Uj9ZvHe3Ll2",
    "SECRET_JSON": "Gt3xFo7Wq2BmSa8Mm3",
    "SECRET_VARIABLE": "Ck9bYp4Iu1DzXn6Nn4",
    "CONFIG": "Lv5gQw8Te3OhRj7Oo5",
    "IN_URL": "Jm2zHs6Ka9UfPd1Pp6",
    "LITERAL": "Sn8cVx3Gy7EiBt5Qq7",
    "IN_COMMAND": "Qf4rLo9Zm6WkUh2Rr8",
}
COMPOSE = """
include:
  - path: other/compose.yaml
services:
  web:
    image: registry.example/web@sha256:{pin}
    restart: unless-stopped
    env_file:
      - plain.env
      - {{path: raw.env, format: raw}}
    environment:
      PASSED: ${{VARIABLE}}
      FROM_DOTENV: ${{DOTENV}}
      API_TOKEN: {LITERAL}
    command: ["mc", "admin", "user", "add", "s", "bob", "{IN_COMMAND}"]
    secrets: [token, pair, json, variable]
    configs: [app]
{more}
secrets:
  token: {{file: token.txt}}
  pair: {{file: pair.txt}}
  json: {{file: some.json}}
  variable: {{environment: GIVEN}}
configs:
  app: {{environment: CONFIGURED}}
"""
TESTS = """
import logging
import os
import sys
import warnings
import pytest

VALUES = [line for line in open("values.txt", encoding="utf-8").read().split("\\n") if line]
pytestmark = pytest.mark.module("web")
ALL = " and ".join(VALUES)

def says():
    print("out", ALL)
    print("err", ALL, file=sys.stderr)
    logging.getLogger("any").warning("logged %s", ALL)
    warnings.warn(UserWarning(ALL), stacklevel=1)

def test_passes(record_property, record_testsuite_property, record_xml_attribute):
    record_property("property", ALL)
    record_testsuite_property("suite", ALL)
    record_xml_attribute("attribute", ALL)
    says()

def test_fails():
    local = ALL
    says()
    assert local == ALL + "!"

def test_is_cut():
    shown = {"value": VALUES[0] + "x" * 400}
    assert shown == {}

def test_subtests(subtests):
    for value in VALUES:
        with subtests.test(msg=value, value=value):
            says()
            assert value == ""

@pytest.mark.parametrize("value", VALUES)
def test_parameter(value):
    pass

@pytest.mark.parametrize("number", [1], ids=[VALUES[0]])
def test_id(number):
    pass

def test_skips():
    pytest.skip(ALL)

@pytest.mark.xfail(reason=ALL)
def test_expected():
    raise RuntimeError(ALL)

@pytest.fixture
def broken():
    raise ValueError(ALL)

def test_error(broken):
    pass
"""
EXITS = "import pytest\n\ndef test_z():\n    pytest.exit(open('values.txt').read())\n"
CONFTEST = """
import pytest

def pytest_collection_modifyitems():
    raise RuntimeError(open("values.txt").read())
"""
ENDS = {
    "a test exits": ("smoke/test_z.py", EXITS),
    "a file cannot be imported": (
        "smoke/test_z.py",
        "raise RuntimeError(open('values.txt').read())\n",
    ),
    "a file is skipped": (
        "smoke/test_z.py",
        "import pytest\npytest.skip(open('values.txt').read(), allow_module_level=True)\n",
    ),
    "a hook fails": ("conftest.py", CONFTEST),
    "a conftest file cannot be imported": (
        "conftest.py",
        "raise RuntimeError(open('values.txt').read())\n",
    ),
    "a conftest file exits": (
        "conftest.py",
        "import pytest\n\ndef pytest_configure():\n    pytest.exit(open('values.txt').read())\n",
    ),
}
AGAIN = {
    "pytest-rerunfailures": ("-p", "no:pytest-retry", "--reruns=1"),
    "pytest-retry": ("-p", "no:rerunfailures", "--retries=1"),
}
SHOWS = ("-rA", "-vv", "--showlocals", "--tb=long", "-o", "junit_logging=all")
WHAT_COMPOSE_MAKES_OF_IT = ("", '    pull_policy: "${DOTENV}"', "    ports: 5: [")


@pytest.fixture(params=WHAT_COMPOSE_MAKES_OF_IT, ids=["renders", "refused", "no-yaml"])
def sentinels(empty: Project, request: pytest.FixtureRequest) -> Project:
    """Make a project that holds a sentinel of each source, and a file of tests that knows all."""
    empty.module("web")
    text = COMPOSE.format(pin=64 * "a", more=request.param, **SENTINELS)
    empty.file("modules/compose.yaml", text)
    for name, content in _files():
        (empty.root / "modules" / name).parent.mkdir(exist_ok=True)
        (empty.root / "modules" / name).write_bytes(content)
    empty.file("modules/web/more.env", "FURTHER='" + SENTINELS["FURTHER"] + "'\n")
    empty.file("values.txt", "\n".join(SENTINELS.values()))
    empty.env |= {
        "VARIABLE": SENTINELS["VARIABLE"],
        "GIVEN": SENTINELS["SECRET_VARIABLE"],
        "CONFIGURED": SENTINELS["CONFIG"],
        "COMPOSE_ENV_FILES": "modules/web/more.env,modules/.env",
    }
    return empty


def _files() -> Iterator[tuple[str, bytes]]:
    one = SENTINELS
    dotenv = f"""
export DOTENV={one["DOTENV"]}
COMMENTED={one["COMMENTED"]} # a comment
QUOTED="{one["QUOTED"].replace("$", "$$")}"
LINES="first
{one["LINES"]}
last"
COLON: {one["COLON"]}
"""
    yield ".env", dotenv.encode() + b"BAD=\xff\nNO_UTF8=\xfe" + one["NO_UTF8"].encode() + b"\n"
    yield "plain.env", f"PLAIN=postgres://me:{one['IN_URL']}@db/app\n".encode()
    yield "raw.env", f"RAW='{one['RAW']}\n".encode()
    yield "other/.env", f"INCLUDED={one['INCLUDED']}\n".encode()
    yield "other/compose.yaml", b"services: {other: {image: x, environment: {A: '${INCLUDED}'}}}\n"
    yield "token.txt", one["SECRET_FILE"].encode()
    yield "pair.txt", f"user:{one['SECRET_PAIR']}\n".encode()
    yield "some.json", f'{{"a": {{"b": ["{one["SECRET_JSON"]}"]}}}}'.encode()


def assert_none(outcome: Outcome, *files: Path) -> None:
    """Fail where anything that was written holds a sentinel."""
    written = {"stdout": outcome.stdout, "stderr": outcome.stderr}
    written |= {file.name: file.read_text(encoding="utf-8") for file in files}
    found = [
        f"{name} in {where}: {line[:160]}"
        for where, text in written.items()
        for line in text.splitlines()
        for name, value in SENTINELS.items()
        if value in line or value[:12] in line or value[-12:] in line
    ]
    assert not found, "\n".join(found[:40])


def test_no_sentinel_in_any_report(sentinels: Project) -> None:
    sentinels.file("smoke/test_any.py", textwrap.dedent(TESTS))
    text = sentinels.pytest(*SHOWS, "--junitxml=j.xml", "-o", "log_cli=true")
    assert "[redacted]" in text.stdout
    assert_none(text, sentinels.root / "j.xml")
    formats = [f"--platform-report={name}=out/{name}" for name in FORMATS]
    document = sentinels.pytest("--json=r.json", "-n2", "--platform-history=h.sqlite", *formats)
    assert document.code == 1, str(document)
    history = (sentinels.root / "h.sqlite").read_bytes().decode(errors="backslashreplace")
    assert "files" in history
    kept = sentinels.file("history.txt", history)
    written = [kept, *(sentinels.root / "out" / name for name in FORMATS)]
    assert_none(document, sentinels.root / "r.json", *written)
    assert "[redacted]" in (sentinels.root / "out" / "tap").read_text(encoding="utf-8")


@pytest.mark.parametrize("again", AGAIN.values(), ids=AGAIN)
def test_no_sentinel_of_tests_that_run_again(sentinels: Project, again: tuple[str, ...]) -> None:
    """Each attempt is shown, by the plugin that repeats it, in words of its own."""
    sentinels.file("smoke/test_any.py", textwrap.dedent(TESTS))
    sentinels.lean = UNUSED
    # The subtests of an attempt would be shown with all attempts before it: megabytes.
    few = ("-k", "passes or fails or broken or error")
    here = sentinels.pytest(*SHOWS, *again, *few, "--junitxml=j.xml", "--json=r.json")
    assert "[redacted]" in here.stdout
    assert "rerun" in here.stdout or "retr" in here.stdout.lower(), str(here)
    assert_none(here, sentinels.root / "j.xml", sentinels.root / "r.json")
    apart = sentinels.pytest(*SHOWS, *again, *few, "-n2", "--junitxml=j.xml", "--json=r.json")
    assert_none(apart, sentinels.root / "j.xml", sentinels.root / "r.json")


def test_no_sentinel_in_a_plan_or_the_audit_log(sentinels: Project) -> None:
    values = [value for value in SENTINELS.values() if value.isalnum()]
    (sentinels.root / ".pytest_platform").mkdir()
    audit = sentinels.root / ".pytest_platform" / "audit.jsonl"
    # As much as is shown of a reference that is none: not all fit into one.
    for some in (values[:6], values[6:12], values[12:]):
        options = ("--module=web", f"--backup-ref=/srv/{'/'.join(some)}/web-20260517T010847Z.x")
        plan = sentinels.pytest(*options, "--plan=p.json", "--json=r.json")
        assert (sentinels.root / "p.json").is_file(), str(plan)
        assert_none(plan, sentinels.root / "p.json", sentinels.root / "r.json")
        applied = sentinels.pytest(*options, "--apply", *SHOWS)
        assert "guard." in applied.stdout, str(applied)
        assert_none(applied, audit)
    assert audit.read_text().count("/srv/[redacted]/") == 3


def test_no_sentinel_of_a_module_that_is_not_selected(empty: Project) -> None:
    empty.module("web")
    compose = {"files": ["compose.yaml"], "project": "other", "service": "other"}
    empty.module("other", runtime={"compose": compose, "expected_state": "running"})
    empty.file("modules/other/compose.yaml", "services: {other: {image: x}}")
    empty.file("modules/other/.env", "".join(f"V{at}='{one}'\n" for at, one in _plain()))
    empty.file("values.txt", "\n".join(one for _, one in _plain()))
    empty.file("smoke/test_any.py", textwrap.dedent(TESTS))
    outcome = empty.pytest(*SHOWS, "--module=web", "--junitxml=j.xml")
    assert "[redacted]" in outcome.stdout
    assert_none(outcome, empty.root / "j.xml")


def _plain() -> list[tuple[int, str]]:
    return list(enumerate(one for one in SENTINELS.values() if one.isalnum()))


@pytest.mark.parametrize("end", ENDS)
def test_no_sentinel_in_how_a_run_ends(project: Project, end: str) -> None:
    values = list(SENTINELS.values())
    project.file(".env", "".join(f"V{at}='{value}'\n" for at, value in enumerate(values)))
    project.file("values.txt", "\n".join(value for value in values if "'" not in value))
    name, text = ENDS[end]
    project.file(name, text)
    assert_none(project.pytest(*SHOWS))
    document = project.pytest("--json")
    assert document.code != 0 or end == "a file is skipped", str(document)
    assert "[redacted]" in document.stdout + document.stderr
    assert_none(document)
