"""The option ``--changed-since``: a run is narrowed to the modules that a change touches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import pytest

from pytest_platform.errors import PlatformError
from pytest_platform.module.catalog import Catalog
from pytest_platform.plugin.change_options import usage_error
from pytest_platform.plugin.options import Settings

if TYPE_CHECKING:
    from pytest_platform.report.document import ChangedSinceReport

_TOUCHED: Final = "platform_touched"
"""Under this name xdist's controller tells its workers what git has said."""


class ChangedSince:
    """The hooks of the option. ``touched`` are names of modules, each with why it is one.

    ``empty`` tells that nothing is left to test, which is no failure here.
    """

    def __init__(self, ref: str, touched: Mapping[str, str], *, empty: bool) -> None:
        self._ref = ref
        self.touched = touched
        self.empty = empty

    @property
    def section(self) -> ChangedSinceReport:
        """What the JSON document says of it."""
        from pytest_platform.report.document import ChangedSinceReport, Touched

        listed = [Touched(module=name, because=why) for name, why in self.touched.items()]
        return ChangedSinceReport(ref=self._ref, touched=listed)

    @property
    def nothing(self) -> str:
        """Say why there is nothing to test."""
        which = "one of the selected modules" if self.touched else "a module"
        return f"nothing that changed since {self._ref} touches {which}, so no check had to run"

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell a worker of xdist, so that all agree whatever happens to the files meanwhile."""
        node.workerinput[_TOUCHED] = dict(self.touched)

    def pytest_report_header(self) -> str:
        """Say what is tested, and why."""
        listed = ", ".join(f"{name} ({why})" for name, why in self.touched.items())
        return f"changed since {self._ref}: {listed or 'no module'}"

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Let a run succeed that had nothing to do."""
        if self.empty and session.exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
            session.exitstatus = pytest.ExitCode.OK


def narrow(
    config: pytest.Config, settings: Settings, catalog: Catalog, names: list[str]
) -> ChangedSince:
    """Find out what is touched; ``names`` are those of ``--module``, empty for all.

    Raises:
        pytest.UsageError: git could not tell.
    """
    ref = settings.changed_since or ""
    handed_over = getattr(config, "workerinput", {}).get(_TOUCHED)
    touched = _ask(ref, settings, catalog) if handed_over is None else handed_over
    left = touched.keys() & names if names else touched.keys()
    return ChangedSince(ref, touched, empty=not left)


def _ask(ref: str, settings: Settings, catalog: Catalog) -> dict[str, str]:
    from pytest_platform.selection.since import touched_since

    try:
        return touched_since(ref, catalog, settings.root)
    except PlatformError as error:
        raise usage_error(str(error), error.code) from None
