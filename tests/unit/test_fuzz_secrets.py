"""Secrets in random texts, encoded at random, never come out; many at once, as in a real log."""

from __future__ import annotations

import random

import pytest
from oddities import SHARES, chance, of_share
from test_never_out import ENCODINGS, LETTERS, MARK

from pytest_platform.secrets import Secrets
from pytest_platform.secrets.views import plain

TOGETHER = 20
SLOWER = 20
"""Secrets that are learned together, and how many cases of others one case of these counts for."""
ODD = LETTERS + "!#%&()*+,-./:;<=>?@[]^_{|}~'\"\\$` éüßñЖ漢"
WORDS = ("the", "value", "=", "password", "{", "}", '"', "\n", "\t", "://", "@", "%41", "&amp;", "")


@pytest.mark.parametrize("share", range(SHARES))
def test_none_of_many_comes_out(share: int) -> None:
    for number in of_share(share, SLOWER):
        by = chance(number)
        known = [_secret(by) for _ in range(TOGETHER)]
        secrets = Secrets(known)
        chosen = by.sample(known, 5)
        coded = [ENCODINGS[by.choice(sorted(ENCODINGS))](one) for one in chosen]
        shown = secrets.hide(" ".join(f"{_around(by)}{one}{_around(by)}" for one in coded), MARK)
        for one, form in zip(chosen, coded, strict=True):
            assert form not in shown, number
            assert plain(one) not in plain(shown), number


def _secret(by: random.Random) -> str:
    return f"q7{''.join(by.choices(ODD, k=by.randint(8, 40))).strip()}Zk9"


def _around(by: random.Random) -> str:
    return "".join(by.choices(WORDS, k=3))
