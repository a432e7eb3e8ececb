"""Drift over ssh: the project may be in another folder there, and values there alone.

Paths are compared as Compose there writes them. Where they are others than here, or where
variables have values there alone, Compose there tells the config hash: it covers all that is
made of variables where the Compose files are the same there and here. What is not made of
variables is compared here, as always.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from msgspec import Struct

from pytest_platform.checks.contract.facts import Facts
from pytest_platform.checks.drift.compare import compare
from pytest_platform.checks.drift.deployed import deployed, rendered_remotely
from pytest_platform.checks.drift.evidence import evidence, named, taken_as_seen, variable_fields
from pytest_platform.checks.drift.model import Desired, Drift, Hash, Observed
from pytest_platform.compose.config_hash import misleading
from pytest_platform.compose.found import taking_part
from pytest_platform.compose.remote import Deployed, Hashes
from pytest_platform.compose.rendered import Rendered
from pytest_platform.docker.api import InspectedContainer
from pytest_platform.docker.details import Details
from pytest_platform.errors import CannotCompare, FilesDiffer
from pytest_platform.reading import read_bytes
from pytest_platform.run.engines import Host


class RemoteProject(Struct, frozen=True):
    """A module whose host is another machine."""

    facts: Facts
    host: Host

    def rendered(self, container: InspectedContainer) -> Rendered:
        """Return the project with its paths as they are there."""
        return rendered_remotely(self.facts, container)

    def config_hash(self, container: InspectedContainer) -> tuple[str | None, str]:
        """Return the hash that Compose there would write, and its version; None if unknown.

        Raises:
            PlatformError: the host cannot be asked.
        """
        place = deployed(container)
        try:
            self._same_files(place)
            hashes = self.host.compose.hashes(place)
        except CannotCompare:
            return None, ""
        return self._hash(hashes), hashes.version

    def drifts(
        self, wanted: Desired, seen: Observed, container: InspectedContainer, details: Details
    ) -> tuple[tuple[Drift, ...], Hash]:
        """Compare one container with what it is to be; ``seen`` was made of it.

        Raises:
            FilesDiffer: the Compose files there are not those here.
            CannotCompare: Compose there cannot tell the hash, or not a comparable one.
            PlatformError: the host cannot be asked.
        """
        place = deployed(container)
        self._same_files(place)
        hashes = self.host.compose.hashes(place)
        fields = variable_fields(self.facts.module.service, self.facts.source)
        filled = taken_as_seen(wanted, seen, fields)
        known = evidence(filled, seen, details.references, self._hash(hashes), hashes.version)
        if known.config_hash is Hash.UNKNOWN:
            raise CannotCompare(self._why_unknown(seen, hashes))
        drifts = tuple(named(drift, fields) for drift in compare(filled, seen, known))
        return drifts, known.config_hash

    def _same_files(self, deployed: Deployed) -> None:
        pairs = dict(self._pairs(deployed))
        digests = self.host.compose.digests(tuple(pairs.values()))
        for here, there in pairs.items():
            if digests.get(there) != _digest(here):
                what = "differs from" if there in digests else "cannot be read as"
                place = f"{self.host.name}:{there}"
                message = f"cannot compare: {self._shown(here)} {what} {place}"
                raise FilesDiffer(f"{message}; update the files there{self._or_set()}")

    def _pairs(self, deployed: Deployed) -> Iterator[tuple[Path, str]]:
        """Yield each Compose file here with the path of its like there."""
        declared = self.facts.module.compose_files
        if len(declared) != len(deployed.files):
            there = ", ".join(deployed.files) or "unknown files"
            message = f"cannot compare: it was deployed on {self.host.name} from {there}"
            raise FilesDiffer(f"{message}, which are not the files of the module{self._or_set()}")
        yield from zip(declared, deployed.files, strict=True)
        base, folder = declared[0].parent, posixpath.dirname(deployed.files[0])
        for file in taking_part(declared)[len(declared) :]:
            relative = Path(os.path.relpath(file, base)).as_posix()
            yield file, posixpath.normpath(posixpath.join(folder, relative))

    def _hash(self, hashes: Hashes) -> str | None:
        if misleading(self.facts.source_service, hashes.version):
            return None
        return hashes.of.get(self.facts.module.service)

    def _why_unknown(self, seen: Observed, hashes: Hashes) -> str:
        if seen.compose_version == hashes.version:
            return f"cannot compare: its config hash cannot be told{self._or_set()}"
        return (
            f"cannot compare: Compose {seen.compose_version or '(unknown)'} deployed it, and "
            f"{self.host.name} has {hashes.version} now; deploy it again{self._or_set()}"
        )

    def _or_set(self) -> str:
        return f", or set {', '.join(sorted(self.facts.rendered.placeholders))} here"

    def _shown(self, file: Path) -> str:
        root = self.facts.module.root.resolve()
        return file.relative_to(root).as_posix() if file.is_relative_to(root) else str(file)


def _digest(file: Path) -> str | None:
    try:
        return sha256(read_bytes(file)).hexdigest()
    except OSError:
        return None
