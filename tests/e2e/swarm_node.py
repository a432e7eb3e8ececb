"""One node of a Swarm: a daemon in a network namespace of its own, which can be killed."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_DAEMONS = {"containerd", "containerd-shim-runc-v2"}
PATIENCE = 90.0
"""Seconds in which a daemon answers, however busy the machine is."""


def run(*words: str, check: bool = True, env: dict[str, str] | None = None) -> str:
    """Run a command and return what it says."""
    whole = None if env is None else {**os.environ, **env}
    done = subprocess.run(words, capture_output=True, text=True, check=False, env=whole)
    if check and done.returncode:
        message = f"{' '.join(words)}: {done.stdout}{done.stderr}"
        raise RuntimeError(message)
    return done.stdout.strip()


def until(question: Any, what: str, patience: float = PATIENCE) -> Any:
    """Ask again until the answer is true; return it."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        if answer := question():
            return answer
        time.sleep(0.1)
    message = f"not within {patience:g} s: {what}"
    raise TimeoutError(message)


def _alive(pid: int) -> bool:
    """Tell whether a process runs; one that has ended and was not waited for does not."""
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return False


@dataclass
class Node:
    """One daemon. ``url`` is its socket, ``address`` where other nodes and clients reach it."""

    folder: Path
    namespace: str
    bridge: str
    address: str

    @property
    def url(self) -> str:
        return f"unix://{self.folder}/docker.sock"

    @property
    def pid(self) -> int:
        return int((self.folder / "pid").read_text(encoding="utf-8"))

    def docker(self, *words: str, check: bool = True) -> str:
        """Run ``docker`` against this node."""
        return run("docker", "-H", self.url, *words, check=check)

    def get(self, path: str) -> Any:
        """Ask the node's API."""
        socket = str(self.folder / "docker.sock")
        text = run("curl", "-s", "--unix-socket", socket, f"http://docker/v1.41{path}")
        return json.loads(text)

    def wire(self) -> None:
        """Make the namespace and its leg on the bridge."""
        name, inner, outer = self.namespace, "eth0", f"{self.namespace}v"
        run("ip", "netns", "add", name)
        run("ip", "link", "add", outer, "type", "veth", "peer", "name", inner, "netns", name)
        run("ip", "link", "set", outer, "master", self.bridge, "up")
        run("ip", "-n", name, "addr", "add", f"{self.address}/24", "dev", inner)
        run("ip", "-n", name, "link", "set", inner, "up")
        run("ip", "-n", name, "link", "set", "lo", "up")

    def start(self) -> None:
        """Start the daemon, and wait until it answers."""
        self.folder.mkdir(parents=True, exist_ok=True)
        options = {"data-root": "data", "exec-root": "exec", "pidfile": "pid"}
        words = [f"--{name}={self.folder}/{value}" for name, value in options.items()]
        with (self.folder / "log").open("ab") as log:
            # Not `ip netns exec`: that mounts a fresh /sys, and the daemon finds no cgroups.
            self.process = subprocess.Popen(
                [*self._inside(), "dockerd", "-H", self.url, *words],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        until(lambda: "Server" in self.docker("version", check=False), f"{self.namespace} answers")

    def _inside(self) -> Sequence[str]:
        """Name what a command is run with so that it has the node's network and host name."""
        script = f'hostname {self.namespace}; exec "$@"'
        space = f"--net=/run/netns/{self.namespace}"
        return ("nsenter", space, "unshare", "--uts", "sh", "-c", script, "sh")

    def end(self, number: int = signal.SIGTERM) -> None:
        """Send the daemon a signal by its pid file, and wait for its end."""
        with contextlib.suppress(OSError, ValueError):
            pid = self.pid
            os.kill(pid, number)
            until(lambda: not _alive(pid), f"{self.namespace} ends")

    def kill(self) -> None:
        """End the node as a loss of power does: the daemon, and all that it runs."""
        pid = self.pid
        ids = self.docker("ps", "-q").split()
        inside = self.docker("inspect", "--format", "{{.State.Pid}}", *ids).split() if ids else []
        members = [*self._members(), *map(int, inside)]
        os.kill(pid, signal.SIGKILL)
        for one in members:
            with contextlib.suppress(ProcessLookupError):
                os.kill(one, signal.SIGKILL)
        until(lambda: not _alive(pid), f"{self.namespace} is dead")

    def _members(self) -> list[int]:
        """Return the processes that name the node's folder: its containerd and its shims."""
        found = []
        for one in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                words = (one / "cmdline").read_bytes().decode(errors="replace").split("\0")
                ours = any(word.startswith(f"{self.folder}/") for word in words)
                if ours and Path(words[0]).name in _DAEMONS:
                    found.append(int(one.name))
        return found

    def remove(self) -> None:
        """End all of the node, and remove the namespace and the folder."""
        self.end()
        if process := getattr(self, "process", None):
            process.wait()
        for one in self._members():
            with contextlib.suppress(OSError):
                os.kill(one, signal.SIGKILL)
        for line in Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines()[::-1]:
            mounted = line.split()[4]
            if mounted.startswith(f"{self.folder}/"):
                run("umount", "-l", mounted, check=False)
        run("ip", "netns", "del", self.namespace, check=False)
