"""Compose on a module's host, where the secrets are. Only digests come back from there."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from msgspec import Struct, field

from pytest_platform.errors import CannotCompare
from pytest_platform.hosts.transport import CommandResult, Transport

TIMEOUT = 60.0
"""Seconds that reading a few files there may take."""

_LABEL = "com.docker.compose.project"
_MISSING = re.compile(r"required variable (\w+) is missing a value")
_PATH = re.compile(r"(?m)^PATH=(.*)$")
_DIGEST = re.compile(r"([0-9a-f]{64}) [ *](.*)")
# Compose is a plugin of docker, or a program of its own. $@ are its options.
_HASHES = """
printf 'PATH=%s\\n' "$PATH" >&2
if docker compose version >/dev/null 2>&1; then set -- docker compose "$@"; else
  set -- docker-compose "$@"
fi
"$@" version --short && exec "$@" config --hash '*'
"""


class Deployed(Struct, frozen=True):
    """Where a project was deployed from, as Compose wrote it on a container; paths there."""

    project: str
    folder: str
    files: tuple[str, ...]
    environment: tuple[str, ...] = ()

    @classmethod
    def by(cls, labels: Mapping[str, str]) -> Deployed:
        """Read the labels of a container."""
        return cls(
            labels.get(_LABEL, ""),
            labels.get(f"{_LABEL}.working_dir", ""),
            _listed(labels.get(f"{_LABEL}.config_files", "")),
            _listed(labels.get(f"{_LABEL}.environment_file", "")),
        )

    def options(self) -> list[str]:
        """Return the options by which Compose reads the same again."""
        named = [word for file in self.files for word in ("-f", file)]
        values = [word for file in self.environment for word in ("--env-file", file)]
        folder = ["--project-directory", self.folder] if self.folder else []
        return ["-p", self.project, *folder, *named, *values, "--profile", "*"]


class Hashes(Struct, frozen=True):
    """What Compose there says: its version, and the config hash of each service."""

    version: str
    of: Mapping[str, str]


class RemoteCompose(Struct):
    """Asks one host; what was answered, or failed, is not asked again before ``forget``."""

    transport: Transport
    _digests: dict[tuple[str, ...], dict[str, str]] = field(default_factory=dict)
    _hashes: dict[Deployed, Hashes | CannotCompare] = field(default_factory=dict)

    def forget(self) -> None:
        """Ask anew from now on: something there was or may be changed."""
        self._digests.clear()
        self._hashes.clear()

    def digests(self, paths: Sequence[str]) -> Mapping[str, str]:
        """Return the SHA-256 of files; those that cannot be read there are left out.

        Raises:
            PlatformError: the host cannot be asked.
        """
        key = tuple(paths)
        if key not in self._digests:
            said = self.transport.run(["sha256sum", "--", *paths], timeout=TIMEOUT).stdout
            found = filter(None, map(_DIGEST.fullmatch, said.splitlines()))
            self._digests[key] = {one[2]: one[1] for one in found}
        return self._digests[key]

    def hashes(self, deployed: Deployed) -> Hashes:
        """Return what Compose there would write on the services, from the values there.

        Raises:
            CannotCompare: Compose there cannot tell. Not in its own words: they may quote values.
            PlatformError: the host cannot be asked.
        """
        if deployed not in self._hashes:
            argv = ["sh", "-c", _HASHES, "sh", *deployed.options()]
            done = self.transport.run(argv, timeout=TIMEOUT)
            self._hashes[deployed] = _read(done, self.transport.name)
        hashes = self._hashes[deployed]
        if isinstance(hashes, CannotCompare):
            raise hashes.with_traceback(None)
        return hashes


def _read(done: CommandResult, host: str) -> Hashes | CannotCompare:
    version, _, lines = done.stdout.partition("\n")
    if done.returncode == 0:
        pairs = (line.split() for line in lines.splitlines())
        return Hashes(version.strip().removeprefix("v"), {one[0]: one[1] for one in pairs if one})
    if not version:
        path = found[1] if (found := _PATH.search(done.stderr)) else "unknown"
        message = f"cannot compare: no Compose was found on {host} in its PATH, which is {path}"
        return CannotCompare(f"{message}; install it there, or add its folder to the PATH of sshd")
    if missing := sorted(set(_MISSING.findall(done.stderr))):
        names = ", ".join(missing)
        return CannotCompare(f"cannot compare: no value for {names}, neither here nor on {host}")
    message = f"cannot compare: on {host} `docker compose config --hash '*'` exits"
    return CannotCompare(f"{message} {done.returncode}; run it there, where it was deployed from")


def _listed(label: str) -> tuple[str, ...]:
    return tuple(part for part in label.split(",") if part)
