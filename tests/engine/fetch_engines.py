"""Fetch other Engines into `.cache/engines`: Docker and Podman of Debian's testing suite.

    python tests/engine/fetch_engines.py

They come as a root folder of their own, unpacked and not installed: no script of a package
runs, and the machine's own programs stay as they are. `in-root` runs a program in it. Does
nothing where it is there.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Final

import build_images
from build_images import Apt, BuildError
from fetch_python import TESTING

FOLDER: Final = build_images.ROOT / ".cache" / "engines"
STAMP: Final = "complete"
DOCKER: Final = ("docker.io", "containerd", "runc", "iptables", "iproute2")
PODMAN: Final = ("podman", "netavark", "aardvark-dns", "conmon", "catatonit", "nftables")
SYSTEM: Final = ("base-files", "dash", "coreutils", "util-linux", "mount", "kmod", "procps")
ALTERNATIVES: Final = ("iptables", "ip6tables", "iptables-save", "iptables-restore")
EMPTY: Final = ("proc", "sys", "dev", "run", "tmp", "root", "var/tmp", "etc/containers")
# runc, since crun refuses a kernel with cgroups of both kinds; and no systemd runs in there.
PODMAN_SETTINGS: Final = """
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
[network]
firewall_driver = "nftables"
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
"""


def main() -> int:
    """Fetch what is not there yet."""
    if (FOLDER / STAMP).exists():
        return 0
    try:
        fetch()
    except (BuildError, OSError) as error:
        sys.stderr.write(f"fetch_engines: {error}\n")
        return 1
    return 0


def fetch() -> None:
    """Unpack the packages and all that they depend on, and write what their scripts would.

    Raises:
        BuildError: a command failed, or this machine is no Debian.
    """
    if build_images.machine_release() is not build_images.RELEASES["debian"]:
        message = "other Engines are fetched on Debian only"
        raise BuildError(message)
    build_images.say("fetching Docker and Podman of Debian's testing suite")
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as temporary:
        apt, packages = Apt(Path(temporary), TESTING), Path(temporary) / "packages"
        packages.mkdir()
        apt.download(apt.with_dependencies(*SYSTEM, *DOCKER, *PODMAN), packages)
        for package in sorted(packages.glob("base-files_*")) + sorted(packages.glob("*.deb")):
            build_images.run("dpkg-deb", "-x", package, FOLDER)
    complete(FOLDER)
    (FOLDER / STAMP).touch()


def complete(root: Path) -> None:
    """Write what the packages' own scripts would have written."""
    for name in EMPTY:
        (root / name).mkdir(parents=True, exist_ok=True)
    (root / "etc" / "passwd").write_text("root:x:0:0:root:/root:/bin/sh\n", encoding="utf-8")
    (root / "etc" / "group").write_text("root:x:0:\n", encoding="utf-8")
    # Podman's name server does not start without a server above it.
    (root / "etc" / "resolv.conf").write_text("nameserver 127.0.0.1\n", encoding="utf-8")
    for name in ALTERNATIVES:
        link = root / "usr" / "sbin" / name
        link.unlink(missing_ok=True)
        link.symlink_to("xtables-nft-multi")
    settings = root / "etc" / "containers" / "containers.conf"
    settings.write_text(PODMAN_SETTINGS, encoding="utf-8")
    (settings.parent / "policy.json").write_text(
        '{"default": [{"type": "insecureAcceptAnything"}]}', encoding="utf-8"
    )


if __name__ == "__main__":
    raise SystemExit(main())
