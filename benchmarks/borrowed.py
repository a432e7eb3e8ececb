"""What the benchmarks take from the tests: servers that are started for them."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "tests"))
from e2e.hosts import CONFIG, client
from e2e.proxy import Proxy
from e2e.sshd import Sshd
from e2e.swarm_nodes import swarm

__all__ = ["CONFIG", "Proxy", "Sshd", "client", "swarm"]
