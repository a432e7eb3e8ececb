"""Setting up a run: which of the plugin's parts it gets."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec import UNSET

from pytest_platform.plugin import run as runs
from pytest_platform.plugin.boundary import Boundary
from pytest_platform.plugin.collection import Collection
from pytest_platform.plugin.json_report import JsonReport
from pytest_platform.plugin.options import Settings, usage_error
from pytest_platform.plugin.reporting import Reporting
from pytest_platform.plugin.stack_options import DEPLOYED
from pytest_platform.plugin.uncovered import Uncovered, Unreached
from pytest_platform.report.answers import CheckAnswer, platform_section
from pytest_platform.report.document import Platform
from pytest_platform.report.writer import ReportWriter


def set_up(config: pytest.Config, settings: Settings | None, output: ReportWriter | None) -> None:
    """Register the parts. ``settings`` is None where the project has no modules.

    Raises:
        pytest.UsageError: what was asked for cannot be done.
    """
    answers: list[CheckAnswer] = []
    order: dict[str, int] = {}

    def section() -> Platform:
        if settings is None:
            return platform_section("skip", DEPLOYED, answers)
        since = config.stash[runs.RUN].changed_since if runs.RUN in config.stash else None
        narrowed = since.section if since else UNSET
        return platform_section(settings.remote_mode, settings.stack.kind, answers, narrowed)

    if output is not None:
        _register_json(config, JsonReport(output, section, order))
    if settings is None:
        return
    run = runs.start(config, settings)
    config.stash[runs.RUN] = run
    config.add_cleanup(run.close)
    boundary = Boundary(run.secrets, worker=hasattr(config, "workerinput"))
    config.pluginmanager.register(boundary, "platform-boundary")
    config.add_cleanup(boundary.guard_stderr())
    if output is not None:
        output.secrets = run.secrets
    config.pluginmanager.register(Collection(run), "platform-collection")
    uncovered = Uncovered(run)
    config.pluginmanager.register(uncovered, "platform-uncovered")
    reporting = Reporting(run, answers, order, uncovered)
    config.pluginmanager.register(reporting, "platform-reporting")
    config.pluginmanager.register(Unreached(run, answers), "platform-unreached")
    if run.stack:
        from pytest_platform.plugin.ephemeral import OwnStack, clean_up

        own = OwnStack(run.stack, clean_up() if settings.stack.clean else [])
        config.add_cleanup(run.stack.stop)
        config.pluginmanager.register(own, "platform-stack")
    if run.changed_since is not None:
        config.pluginmanager.register(run.changed_since, "platform-changed-since")
    if run.selected is not None and not config.getoption("file_or_dir"):
        config.args[:] = _paths(run)


def _register_json(config: pytest.Config, report: JsonReport) -> None:
    """Switch pytest-json-report on; the document is ours to write."""
    if not config.pluginmanager.has_plugin("pytest_jsonreport"):
        raise usage_error("reports need the plugin pytest-json-report, which is disabled")
    # Without the terminal plugin this option is missing, and pytest-json-report reads it.
    config.option.tbstyle = getattr(config.option, "tbstyle", "auto")
    if not config.option.json_report:
        config.option.json_report = True
        config.option.json_report_file = None
    if not hasattr(config, "workerinput"):
        report.check_writable()
        config.pluginmanager.register(report, "platform-json")


def _paths(run: runs.Run) -> list[str]:
    if not run.selected:
        return []
    paths = dict.fromkeys(run.catalog.path(name) for name in sorted(run.selected))
    files = [_argument(path) for path in paths]
    smoke = run.settings.root / "smoke"
    return [*files, str(smoke)] if smoke.is_dir() else files


def _argument(path: Path) -> str:
    """Return what makes pytest collect a module's file; of a link to nowhere it knows nothing."""
    return str(path if path.exists() else path.parent)
