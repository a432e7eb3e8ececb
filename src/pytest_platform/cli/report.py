"""``report FORMAT REPORT``: a saved JSON document in another format."""

from __future__ import annotations

import argparse
import io
import json
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_platform.errors import PlatformError

if TYPE_CHECKING:
    from pytest_platform.report.document import Document
    from pytest_platform.report.past import Past

UNREADABLE = "summary.unreadable"
NO_LIBRARY = "report.library"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the format, and the document that ``--json`` has written."""
    from pytest_platform.report.formats import FORMATS

    formats = ", ".join(FORMATS)
    parser.add_argument("format", choices=FORMATS, metavar="FORMAT", help=f"one of {formats}")
    parser.add_argument(
        "report", type=Path, metavar="REPORT", help="what --json=PATH has written; - is stdin"
    )
    parser.add_argument(
        "--platform-history",
        type=Path,
        metavar="PATH",
        help="the history that runs have kept; for the page (html)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Print the document in a format; 1 where the file is no document."""
    return convert(arguments.format, arguments.report, arguments.platform_history)


def convert(name: str, path: Path, history: Path | None = None) -> int:
    """Print a saved document in a format, and return the exit code of the command."""
    from pytest_platform.report.formats import exit_code, missing, render, shows_history, unreadable

    if message := missing(name):
        sys.stderr.write(f"{message} [{NO_LIBRARY}]\n")
        return 1
    if history and not shows_history(name):
        sys.stderr.write(f"--platform-history: the format '{name}' shows none [platform.usage]\n")
        return 1
    try:
        document = _read(path)
    except (OSError, ValueError, RecursionError) as error:
        reason = " ".join(str(error).split())
        sys.stderr.write(f"{path}: no document of --json: {reason} [{UNREADABLE}]\n")
        text, code = unreadable(name, reason)
        _write(text)
        return code
    try:
        past = _past(history, document)
    except PlatformError as error:
        sys.stderr.write(f"{error} [{error.code}]\n")
        return 1
    _write(render(name, document, _width(), past))
    return exit_code(name, document)


def _past(path: Path | None, document: Document) -> Past:
    """Return what earlier runs say; nothing without a history.

    Raises:
        PlatformError: it cannot be read.
    """
    if path is None:
        return {}
    from pytest_platform.report.history import History

    return History(path).before(document)


def _read(path: Path) -> Document:
    """Read a document.

    Raises:
        OSError, ValueError, RecursionError: it is none.
    """
    from pytest_platform.report.document import read

    found = json.loads(sys.stdin.read() if str(path) == "-" else path.read_text(encoding="utf-8"))
    if not isinstance(found, dict):
        raise ValueError("it is no object")  # noqa: TRY004 - it is the file that is wrong
    return read(found)


def _write(text: str) -> None:
    """Write to stdout in UTF-8, whatever the locale says."""
    sys.stdout.flush()
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
    sys.stdout.write(text)


def _width() -> int | None:
    """Return the columns of the terminal; None where the text goes elsewhere."""
    if sys.stdout.isatty() or os.environ.get("COLUMNS"):
        return shutil.get_terminal_size().columns
    return None
