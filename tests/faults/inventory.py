"""What there is before a run and after it: nothing may be left, nothing may be gone."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import docker

from e2e.stacks import parts

TOKEN = "PYTHON_FAULT_TOKEN"  # noqa: S105 - the name of a variable
_CACHES = frozenset({".pytest_cache", "__pycache__", ".pytest_platform"})


@dataclass
class Inventory:
    """The files of a tree, and the marks by which what a run leaves is found.

    A run gets ``env``: every process it starts has the token in its environment, and all
    temporary files and sockets go below ``temporary``.
    """

    root: Path
    temporary: Path
    engine: docker.APIClient | None = None
    project: str = ""
    token: str = field(default_factory=lambda: secrets.token_hex(8))

    def __post_init__(self) -> None:
        self.temporary.mkdir()
        self.files = dict(_files(self.root))
        self.parts = self._parts()

    @property
    def env(self) -> Mapping[str, str]:
        """What a run has to be given."""
        return {TOKEN: self.token, "TMPDIR": str(self.temporary)}

    def differences(self) -> list[str]:
        """Say what is left, and what is gone or another now."""
        now = dict(_files(self.root))
        found = [
            f"gone or changed: {name}" for name in self.files if now.get(name) != self.files[name]
        ]
        found += [f"left: {name}" for name in now.keys() - self.files.keys()]
        found += [f"temporary: {one.name}" for one in self.temporary.iterdir()]
        found += [f"process: {one}" for one in self.processes()]
        if self.parts != (after := self._parts()):
            found.append(f"containers, networks, volumes: {self.parts ^ after}")
        return found

    def processes(self) -> list[str]:
        """Find the processes that have the token, by their command lines."""
        return [text for text in map(self._command, Path("/proc").iterdir()) if text]

    def _command(self, process: Path) -> str:
        try:
            mine = f"{TOKEN}={self.token}".encode() in (process / "environ").read_bytes()
            return (process / "cmdline").read_bytes().decode(errors="replace") if mine else ""
        except OSError:
            return ""

    def _parts(self) -> set[str]:
        return set(parts(self.engine, self.project)) if self.engine and self.project else set()


def _files(root: Path) -> Iterator[tuple[str, str]]:
    for folder, names, files in os.walk(root):
        names[:] = [name for name in names if name not in _CACHES]
        for name in (*names, *files):
            path = Path(folder, name)
            yield str(path.relative_to(root)), _what(path)


def _what(path: Path) -> str:
    status = path.lstat()
    if stat.S_ISLNK(status.st_mode):
        return f"link to {path.readlink()}"
    if stat.S_ISREG(status.st_mode):
        return sha256(path.read_bytes()).hexdigest()
    return f"{status.st_mode:o}"
