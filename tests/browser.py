"""The page in a real browser: its picture, and what a script in it finds out."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tempfile
from html import escape, unescape
from pathlib import Path
from typing import Any

AXE = Path(__file__).resolve().parents[1] / ".cache" / "axe" / "package" / "axe.min.js"
"""axe-core, which finds what is not accessible; ``tests/run`` fetches it."""
WIDTHS = (400, 1000, 1600)
_RAN = re.compile(r'<pre id="found">(.*?)</pre>', re.DOTALL)
_TIME = "30000"
"""Milliseconds of the page's own clock that a script may take."""


def chromium() -> str | None:
    """Return the browser; None where there is none."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


def picture(page: str, file: Path, size: tuple[int, int], *, dark: bool = False) -> None:
    """Write a picture of a page; ``size`` is in pixels."""
    _run(page, size, f"--screenshot={file}", dark=dark)


def evaluate(page: str, width: int, script: str, *, dark: bool = False) -> Any:
    """Return what an expression, or its promise, comes to in a page."""
    code = AXE.read_text(encoding="utf-8") if "axe." in script else ""
    # The page allows no script; what is judged here is the rest of it.
    allowed = re.sub(r"<meta http-equiv=[^>]*>", "", page)
    tell = (
        f"<script>{code}</script><script>Promise.resolve().then(() => {script}).then(found => {{"
        "const at = parent.document.createElement('pre'); at.id = 'found';"
        "at.textContent = JSON.stringify(found); parent.document.body.append(at); })"
        "</script></body>"
    )
    inner = escape(allowed.replace("</body>", tell))
    # The window of a browser has a least width, a frame in it has none.
    frame = f'<iframe style="border:0;width:{width}px;height:900px" srcdoc="{inner}"></iframe>'
    outer = f"<!DOCTYPE html><html><body>{frame}</body></html>"
    told = _run(
        outer, (width + 100, 1000), "--dump-dom", f"--virtual-time-budget={_TIME}", dark=dark
    )
    found = _RAN.search(told)
    assert found, told[-2000:]
    return json.loads(unescape(found[1]))


def _run(page: str, size: tuple[int, int], *how: str, dark: bool) -> str:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "page.html"
        file.write_text(page, encoding="utf-8")
        argv = [
            str(chromium()),
            *("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"),
            f"--user-data-dir={folder}/profile",
            f"--window-size={size[0]},{size[1]}",
            f"--blink-settings=preferredColorScheme={0 if dark else 1}",
            *how,
            file.as_uri(),
        ]
        done = subprocess.run(argv, capture_output=True, text=True, check=True)
    return done.stdout
