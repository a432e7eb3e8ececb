"""What is done with the command line of a run that concerns this plugin, before it is set up."""

from __future__ import annotations

import sys
from argparse import ArgumentError
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING

import pytest

from pytest_platform.errors import PlatformError, UsageError
from pytest_platform.plugin import change_options, concern, options, report_options
from pytest_platform.plugin.stack_options import cleans_only

if TYPE_CHECKING:
    from pytest_platform.report.writer import ReportTarget, ReportWriter

_OUTPUT: pytest.StashKey[ReportWriter] = pytest.StashKey()


def add_options(parser: pytest.Parser, config: pytest.Config | None) -> None:
    """Register the options; take stdout so early that it stays clean on a refused command line."""
    try:
        options.add_options(parser)
    except (ValueError, ArgumentError) as error:
        raise _refused(error) from None
    if config is not None:
        params = config.invocation_params
        _promise(config, _asked(lambda: report_options.early(params.args, params.dir)))


def settle(
    config: pytest.Config, parser: pytest.Parser, args: list[str]
) -> Generator[None, None, None]:
    """Settle what ``--json`` means before conftest files are looked for and output is captured."""
    options.normalise(args)
    known = parser.parse_known_args(args)
    config.known_args_namespace.file_or_dir = known.file_or_dir
    wanted = (config, known.platform_json, known.platform_report)
    _promise(config, _asked(lambda: report_options.targets(*wanted)))
    if report_options.history_path(config, known.platform_history):
        _writer(config)
    change_options.prepare_plan(config, known.platform_plan)
    try:
        yield
    except (ValueError, ArgumentError) as error:
        raise _refused(error) from None
    except BaseException as error:
        _redact_early(config, error)
        raise


def clean(config: pytest.Config) -> int | None:
    """Do what ``--stack-clean`` asks for, where it is all that was asked for."""
    try:
        if not cleans_only(config):
            return None
    except UsageError as error:
        raise change_options.usage_error(str(error)) from None
    from pytest_platform.plugin.ephemeral import clean_up

    sys.stdout.write("\n".join([*clean_up(), ""]))
    if _OUTPUT in config.stash:
        config.stash[_OUTPUT].nothing_tested(config.rootpath)
    return 0


def configure(config: pytest.Config) -> None:
    """Set the run up where the project has modules, or something was asked for."""
    output = config.stash.get(_OUTPUT, None)
    if output and hasattr(config, "workerinput"):
        output.abandon()
    settings = options.settings_of(config)
    if settings is None and output is None:
        return
    from pytest_platform.plugin.session import set_up

    set_up(config, settings, output)


def _redact_early(config: pytest.Config, error: BaseException) -> None:
    """Redact why a conftest file cannot be read, which is before a run is set up."""
    try:
        settings = options.settings_of(config)
    except (pytest.UsageError, UsageError, AttributeError, ValueError):
        settings = None
    if settings is None:
        return
    from pytest_platform.plugin.boundary import Boundary, make_safe
    from pytest_platform.plugin.run import known_early

    known = known_early(settings)
    make_safe(error, Boundary(lambda: known).safe)


def _refused(error: Exception) -> Exception:
    """Name who defines an option that is ours, too; any other error stays what it is."""
    message = concern.collision(error)
    return change_options.usage_error(message, "platform.option") if message else error


def _asked(find: Callable[[], list[ReportTarget]]) -> list[ReportTarget]:
    """Find out which reports are asked for; what cannot be done is pytest's error."""
    try:
        return find()
    except UsageError as error:
        raise change_options.usage_error(str(error)) from None


def _promise(config: pytest.Config, targets: list[ReportTarget]) -> None:
    """Promise reports, once they are known to be asked for."""
    for one in targets:
        _writer(config).add(one)


def _writer(config: pytest.Config) -> ReportWriter:
    """Return who writes the reports and the history when all is over, the same one each time."""
    if _OUTPUT not in config.stash:
        from pytest_platform.report.writer import ReportWriter

        config.stash[_OUTPUT] = output = ReportWriter()
        config.add_cleanup(lambda: _keep_promise(output))
        config.pluginmanager.register(output, "platform-output")
    return config.stash[_OUTPUT]


def _keep_promise(output: ReportWriter) -> None:
    try:
        output.close()
    except PlatformError as error:
        raise change_options.usage_error(str(error), error.code) from None
    except OSError as error:
        raise change_options.usage_error(
            f"{error.filename}: cannot be written: {error.strerror}"
        ) from None
