"""Projects to measure on: modules, Compose files, containers that do nothing, and tests."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

IMAGE: Final = "pytest-platform-demo/busybox:latest"
PROJECT: Final = f"pp-bench-{os.getpid()}"
QUIET: Final = ("-q", "-p", "no:cacheprovider")
PYTEST: Final = (sys.executable, "-m", "pytest")
PROBED: Final = "/bin/true"

_MODULE: Final = """\
apiVersion: platform/v2
kind: Module
metadata:
  name: {name}
  summary: One of many.
  owner: bench
spec:
  runtime:
    compose: {{files: [{files}], project: {project}, service: {name}}}
{host}    expected_state: {state}
  state: {{class: stateless}}
  waivers:
    - {{code: contract.image.pinned, reason: built on this machine, until: 2099-12-31}}
{probes}"""
_PROBE: Final = '    - {{name: "true {number}", exec: {{command: [{command}], exit_code: 0}}}}\n'
_SERVICE: Final = """\
  {name}:
    image: {image}
    command: {command}
    network_mode: none
    init: true
    restart: {restart}
    stop_grace_period: 0s
    logging: {{driver: none}}
"""


def names_of(count: int) -> list[str]:
    """Return the names of so many modules, which are their services as well."""
    return [f"m-{number:04}" for number in range(count)]


def containers_of(count: int, project: str = PROJECT) -> list[str]:
    """Return the names of their containers."""
    return [f"{project}-{name}-1" for name in names_of(count)]


def service(name: str, command: str = "[sleep, infinity]", restart: str = "unless-stopped") -> str:
    """Write one service of a Compose file."""
    return _SERVICE.format(name=name, image=IMAGE, command=command, restart=restart)


def module(  # noqa: PLR0913 - what differs between the scenarios
    folder: Path,
    *,
    files: str = "../compose.yaml",
    host: str = "",
    state: str = "running",
    probes: int = 0,
    project: str = PROJECT,
) -> None:
    """Write a module into a folder of its name."""
    folder.mkdir(parents=True, exist_ok=True)
    asked = "".join(_PROBE.format(number=one, command=PROBED) for one in range(probes))
    text = _MODULE.format(
        name=folder.name,
        files=files,
        project=project,
        host=f"    host: {host}\n" if host else "",
        state=state,
        probes=f"  smoke:\n{asked}" if asked else "",
    )
    (folder / "module.yaml").write_text(text)
    (folder / "runbook.md").write_text(
        "## Purpose\nIt is measured.\n\n## Verify\nRun it.\n\n## Recover\nStart it.\n"
    )


def tree(folder: Path, count: int, *, probes: int = 0, own_file: bool = False) -> Path:
    """Write a project of ``count`` modules, with one Compose file or with one each."""
    modules = folder / "modules"
    for name in names_of(count):
        module(
            modules / name, files="compose.yaml" if own_file else "../compose.yaml", probes=probes
        )
        if own_file:
            (modules / name / "compose.yaml").write_text(f"services:\n{service(name)}")
    if not own_file:
        services = "".join(service(name) for name in names_of(count))
        (modules / "compose.yaml").write_text(f"services:\n{services}")
    (folder / "pytest.ini").write_text("[pytest]\n")
    return folder


def test_file(folder: Path, text: str) -> Path:
    """Write a project of one test file; return its folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "test_it.py").write_text(text)
    (folder / "pytest.ini").write_text("[pytest]\n")
    return folder


def compose_program() -> list[str]:
    """Find Compose beside this Python, else on PATH, else as a part of ``docker``."""
    beside = Path(sys.executable).with_name("docker-compose")
    program = str(beside) if beside.is_file() else shutil.which("docker-compose")
    return [program] if program else ["docker", "compose"]


def compose(file: Path, *words: str, project: str = PROJECT) -> list[str]:
    """Return the command that runs Compose on a project."""
    return [*compose_program(), "--progress", "quiet", "-p", project, "-f", str(file), *words]


@contextlib.contextmanager
def deployed(file: Path, project: str = PROJECT) -> Iterator[None]:
    """Bring a project up, and remove it again whatever happens."""
    try:
        _run(compose(file, "up", "--detach", project=project))
        yield
    finally:
        _run(compose(file, "down", "--timeout", "0", "--volumes", project=project))


def _run(argv: Sequence[str]) -> None:
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(argv)} ended with {done.returncode}:\n{done.stderr}")
