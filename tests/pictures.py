"""Draw the pictures of the page that the documentation shows: ``python tests/pictures.py``."""

from __future__ import annotations

import sys
from pathlib import Path

from browser import chromium, picture
from page_sample import past, sample
from pytest_platform.report.document import read
from pytest_platform.report.formats import html

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "pictures"
MOST = 200 * 1024
"""Bytes of a picture."""


def main() -> int:
    """Draw all of them; 1 where there is no browser, or a picture is too large."""
    if chromium() is None:
        sys.stderr.write("there is no Chromium; 'apt-get install chromium' brings one\n")
        return 1
    FOLDER.mkdir(parents=True, exist_ok=True)
    page = html.with_past(read(sample()), past())
    # A link to a part of a page cannot be followed here: what stands above is taken away.
    parts = {
        "page": (page, (1000, 1180), False),
        "page-dark": (page, (1000, 1180), True),
        "page-narrow": (page, (500, 1180), False),
        "page-modules": (_only(page, "modules"), (1180, 900), False),
        "page-graph": (_only(page, "graph"), (1300, 980), True),
    }
    for name, (text, size, dark) in parts.items():
        picture(text, FOLDER / f"{name}.png", size, dark=dark)
    large = [one.name for one in FOLDER.iterdir() if one.stat().st_size > MOST]
    sys.stderr.write("".join(f"{one} is larger than {MOST} bytes\n" for one in large))
    return int(bool(large))


def _only(page: str, part: str) -> str:
    """Return the page with one of its parts alone."""
    style = f"body > header, nav, footer, section:not([aria-labelledby={part}]) {{ display: none }}"
    return page.replace("</style>", f"{style} h2 {{ margin-top: 1rem }}</style>")


if __name__ == "__main__":
    sys.exit(main())
