"""Commands beside pytest: ``python -m pytest_platform COMMAND``, one file for each."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from types import ModuleType

from pytest_platform.cli import adopt, baseline, explain, new, report, schema, summary, validate

COMMANDS: Mapping[str, ModuleType] = {
    "adopt": adopt,
    "baseline": baseline,
    "explain": explain,
    "new": new,
    "report": report,
    "schema": schema,
    "summary": summary,
    "validate": validate,
}
"""Every command. A new one is one file with ``add_arguments`` and ``run``, and one line here."""

_INTERRUPTED = 130
"""What a shell gives for a command that SIGINT has ended."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code.

    Raises:
        SystemExit: with 2 for arguments that cannot be used, and with 0 after ``--help``.
    """
    parser = argparse.ArgumentParser(prog="pytest-platform", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, command in COMMANDS.items():
        first_line = (command.__doc__ or "").splitlines()[0]
        about = first_line.partition(": ")[2]
        sub = commands.add_parser(name, help=about, description=about)
        command.add_arguments(sub)
        sub.set_defaults(run=command.run)
    if "_ARGCOMPLETE" in os.environ:  # A shell asks for what could follow.
        import argcomplete

        argcomplete.autocomplete(parser)
    parsed = parser.parse_args(arguments)
    try:
        return int(parsed.run(parsed))
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        return _INTERRUPTED
