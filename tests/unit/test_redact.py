"""Passwords in URLs are hidden wherever they stand, also where nobody has told of them."""

from __future__ import annotations

import pytest

from pytest_platform.report.redact import redact
from pytest_platform.secrets import Secrets

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
