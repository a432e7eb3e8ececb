"""Measure the plugin beside what people would do without it, and write RESULTS.md.

    python benchmarks/bench.py [--only 1,6] [--rounds 5] [--containers 10,100,300] [--print]

It needs the environment of ``requirements/bench.txt``, a Docker Engine and, for some
scenarios, an OpenSSH server: ``make bench`` sets that up. Containers are in Compose projects of
its own, which are removed.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import results
from scenarios import SCENARIOS, Options

_FIGURES = Path(__file__).resolve().parents[1] / "docs" / "figures.py"


def main() -> int:
    """Measure what was asked for; exit 1 where a goal is missed."""
    asked = _arguments()
    chosen = sorted(int(one) for one in asked.only.split(",")) if asked.only else sorted(SCENARIOS)
    options = Options(
        rounds=asked.rounds,
        containers=tuple(int(one) for one in asked.containers.split(",")),
        probed=asked.probed,
        modules=tuple(int(one) for one in asked.modules.split(",")),
    )
    missed = 0
    for number in chosen:
        # The paths of sockets are short.
        with tempfile.TemporaryDirectory(prefix="pp-") as folder:
            before = os.getloadavg()[0]
            section = SCENARIOS[number](Path(folder).resolve(), options)
            busy = (before, os.getloadavg()[0])
        print(results.part(number, section, busy), flush=True)
        if not asked.print:
            results.write(number, section, busy)
        missed += sum(not goal.met for goal in section.goals)
    if not asked.print:
        subprocess.run([sys.executable, _FIGURES], check=True)
    print(f"goals missed: {missed}")
    return 1 if missed else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", default="", help="numbers of scenarios, such as 1,6")
    parser.add_argument("--rounds", type=int, default=5, help="measured rounds (default: 5)")
    parser.add_argument("--containers", default="10,100,300", help="how many, in scenario 1")
    parser.add_argument("--probed", type=int, default=100, help="containers of the others")
    parser.add_argument("--modules", default="100,1000", help="how many without containers")
    parser.add_argument("--print", action="store_true", help="leave RESULTS.md as it is")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
