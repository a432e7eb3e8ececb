"""``validate [PATH…]``: read module files strictly, and say all that is wrong with them."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the files, folders of modules, or folders that hold those."""
    parser.add_argument(
        "paths",
        nargs="*",
        type=Path,
        default=[Path("modules")],
        metavar="PATH",
        help="module files, or folders that hold them (default: modules)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Print a line for each problem; 1 where there is one, or nothing to read."""
    from pytest_platform.checks.registry import vocabulary
    from pytest_platform.module.catalog import Catalog
    from pytest_platform.module.loader import Broken

    root, found, wrong = Path.cwd(), 0, 0
    for path in arguments.paths:
        for file in _files(path.absolute()):
            base = root if file.is_relative_to(root) else file.parent.parent.parent
            module = Catalog(file.parent.parent, base, vocabulary()).get(file.parent.name)
            found += 1
            for problem in module.problems if isinstance(module, Broken) else ():
                wrong += 1
                sys.stderr.write(f"{problem.location}: {problem.message} [{problem.code}]\n")
    if not found:
        named = ", ".join(map(str, arguments.paths))
        sys.stderr.write(f"validate: there is no module.yaml in {named}\n")
        return 1
    what = "module is" if found == 1 else "modules are"
    if not wrong:
        sys.stdout.write(f"{found} {what} valid\n")
    return 1 if wrong else 0


def _files(path: Path) -> Iterator[Path]:
    """Yield module files: the one that is named, that of a folder, or those of its folders."""
    if path.is_file():
        yield path
    elif (path / "module.yaml").exists():
        yield path / "module.yaml"
    else:
        yield from sorted(path.glob("*/module.yaml"))
