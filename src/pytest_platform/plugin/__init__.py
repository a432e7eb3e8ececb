"""The plugin's entry point: options, markers, and the parts that a run with modules needs.

Loaded in every pytest run on the machine, so nothing more than this is imported before a
project turns out to have modules, or the command line asks for something of ours.
"""

from __future__ import annotations

from collections.abc import Generator

import pytest

from pytest_platform.plugin import concern, hookspecs, ini, plain_import
from pytest_platform.plugin.fixtures import (
    guarded_apply,
    platform_container,
    platform_host,
    platform_module,
    platform_stack,
)

__all__ = [
    "guarded_apply",
    "platform_container",
    "platform_host",
    "platform_module",
    "platform_stack",
]

_CONCERNED: pytest.StashKey[bool] = pytest.StashKey()

_MARKERS = (
    "contract: is what will be deployed well formed and safe? (files only)",
    "health: is what runs in the declared state?",
    "smoke: does it do its job?",
    "drift: does what runs match what is declared?",
    "apply: may this one-shot be run again, and did it succeed?",
    "module(name): the test belongs to this module and runs with it",
)


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    """Register the values of the ini file, and the options where the run concerns us."""
    ini.add(parser)
    config = pluginmanager.get_plugin("pytestconfig")
    if config is not None:
        params = config.invocation_params
        config.stash[_CONCERNED] = concern.concerned(params.dir, params.args)
        if not config.stash[_CONCERNED]:
            return
        config.add_cleanup(plain_import.end)
        plain_import.begin()
    from pytest_platform.plugin import command_line

    command_line.add_options(parser, config)


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Register the hooks that other plugins may implement."""
    pluginmanager.add_hookspecs(hookspecs)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(
    early_config: pytest.Config, parser: pytest.Parser, args: list[str]
) -> Generator[None]:
    """Settle what the command line means before conftest files are looked for."""
    if not early_config.stash.get(_CONCERNED, True):
        yield
        return
    from pytest_platform.plugin import command_line

    yield from command_line.settle(early_config, parser, args)


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> int | None:
    """Do what ``--stack-clean`` asks for, where it is all that was asked for."""
    if not _has_options(config):
        return None
    from pytest_platform.plugin import command_line

    return command_line.clean(config)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Register markers, and set a run up where the project has modules."""
    for marker in _MARKERS:
        config.addinivalue_line("markers", marker)
    if _has_options(config):
        from pytest_platform.plugin import command_line

        command_line.configure(config)


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Say what helps where there is a Compose file, and nothing of ours yet."""
    if config.pluginmanager.has_plugin("platform-collection"):
        return []
    said = concern.first_contact(config)
    if not said:
        return []
    from pytest_platform.plugin.terminal import Terminal

    return [line for one in said for line in Terminal(config).lines(one)]


def _has_options(config: pytest.Config) -> bool:
    """Return whether the options are defined: without modules and a word of ours they are not."""
    return hasattr(config.option, "platform_modules")
