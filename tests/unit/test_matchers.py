"""Matchers: what they find, what they refuse to be, and what they cannot be made to do."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_platform.probes.json_path import JsonValue, TooDeep, json_mismatches
from pytest_platform.probes.matchers import Bounds, Matchers, Unseen, mismatches, out_of_bounds
from pytest_platform.probes.patterns import PatternTimeout, search
from pytest_platform.report.redact import SHOWN_LINES, told_lines
from pytest_platform.secrets import Secrets
from pytest_platform.verdict import Finding

TEXT = "hello\nworld 42\n"
BACKTRACKS = "^(a|aa)+$"


def found(text: str, *, cut: bool = False, **expected: Any) -> list[Finding]:
    matchers = msgspec.convert(expected, Matchers)
    return mismatches(matchers, text, code="c", what="stdout", cut=cut)


@pytest.mark.parametrize(
    "expected",
    [
        {"contains": ["hello", "42"]},
        {"matches": "^world [0-9]+$"},
        {"equals": "hello\nworld 42"},
        {"one_of": ["x", TEXT]},
        {"none_of": ["panic"]},
    ],
    ids=str,
)
def test_a_text_is_as_expected(expected: dict[str, Any]) -> None:
    assert found(TEXT, **expected) == []


@pytest.mark.parametrize(
    ("expected", "message", "wanted", "actual"),
    [
        ({"contains": ["hello", "x"]}, "does not contain 'x'", "contains 'x'", TEXT.strip()),
        ({"matches": "^hello w"}, "does not match /^hello w/", "matches /^hello w/", TEXT.strip()),
        ({"equals": "hello"}, "is not 'hello'", "hello", TEXT.strip()),
        ({"one_of": ["a", "b"]}, "is not 'a' or 'b'", "'a' or 'b'", TEXT.strip()),
        (
            {"none_of": ["42"]},
            "contains '42', which must not occur",
            "does not contain '42'",
            "world 42",
        ),
        ({"at_least": 1}, "is not a number", "at least 1", TEXT.strip()),
    ],
    ids=str,
)
def test_a_text_differs(expected: dict[str, Any], message: str, wanted: str, actual: str) -> None:
    (finding,) = found(TEXT, **expected)
    assert (finding.message, finding.expected, finding.actual) == (
        f"stdout {message}",
        wanted,
        actual,
    )


@pytest.mark.parametrize(
    ("text", "expected", "holds"),
    [
        ("41 MiB", {"at_least": "40MiB"}, True),
        ("41", {"at_most": "40"}, False),
        ("90s", {"at_most": "1m"}, False),
        ("-3.5\n", {"at_least": "-3.5", "at_most": "-3.5"}, True),
        ("1e3", {"at_least": 1000}, True),
        ("NaN", {"at_least": 0}, False),
        ("", {"at_least": 0}, False),
    ],
    ids=str,
)
def test_a_number_in_a_text(text: str, expected: dict[str, Any], holds: bool) -> None:
    assert (found(text, **expected) == []) is holds


@pytest.mark.parametrize(
    ("value", "expected", "holds"),
    [
        (5, {"equals": 5}, True),
        (1024, {"equals": "1KiB"}, True),
        (0.5, {"at_least": "0.25", "at_most": 1}, True),
        (float("inf"), {"at_most": 1}, False),
        (float("nan"), {"equals": 1}, False),
    ],
    ids=str,
)
def test_bounds(value: float, expected: dict[str, Any], holds: bool) -> None:
    bounds = msgspec.convert(expected, Bounds)
    assert (out_of_bounds(bounds, value, code="c", what="n") == []) is holds


@pytest.mark.parametrize(
    ("expected", "why"),
    [
        ({}, "asserts nothing; give at least one of contains"),
        ({"contains": []}, "an empty 'contains' asserts nothing"),
        ({"none_of": []}, "an empty 'none_of' asserts nothing"),
        ({"one_of": []}, "an empty 'one_of' asserts nothing"),
        ({"contains": [""]}, "length >= 1"),
        ({"matches": "x*"}, "matches an empty text too"),
        ({"matches": "(x"}, "is not a regular expression"),
        ({"matches": "(?R)"}, "is not a regular expression"),
        ({"matches": "((a{1000}){1000}){1000}"}, "repeats too much"),
        ({"matches": r"(a{1000}\\){1000}"}, "repeats too much"),
        ({"at_least": 2, "at_most": 1}, "nothing is at least 2 and at most 1"),
        ({"at_least": "much"}, "matching regex"),
    ],
    ids=str,
)
def test_what_asserts_nothing_is_refused(expected: dict[str, Any], why: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=r"(?s).*") as refused:
        msgspec.convert(expected, Matchers)
    assert why in str(refused.value)


@pytest.mark.parametrize("bounds", [{}, {"at_least": "1GiB", "at_most": "1MiB"}], ids=str)
def test_bounds_that_assert_nothing_are_refused(bounds: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(bounds, Bounds)


def test_a_pattern_that_backtracks_for_ever_ends() -> None:
    with pytest.raises(PatternTimeout, match="has no answer"):
        found("a" * 60 + "!", matches=BACKTRACKS)


@given(st.text(), st.text(alphabet="ab(){}[]*+?|\\^$.1,", max_size=12))
def test_a_pattern_is_refused_or_works(text: str, pattern: str) -> None:
    try:
        msgspec.convert({"matches": pattern}, Matchers)
    except msgspec.ValidationError:
        return
    try:
        span = search(pattern, text)
    except PatternTimeout:
        return
    assert span is None or 0 <= span[0] <= span[1] <= len(text)


@given(st.binary())
def test_binary_output_is_compared(data: bytes) -> None:
    text = data.decode(errors="replace")
    for expected in ({"contains": ["\ufffd?"]}, {"at_least": 1}, {"equals": "x\ny"}):
        assert all(finding.actual for finding in found(text, **expected))


def test_what_was_cut_off_is_not_vouched_for() -> None:
    assert found("x", cut=True, contains=["x"]) == []
    assert "only the beginning" in found("x", cut=True, contains=["y"])[0].message
    assert found("x", cut=True, none_of=["x"])
    with pytest.raises(Unseen):
        found("x", cut=True, none_of=["y"])


def test_the_difference_is_shown_short_and_redacted() -> None:
    lines = [f"line {number}" for number in range(5000)]
    text = "\n".join([*lines[:2000], "password hunter22", *lines[2001:]])
    (finding,) = found(text, equals="\n".join(lines))
    shown = told_lines(finding.diff, Secrets(["hunter22"]))
    assert "-line 2000" in shown
    assert "+password [redacted]" in shown
    assert len(shown) <= SHOWN_LINES + 1
    assert found("b", equals="a")[0].diff == ""


@pytest.mark.parametrize(
    ("value", "text", "message"),
    [
        ({"path": "$.a", "equals": "1"}, '{"a": 1}', None),
        ({"path": "$.a", "at_least": 2}, '{"a": 1}', "stdout at $.a is not at least 2"),
        ({"path": "$.b", "equals": "1"}, '{"a": 1}', "stdout has nothing at $.b"),
        ({"path": "$.a", "equals": "1"}, "no", "stdout is not JSON"),
        ({"path": "$.a", "equals": "1"}, "[" * 100_000, "stdout is not JSON"),
    ],
    ids=["right", "wrong", "missing", "no JSON", "too deep"],
)
def test_json(value: dict[str, Any], text: str, message: str | None) -> None:
    values = (msgspec.convert(value, JsonValue),)
    told = [one.message for one in json_mismatches(values, text, code="c", what="stdout")]
    assert len(told) == (message is not None)
    assert not message or told[0].startswith(message)


def test_json_that_is_nested_deep_is_an_error() -> None:
    values = (msgspec.convert({"path": "$..a", "equals": "1"}, JsonValue),)
    with pytest.raises(TooDeep):
        list(json_mismatches(values, "[" * 500 + "]" * 500, code="c", what="stdout"))


@pytest.mark.parametrize("path", ["$[", "$[?search(@.a, '(a+)+$')]", "a"])
def test_a_path_that_cannot_be_used_is_refused(path: str) -> None:
    with pytest.raises(msgspec.ValidationError, match="is not a JSON path"):
        msgspec.convert({"path": path, "equals": "1"}, JsonValue)
