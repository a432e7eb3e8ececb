"""Setting up a run: which of the plugin's parts it gets."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest
from msgspec import UNSET

from pytest_platform.errors import PlatformError
from pytest_platform.plugin import run as runs
from pytest_platform.plugin.ahead import Ahead
from pytest_platform.plugin.boundary import Boundary
from pytest_platform.plugin.change_options import usage_error
from pytest_platform.plugin.collection import Collection
from pytest_platform.plugin.json_report import JsonReport
from pytest_platform.plugin.options import Settings
from pytest_platform.plugin.report_options import history_path
from pytest_platform.plugin.reporting import Reporting
from pytest_platform.plugin.stack_options import DEPLOYED
from pytest_platform.plugin.summary import Summary
from pytest_platform.plugin.uncovered import Uncovered, Unreached
from pytest_platform.report.answers import CheckAnswer, platform_section
from pytest_platform.report.document import Platform
from pytest_platform.report.writer import ReportWriter

SMOKE: Final = "smoke"
"""The folder of a project's own tests of its modules."""


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
        _keep_history(config, output)
    if settings is None:
        return
    run = runs.start(config, settings)
    config.stash[runs.RUN] = run
    config.add_cleanup(run.close)
    if output is not None:
        output.secrets = run.secrets
    _register_parts(config, run, answers, order)
    if run.selected is not None and not config.getoption("file_or_dir"):
        config.args[:] = _paths(run)
        # Tests in the folder of a module are collected only where it lies in that of tests.
        smoke = run.settings.root / SMOKE
        run.files_only = not (run.settings.way.ask or run.catalog.folder.is_relative_to(smoke))


def _register_parts(
    config: pytest.Config, run: runs.Run, answers: list[CheckAnswer], order: dict[str, int]
) -> None:
    boundary = Boundary(run.secrets, worker=hasattr(config, "workerinput"))
    config.pluginmanager.register(boundary, "platform-boundary")
    config.add_cleanup(boundary.guard_stderr())
    config.pluginmanager.register(Collection(run), "platform-collection")
    config.pluginmanager.register(Ahead(run), "platform-ahead")
    uncovered = Uncovered(run)
    config.pluginmanager.register(uncovered, "platform-uncovered")
    config.pluginmanager.register(Reporting(run, answers, order), "platform-reporting")
    config.pluginmanager.register(Summary(run, answers, uncovered), "platform-summary")
    config.pluginmanager.register(Unreached(run, answers), "platform-unreached")
    if run.stack:
        from pytest_platform.plugin.ephemeral import OwnStack, clean_up

        own = OwnStack(run.stack, clean_up() if run.settings.stack.clean else [])
        config.add_cleanup(run.stack.stop)
        config.pluginmanager.register(own, "platform-stack")
    if run.changed_since is not None:
        config.pluginmanager.register(run.changed_since, "platform-changed-since")


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


def _keep_history(config: pytest.Config, output: ReportWriter) -> None:
    """Find out at the start whether the history can be written, where one is asked for."""
    path = history_path(config, config.option.platform_history)
    if path is None or hasattr(config, "workerinput"):
        return
    from pytest_platform.report.history import History

    history = History(path)
    try:
        history.prepare()
    except PlatformError as error:
        raise usage_error(str(error), error.code) from None
    output.history = history


def _paths(run: runs.Run) -> list[str]:
    if not run.selected:
        return []
    paths = dict.fromkeys(run.catalog.path(name) for name in sorted(run.selected))
    files = [_argument(path) for path in paths]
    smoke = run.settings.root / SMOKE
    return [*files, str(smoke)] if smoke.is_dir() else files


def _argument(path: Path) -> str:
    """Return what makes pytest collect a module's file; of a link to nowhere it knows nothing."""
    return str(path if path.exists() else path.parent)
