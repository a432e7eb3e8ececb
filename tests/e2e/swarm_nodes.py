"""A real Swarm of one node or two, each a daemon of its own in a network namespace of its own.

A bridge in the root namespace joins them. Needs root. With ``tests`` on PYTHONPATH,
``python -m e2e.swarm_nodes start 2 FOLDER`` and ``stop FOLDER`` do the same by hand. Daemons are
ended by their pid files.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from e2e.swarm_node import Node, run

PROGRAMS = ("dockerd", "nsenter", "unshare", "hostname", "ip", "iptables", "curl")
IMAGES = ("busybox",)


@dataclass
class Swarm:
    """Nodes joined to one Swarm; the first ``managers`` of them are managers."""

    folder: Path
    count: int = 1
    managers: int = 1
    images: Sequence[str] = IMAGES
    nodes: list[Node] = field(default_factory=list)

    @classmethod
    def somewhere(cls, count: int, **options: Any) -> Self:
        # Not in pytest's folder: the path of a socket must be short, and overlays do not stack.
        return cls(Path(tempfile.mkdtemp(prefix="pp-swarm-", dir="/var/tmp")), count, **options)

    @property
    def manager(self) -> Node:
        return self.nodes[0]

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Wire and start all nodes, join them, and load the images."""
        word = secrets.token_hex(2)
        net = 64 + secrets.randbelow(128)
        self.folder.mkdir(parents=True, exist_ok=True)
        bridge = f"ppb{word}"
        nodes: list[list[str]] = []
        described = {"bridge": bridge, "nodes": nodes}
        run("ip", "link", "add", bridge, "type", "bridge")
        run("ip", "addr", "add", f"10.222.{net}.254/24", "dev", bridge)
        run("ip", "link", "set", bridge, "up")
        run("iptables", "-I", "FORWARD", "-i", bridge, "-o", bridge, "-j", "ACCEPT")
        for number in range(1, self.count + 1):
            name, address = f"pp{word}n{number}", f"10.222.{net}.{number}"
            node = Node(self.folder / f"n{number}", name, bridge, address)
            self.nodes.append(node)
            nodes.append([str(node.folder), name, address])
            self._describe(described)
            node.wire()
            node.start()
        self._join()
        self._load()

    def _describe(self, described: Any) -> None:
        (self.folder / "swarm.json").write_text(json.dumps(described), encoding="utf-8")

    @classmethod
    def of(cls, folder: Path) -> Self:
        """Return the Swarm that another process has started."""
        described = json.loads((folder / "swarm.json").read_text(encoding="utf-8"))
        one = cls(folder, len(described["nodes"]))
        one.nodes = [
            Node(Path(path), name, described["bridge"], address)
            for path, name, address in described["nodes"]
        ]
        return one

    def _join(self) -> None:
        first = self.manager
        first.docker("swarm", "init", "--advertise-addr", first.address)
        for number, node in enumerate(self.nodes[1:], 2):
            role = "manager" if number <= self.managers else "worker"
            token = first.docker("swarm", "join-token", "-q", role)
            node.docker("swarm", "join", "--token", token, f"{first.address}:2377")

    def _load(self) -> None:
        names = [f"pytest-platform-demo/{one}" for one in self.images]
        archive = self.folder / "images.tar"
        run("docker", "save", "-o", str(archive), *names)
        for node in self.nodes:
            node.docker("load", "-i", str(archive))
        archive.unlink()

    def stop(self) -> None:
        """End all daemons by their pid files; remove namespaces, bridge, rule and folder."""
        for node in self.nodes:
            node.remove()
        described = json.loads((self.folder / "swarm.json").read_text(encoding="utf-8"))
        bridge = described["bridge"]
        rule = ("FORWARD", "-i", bridge, "-o", bridge, "-j", "ACCEPT")
        run("iptables", "-D", *rule, check=False)
        run("ip", "link", "del", bridge, check=False)
        shutil.rmtree(self.folder, ignore_errors=True)


def possible() -> bool:
    """Tell whether a Swarm can be started here."""
    return os.geteuid() == 0 and all(map(shutil.which, PROGRAMS))


@contextlib.contextmanager
def swarm(count: int, **options: Any) -> Iterator[Swarm]:
    """Give a Swarm for the time of a block."""
    with Swarm.somewhere(count, **options) as one:
        yield one


if __name__ == "__main__":
    if sys.argv[1] == "start":
        Swarm(Path(sys.argv[3]), int(sys.argv[2])).start()
    else:
        Swarm.of(Path(sys.argv[2])).stop()
