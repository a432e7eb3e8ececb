"""Several hosts: ssh servers on loopback that all reach the one Engine, and who calls them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from e2e.sshd import Sshd

CONFIG = "PYTEST_PLATFORM_SSH_CONFIG"


def entry(alias: str, sshd: Sshd, port: int | None = None) -> str:
    """Return what a client's configuration says of one host."""
    return (
        f"Host {alias}\n"
        f"  HostName {sshd.address}\n"
        f"  Port {port or sshd.port}\n"
        f"  User {sshd.user}\n"
        f"  IdentityFile {sshd.folder / 'key'}\n"
        f"  IdentitiesOnly yes\n"
        f"  HostKeyAlias {sshd.folder.parent.name}\n"
        f"  UserKnownHostsFile {sshd.folder / 'known'}\n"
        f"  GlobalKnownHostsFile none\n"
    )


def client(path: Path, entries: Iterable[tuple[str, Sshd, int | None]]) -> dict[str, str]:
    """Write the client's configuration; return the environment that names it."""
    text = ""
    for alias, sshd, port in entries:
        known = f"{sshd.folder.parent.name} {sshd.host_key}\n"
        (sshd.folder / "known").write_text(known, encoding="utf-8")
        text += entry(alias, sshd, port)
    path.write_text(text, encoding="utf-8")
    return {CONFIG: str(path)}
