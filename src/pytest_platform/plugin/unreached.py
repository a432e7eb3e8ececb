"""Modules that the run ended without reaching, as with ``-x``: they are unverified, not absent."""

from __future__ import annotations

import sys
from collections.abc import Generator, Iterable
from typing import Any

import pytest

from pytest_platform.plugin.collection import modules_of
from pytest_platform.plugin.groups import total_of
from pytest_platform.plugin.observed import host_shown, observed_already
from pytest_platform.plugin.run import Run
from pytest_platform.report.answers import CheckAnswer, subject_of


class Unreached:
    """The hooks that see what is to be run, and in the end which module has no answer."""

    def __init__(self, run: Run, answers: list[CheckAnswer]) -> None:
        self._run = run
        self._answers = answers
        self._names: dict[str, None] = {}

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Keep the modules of all tests that are left."""
        self._names.update(dict.fromkeys(one for item in session.items for one in modules_of(item)))

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, node: Any, ids: Iterable[str]) -> None:
        """Keep the modules of what a worker has collected."""
        del node
        inside: dict[str, list[str]] = {}
        for file, _, inner in (one.partition("::") for one in ids):
            inside.setdefault(file, []).append(inner)
        catalog = self._run.catalog
        for file, inners in inside.items():
            path = self._run.config.rootpath / file
            if catalog.holds(path):
                self._names.update(dict.fromkeys(catalog.name_in(path, one) for one in inners))

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None]:
        """Add an answer without a check for each module that has none, before all is reported."""
        usage = session.exitstatus == pytest.ExitCode.USAGE_ERROR
        if not usage and _runs_tests(session.config.option):
            self._add()
        return (yield)

    def _add(self) -> None:
        known = {one.subject.name for one in self._answers}
        names = (one for one in self._names if one not in known and self._run.catalog.exists(one))
        self._answers.extend([self._answer(name) for name in names])

    def _answer(self, name: str) -> CheckAnswer:
        module = self._run.catalog.get(name)
        return CheckAnswer(
            subject=subject_of(module, host_shown(self._run, module)),
            check=None,
            observation=observed_already(self._run, module),
            total=total_of(self._run, module),
            order=sys.maxsize,
        )


def _runs_tests(option: Any) -> bool:
    """Tell whether the session runs tests, and does not only list something."""
    listing = ("collectonly", "showfixtures", "show_fixtures_per_test", "setupplan")
    return not any(getattr(option, name, False) for name in listing)
