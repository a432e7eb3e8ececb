"""``baseline``: accept today's contract findings until a day, in one file."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_platform.errors import PlatformError, render

if TYPE_CHECKING:
    from pytest_platform.module.baseline import Accepted, Baseline
    from pytest_platform.module.catalog import Catalog

_DAYS = 90
_REASON = "there when the baseline was taken"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the last day, and where the modules are."""
    parser.add_argument(
        "--until",
        type=date.fromisoformat,
        default=datetime.now(UTC).date() + timedelta(days=_DAYS),
        metavar="DATE",
        help=f"the last day, as YYYY-MM-DD (default: in {_DAYS} days)",
    )
    parser.add_argument(
        "--modules-dir",
        type=Path,
        default=Path("modules"),
        metavar="DIR",
        help="where the modules are (default: modules)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Write the file; what it accepts already keeps its reason and its end. 1 on an error."""
    from pytest_platform.checks.registry import vocabulary
    from pytest_platform.module.baseline import FILE_NAME, baseline_in, text_of
    from pytest_platform.module.catalog import Catalog
    from pytest_platform.output import Output

    root = Path.cwd()
    folder = root / arguments.modules_dir
    try:
        known = baseline_in(folder, root)
        catalog = Catalog(folder, root, vocabulary())
        accepted = list(_accepted(catalog, known, arguments.until.isoformat()))
        Output.prepare(folder / FILE_NAME).write(text_of(accepted).encode())
    except PlatformError as error:
        sys.stderr.write(render(f"baseline: {error}", error.code, error.location) + "\n")
        return 1
    except OSError as error:
        sys.stderr.write(f"baseline: {folder / FILE_NAME}: {error.strerror}\n")
        return 1
    new = sum(one.reason == _REASON for one in accepted)
    sys.stdout.write(
        f"{arguments.modules_dir / FILE_NAME}: {len(accepted)} findings are accepted, "
        f"{new} of them with the reason {_REASON!r}\n"
    )
    return 0


def _accepted(catalog: Catalog, known: Baseline, until: str) -> Iterator[Accepted]:
    from pytest_platform.checks.contract.facts import Facts
    from pytest_platform.checks.registry import CONTRACT
    from pytest_platform.compose.renderer import Renderer
    from pytest_platform.hosts.transport import Local
    from pytest_platform.module.baseline import Accepted
    from pytest_platform.module.loader import Module

    renderer, today = Renderer(Local()), datetime.now(UTC).date()
    for module in map(catalog.get, catalog.names()):
        if not isinstance(module, Module):
            continue
        facts = Facts(module, catalog, renderer, today)
        waived = {one.code for one in module.manifest.spec.waivers}
        for code, judge in CONTRACT.items():
            if code in waived:
                continue
            try:
                findings = [facts.placed(one) for one in judge(facts)]
            except PlatformError:
                continue  # what could not be looked at is an error of the run, and accepted by none
            for finding in findings:
                content = known.content(finding, module.at("spec"))
                yield known.accepted.get((module.name, code, content)) or Accepted(
                    code=code, reason=_REASON, until=until, module=module.name, content=content
                )
