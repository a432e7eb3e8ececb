"""A check: one question about one module, with one verdict."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from msgspec.structs import replace

from pytest_platform.errors import PlatformError
from pytest_platform.module.loader import Module
from pytest_platform.run.context import Context
from pytest_platform.verdict import Location, Result, Verdict

GROUPS = ("contract", "health", "smoke", "drift")
"""The groups of checks, in the order in which they run."""

SKIP_REASON = "remote mode is skip: nothing outside the files is touched"


@dataclass(frozen=True, slots=True)
class Check(ABC):
    """One question about one file. ``location`` is the line that declares what is checked."""

    group: ClassVar[str]
    live: ClassVar[bool] = True
    """Whether it needs a host. Such a check is skipped in remote mode ``skip``."""

    name: str
    location: Location

    @abstractmethod
    def answer(self, context: Context) -> Result:
        """Answer the question. May do I/O.

        Raises:
            PlatformError: it could not be answered.
        """

    def run(self, context: Context) -> Result:
        """Answer the question; an error that prevents an answer gives the verdict ``error``."""
        if self.live and not context.remote_mode.live:
            return Result(Verdict.SKIPPED, SKIP_REASON, location=self.location)
        try:
            result = self.answer(context)
        except PlatformError as error:
            result = unanswered(error)
        return result if result.location else replace(result, location=self.location)


@dataclass(frozen=True, slots=True)
class ModuleCheck(Check):
    """One question about a module whose file could be read."""

    module: Module


def unanswered(error: PlatformError) -> Result:
    """Return the result of a check that an error has kept from its answer."""
    return Result(Verdict.ERROR, str(error), error.code, location=error.location)
