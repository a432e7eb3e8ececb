"""Programs of Debian's testing suite, in folders of their own: unpacked, and not installed.

No script of a package runs, and the machine's own programs stay as they are.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import build_images
from build_images import Apt, BuildError, Release

SUITE: Final = Release("forky", "main", build_images.RELEASES["debian"].keyring)
STAMP: Final = "complete"


@dataclass(frozen=True)
class Programs:
    """What to fetch with all that it depends on, but for what ``left_out`` is the beginning of.

    ``finish`` writes into the folder what the packages' own scripts would have written.
    """

    name: str
    folder: Path
    packages: tuple[str, ...]
    finish: Callable[[], None]
    left_out: tuple[str, ...] = ()

    def are_here(self, otherwise: str) -> bool:
        """Fetch what is not there yet; say what that means where it cannot be had."""
        try:
            if not (self.folder / STAMP).exists():
                self._fetch()
        except (BuildError, OSError) as error:
            sys.stderr.write(f"{otherwise}: {error}\n")
            return False
        return True

    def _fetch(self) -> None:
        """Unpack the packages.

        Raises:
            BuildError: a command failed, or this machine is no Debian.
        """
        if build_images.machine_release() is not build_images.RELEASES["debian"]:
            message = f"{self.name} can be fetched on Debian only"
            raise BuildError(message)
        build_images.say(f"fetching {self.name} of Debian's testing suite")
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        with tempfile.TemporaryDirectory() as temporary:
            apt, packages = Apt(Path(temporary), SUITE), Path(temporary) / "packages"
            packages.mkdir()
            apt.download(apt.with_dependencies(*self.packages), packages)
            for package in sorted(packages.glob("*.deb"), key=_order):
                if not package.name.startswith(self.left_out):
                    build_images.run("dpkg-deb", "-x", package, self.folder)
        self.finish()
        (self.folder / STAMP).touch()


def _order(package: Path) -> tuple[bool, str]:
    """Put the package first that makes /bin and /lib links."""
    return not package.name.startswith("base-files_"), package.name
