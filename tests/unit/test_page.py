"""The page: what it says first, the graph, the strips of earlier runs, and its size."""

from __future__ import annotations

import itertools
import random
import re
from html.parser import HTMLParser

import pytest

from documents import Json, check, container, document, everything, finding, module
from page_sample import past as sample_past
from page_sample import sample
from pytest_platform.report.document import read
from pytest_platform.report.faults import alike, faults
from pytest_platform.report.formats import html
from pytest_platform.report.page.drawing import MOST, drawn
from pytest_platform.report.page.glance import glance
from pytest_platform.report.page.graph import layout
from pytest_platform.report.page.moments import moment, span, took
from pytest_platform.report.page.problems import problems
from pytest_platform.report.page.strips import plot, strip
from pytest_platform.report.past import Past, PastRun, changes, flaps, streak

_DAY = 86400.0


def runs(verdicts: str, start: float = 1779000000.0) -> list[PastRun]:
    """Make a run a day of letters: p, f, e and u."""
    words = {"p": "passed", "f": "failed", "e": "error", "u": "unverified"}
    return [
        PastRun(start + _DAY * index, words[one], 1.0 + index) for index, one in enumerate(verdicts)
    ]


@pytest.mark.parametrize(
    ("verdicts", "well", "since", "count", "known"),
    [
        ("p", True, 0, 1, False),
        ("ppff", False, 2, 2, True),
        ("ffpup", True, 2, 2, True),
        ("pfe", False, 1, 2, True),
        ("ffff", False, 0, 4, False),
    ],
)
def test_since_when_it_is_as_it_is(
    verdicts: str, *, well: bool, since: int, count: int, known: bool
) -> None:
    found = streak(runs(verdicts, 0.0))
    assert found
    assert (found.well, found.since, found.runs) == (well, since * _DAY, count)
    assert found.known is known


@pytest.mark.parametrize("verdicts", ["", "u", "ppu"])
def test_an_unverified_run_says_neither(verdicts: str) -> None:
    assert streak(runs(verdicts)) is None


@pytest.mark.parametrize(
    ("verdicts", "count", "flapping"),
    [
        ("pppp", 0, False),
        ("pfpp", 2, False),
        ("pfpf", 3, True),
        ("pupuf", 1, False),
        ("fefe", 0, False),
    ],
)
def test_flapping(verdicts: str, count: int, *, flapping: bool) -> None:
    assert changes(runs(verdicts)) == count
    assert flaps(runs(verdicts)) is flapping
    assert changes(runs(verdicts + 60 * "p")) == 0, "it was long ago"


def _said(source: Json, past: Past) -> str:
    return glance(read(source), past).since


def test_the_page_says_since_when_all_is_well() -> None:
    source = {**document(module("a"), module("b")), "created": 1779000000.0 + 4 * _DAY}
    past = {"a": runs("fpppp"), "b": runs("ppfpp")}
    said = "All has been well since 20 May 2026, 06:40 UTC (2 runs, 1 day)."
    assert _said(source, past) == said
    assert said in html.with_past(read(source), past)
    assert "no history is kept" in _said(source, {})


def test_the_page_says_since_when_it_is_not_well() -> None:
    bad = [module(one, check("failed"), verdict="failed") for one in "ab"]
    source = {**document(*bad, module("c")), "created": 1779000000.0 + 4 * _DAY}
    past = {"a": runs("ppppf"), "b": runs("pppff"), "c": runs("fpppp")}
    seen = glance(read(source), past)
    assert seen.sentence == "2 of 3 modules failed"
    assert seen.since == "Not well since 20 May 2026, 06:40 UTC (2 runs, 1 day)."
    assert [(one.name, one.lasted) for one in seen.unwell] == [
        ("a", "1 run"),
        ("b", "2 runs, 1 day"),
    ]


def test_a_flapping_module_is_seen_though_it_passed() -> None:
    text = html.with_past(read(document(module("web"))), {"web": runs("pfpfp")})
    assert "Flapping</strong>, so that one verdict says little: <bdi>web" in text
    assert "changed 4 times" in text


def test_a_strip_has_each_run_once() -> None:
    made = strip(runs("ppfup"))
    assert dict(made.lines)["passed"] == "M180 8h7m9 0h3"
    assert dict(made.lines)["failed"] == "M188 8h3"
    assert made.label == "last 5 runs: 1 failed, 1 unverified, 3 passed; changed 2 times"
    assert strip(runs(70 * "p")).lines == [("passed", "M0 8h199")]


def test_a_plot_ends_at_the_last_run() -> None:
    made = plot(runs("ppp"))
    assert made
    assert made.line == "M190 15l4-6l4-7"
    assert made.end == (198, 2)
    assert made.label == "took 3.0 s, median 2.0 s, at most 3.0 s"
    assert plot(runs("p")) is None
    assert plot([PastRun(0, "passed", 0.0)] * 2)


@pytest.mark.parametrize("seed", range(30))
def test_a_graph_is_laid_out(seed: int) -> None:
    """No two nodes stand in one place, and but for cycles each edge leads to the right."""
    dice = random.Random(seed)  # noqa: S311 - any graphs do
    names = [str(one) for one in range(dice.randrange(1, 40))]
    cyclic = seed % 2
    needs = {
        name: sorted(
            {one for one in dice.choices(names, k=dice.randrange(4)) if one != name}
            if cyclic
            else {one for one in dice.choices(names, k=3) if int(one) > int(name)}
        )
        for name in names
    }
    made = layout(needs)
    assert set(names) <= set(made.places)
    assert set(made.paths) == {(one, to) for one, all_ in needs.items() for to in all_}
    for first, second in itertools.combinations(made.places.values(), 2):
        assert first[0] != second[0] or abs(first[1] - second[1]) > 0.98
    for (source, target), path in made.paths.items():
        assert (path[0], path[-1]) == (source, target)
        layers = [made.places[one][0] for one in path]
        assert all(abs(one - two) == 1 for one, two in itertools.pairwise(layers))
        assert cyclic or layers == sorted(layers)


def test_edges_cross_as_seldom_as_may_be() -> None:
    made = layout({"a": ["z"], "b": ["y"], "c": ["x"], "x": [], "y": [], "z": []})
    assert [made.places[one][1] for one in "abc"] == [made.places[one][1] for one in "zyx"]


def test_a_long_chain_is_no_deep_recursion() -> None:
    chain = {str(one): [str(one + 1)] for one in range(3000)}
    made = layout({**chain, "3000": []})
    assert made.layers == 3001


def test_the_graph_has_a_line_for_each_need() -> None:
    picture = drawn(read(everything()).platform.modules)
    assert {one.name: one.verdict for one in picture.boxes} == {
        "minio-init": "failed",
        "db": "error",
        "web": "passed",
        "elsewhere": "absent",
    }
    assert sorted(one.kind for one in picture.edges) == ["owner bad", "requires", "requires bad"]
    assert picture.apart == ["cache", "old"]
    labels = [one.label for one in picture.boxes]
    assert "minio-init: failed; changes data of db" in labels
    assert "elsewhere: took no part in this run" in labels


def test_a_module_that_needs_itself_is_drawn() -> None:
    source = document(module("a", requires=["a", "b"], owner="a"), module("b", requires=["a"]))
    assert len(drawn(read(source).platform.modules).edges) == 2


def test_of_too_many_modules_those_are_drawn_that_matter() -> None:
    many = [module(f"m{one}", requires=[f"m{one + 1}"]) for one in range(MOST + 30)]
    bad = module("bad", check("failed"), verdict="failed", requires=["m7"])
    picture = drawn(read(document(*many, bad, module("over", requires=["bad"]))).platform.modules)
    assert {one.name for one in picture.boxes} == {"bad", "m7", "over"}
    all_bad = [{**one, "verdict": "failed"} for one in many]
    picture = drawn(read(document(*all_bad)).platform.modules)
    assert not picture.boxes
    assert picture.left_out == MOST + 31
    assert "too many modules to draw" in html.render(read(document(*all_bad)))


def test_faults_that_differ_in_the_module_alone_are_one() -> None:
    def exited(name: str) -> Json:
        text = f"home-{name}-1 exited 1; a one-shot must exit 0"
        return module(name, check("failed", text), verdict="failed")

    section = read(document(exited("db"), exited("web"), exited("web-init"))).platform
    (found,) = alike(faults(section))
    assert found.message == "home-MODULE-1 exited 1; a one-shot must exit 0"
    assert [one.module for one in found.faults] == ["db", "web", "web-init"]
    (alone,) = alike(faults(read(document(exited("db"))).platform))
    assert alone.message == "home-db-1 exited 1; a one-shot must exit 0"


def test_a_quoted_line_is_marked_where_it_is_wrong() -> None:
    lines = ["\ta: 1", "\tb: 2", ""]
    excerpt = {"lines": lines, "first": 3, "line": 4, "column": 4, "width": 1}
    bad = check("failed", findings=[finding(excerpt=excerpt)])
    (problem,) = problems(read(document(module("web", bad), verdict="failed")).platform)
    first, second, third = problem.messages[0].lines
    assert (first.number, first.text, first.marked) == (3, "a: 1", None)
    assert second.marked == ("b: ", "2", "")
    assert third.text == ""


def test_links_lead_to_something() -> None:
    page = _Anchors()
    page.feed(html.with_past(read(sample()), sample_past()))
    assert page.links
    assert page.links <= set(page.ids)
    assert len(set(page.ids)) == len(page.ids)


class _Anchors(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del tag
        self.links |= {str(value)[1:] for name, value in attrs if name == "href"}
        self.ids += [str(value) for name, value in attrs if name == "id"]


def test_a_page_of_a_hundred_modules_with_their_history_is_small() -> None:
    dice = random.Random(3)  # noqa: S311 - any verdicts do
    modules = [
        module(
            f"module-{one:03}",
            *(
                check("passed" if at else "failed", f"{one} {at}", id=f"smoke::probe {at}")
                for at in range(15)
            ),
            verdict="failed",
            requires=[f"module-{(one * 7) % 100:03}"],
            observed=[container(f"home-module-{one:03}-1")],
        )
        for one in range(100)
    ]
    past = {
        one["name"]: [
            PastRun(at, dice.choice(["passed", "failed"]), dice.random()) for at in range(50)
        ]
        for one in modules
    }
    assert len(html.with_past(read(document(*modules)), past).encode()) < 300 * 1024


def test_the_style_sheet_asks_for_nothing() -> None:
    text = html.with_past(read(sample()), sample_past())
    assert text.startswith("<!DOCTYPE html>")
    assert not re.search(r"url\(|@import|(src|href)=.[^#]|<script| on[a-z]+=", text)


@pytest.mark.parametrize(
    ("made", "text"),
    [
        (took(0.004), "0.00 s"),
        (took(59.94), "59.9 s"),
        (took(59.97), "1 min 00 s"),
        (took(3725), "62 min 05 s"),
        (span(59), "less than a minute"),
        (span(3600), "1 hour"),
        (span(2 * _DAY + 5), "2 days"),
        (moment(0), "1 Jan 1970, 00:00 UTC"),
        (moment(float("nan")), ""),
        (moment(1e300), ""),
    ],
)
def test_moments_and_durations(made: str, text: str) -> None:
    assert made == text
