"""Passwords in URLs are hidden wherever they stand, also where nobody has told of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_platform.report.explain import explain
from pytest_platform.report.redact import CODES, redact, redact_all, visible_but_colours
from pytest_platform.secrets import Secrets
from pytest_platform.verdict import Result, Verdict

HIDDEN = {
    "http://me:s3cret@host/ answered 404": "http://me:[redacted]@host/ answered 404",
    "postgres://:s3cret@db:5432/app?x=1": "postgres://:[redacted]@db:5432/app?x=1",
    "a http://a:s3cret@b b http://c:s3@cret@d": "a http://a:[redacted]@b b http://c:[redacted]@d",
    "    url: 'https://me:s3cret@[::1]:8443/'": "    url: 'https://me:[redacted]@[::1]:8443/'",
}
SHOWN = (
    "http://host:8080/",
    "http://me@host:8080/",
    "http://host:8080/path@version",
    "http://host:8080?mail=me@host",
    "[::1]:80 and me@host",
)


@pytest.mark.parametrize("text", HIDDEN)
def test_a_password_in_a_url_is_hidden(text: str) -> None:
    assert redact(text, Secrets()) == HIDDEN[text]


@pytest.mark.parametrize("text", SHOWN)
def test_what_is_none_is_shown(text: str) -> None:
    assert redact(text, Secrets()) == text


def test_control_characters_are_written_out() -> None:
    result = Result(
        Verdict.FAILED, "it \x1b]0;title\x07 failed", "any.code", evidence="a\x1b[2Jb\tc\n"
    )
    text = explain(result, Path(), Secrets())
    assert "\x1b" not in text
    assert r"\x1b]0;title\x07" in text
    assert "a\\x1b[2Jb\tc" in text


def test_colours_of_tests_stay() -> None:
    assert (
        visible_but_colours("\x1b[31mred\x1b[0m\x1b]0;x\x07") == "\x1b[31mred\x1b[0m\\x1b]0;x\\x07"
    )


def test_codes_are_never_touched() -> None:
    record = {
        "drift": ["container.user-7"],
        "reasons": [{"code": "user-7", "message": "is user-7"}],
    }
    assert redact_all(record, Secrets(["user-7"]), CODES) == {
        "drift": ["container.user-7"],
        "reasons": [{"code": "user-7", "message": "is [redacted]"}],
    }
