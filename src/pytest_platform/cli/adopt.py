"""``adopt [FILE…]``: write module files for the services of a Compose project."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_platform.errors import PlatformError, render
from pytest_platform.module.engines import ENGINES

if TYPE_CHECKING:
    from pytest_platform.adopt.project import Adoption
    from pytest_platform.adopt.propose import SeenService
    from pytest_platform.adopt.write import Files
    from pytest_platform.run.remote_mode import RemoteMode

_NEXT = "Next: decide the above, then run: pytest --remote-mode local"

_HOOK = (
    "the pre_start hooks of {name} are judged with {name}; for a module of their own copy "
    "{folder}/{name}, with hook: pre_start and expected_state: exited-success below runtime"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the files, which are found as Compose finds them where none is named."""
    parser.add_argument("files", nargs="*", metavar="FILE", help="Compose files, as with -f")
    parser.add_argument(
        "--remote-mode",
        choices=("skip", "local", "ssh"),
        default="skip",
        help="local, ssh: also look at what runs, and propose probes that have just passed",
    )
    parser.add_argument(
        "--ssh-host",
        default="",
        metavar="HOST",
        help="[user@]host[:port], or a name from platform_hosts; default: ini platform_ssh_host",
    )
    parser.add_argument("--modules-dir", default="modules", metavar="DIR", help="where to write")
    parser.add_argument("--platform-project", default="", metavar="NAME", help="of the project")
    for engine, together in list(ENGINES.items())[1:]:
        about = f"the files are those of a {together}, deployed to the engine {engine}"
        parser.add_argument(f"--{engine}", action="store_true", help=about)
        name = f"--{together}-name"
        parser.add_argument(
            name, default="", metavar="NAME", dest=together, help=f"of the {together}"
        )
    parser.add_argument("--dry-run", action="store_true", help="write nothing, print what would be")


def run(arguments: argparse.Namespace) -> int:
    """Write what is missing; 1 where it cannot be."""
    try:
        return _run(arguments)
    except PlatformError as error:
        sys.stderr.write(render(f"adopt: {error}", error.code, error.location) + "\n")
        return 1


def _run(arguments: argparse.Namespace) -> int:
    adoption = _adoption(arguments)
    adoption.check()
    adoption.seen = _seen(arguments, adoption)
    shared, modules = adoption.files()
    if arguments.dry_run:
        _print_all(adoption, shared, modules)
    else:
        from pytest_platform.adopt.write import write

        for path in write(adoption.folder, shared, modules):
            _say(f"wrote {os.path.relpath(path)}")
    _conclude(adoption, shared, modules)
    return 1 if adoption.broken() else 0


def _adoption(arguments: argparse.Namespace) -> Adoption:
    from pytest_platform.adopt.project import Adoption
    from pytest_platform.compose.renderer import Renderer
    from pytest_platform.hosts.transport import Local
    from pytest_platform.run.compose_catalog import asked_for

    here = Path.cwd()
    first, *others = ENGINES
    for one in others:
        if bool(getattr(arguments, one)) != bool(getattr(arguments, ENGINES[one])):
            raise PlatformError(f"--{one} and --{ENGINES[one]}-name NAME go together: write both")
    engine = next((one for one in others if getattr(arguments, one)), "")
    name = getattr(arguments, ENGINES[engine]) if engine else arguments.platform_project
    ask = asked_for(arguments.files, name, here, engine or first)
    folder = Path(os.path.normpath(here / arguments.modules_dir))
    host = arguments.ssh_host if arguments.remote_mode == "ssh" else ""
    return Adoption(ask, folder, here, Renderer(Local()), host)


def _seen(arguments: argparse.Namespace, adoption: Adoption) -> dict[str, SeenService]:
    if arguments.remote_mode == "skip":
        return {}
    from pytest_platform.adopt.observe import context_of, look_at

    mode = _hosts(arguments, adoption.declared_host)
    context = context_of(adoption.catalog, adoption.renderer, adoption.new, mode)
    try:
        return look_at(context)
    finally:
        context.fleet.close()


def _hosts(arguments: argparse.Namespace, declared: str) -> RemoteMode:
    if arguments.remote_mode == "ssh":
        from pytest_platform.plugin.asked import over_ssh

        return over_ssh(arguments.ssh_host or declared)
    from pytest_platform.run.remote_mode import ThisMachine

    return ThisMachine()


def _print_all(adoption: Adoption, shared: Files, modules: dict[str, Files]) -> None:
    for path, text in _texts(adoption, shared, modules):
        added = "".join(f"+{line}\n" for line in text.splitlines())
        sys.stdout.write(f"--- /dev/null\n+++ {path}\n{added}")


def _conclude(adoption: Adoption, shared: Files, modules: dict[str, Files]) -> None:
    from pytest_platform.adopt.project import decisions

    for broken in adoption.broken():
        for problem in broken.problems:
            sys.stderr.write(f"{problem.location}: {problem.message} [{problem.code}]\n")
    if adoption.existing:
        _say(f"left alone, as they have modules: {', '.join(adoption.existing)}")
    if line := adoption.catalog.unseen(()):
        _say(line)
    for name in adoption.with_hooks():
        _say(_HOOK.format(folder=os.path.relpath(adoption.folder), name=name))
    texts = _texts(adoption, shared, modules)
    found = [one for path, text in texts for one in decisions(path, text)]
    if found:
        for line in ("DECIDE:", *(f"  {one}" for one in found), _NEXT):
            _say(line)


def _say(text: str) -> None:
    """Print a line, wrapped where stdout is a terminal."""
    from pytest_platform.report.fit import wrapped

    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    sys.stdout.write("".join(f"{line}\n" for line in wrapped(text, width)))


def _texts(adoption: Adoption, shared: Files, modules: dict[str, Files]) -> list[tuple[str, str]]:
    folder = os.path.relpath(adoption.folder)
    own = [(f"{folder}/{name}", text) for name, text in shared.items()]
    return own + [
        (f"{folder}/{name}/{file}", text)
        for name, files in modules.items()
        for file, text in files.items()
    ]
