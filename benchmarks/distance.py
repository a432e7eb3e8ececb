"""Hosts far away: ssh servers on loopback behind a proxy that adds a round trip."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from borrowed import CONFIG, Sshd, client


@dataclass
class FarAway:
    """The proxy. ``ports`` are where the servers are now; ``connections`` counts those made."""

    ports: list[int]
    connections: list[str] = field(default_factory=list)


@contextlib.contextmanager
def far_away(round_trip: float, ports: Sequence[int]) -> Iterator[FarAway]:
    """Put a proxy in front of some ports; ``round_trip`` is in seconds."""
    script = Path(__file__).with_name("far_away.py")
    argv = [sys.executable, str(script), str(round_trip), *map(str, ports)]
    pipe = subprocess.PIPE
    with subprocess.Popen(argv, stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        far = FarAway(list(map(int, process.stdout.readline().split())))
        reading = threading.Thread(target=far.connections.extend, args=(process.stdout,))
        reading.start()
        try:
            yield far
        finally:
            process.stdin.close()
            reading.join()


__all__ = ["CONFIG", "FarAway", "Sshd", "client", "far_away"]
