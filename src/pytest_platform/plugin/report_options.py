"""Which reports a run was asked for: ``--json``, ``--platform-report`` and ``platform_reports``."""

from __future__ import annotations

import itertools
import os
import shlex
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import pytest

from pytest_platform.errors import UsageError
from pytest_platform.plugin import ini
from pytest_platform.report.formats import FORMATS, missing
from pytest_platform.report.writer import ReportTarget

STDOUT: Final = "-"
"""The value of ``--json`` without a path."""
OPTION: Final = "--platform-report"
HISTORY: Final = "--platform-history"
DEFAULT: Final = ".pytest_platform/history.sqlite"
"""Where the history is, from the rootdir, where nothing else is said."""


def add_options(group: pytest.OptionGroup) -> None:
    """Register the options."""
    group.addoption(
        "--json",
        nargs="?",
        const=STDOUT,
        metavar="PATH",
        dest="platform_json",
        help="write one JSON document; without =PATH it is all that stdout carries.",
    )
    group.addoption(
        OPTION,
        action="append",
        default=[],
        metavar="FORMAT[=PATH]",
        dest="platform_report",
        help="write a report; repeatable; without =PATH it is all that stdout carries. "
        f"Formats: {', '.join(FORMATS)}.",
    )
    group.addoption(
        HISTORY,
        nargs="?",
        const="",
        metavar="PATH",
        dest="platform_history",
        help="keep verdict and duration of each module in a file, which the page (html) shows "
        f"(default: {DEFAULT} in the rootdir).",
    )


def history_path(config: pytest.Config, asked: str | None) -> Path | None:
    """Return where the history is; None where none is asked for. The command line goes first."""
    if asked:
        return config.invocation_params.dir / asked
    named = str(config.getini(ini.HISTORY))
    if asked == "":
        named = named or DEFAULT
    return config.rootpath / named if named else None


def early(args: Sequence[object], here: Path) -> list[ReportTarget]:
    """Find in a raw command line what will take stdout, before anything has parsed it.

    What cannot be used is left for :func:`targets` to refuse: a document on stdout says it then.

    Raises:
        UsageError: ``--json=`` names no file.
    """
    words = [*shlex.split(os.environ.get("PYTEST_ADDOPTS", "")), *map(str, args)]
    words = list(itertools.takewhile(lambda word: word != "--", words))
    json, reports = None, []
    for word, following in itertools.zip_longest(words, words[1:], fillvalue=""):
        option, equals, value = word.partition("=")
        if option == "--json":
            json = value if equals else STDOUT
        elif option == OPTION:
            reports.append(value if equals else following)
    found = [*_of_json(json, here)]
    for spec in reports:
        with suppress(UsageError):
            found.append(_target(spec, here, OPTION))
    return _one_on_stdout(found)


def targets(config: pytest.Config, json: str | None, reports: Sequence[str]) -> list[ReportTarget]:
    """Add up what command line and ini file ask for; stdout goes to the command line.

    Raises:
        UsageError: it cannot be done.
    """
    here = config.invocation_params.dir
    found = [*_of_json(json, here), *(_target(spec, here, OPTION) for spec in reports)]
    _refuse_detached(config, reports)
    _refuse_twice(found)
    known = {(one.format, one.path) for one in found}
    taken = any(one.path is None for one in found)
    for spec in config.getini(ini.REPORTS):
        one = _target(spec, config.rootpath, ini.REPORTS)
        if (one.format, one.path) not in known and not (taken and one.path is None):
            found.append(one)
    _refuse_twice(found)
    return found


def _of_json(value: str | None, here: Path) -> Iterator[ReportTarget]:
    if value == "":
        raise UsageError("--json= names no file; write --json, or --json=PATH")
    if value is not None:
        path = None if value == STDOUT else here / value
        yield ReportTarget("json", path, "--json" if path is None else f"--json={value}")


def _target(spec: str, here: Path, asked: str) -> ReportTarget:
    name, equals, path = spec.strip().partition("=")
    if name not in FORMATS:
        from pytest_platform.text import did_you_mean, quoted

        hint = did_you_mean(name, FORMATS) or f"; there are {', '.join(FORMATS)}"
        raise UsageError(f"{asked}: there is no format {quoted(name)}{hint}")
    if message := missing(name):
        raise UsageError(f"{asked}: {message}")
    if equals and not path:
        raise UsageError(f"{asked}: '{name}=' names no file; write {name}, or {name}=PATH")
    return ReportTarget(name, here / path if path else None, f"{asked}={spec.strip()}")


def _one_on_stdout(found: Iterable[ReportTarget]) -> list[ReportTarget]:
    seen: dict[Path | None, ReportTarget] = {}
    for one in found:
        seen.setdefault(one.path, one)
    return list(seen.values())


def _refuse_twice(found: Iterable[ReportTarget]) -> None:
    """Refuse two reports in one place, where one would be lost."""
    seen: dict[str, ReportTarget] = {}
    for one in found:
        other = seen.setdefault(os.path.realpath(one.path) if one.path else "", one)
        if other is not one and one.path is None:
            raise UsageError(f"{other.asked}, {one.asked}: stdout carries one report; give a =PATH")
        if other is not one and other.format != one.format:
            raise UsageError(f"{other.asked}, {one.asked}: they are the same file")


def _refuse_detached(config: pytest.Config, reports: Sequence[str]) -> None:
    """Refuse ``--platform-report NAME`` where NAME is a file or folder, too.

    pytest has then taken it for where the project is, before any plugin could say otherwise.
    """
    for spec in reports:
        if spec in config.invocation_params.args and os.path.lexists(
            config.invocation_params.dir / spec
        ):
            message = "pytest takes a word that stands apart and is a file for one of the project's"
            raise UsageError(f"write {OPTION}={spec} with an equals sign: {message}")
