"""The plugin's entry point: options, markers, and the parts that a run with modules needs.

Loaded in every pytest run on the machine, so nothing heavy is imported before a
project turns out to have modules.
"""

from __future__ import annotations

import sys
from argparse import ArgumentError
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING

import pytest

from pytest_platform.errors import PlatformError, UsageError
from pytest_platform.plugin import change_options, concern, hookspecs, options, report_options
from pytest_platform.plugin.concern import first_contact
from pytest_platform.plugin.fixtures import (
    guarded_apply,
    platform_container,
    platform_host,
    platform_module,
    platform_stack,
)
from pytest_platform.plugin.stack_options import cleans_only

if TYPE_CHECKING:
    from pytest_platform.report.writer import ReportTarget, ReportWriter

__all__ = [
    "guarded_apply",
    "platform_container",
    "platform_host",
    "platform_module",
    "platform_stack",
]

_OUTPUT: pytest.StashKey[ReportWriter] = pytest.StashKey()

_OURS: pytest.StashKey[bool] = pytest.StashKey()
"""Whether the options are defined: without modules and without a word of ours they are not."""

_MARKERS = (
    "contract: is what will be deployed well formed and safe? (files only)",
    "health: is what runs in the declared state?",
    "smoke: does it do its job?",
    "drift: does what runs match what is declared?",
    "apply: may this one-shot be run again, and did it succeed?",
    "module(name): the test belongs to this module and runs with it",
)


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    """Register the options; take stdout so early that it stays clean on a refused command line."""
    config = pluginmanager.get_plugin("pytestconfig")
    options.add_ini(parser)
    if config is not None:
        params = config.invocation_params
        config.stash[_OURS] = concern.concerned(params.dir, params.args)
        if not config.stash[_OURS]:
            return
    try:
        options.add_options(parser)
    except (ValueError, ArgumentError) as error:
        raise _refused(error) from None
    if config is not None:
        params = config.invocation_params
        _promise(config, _asked(lambda: report_options.early(params.args, params.dir)))


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Register the hooks that other plugins may implement."""
    pluginmanager.add_hookspecs(hookspecs)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(
    early_config: pytest.Config, parser: pytest.Parser, args: list[str]
) -> Generator[None]:
    """Settle what ``--json`` means before conftest files are looked for and output is captured."""
    if early_config.stash.get(_OURS, True):
        options.normalise(args)
        known = parser.parse_known_args(args)
        early_config.known_args_namespace.file_or_dir = known.file_or_dir
        wanted = (early_config, known.platform_json, known.platform_report)
        _promise(early_config, _asked(lambda: report_options.targets(*wanted)))
        if report_options.history_path(early_config, known.platform_history):
            _writer(early_config)
        change_options.prepare_plan(early_config, known.platform_plan)
    try:
        yield
    except (ValueError, ArgumentError) as error:
        raise _refused(error) from None
    except BaseException as error:
        _redact_early(early_config, error)
        raise


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> int | None:
    """Do what ``--stack-clean`` asks for, where it is all that was asked for."""
    if not options.defined(config):
        return None
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


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Set a run up where the project has modules; otherwise register markers and no more."""
    for marker in _MARKERS:
        config.addinivalue_line("markers", marker)
    output = config.stash.get(_OUTPUT, None)
    if output and hasattr(config, "workerinput"):
        output.abandon()
    settings = options.settings_of(config) if options.defined(config) else None
    if settings is None and output is None:
        return
    from pytest_platform.plugin.session import set_up

    set_up(config, settings, output)


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Say what helps where there is a Compose file, and nothing of ours yet."""
    return [] if config.pluginmanager.has_plugin("platform-collection") else first_contact(config)


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
