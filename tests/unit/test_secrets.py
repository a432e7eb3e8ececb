"""What no report may carry is found in every spelling, whole or in pieces."""

from __future__ import annotations

import base64
import json
import textwrap
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest

from pytest_platform.secrets import PIECE, Secrets

Coder = Callable[[bytes], bytes]

MARK = "[redacted]"
ODD = 'it\'s 1 "pass"\\wörd+/&='
LONG = "".join(f"{number:x}k{number * 7919 % 997:03d}" for number in range(90))
LINES = "-----BEGIN-----\n" + "\n".join(textwrap.wrap(LONG, 64)) + "\n-----END-----"


@pytest.mark.parametrize(
    "spelt",
    [
        json.dumps(ODD)[1:-1],
        json.dumps(ODD, ensure_ascii=False)[1:-1],
        repr(ODD)[1:-1],
        ODD.replace("'", "'\\''"),
        quote(ODD),
        quote(ODD, safe=""),
        quote_plus(ODD),
        quote(ODD, safe="").lower(),
    ],
)
def test_quoted(spelt: str) -> None:
    assert Secrets([ODD]).hide(f"x={spelt};", MARK) == f"x={MARK};"


@pytest.mark.parametrize("before", ["", "u", "us", "user:"])
@pytest.mark.parametrize("after", ["", "\n", ":x", "xy"])
@pytest.mark.parametrize("secret", ["abcde", "hunter22", "Xk29vLq8sZ", ODD])
@pytest.mark.parametrize("coder", [base64.b64encode, base64.urlsafe_b64encode])
def test_base64_amid_other_text(
    before: str, after: str, secret: str, coder: Callable[[bytes], bytes]
) -> None:
    """As in ``Authorization: Basic …``, which is the base64 of ``user:password``."""
    coded = coder((before + secret + after).encode()).decode()
    shown = Secrets([secret]).hide(coded, MARK)
    assert MARK in shown
    # What is left holds what stands around it, and at its ends some bits of the secret.
    rest = shown.replace(MARK, "").rstrip("=")
    assert len(rest) <= len(base64.b64encode((before + after).encode())) + 2, shown


@pytest.mark.parametrize("secret", [LONG, LINES, base64.b64encode(LONG.encode()).decode()])
@pytest.mark.parametrize("width", [60, 64, 76, 118])
def test_broken_into_lines(secret: str, width: int) -> None:
    for text in (secret, base64.b64encode(secret.encode()).decode()):
        lines = [text[at : at + width] for at in range(0, len(text), width)]
        assert_hidden(Secrets([secret]).hide("\n".join(lines), MARK), text)


@pytest.mark.parametrize("kept", [PIECE, 50, 118])
def test_cut_in_the_middle(kept: int) -> None:
    """As pytest cuts what is long, in an assertion or with ``--showlocals``."""
    cut = f"assert 'x' == '{LONG[:kept]}...{LONG[-kept:]}'"
    assert Secrets([LONG]).hide(cut, MARK) == f"assert 'x' == '{MARK}...{MARK}'"


def test_a_piece_from_anywhere() -> None:
    for at in range(len(LONG) - 2 * PIECE):
        piece = LONG[at : at + 2 * PIECE]
        assert Secrets([LONG]).hide(f"<{piece}>", MARK) == f"<{MARK}>"


def test_what_is_public_is_no_piece_either() -> None:
    public = "https://registry.example.org/some/long/path/that/people/know"
    secrets = Secrets([f"{public}?key=hunter22"]).without([public])
    assert secrets.hide(public, MARK) == public


def test_bytes_that_are_no_text() -> None:
    """So the operating system hands over a variable that is not UTF-8."""
    assert Secrets(["hunter\udcff22"]).hide("a hunter\udcff22", MARK) == f"a {MARK}"


def assert_hidden(shown: str, text: str) -> None:
    """Fail where as much as a piece of a line of a text is left."""
    lines = text.splitlines()
    pieces = [line[at : at + PIECE] for line in lines for at in range(len(line) - PIECE)]
    assert not [piece for piece in pieces if piece in shown]
