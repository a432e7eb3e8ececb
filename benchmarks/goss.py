"""goss, as a newer Debian packages it: fetched into the cache, without touching the machine.

python benchmarks/goss.py       fetch it
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
FOLDER: Final = ROOT / ".cache" / "bench"
PROGRAM: Final = FOLDER / "usr" / "bin" / "goss"


def version() -> str:
    """Return the version of the package that is there."""
    names = [one.name.split("_")[1] for one in FOLDER.glob("goss_*.deb")]
    return names[0] if names else "none"


def fetch() -> None:
    """Fetch the package where it is not there yet."""
    if PROGRAM.exists():
        return
    sys.path.insert(0, str(ROOT / "tests" / "engine"))
    import build_images

    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home:
        build_images.Apt(Path(home), build_images.machine_release()).download(["goss"], FOLDER)
    for package in FOLDER.glob("goss_*.deb"):
        subprocess.run(["dpkg-deb", "--extract", package, FOLDER], check=True)


if __name__ == "__main__":
    fetch()
