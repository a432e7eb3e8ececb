"""What goes in never comes out, however it is encoded and quoted and whatever stands around it."""

from __future__ import annotations

import base64
import html
import json
import random
import shlex
import unicodedata
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pytest_platform.secrets import Secrets
from pytest_platform.secrets.views import plain

MARK = "[redacted]"
GO_URL_SAFE = "$&+=:@"
ENCODINGS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "JSON": lambda text: json.dumps(text)[1:-1],
    "JSON in UTF-8": lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    "JSON of Go": lambda text: _escaped(json.dumps(text, ensure_ascii=False)[1:-1], "<>&"),
    "JSON of PHP": lambda text: json.dumps(text)[1:-1].replace("/", "\\/"),
    "repr": lambda text: repr(text)[1:-1],
    "repr of bytes": lambda text: repr(text.encode())[2:-1],
    "HTML": html.escape,
    "XML in numbers": lambda text: "".join(f"&#x{ord(one):x};" for one in text),
    "percent": lambda text: quote(text, safe=""),
    "encodeURIComponent": lambda text: quote(text, safe="!*'()"),
    "userinfo of Go": lambda text: quote(text, safe=GO_URL_SAFE),
    "a form": quote_plus,
    "a shell": lambda text: shlex.quote(text)[1:-1] if shlex.quote(text) != text else text,
    "SQL and YAML": lambda text: text.replace("'", "''"),
    "Compose": lambda text: text.replace("$", "$$"),
    "backslashes": lambda text: "".join(one if one.isalnum() else f"\\{one}" for one in text),
    "NFD": lambda text: unicodedata.normalize("NFD", text),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "hexadecimal": lambda text: text.encode().hex(),
    "coloured": lambda text: f"{text[:3]}\x1b[1;31m{text[3:]}",
    "titled": lambda text: f"{text[:3]}\x1b]0;für\x07{text[3:]}",
    "without width": lambda text: f"{text[:3]}\u200b{text[3:]}",
}
TWICE = ("JSON", "percent", "HTML", "as it is")
LETTERS = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
SECRETS = st.lists(
    st.sampled_from(LETTERS + "!#%&()*+,-./:;<=>?@[]^_{|}~'\"\\$` éüßñЖ漢"), min_size=8, max_size=40
).map(lambda letters: f"q7{''.join(letters).strip()}Zk9")
AROUND = st.sampled_from(
    ["", " ", "x", '"', "'", "=", "://u:", "\n", "\\", "%", "&", ":", "/", "…"]
)


def _escaped(text: str, letters: str) -> str:
    return "".join(f"\\u{ord(one):04x}" if one in letters else one for one in text)


@settings(deadline=None, max_examples=300)
@given(SECRETS, st.sampled_from(sorted(ENCODINGS)), st.sampled_from(TWICE), AROUND, AROUND)
@example("q7aaaaaaaaZk9", "titled", "as it is", "", "")
@example("q7aaaaa%aaZk9", "XML in numbers", "percent", "", "")
@example("q7aaaaaa\\bZk9", "percent", "percent", "", "")
def test_never_out(secret: str, first: str, second: str, before: str, after: str) -> None:
    once = ENCODINGS[first](secret)
    coded = once if first in {"base64", "hexadecimal"} else ENCODINGS[second](once)
    shown = Secrets([secret]).hide(f"{before}{coded}{after}", MARK)
    assert coded not in shown
    assert plain(secret) not in plain(shown)
    assert MARK in shown


@settings(deadline=None, max_examples=100)
@given(SECRETS.filter(lambda text: len(plain(text)) >= len(text) - 2), st.integers(9, 40))
@example("q7aaaaaaa.aaZk9", 9)
@example("q7a..aaaaaaaZk9", 9)
def test_cut_by_pytest(secret: str, shown: int) -> None:
    """As in ``--showlocals`` and in the message of an assertion."""
    cut = f"value = '{secret[:shown]}...{secret[-shown:]}'"
    hidden = Secrets([secret]).hide(cut, MARK)
    assert secret[: shown - 2] not in hidden
    assert secret[-shown:] not in hidden


@pytest.mark.parametrize("kept", [15, 12, 9])
def test_the_beginning_alone(kept: int) -> None:
    value = "Kq7vXw2Zr9TbNm4AaBb"
    assert value[:kept] not in Secrets([value]).hide(f"'{value[:kept]}...'", MARK)


def test_two_values_that_overlap() -> None:
    secrets = Secrets(["abcd-1234-efgh", "1234-efgh-5678"])
    assert secrets.hide("<abcd-1234-efgh-5678>", MARK) == f"<{MARK}>"


def test_of_many_values_with_one_beginning() -> None:
    random.seed(1)
    values = [f"one-long-beginning-{random.randrange(10**9):09d}" for _ in range(2000)]  # noqa: S311
    text = "\n".join(f"{at} INFO used {random.choice(values)} ..." for at in range(20_000))  # noqa: S311
    shown = Secrets(values).hide(text, MARK)
    assert "one-long-beginning" not in shown
    assert shown.count(MARK) == 20_000


@pytest.mark.parametrize("word", ["port", "user"])
def test_a_short_word_is_hidden_as_a_word_only(word: str) -> None:
    secrets = Secrets([f"{word}q"])
    assert secrets.hide(f"a{word}qa {word}q", MARK) == f"a{word}qa {MARK}"


def test_quoting_that_a_short_value_holds_is_not_ignored() -> None:
    assert Secrets(["$$pass"]).hide("password pass $$pass", MARK) == f"password pass $${MARK}"
