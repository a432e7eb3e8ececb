"""An Engine of a test's own, which may be stopped and started again.

It lives in namespaces of its own (processes, mounts, network), so that it finds no containerd
of the machine and takes away no bridge of another Engine. All that it runs ends with it:
process 1 is a shell that reads orders from us, and its end is the end of them all.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Self

import docker
import pytest

from e2e.waiting import until

PROGRAMS = ("dockerd", "unshare", "mount", "sh", "ip")
NAMESPACES = ("unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc")

# $1 is the folder, $2 the ports to publish at, if not the machine's, $3 the size of a disk of
# its own for what it keeps, if it is to have one. An order is one word;
# `stop` is answered when the daemon has ended.
_PROCESS_1 = """
mount -t tmpfs tmpfs /run || exit
ip link set lo up || exit
if [ -n "$3" ]; then mkdir "$1/data" && mount -t tmpfs -o size="$3" tmpfs "$1/data" || exit; fi
if [ -n "$2" ]; then echo "$2" >/proc/sys/net/ipv4/ip_local_port_range || exit; fi
while read -r order; do
  case $order in
    start)
      dockerd --config-file "$1/daemon.json" --host "unix://$1/engine.sock" \
        --data-root "$1/data" --exec-root /run/docker --pidfile /run/docker.pid \
        --bridge none --iptables=false >>"$1/log" 2>&1 &
      daemon=$! ;;
    reload) kill -HUP "$daemon" ;;
    stop) kill -TERM "$daemon"; wait "$daemon"; echo stopped ;;
  esac
done
"""


class PrivateEngine:
    """An Engine at ``url``; ``client`` asks it. Needs root.

    ``ports`` are the first and the last that it publishes where nobody asks for one; ``disk`` is
    how much it can keep, such as ``24m``.
    """

    def __init__(self, ports: tuple[int, int] | None = None, disk: str = "") -> None:
        self._disk = disk
        self._ports = " ".join(map(str, ports or ()))
        # Not in pytest's folder: the path of a socket must be short, and overlays do not stack.
        self.folder = Path(tempfile.mkdtemp(prefix="pp-engine-", dir="/var/tmp"))
        self.url = f"unix://{self.folder}/engine.sock"

    def __enter__(self) -> Self:
        self._configure(live_restore=False)
        self._shell = subprocess.Popen(
            [*NAMESPACES, "sh", "-c", _PROCESS_1, "sh", str(self.folder), self._ports, self._disk],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
            text=True,
        )
        self.start()
        self.client = docker.APIClient(self.url, version="auto", timeout=60)
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self.stop()
        self.client.close()
        self._shell.communicate()
        shutil.rmtree(self.folder)

    def start(self) -> None:
        """Start the daemon, and wait until it takes requests; it answers them when it is ready."""
        self._order("start")
        until(self._listens, "the private Engine listens")

    def stop(self) -> None:
        """Stop the daemon as a service manager does, and wait until it has ended."""
        self._order("stop")
        assert self._shell.stdout
        assert self._shell.stdout.readline() == "stopped\n", self.log()

    def keep_containers(self, *, live_restore: bool) -> None:
        """Set whether containers outlive the daemon; needs no restart."""
        self._configure(live_restore=live_restore)
        self._order("reload")

        def reloaded() -> bool:
            return bool(self.client.info()["LiveRestoreEnabled"]) is live_restore

        until(reloaded, f"live-restore is {live_restore}")

    def log(self) -> str:
        """Return the end of what the daemon has logged."""
        return (self.folder / "log").read_text(encoding="utf-8", errors="replace")[-3000:]

    def _configure(self, *, live_restore: bool) -> None:
        text = json.dumps({"live-restore": live_restore})
        (self.folder / "daemon.json").write_text(text, encoding="utf-8")

    def _order(self, word: str) -> None:
        assert self._shell.stdin
        self._shell.stdin.write(f"{word}\n")
        self._shell.stdin.flush()

    def _listens(self) -> bool:
        assert self._shell.poll() is None, self.log()
        with socket.socket(socket.AF_UNIX) as one:
            return one.connect_ex(str(self.folder / "engine.sock")) == 0


def possible() -> bool:
    """Tell whether an Engine can be started here."""
    return os.geteuid() == 0 and all(map(shutil.which, PROGRAMS))


needs_root = pytest.mark.skipif(not possible(), reason="starting an Engine needs root and dockerd")
