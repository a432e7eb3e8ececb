"""What is kept of a stream: its beginning behind a mark, its end, and no more."""

from __future__ import annotations

import pytest

from pytest_platform.hosts.bounded import Kept

MARK = b"\nmark\n"
SAID = b"noise\nmark\nbegin, and on to the end"


@pytest.mark.parametrize("size", [1, 2, 5, 7, 100])
def test_it_begins_behind_the_mark_however_it_is_cut(size: int) -> None:
    kept = Kept(None, 0, MARK)
    for start in range(0, len(SAID), size):
        kept.add(SAID[start : start + size])
    assert (kept.begun, kept.cut, kept.text()) == (True, False, "begin, and on to the end")


def test_noise_does_not_count() -> None:
    kept = Kept(5, 3, MARK)
    kept.add(b"x" * 1_000_000 + SAID + SAID)
    assert (kept.begun, kept.cut, kept.text()) == (True, True, "beginend")


def test_without_the_mark_the_end_of_the_noise_is_kept() -> None:
    kept = Kept(5, 3, MARK)
    for _ in range(100):
        kept.add(b"x" * 10_000)
    kept.add(b"the end")
    assert not kept.begun
    assert kept.text().endswith("xthe end")
    assert len(kept.text()) <= 64 * 1024


def test_without_a_mark_it_begins_at_once() -> None:
    kept = Kept(5)
    kept.add(SAID)
    assert (kept.begun, kept.cut, kept.text()) == (True, True, "noise")
