"""The check of the group ``drift``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from pytest_platform.checks.check import ModuleCheck
from pytest_platform.run.context import Context
from pytest_platform.verdict import Result


@dataclass(frozen=True, slots=True)
class DriftCheck(ModuleCheck):
    """There is no difference between what runs and what the files declare."""

    group: ClassVar[str] = "drift"

    def answer(self, context: Context) -> Result:
        """Compare. What it takes is imported by runs that ask for it only."""
        from pytest_platform.checks.drift.judge import judge

        return judge(self.module, context)
