"""Fetch Python 3.14 where the machine has none, into `.cache/python3.14`.

    python tests/engine/fetch_python.py

It comes from the packages of Debian's testing suite, with the C library that it was built for.
Both live in a folder of their own: patchelf writes into the interpreter where its library is,
so it runs beside the machine's own programs, and the programs that it starts are the machine's.
Does nothing where a Python 3.14 is there, and says so where it cannot be had.
"""

from __future__ import annotations

import shutil
from typing import Final

import build_images
from testing_suite import Programs

VERSION: Final = "3.14"
FOLDER: Final = build_images.ROOT / ".cache" / f"python{VERSION}"
PACKAGES: Final = (f"python{VERSION}", f"python{VERSION}-venv")
# Data that the machine has at the same paths: certificates, time zones, names of services.
MACHINE_HAS: Final = ("ca-certificates", "openssl_", "tzdata", "netbase", "media-types", "debconf")


def main() -> int:
    """Fetch it; the exit code is 0 also where it cannot be had, since the others are tested."""
    if not shutil.which(f"python{VERSION}"):
        PYTHON.are_here(f"Python {VERSION} is not tested: it cannot be fetched")
    return 0


def relocate() -> None:
    """Make the interpreter find its library, and `venv` the wheel of pip, in the folder."""
    program = FOLDER / "usr" / "bin" / f"python{VERSION}"
    loader = next((FOLDER / "usr" / "lib").glob("*/ld-linux*.so*"))
    options = ("--set-interpreter", loader, "--force-rpath", "--set-rpath", loader.parent)
    build_images.run("patchelf", *options, program)
    for data in (FOLDER / "usr" / "lib" / f"python{VERSION}").glob("_sysconfigdata*.py"):
        text = data.read_text(encoding="utf-8")
        wheels = "/usr/share/python-wheels/"
        data.write_text(text.replace(f"'{wheels}'", f"'{FOLDER}{wheels}'"), encoding="utf-8")


PYTHON: Final = Programs(f"Python {VERSION}", FOLDER, PACKAGES, relocate, MACHINE_HAS)

if __name__ == "__main__":
    raise SystemExit(main())
