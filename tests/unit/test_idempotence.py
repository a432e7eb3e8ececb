"""Two runs of a one-shot: what is compared, and that nothing compared is no pass."""

from __future__ import annotations

import pytest

from pytest_platform.checks.idempotence import NothingCompared, TwoRuns, judge, what_is_the_same

SEEN = {"/data/x": "sha256:1"}
OTHER = {"/data/x": "sha256:2"}


def test_what_was_compared_is_counted() -> None:
    runs = TwoRuns({**SEEN, "time": "1"}, {**SEEN, "time": "2"}, 0, {**SEEN, "time": "3"})
    assert not list(judge(runs))
    assert what_is_the_same(runs, probes=1) == "ran twice; 1 parts of the state are the same"


@pytest.mark.parametrize(
    ("runs", "probes"), [(TwoRuns({}, {}, 0, {}), 1), (TwoRuns(SEEN, OTHER, 0, SEEN), 0)]
)
def test_nothing_compared_is_no_pass(runs: TwoRuns, probes: int) -> None:
    with pytest.raises(NothingCompared) as caught:
        what_is_the_same(runs, probes=probes)
    assert caught.value.code == "smoke.idempotent.nothing_compared"


def test_without_volumes_and_probes_the_exit_code_is_all() -> None:
    said = what_is_the_same(TwoRuns({}, {}, 0, {}), probes=0)
    assert said.startswith("exited 0 twice; it has no volumes")


def test_what_was_lost_is_told() -> None:
    (found,) = judge(TwoRuns(SEEN, SEEN, 0, SEEN, lost=("/data",)))
    assert found.message.endswith("a file that was put into /data is gone")


def test_what_fell_is_told() -> None:
    fallen = ("'store' is not as declared: it exited 1",)
    (found,) = judge(TwoRuns(SEEN, SEEN, 0, SEEN, (), fallen))
    assert found.message == f"after it ran a second time, {fallen[0]}"
