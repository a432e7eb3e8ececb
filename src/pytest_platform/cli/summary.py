"""``summary REPORT``: the same as ``report markdown REPORT``, by its older name."""

from __future__ import annotations

import argparse
from pathlib import Path

from pytest_platform.cli import report


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the document that ``--json`` has written."""
    parser.add_argument("report", type=Path, metavar="REPORT", help="what --json=PATH has written")


def run(arguments: argparse.Namespace) -> int:
    """Print the Markdown; 1 where the file is no document."""
    return report.convert("markdown", arguments.report)
