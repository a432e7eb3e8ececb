"""The page in Chromium: nothing is wider than the window, and axe-core finds nothing."""

from __future__ import annotations

import pytest

from browser import AXE, WIDTHS, chromium, evaluate
from documents import everything, hostile
from page_sample import past, sample
from pytest_platform.report.document import read
from pytest_platform.report.formats import html

pytestmark = pytest.mark.skipif(
    chromium() is None, reason="there is no Chromium; 'apt-get install chromium' brings one"
)
NEEDS_AXE = pytest.mark.skipif(
    not AXE.is_file(), reason="axe-core is not there; tests/run fetches it with npm"
)
_OPEN = "document.querySelectorAll('details').forEach(one => one.open = true)"
_WIDER = "[document.documentElement.scrollWidth, window.innerWidth]"
_AXE = "axe.run().then(one => one.violations.map(two => [two.id, two.nodes.map(n => n.html)]))"
PAGES = {
    "sample": lambda: html.with_past(read(sample()), past()),
    "everything": lambda: html.render(read(everything())),
    "hostile": lambda: html.render(read(hostile())),
}


@pytest.mark.parametrize("width", [320, *WIDTHS])
def test_nothing_is_wider_than_the_window(width: int) -> None:
    for name in ("sample", "hostile"):
        found, inner = evaluate(PAGES[name](), width, f"({_OPEN}, {_WIDER})")
        assert inner == width
        assert found <= width, name


@NEEDS_AXE
@pytest.mark.parametrize(
    ("name", "width", "dark"),
    [
        ("sample", 400, False),
        ("sample", 1600, True),
        ("everything", 400, True),
        ("everything", 1600, False),
        ("hostile", 1000, False),
    ],
)
def test_it_is_accessible(name: str, width: int, *, dark: bool) -> None:
    assert evaluate(PAGES[name](), width, f"({_OPEN}, {_AXE})", dark=dark) == []


@NEEDS_AXE
def test_what_is_not_accessible_is_found() -> None:
    page = PAGES["everything"]().replace("--quiet: #545d68", "--quiet: #ccc")
    found = evaluate(page.replace('lang="en"', ""), 1000, f"({_OPEN}, {_AXE})")
    assert {"color-contrast", "html-has-lang"} <= {one for one, _ in found}


def test_the_keyboard_reaches_every_module_of_the_graph() -> None:
    reached = "(one => (one.focus(), document.activeElement === one))"
    script = f"[...document.querySelectorAll('.graph a')].filter({reached}).length"
    assert evaluate(PAGES["sample"](), 1000, script) == 38
