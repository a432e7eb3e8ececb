"""Formats: as in the golden files, read by their readers, and never led by what a text says."""

from __future__ import annotations

import copy
import json
import re
import sys
import urllib.parse
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families
from pydantic_sarif.model import StaticAnalysisResultsFormatSarifVersion210JsonSchema as Sarif
from tap.parser import Parser

from documents import (
    EXCERPT,
    GOLDEN,
    HOSTILE,
    Json,
    big,
    check,
    document,
    everything,
    finding,
    golden,
    hostile,
    module,
)
from pytest_platform.cli import main
from pytest_platform.codes import catalogue
from pytest_platform.report.document import as_builtins, read
from pytest_platform.report.fit import cut, one_line, width_of
from pytest_platform.report.formats import FORMATS, exit_code, render

CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


def made(name: str, source: Json, width: int | None = None) -> str:
    """Return a document in a format."""
    return render(name, read(source), width)


def contract_only(source: Json) -> Json:
    """Return a document in which all checks are contract checks."""
    changed = copy.deepcopy(source)
    for one in changed["platform"]["modules"]:
        for check_ in one["checks"]:
            check_["group"] = "contract"
            check_["id"] = "contract::" + check_["id"].partition("::")[2]
    return changed


def test_the_golden_files_are_all_there() -> None:
    assert {one.stem for one in GOLDEN.iterdir()} == golden().keys()


@pytest.mark.parametrize("name", golden())
def test_it_is_as_in_the_golden_file(name: str) -> None:
    committed = (GOLDEN / f"{name}.txt").read_text(encoding="utf-8")
    assert golden()[name] == committed, "python tests/documents.py writes them"


@pytest.mark.parametrize("source", [everything(), hostile(), document(module("web"))])
def test_a_document_is_read_and_written_again(source: Json) -> None:
    assert as_builtins(read(source)) == source
    assert json.loads(made("json", source)) == source


@pytest.mark.parametrize("name", FORMATS)
def test_a_run_that_ended_early(name: str) -> None:
    error = {"code": "platform.usage", "message": "no such module"}
    section: Json = {"schema": 1, "remote_mode": None, "stack": None, "modules": [], "error": error}
    assert made(name, {"exitcode": 4, "platform": section})


@pytest.mark.parametrize("name", FORMATS)
def test_no_control_character_reaches_a_reader(name: str) -> None:
    found = CONTROL.search(made(name, hostile()))
    assert not found, found


@pytest.mark.parametrize("width", [40, 80, 200])
@pytest.mark.parametrize("source", [everything(), hostile()], ids=["everything", "hostile"])
def test_the_table_is_no_wider_than_the_terminal(source: Json, width: int) -> None:
    lines = made("table", source, width).splitlines()
    assert not [line for line in lines if width_of(line) > width]


def test_equal_faults_are_told_once_with_their_places() -> None:
    told = made("table", big(20, 2))
    assert told.count("it is wrong") == 1
    assert told.count("modules/web/module.yaml:3: m00") == 20


def test_annotations_cannot_be_led() -> None:
    lines = made("github", hostile()).splitlines()
    found = [re.fullmatch(r"::(error|warning) ((?:[a-z]+=[^:,]*,?)+)::(.*)", one) for one in lines]
    assert all(found), lines
    messages = [urllib.parse.unquote(one[3]) for one in found if one]
    for text in filter(None, HOSTILE):
        assert any(one.endswith(f": {one_line(text)}") for one in messages), text


def test_annotations_stand_where_it_is_wrong() -> None:
    (line,) = made("github", document(module("web", check("failed")))).splitlines()
    assert line == (
        "::error file=modules/web/module.yaml,line=3,title=a.code::web::health::state: it is wrong"
    )


def test_one_place_is_annotated_once() -> None:
    shared = [module(f"m{one}", check("failed", findings=[finding()])) for one in range(3)]
    (line,) = made("github", document(*shared)).splitlines()
    assert "m0::health::state and 2 more: it is wrong" in line


def test_code_quality_has_what_gitlab_asks_for() -> None:
    for entry in json.loads(made("gitlab", hostile())):
        assert set(entry) == {*("description", "check_name", "fingerprint", "severity", "location")}
        assert entry["severity"] in {"info", "minor", "major", "critical", "blocker"}
        assert entry["location"]["lines"]["begin"] >= 1
        assert not entry["location"]["path"].startswith(("/", "./"))


@pytest.mark.parametrize("name", ["gitlab", "sarif"])
def test_fingerprints_stay_where_lines_move(name: str) -> None:
    before = contract_only(everything())
    after = copy.deepcopy(before)
    for one in after["platform"]["modules"]:
        for check_ in one["checks"]:
            check_["line"] += 7
            for found in check_.get("findings", []):
                found["line"] += 7
    first, second = (_fingerprints(name, one) for one in (before, after))
    assert first == second
    assert len(set(first)) == len(first) > 1


def _fingerprints(name: str, source: Json) -> list[str]:
    parsed = json.loads(made(name, source))
    if name == "gitlab":
        return [one["fingerprint"] for one in parsed]
    return [
        one["partialFingerprints"]["platformFinding/v1"] for one in parsed["runs"][0]["results"]
    ]


@pytest.mark.parametrize("source", [everything(), contract_only(hostile()), document()])
def test_sarif_fits_the_published_schema(source: Json) -> None:
    log = json.loads(made("sarif", source))
    Sarif.model_validate(log)
    assert log["$schema"].endswith("sarif-2.1.0.json")
    (run,) = log["runs"]
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]


def test_sarif_holds_what_contract_checks_found() -> None:
    (run,) = json.loads(made("sarif", everything()))["runs"]
    places = [one["locations"][0]["physicalLocation"] for one in run["results"]]
    assert [(one["artifactLocation"]["uri"], one["region"]["startLine"]) for one in places] == [
        *(("modules/compose.yaml", 12), ("modules/compose.yaml", 30), ("modules/compose.yaml", 7)),
    ]
    assert [one["level"] for one in run["results"]] == ["error", "error", "warning"]
    rule = run["tool"]["driver"]["rules"][0]
    assert catalogue()[rule["id"]].do in rule["help"]["text"]


@pytest.mark.parametrize(
    ("more", "region"),
    [
        ({}, {"startLine": 12}),
        ({"excerpt": EXCERPT}, {"startLine": 12}),
        ({"column": 12}, {"startLine": 12, "startColumn": 12}),
        (
            {"column": 12, "excerpt": EXCERPT},
            {"startLine": 12, "startColumn": 12, "endLine": 12, "endColumn": 20},
        ),
        # What was hidden or cut has another length in the file.
        ({"column": 40, "excerpt": EXCERPT}, {"startLine": 12, "startColumn": 40}),
        (
            {"column": 12, "excerpt": {**EXCERPT, "lines": ["a", "    image: [redacted]", "b"]}},
            {"startLine": 12, "startColumn": 12},
        ),
    ],
)
def test_sarif_and_annotations_point_at_columns(more: Json, region: Json) -> None:
    found = finding("no", "contract.script", line=12, **more)
    source = document(module("web", check("failed", id="contract::script", findings=[found])))
    log = json.loads(made("sarif", source))
    Sarif.model_validate(log)
    (result,) = log["runs"][0]["results"]
    assert result["locations"][0]["physicalLocation"]["region"] == region
    at = f",col={more['column']}" if "column" in more else ""
    assert f",line=12{at},title=contract.script::" in made("github", source)


def test_an_uri_is_quoted() -> None:
    odd = check("failed", id="contract::x", findings=[finding(file="a b/ü%#?.yaml")])
    (run,) = json.loads(made("sarif", document(module("web", odd))))["runs"]
    artifact = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
    assert artifact["uri"] == "a%20b/%C3%BC%25%23%3F.yaml"


@pytest.mark.parametrize("source", [everything(), hostile(), document()])
def test_metrics_are_read_back(source: Json) -> None:
    families = {one.name: one for one in text_string_to_metric_families(made("prometheus", source))}
    verdicts = families["pytest_platform_module_verdict"].samples
    told = {one.labels["module"]: one.labels["verdict"] for one in verdicts if one.value == 1}
    modules = source["platform"]["modules"]
    assert told == {one_line(one["name"]): one["verdict"] for one in modules}
    checks = families["pytest_platform_checks"].samples
    assert sum(one.value for one in checks) == sum(len(one["checks"]) for one in modules)
    assert families["pytest_platform_run_exit_code"].samples[0].value == source["exitcode"]


@pytest.mark.parametrize(
    ("verdicts", "more", "code", "word"),
    [
        (["passed", "passed"], {}, 0, "OK"),
        (["passed", "unverified"], {}, 1, "WARNING"),
        (["error", "failed", "unverified"], {}, 2, "CRITICAL"),
        (["error", "unverified"], {}, 3, "UNKNOWN"),
        ([], {}, 3, "UNKNOWN"),
        (["passed"], {"error": {"code": "platform.crash", "message": "x"}}, 3, "UNKNOWN"),
    ],
)
def test_a_monitor_gets_its_exit_code(  # noqa: PLR0913, PLR0917 # its cases
    verdicts: list[str], more: Json, code: int, word: str, tmp_path: Path, capsys: Any
) -> None:
    modules = [
        module(f"m{index}", check(one if one in {"failed", "error"} else "passed"), verdict=one)
        for index, one in enumerate(verdicts)
    ]
    source = document(*modules, **more)
    assert exit_code("nagios", read(source)) == code
    file = tmp_path / "report.json"
    file.write_text(json.dumps(source), encoding="utf-8")
    assert main(["report", "nagios", str(file)]) == code
    assert capsys.readouterr().out.startswith(f"PLATFORM {word} - ")


def test_a_monitor_hears_of_a_run_that_failed_elsewhere() -> None:
    assert exit_code("nagios", read({**document(module("web")), "exitcode": 1})) == 1


@pytest.mark.parametrize("source", [everything(), hostile()])
def test_a_monitor_gets_one_line_with_figures(source: Json) -> None:
    line = made("nagios", source)
    assert line.count("\n") == 1
    assert line.endswith("\n")
    assert len(line) < 1024
    text, figures = line.split("|")
    assert text.startswith("PLATFORM ")
    assert all(re.fullmatch(r"[a-z]+=[0-9.]+s?", one) for one in figures.split())


def test_a_monitor_hears_where_there_is_no_report(tmp_path: Path, capsys: Any) -> None:
    assert main(["report", "nagios", str(tmp_path / "missing.json")]) == 3
    assert capsys.readouterr().out.startswith("PLATFORM UNKNOWN - there is no report: ")


@pytest.mark.parametrize("source", [everything(), hostile(), document()])
@pytest.mark.filterwarnings("ignore")
def test_tap_is_read_by_a_parser(source: Json) -> None:
    checks = [one for each in source["platform"]["modules"] for one in each["checks"]]
    lines = list(Parser().parse_text(made("tap", source)))
    tests = [one for one in lines if one.category == "test"]
    assert [one.ok for one in tests] == [
        one["verdict"] in {"passed", "skipped"} and "xfail" not in one for one in checks
    ]
    assert [bool(one.skip) for one in tests] == [
        one["verdict"] == "skipped" and "xfail" not in one for one in checks
    ]
    assert [bool(one.todo) for one in tests] == ["xfail" in one for one in checks]
    (plan,) = (one for one in lines if one.category == "plan")
    assert plan.expected_tests == len(checks)


def test_tap_keeps_to_its_grammar() -> None:
    told = made("tap", hostile())
    lines = told.splitlines()
    assert lines[0] == "TAP version 14"
    for text in re.findall(r"^  ---\n(.*?)^  \.\.\.$", told, re.MULTILINE | re.DOTALL):
        block = yaml.safe_load(text)
        assert block["severity"] == "fail"
        assert block["line"] == 3
    outside = re.sub(r"^  ---\n.*?^  \.\.\.\n", "", told, flags=re.MULTILINE | re.DOTALL)
    for line in outside.splitlines()[2:-1]:
        assert re.fullmatch(r"(?:not )?ok \d+ - (?:[^#\\]|\\[#\\])*", line), line
    assert outside.splitlines()[-1].startswith("Bail out! ")


@pytest.mark.parametrize("name", FORMATS)
def test_what_it_costs_grows_with_the_checks(name: str) -> None:
    """Counted in calls of functions, which do not depend on the machine."""
    small, large = read(big(30)), read(big(300))
    render(name, small)
    assert _calls(name, large) < 11 * _calls(name, small)


def _calls(name: str, source: Any) -> int:
    calls = 0

    def count(_frame: Any, event: str, _argument: Any) -> None:
        nonlocal calls
        calls += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        render(name, source)
    finally:
        sys.setprofile(before)
    return calls


@pytest.mark.parametrize("name", FORMATS)
def test_a_thousand_modules(name: str) -> None:
    text = made(name, big())
    assert len(text) < 20_000_000
    assert name in {"nagios", "markdown", "sarif", "github"} or "m0999" in text


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"platform": 1}', "no JSON", "\x00", "[" * 99999]
)
@pytest.mark.parametrize("name", FORMATS)
def test_what_is_no_document(name: str, text: str, tmp_path: Path, capsys: Any) -> None:
    file = tmp_path / "report.json"
    file.write_text(text, encoding="utf-8")
    assert main(["report", name, str(file)]) == (3 if name == "nagios" else 1)
    said = capsys.readouterr()
    assert name == "nagios" or not said.out
    assert said.err.count("\n") == 1
    assert "[summary.unreadable]" in said.err


class _Page(HTMLParser):
    """Keeps the elements of a page, their attributes and its text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.links: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links |= {value or "" for name, value in attrs if name == "href"}

    def handle_data(self, data: str) -> None:
        self.text += data


def _page(source: Json) -> _Page:
    page = _Page()
    page.feed(made("html", source))
    return page


def test_no_text_of_a_page_is_markup() -> None:
    page, plain = _page(hostile()), _page(everything())
    assert set(page.tags) <= set(plain.tags)
    assert page.attributes <= plain.attributes
    assert not [one for one in page.attributes if one.startswith("on") or one == "src"]
    assert all(re.fullmatch(r"#[a-z]+(-[a-z]+|\d+)?", one) for one in page.links)
    for text in HOSTILE:
        assert cut(one_line(text), 500) in page.text


def test_a_page_needs_nothing_else() -> None:
    text = made("html", everything())
    assert "default-src 'none'" in text
    assert not re.search(r"<script|<link|<img|url\(|https?://|@import", text)


def test_a_page_says_what_to_do() -> None:
    entry = catalogue()["container.state.exited_success"]
    assert entry.do.replace("`", "") in _page(everything()).text


def test_a_page_of_a_hundred_modules_is_small() -> None:
    modules = [
        module(
            f"m{one:03}",
            *(check("failed", f"{one} {at} " + "x" * 100, id=f"smoke::{at}") for at in range(15)),
            verdict="failed",
        )
        for one in range(100)
    ]
    assert len(made("html", document(*modules)).encode()) < 300 * 1024


def test_without_its_library_a_format_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setattr("pytest_platform.report.formats.find_spec", lambda _: None)
    assert main(["report", "html", "report.json"]) == 1
    assert "pip install 'pytest-platform[html]' [report.library]" in capsys.readouterr().err


def test_an_unknown_format(capsys: Any) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["report", "jsn", "report.json"])
    assert "jsn" in capsys.readouterr().err


def test_a_document_of_a_later_version_is_read() -> None:
    source = everything()
    source["platform"]["modules"][0]["new"] = 1
    source["new"] = {"a": 1}
    assert as_builtins(read(source))["new"] == {"a": 1}
