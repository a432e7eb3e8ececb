"""What one process of a run does: the result of its collection, made once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pytest_platform.module.loader import Module
from pytest_platform.run.faults import ReportingCheck


@dataclass(frozen=True, slots=True)
class Plan:
    """The selected ``modules`` and what their checks need.

    ``shares`` gives the number of the share of each module where workers divide the hosts.
    ``state_checks`` are the checks of states that take part. ``compares`` tells that a check
    compares settings, for which a snapshot keeps more. ``workers`` is how many processes
    share the run, 0 without xdist; ``reruns`` tells that a test may run more than once.
    """

    modules: tuple[Module, ...] = ()
    shares: Mapping[str, int] = field(default_factory=dict)
    state_checks: frozenset[ReportingCheck] = frozenset()
    compares: bool = False
    workers: int = 0
    reruns: bool = False

    def beside(self, module: Module) -> list[Module]:
        """Return the modules of the same share, which this process looks at together."""
        share = self.shares.get(module.name)
        return [one for one in self.modules if self.shares.get(one.name) == share]
