"""``new NAME``: write the files of one module, for a service that is named like it."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from pytest_platform.errors import PlatformError, render


class BadModuleName(PlatformError):
    """There is a module of that name, or no module can be called so."""

    code = "new.name"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the name, and what the module is to be."""
    parser.add_argument("name", metavar="NAME", help="of the module, and of its service")
    parser.add_argument("--service", default="", help="where it is called otherwise")
    parser.add_argument(
        "--expected-state",
        choices=("running", "healthy", "exited-success"),
        default="running",
        help="what the service is to be (default: running)",
    )
    parser.add_argument(
        "--modules-dir",
        type=Path,
        default=Path("modules"),
        metavar="DIR",
        help="where to write (default: modules)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Write the files; 1 where they cannot be."""
    from pytest_platform.adopt.write import write

    try:
        _check(arguments)
        files = {"module.yaml": _module(arguments), "runbook.md": _runbook(arguments.name)}
        written = write(arguments.modules_dir, {}, {arguments.name: files})
    except PlatformError as error:
        sys.stderr.write(render(f"new: {error}", error.code, error.location) + "\n")
        return 1
    sys.stdout.write("".join(f"wrote {path}\n" for path in written))
    return 0


def _check(arguments: argparse.Namespace) -> None:
    import msgspec

    from pytest_platform.module.forms import Name

    name = arguments.name
    try:
        msgspec.convert(name, Name)
    except msgspec.ValidationError:
        message = f"'{name}' is no name of a module: 1 to 63 of a-z, 0-9, '.', '_' and '-'"
        raise BadModuleName(message) from None
    if os.path.lexists(arguments.modules_dir / name):
        raise BadModuleName(f"{arguments.modules_dir / name} is there already; nothing was written")


def _module(arguments: argparse.Namespace) -> str:
    from pytest_platform.adopt.layout import flow
    from pytest_platform.module.defaults import FILE_NAME
    from pytest_platform.module.forms import DECIDE

    shared = (arguments.modules_dir / FILE_NAME).exists()
    compose = {} if shared else {"files": ["../../compose.yaml"], "project": Path.cwd().name}
    compose["service"] = arguments.service or arguments.name
    owner = [] if shared else ["  owner: nobody", "  contract: draft"]
    lines = [
        "apiVersion: platform/v2",
        "kind: Module",
        "metadata:",
        f"  name: {flow(arguments.name)}",
        f"  summary: {flow(f'{DECIDE}: what is it for?')}",
        *owner,
        "spec:",
        "  runtime:",
        f"    compose: {flow(compose)}",
        f"    expected_state: {arguments.expected_state}",
        f"  state: {{class: stateless}}  # {DECIDE}: or stateful, or sidecar with an owner?",
    ]
    return "".join(f"{line}\n" for line in lines)


def _runbook(name: str) -> str:
    sections = ("Purpose", "Verify", "Recover")
    return f"# {name}\n" + "".join(f"\n## {one}\n\nDECIDE\n" for one in sections)
