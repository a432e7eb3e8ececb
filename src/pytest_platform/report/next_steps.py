"""What to do next, in the fewest lines: one step for each code that was found. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pytest_platform.codes import catalogue
from pytest_platform.report.document import Platform
from pytest_platform.report.faults import faults

_STEPS: Final = 6
_NAMES: Final = 4


def next_steps(section: Platform) -> Iterator[str]:
    """Yield what the catalogue says to do of each code, with the modules that have it."""
    modules: dict[str, dict[str, None]] = {}
    for one in faults(section):
        modules.setdefault(one.code, {})[one.module] = None
    if not modules:
        return
    yield "what to do next:"
    known = [code for code in modules if code in catalogue()]
    for code in known[:_STEPS]:
        names = list(modules[code])
        more = f" and {len(names) - _NAMES} more" if len(names) > _NAMES else ""
        yield f"- {', '.join(names[:_NAMES])}{more}: {catalogue()[code].do} [{code}]"
    if left := len(modules) - len(known[:_STEPS]):
        yield f"- {left} further code{'s' if left > 1 else ''}: see the messages above"
