"""Fetch other Engines into `.cache/engines`: Docker and Podman of Debian's testing suite.

    python tests/engine/fetch_engines.py

They come as a root folder of their own, and `in-root` runs a program in it. Where it is there
only its settings are written again.
"""

from __future__ import annotations

from typing import Final

import build_images
from testing_suite import Programs

FOLDER: Final = build_images.ROOT / ".cache" / "engines"
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
    if not ENGINES.are_here("fetch_engines"):
        return 1
    write_settings()
    return 0


def write_settings() -> None:
    """Write what the packages' own scripts would have written, and what these tests need."""
    for name in EMPTY:
        (FOLDER / name).mkdir(parents=True, exist_ok=True)
    (FOLDER / "etc" / "passwd").write_text("root:x:0:0:root:/root:/bin/sh\n", encoding="utf-8")
    (FOLDER / "etc" / "group").write_text("root:x:0:\n", encoding="utf-8")
    # Podman's name server does not start without a server above it.
    (FOLDER / "etc" / "resolv.conf").write_text("nameserver 127.0.0.1\n", encoding="utf-8")
    for name in ALTERNATIVES:
        link = FOLDER / "usr" / "sbin" / name
        link.unlink(missing_ok=True)
        link.symlink_to("xtables-nft-multi")
    settings = FOLDER / "etc" / "containers" / "containers.conf"
    settings.write_text(PODMAN_SETTINGS, encoding="utf-8")
    (settings.parent / "policy.json").write_text(
        '{"default": [{"type": "insecureAcceptAnything"}]}', encoding="utf-8"
    )


ENGINES: Final = Programs("Docker and Podman", FOLDER, (*SYSTEM, *DOCKER, *PODMAN), write_settings)

if __name__ == "__main__":
    raise SystemExit(main())
