"""``summary REPORT``: a JSON document as Markdown, for the summary that a CI job shows."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

UNREADABLE = "summary.unreadable"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the document that ``--json`` has written."""
    parser.add_argument("report", type=Path, metavar="REPORT")


def run(arguments: argparse.Namespace) -> int:
    """Print the Markdown; 1 where the file is no document."""
    from pytest_platform.report.markdown import markdown

    report: Path = arguments.report
    try:
        text = markdown(json.loads(report.read_text(encoding="utf-8")))
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        sys.stderr.write(f"{report}: no document of --json: {error} [{UNREADABLE}]\n")
        return 1
    sys.stdout.write(text)
    return 0
