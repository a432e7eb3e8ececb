"""RESULTS.md: one part for each scenario, each replaced by the newest run of it."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Final

import goss
import projects
from measuring import Goal, Section

FILE: Final = Path(__file__).with_name("RESULTS.md")
_INTRODUCTION: Final = """\
# Measured

`make bench` writes this file; `make bench ONLY=3,6` replaces only those parts. Within a part all
rows took turns in one run, each round beginning with another row, so that what else the machine
does falls on all alike. Compare ratios, not seconds: a ratio is the median over the rounds. CPU is
that of the command's own processes, without the Engine's; memory is that of the largest process.
A goal that is missed says so.
"""
_PART: Final = re.compile(r"^## (\d+)\. .*?(?=^## |\Z)", re.MULTILINE | re.DOTALL)
_PACKAGES: Final = ("pytest", "pytest-docker", "pytest-testinfra", "pytest-xdist", "docker")


def write(number: int, section: Section, busy: tuple[float, float]) -> None:
    """Replace the part of one scenario. ``busy`` is the load of the machine before and after."""
    parts = _parts()
    parts[number] = part(number, section, busy)
    text = "\n".join([_INTRODUCTION, *(parts[one] for one in sorted(parts))])
    FILE.write_text(text.rstrip("\n") + "\n", encoding="utf-8")


def part(number: int, section: Section, busy: tuple[float, float]) -> str:
    """Return one scenario in Markdown."""
    lines = [f"## {number}. {section.title}", ""]
    for table in section.tables:
        lines += [table, ""]
    if section.goals:
        lines += ["| goal | measured | at | |", "|---|--:|--:|---|"]
        lines += [_goal(one) for one in section.goals]
        lines.append("")
    lines += [f"{remark}\n" for remark in section.remarks]
    lines.append(f"Load of the machine before and after: {busy[0]:.1f}, {busy[1]:.1f}. {_with()}\n")
    return "\n".join(lines)


def _goal(goal: Goal) -> str:
    bound = "least" if goal.above else "most"
    word = "met" if goal.met else "**missed**"
    value, target = (f"{one:.3g}{goal.unit}" for one in (goal.value, goal.target))
    return f"| {goal.what} | {value} | {bound} {target} | {word} |"


def _parts() -> dict[int, str]:
    text = FILE.read_text(encoding="utf-8") if FILE.exists() else ""
    return {int(found[1]): found[0].rstrip("\n") + "\n" for found in _PART.finditer(text)}


def _with() -> str:
    versions = {name: metadata.version(name) for name in _PACKAGES}
    named = [f"{name} {version}" for name, version in {**versions, **_programs()}.items()]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    machine = f"{os.cpu_count()} cores, {memory:.0f} GiB"
    return f"With {machine}, Python {platform.python_version()}, {', '.join(named)}."


def _programs() -> Mapping[str, str]:
    engine = _said("docker", "version", "--format", "{{.Server.Version}}")
    compose = _said(*projects.compose_program(), "version", "--short")
    return {"Compose": compose, "Docker Engine": engine, "goss": goss.version()}


def _said(*argv: str) -> str:
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout.strip()
