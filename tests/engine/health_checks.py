"""Run the health checks of Podman's containers, where no systemd does.

    python3 tests/engine/health_checks.py SOCKET

Podman has each check run by a timer of systemd: `podman healthcheck run`, once when the container
starts and again an interval after the last run has ended. Without systemd it stays `starting` for
ever. This does the same through Podman's own API on SOCKET, a path, until it is stopped.
"""

from __future__ import annotations

import http.client
import json
import socket
import sys
import threading
import time
from typing import Any, Final

LOOK_EVERY: Final = 0.25
# Podman's own, where a container declares none.
DEFAULT_INTERVAL: Final = 30.0
# Longer than any check of these tests takes.
LONGEST: Final = 120.0
API: Final = "/v4.0.0/libpod/containers"
OK: Final = 200


class Connection(http.client.HTTPConnection):
    """HTTP over a unix socket."""

    def __init__(self, path: str) -> None:
        """Take the path of the socket; nothing is opened yet."""
        super().__init__("localhost", timeout=LONGEST)
        self._path = path

    def connect(self) -> None:
        """Open the socket."""
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def answer(path: str, request: str) -> Any:
    """Return what Podman answers to a request; None where it refuses or is busy ending."""
    connection = Connection(path)
    try:
        connection.request("GET", API + request)
        response = connection.getresponse()
        text = response.read()
        return json.loads(text) if response.status == OK else None
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        connection.close()


def interval_of(container: dict[str, Any]) -> float | None:
    """Return the seconds between two checks of a container; None: it declares no check."""
    check = container["Config"].get("Healthcheck") or {}
    if not check.get("Test") or check["Test"][0] == "NONE":
        return None
    return float(check.get("Interval") or 0) / 1e9 or DEFAULT_INTERVAL


def keep_checking(path: str, identity: str) -> None:
    """Run the check of a container until there is none, or the container has ended."""
    container = answer(path, f"/{identity}/json")
    interval = interval_of(container) if container else None
    while interval and answer(path, f"/{identity}/healthcheck") is not None:
        time.sleep(interval)


def main(path: str) -> None:
    """Watch for containers that start, with a thread for each."""
    started: dict[tuple[str, int], threading.Thread] = {}
    while True:
        running = answer(path, "/json") or ()
        # The same container, started again, has another process.
        for one in running:
            process = (one["Id"], one["Pid"])
            if process not in started:
                started[process] = threading.Thread(
                    target=keep_checking, args=(path, one["Id"]), daemon=True
                )
                started[process].start()
        time.sleep(LOOK_EVERY)


if __name__ == "__main__":
    main(sys.argv[1])
