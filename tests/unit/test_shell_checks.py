"""The checks of commands and scripts, on cases that are data: one Compose file each.

A case under ``positive`` is right, one under ``negative`` must be found. All cases are
rendered together, in two calls of Compose.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_platform.checks.contract import (
    command_shape,
    masked_failure,
    mutations,
    replaced,
    sandbox,
    script,
)
from pytest_platform.compose.service import service_of
from pytest_platform.scripts.splitting import split
from pytest_platform.verdict import Finding

CASES = Path(__file__).resolve().parents[1] / "cases" / "shell"
SCRIPTS = yaml.safe_load((CASES / "masked_scripts.yaml").read_text(encoding="utf-8"))
FILES = sorted(CASES.glob("*/*/*.yaml"))
Service = Mapping[str, Any]
Check = Callable[[Service, Service, list[str]], list[Finding]]
Rendered = Mapping[str, Mapping[str, Service]]

CHECKS: Mapping[str, Check] = {
    "command_shape": lambda one, source, _: command_shape.findings(service_of(one), source),
    "script": lambda one, source, _: script.findings(service_of(one), source),
    "interpolation": lambda one, source, _: replaced.findings(service_of(one), source),
    "masked_failure": lambda one, source, _: masked_failure.findings(service_of(one), source),
    "mutations": lambda one, *more: mutations.findings(service_of(one), *more),
}
AT_LEAST = {
    "script": 5,
    "interpolation": 5,
    "command_shape": 20,
    "masked_failure": 25,
    "mutations": 15,
}


def _load(file: Path) -> dict[str, Any]:
    case: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return case


def _name(file: Path) -> str:
    return "-".join(file.relative_to(CASES).with_suffix("").parts)


def _compose() -> list[str]:
    beside = Path(sys.executable).with_name("docker-compose")
    found = str(beside) if beside.exists() else shutil.which("docker-compose")
    return [found] if found else ["docker", "compose"]


def _config(file: Path, *options: str) -> dict[str, Service]:
    done = subprocess.run(
        [*_compose(), "-f", str(file), "config", "--format", "json", *options],
        capture_output=True,
        check=False,
        env={"PATH": os.environ["PATH"], "HOME": str(file.parent)},
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    services: dict[str, Service] = json.loads(done.stdout)["services"]
    return services


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Rendered:
    """Every case as a service of one project, as it runs and before interpolation."""
    file = tmp_path_factory.mktemp("cases") / "compose.yaml"
    services = {_name(case): _load(case)["services"]["job"] for case in FILES}
    file.write_text(json.dumps({"services": services}), encoding="utf-8")
    return {"rendered": _config(file), "source": _config(file, "--no-interpolate")}


@pytest.mark.parametrize("file", FILES, ids=_name)
def test_case(file: Path, rendered: Rendered) -> None:
    check, expected = file.parts[-3], file.parts[-2]
    allowed = _load(file).get("x-allowed", [])
    service, source = rendered["rendered"][_name(file)], rendered["source"][_name(file)]
    found = CHECKS[check](service, source, allowed)
    messages = "\n".join(finding.message for finding in found) or "nothing"
    assert bool(found) is (expected == "negative"), f"{file}: {expected}, found {messages}"
    assert all(finding.code == f"contract.{check}" for finding in found)
    assert all(finding.path[0] in {"command", "entrypoint", "image"} for finding in found)
    assert "\n" not in "".join(finding.message for finding in found)


@pytest.mark.parametrize("file", FILES, ids=_name)
def test_case_says_why(file: Path) -> None:
    assert file.read_text(encoding="utf-8").startswith("# ")


@pytest.mark.parametrize(("check", "least"), AT_LEAST.items())
def test_there_are_cases_of_both_kinds(check: str, least: int) -> None:
    kinds = [file.parts[-2] for file in FILES if file.parts[-3] == check]
    assert len(kinds) >= least
    assert {"positive", "negative"} == set(kinds)


@pytest.mark.parametrize("script", SCRIPTS["hides"])
def test_a_script_that_hides_a_failure(script: str) -> None:
    service = {"command": ["sh", "-c", script]}
    assert masked_failure.findings(service_of(service), service)


@pytest.mark.parametrize("script", SCRIPTS["harmless"])
def test_a_script_that_hides_nothing(script: str) -> None:
    service = {"command": ["sh", "-c", script]}
    assert not masked_failure.findings(service_of(service), service)


def test_messages_never_show_values() -> None:
    script = "mc alias set local {0}\nmc rb local/{0} || true\n"
    rendered = {"command": ["sh", "-c", script.format("s3cr3t"), "a b"]}
    source = {"command": ["sh", "-c", script.format("${SECRET}"), "a b"]}
    for sources in (source, {}, {"command": "${WHOLE}"}):
        found = [one for check in CHECKS.values() for one in check(rendered, sources, [])]
        codes = {f"contract.{name}" for name in ("command_shape", "masked_failure", "mutations")}
        assert {one.code for one in found} >= codes
        assert "s3cr3t" not in repr(found)


def test_a_script_that_does_not_parse_is_not_shown() -> None:
    service = {"command": ["sh", "-c", "name=s3cr3t; if true; then echo ${name}"]}
    found = [
        *script.findings(service_of(service), service),
        *replaced.findings(service_of(service), service),
    ]
    assert [one.code for one in found] == [script.CODE, replaced.CODE]
    assert "s3cr3t" not in repr(found)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("mc mb a\nmc mb b", "set -e\nmc mb a\nmc mb b"),
        (
            "set -e\n{ mc mb a; mc mb b; } || exit 1",
            "set -e\n{ mc mb a || exit 1; mc mb b; } || exit 1",
        ),
        (
            "for x in a b; do mc mb $x; done && exit 0",
            "for x in a b; do mc mb $x || exit 1; done && exit 0",
        ),
        (
            "for i in 1 2; do step && break; sleep 1; done",
            "for i in 1 2; do step && exit 0; sleep 1; done\nexit 1",
        ),
        ("set -e\nexport T=$(step)", "set -e\nT=$(step)\nexport T"),
        ("psql -f a", "psql -v ON_ERROR_STOP=1 -f a"),
    ],
)
def test_advice_helps_when_it_is_followed(before: str, after: str) -> None:
    texts = [{"command": ["sh", "-c", text]} for text in (before, after)]
    assert [bool(masked_failure.findings(service_of(one), one)) for one in texts] == [True, False]


def test_advice_for_a_shell_in_the_other_field() -> None:
    shell = {"entrypoint": ["/bin/sh", "-c"]}
    cut = {**shell, "command": ["mc", "mb", "a/b"]}
    (found,) = command_shape.findings(service_of(cut), {**shell, "command": "mc mb a/b"})
    assert 'command: ["the whole script"]' in found.message
    whole = {**shell, "command": ["mc mb a/b"]}
    assert not command_shape.findings(service_of(whole), whole)


def test_masked_failure_tells_each_way_once() -> None:
    script = "mc mb a || true\nmc mb b || true\nmc mb c\ncurl http://x\nexit 0"
    found = masked_failure.findings(service_of({"command": ["sh", "-c", script]}), {})
    assert len({finding.message for finding in found}) == len(found) == 3


WORDS = "if then fi do done until while case ( ) { } (( )) $( ` \" ' && || | ; & <<EOF ${a \\ !"
COMMANDS = "f(),mc rb x,psql -c,find -exec,curl -X,xargs,sh -c,eval,set -e,exit 0,sudo,\n,\0,é"
FAR = "{\U0010ffff {1\U000cd19f {1..2\U000d1e05 {..\u0436"
"""Of each, the parser asked for what lies behind the end of a table: at times it crashed."""
PIECES = st.sampled_from([*WORDS.split(), *COMMANDS.split(","), *FAR.split()])
GARBAGE = st.one_of(st.text(max_size=40), st.lists(PIECES, max_size=14).map(" ".join))


# Asked as in a run, apart: a crash of the parser then is a failure with the text that did it.
@settings(max_examples=150)
@given(script=GARBAGE, argument=GARBAGE, is_text=st.booleans())
def test_garbage_never_raises(script: str, argument: str, *, is_text: bool) -> None:
    rendered = {"entrypoint": ["sh", "-c"], "command": [script, argument]}
    source = {"command": script if is_text else [script, argument]}
    for check in CHECKS:
        more = ([argument],) if check == "mutations" else ()
        sandbox.ask(check, service_of(rendered), source, *more)
        sandbox.ask(check, service_of({"command": [script]}), {}, *more)


def test_what_has_crashed_the_parser_does_so_no_more() -> None:
    """Whether it did depended on where things lie in memory, so several processes are asked."""
    service = {"command": ["sh", "-c", FAR]}
    for _ in range(5):
        one = sandbox.Apart()
        try:
            assert one.ask("command_shape", service_of(service), service) == []
        finally:
            one.close()


@pytest.mark.parametrize("opening", ["(", "{ ", "$(", "if a; then ", "a && ", 'sh -c "', "! "])
def test_deep_nesting_never_raises(opening: str) -> None:
    for check in CHECKS.values():
        check({"command": ["sh", "-c", opening * 500 + "a"]}, {}, [])


@pytest.mark.parametrize(
    ("text", "words", "dropped"),
    [
        ("app up && app seed", ("app", "up"), "&& app seed"),
        ("'a b' \"c;d\" e\\ f", ("a b", "c;d", "e f"), ""),
        ("run 2>&1", ("run",), "2>&1"),
        ("run ${A:-x;y} z", ("run", "${A:-x;y}", "z"), ""),
        ("echo $$(date; id) `id; id`", ("echo", "$$(date; id)", "`id; id`"), ""),
        ("", (), ""),
    ],
)
def test_split_is_that_of_compose(text: str, words: tuple[str, ...], dropped: str) -> None:
    found = split(text)
    assert (found.words, found.dropped) == (words, dropped)
