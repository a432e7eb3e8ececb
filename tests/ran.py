"""Names, where a test fails, the files of the product whose code ran in it.

Those that the fewest tests have run come first: the fault is most likely in one of them. A forked
run (:mod:`forked`) appends its own to a file; one that was started from scratch is left out. It
needs Python 3.12, and does nothing where coverage is measured.
"""

from __future__ import annotations

import atexit
import os
import sys
import tempfile
import textwrap
from collections import Counter
from pathlib import Path
from types import CodeType
from typing import Any, Final

import pytest

SOURCE: Final = f"{Path(__file__).resolve().parents[1] / 'src' / 'pytest_platform'}{os.sep}"
VARIABLE: Final = "PLATFORM_RAN"
_TOOL: Final = 4
"""None of those that Python keeps for a debugger, a profiler and the like."""

_MONITORING: Final[Any] = vars(sys).get("monitoring")

_ran: set[str] = set()
_counts: Counter[str] = Counter()
_forked = pytest.StashKey[Path]()


def start() -> None:
    """Note from now on which files of the product run."""
    if not _MONITORING or any(map(_MONITORING.get_tool, (_TOOL, _MONITORING.COVERAGE_ID))):
        return
    monitoring = _MONITORING

    def enter(code: CodeType, _offset: int) -> object:
        ours = code.co_filename.startswith(SOURCE)
        if ours and code.co_name != "<module>":  # an import happens in whichever test is first
            _ran.add(code.co_filename)
        return monitoring.DISABLE  # until the next test

    monitoring.use_tool_id(_TOOL, "ran")
    monitoring.register_callback(_TOOL, monitoring.events.PY_START, enter)
    monitoring.set_events(_TOOL, monitoring.events.PY_START)
    # Where an interpreter ends, the names above are gone before the last functions run.
    atexit.register(_stop)


def _stop() -> None:
    """Note no more. Before Python 3.14, a tool that is freed is called all the same."""
    _MONITORING.set_events(_TOOL, _MONITORING.events.NO_EVENTS)
    _MONITORING.register_callback(_TOOL, _MONITORING.events.PY_START, None)
    _MONITORING.free_tool_id(_TOOL)


def start_in_fork(env: dict[str, str]) -> None:
    """Note it for the test that has asked for a forked run."""
    if into := env.get(VARIABLE):
        start()
        atexit.register(_append, Path(into))


def _append(into: Path) -> None:
    with into.open("a", encoding="utf-8") as file:
        file.writelines(f"{one}\n" for one in sorted(_ran))


def pytest_configure(config: pytest.Config) -> None:
    """Start, and have forked runs tell theirs."""
    handle, name = tempfile.mkstemp(prefix="platform-ran-")
    os.close(handle)
    into = config.stash[_forked] = Path(name)
    config.add_cleanup(lambda: into.unlink(missing_ok=True))
    os.environ[VARIABLE] = name
    start()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Forget what ran in another test."""
    _ran.clear()
    if _MONITORING and _MONITORING.get_tool(_TOOL):
        _MONITORING.restart_events()
    os.truncate(item.config.stash[_forked], 0)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """Count the files that ran, and add them to the report of a failure."""
    report: pytest.TestReport = yield
    if call.when == "call":
        _ran.update(item.config.stash[_forked].read_text(encoding="utf-8").splitlines())
        _counts.update(_ran)
    if report.failed and _ran:
        names = sorted(_ran, key=lambda name: (_counts[name], name))
        shown = " ".join(name.removeprefix(SOURCE) for name in names)
        report.sections.append(
            ("files of src/pytest_platform that ran, the least shared first", textwrap.fill(shown))
        )
    return report
