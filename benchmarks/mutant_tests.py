"""Runs tests in forks: of a changed file, chosen ones, or to see which lines they reach."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections import defaultdict
from collections.abc import Iterable
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, Final

import hypothesis
import pytest
from mutants import PACKAGE, Mutant

SECONDS: Final = 40
HANGS: Final = 1200
"""A mutant that has used so many seconds, or waited so many, never ends: that was noticed, too."""


class _Loader(SourceFileLoader):
    def __init__(self, name: str, path: str, text: str) -> None:
        super().__init__(name, path)
        self._text = text

    def get_code(self, _fullname: str) -> CodeType:
        code: CodeType = compile(self._text, self.path, "exec", dont_inherit=True)
        return code


class _Finder:
    """Finds the one module that is changed."""

    def __init__(self, mutant: Mutant) -> None:
        self._mutant = mutant
        words = Path(mutant.file).with_suffix("").parts
        self._name = ".".join(("pytest_platform", *words))

    def find_spec(self, fullname: str, *_: Any) -> ModuleSpec | None:
        if fullname != self._name:
            return None
        path = str(PACKAGE / self._mutant.file)
        loader = _Loader(fullname, path, self._mutant.text)
        return spec_from_file_location(fullname, path, loader=loader)


class _Profile:
    """Generates the same cases for each mutant, and makes none of them smaller."""

    def pytest_configure(self) -> None:
        hypothesis.settings.register_profile(
            "mutation",
            derandomize=True,
            database=None,
            deadline=None,
            phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
            suppress_health_check=list(hypothesis.HealthCheck),
        )
        hypothesis.settings.load_profile("mutation")


class Reaching:
    """Writes down which tests reach which lines of the files."""

    def __init__(self, files: Iterable[str], into: Path) -> None:
        self._files = {str(PACKAGE / file): file for file in files}
        self._into = into
        self._test = ""
        self._tests: defaultdict[str, set[str]] = defaultdict(set)

    def pytest_sessionstart(self) -> None:
        threading.settrace(self._call)
        sys.settrace(self._call)

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self._test = nodeid

    def pytest_sessionfinish(self) -> None:
        sys.settrace(None)
        self._into.write_text(json.dumps(self._tests, default=sorted))

    def _call(self, frame: FrameType, _event: str, _value: object) -> Any:
        return self._line if frame.f_code.co_filename in self._files else None

    def _line(self, frame: FrameType, _event: str, _value: object) -> Any:
        file = self._files[frame.f_code.co_filename]
        self._tests[f"{file}:{frame.f_lineno}"].add(self._test)
        return self._line


class Only:
    """Runs the chosen ones of the collected tests."""

    def __init__(self, tests: frozenset[str]) -> None:
        self._tests = tests

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = [item for item in items if item.nodeid in self._tests]


def run(files: Iterable[str], mutant: Mutant | None, *plugins: object) -> int:
    """Run test files in a fork; return its process id. It ends as pytest does."""
    pid = os.fork()
    if pid:
        return pid
    if mutant:
        signal.setitimer(signal.ITIMER_PROF, SECONDS)
        signal.alarm(HANGS)
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, 1)
        os.dup2(null, 2)
        sys.meta_path.insert(0, _Finder(mutant))
    words = ["-x", "-q", "-p", "no:cacheprovider", "-o", "timeout=0", "-p", "pytest_timeout"]
    code = 3
    try:
        code = pytest.main([*words, *files], plugins=[_Profile(), *plugins])
    finally:
        os._exit(int(code))
