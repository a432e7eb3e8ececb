"""Which checks of this run tell that a state is wrong, so that others need not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from pytest_platform.verdict import Finding, Location, Result, Verdict, failed

Teller = tuple[str, str]
"""A check of a state: its module, and its name: ``state``, ``owner`` or ``requires``."""


class StateChecks:
    """The checks of states in this run, and what they are held to.

    Who leaves a fault to a check that has not answered yet holds it to telling: where the
    state has come right meanwhile, that check fails nevertheless. So nothing that was left
    out for the sake of a fault is ever part of a run that is green.
    """

    def __init__(self, tellers: Iterable[Teller] = ()) -> None:
        self._to_come = set(tellers)
        self._told: set[Teller] = set()
        self._held: dict[Teller, Sequence[Finding]] = {}

    def tell(self, teller: Teller, findings: Sequence[Finding]) -> bool:
        """Ask whether a check has told, or is to tell; then it is held to it.

        False where it is no part of the run, and where it has answered that all is well.
        """
        if teller in self._told:
            return True
        if teller in self._to_come:
            self._held.setdefault(teller, findings)
        return teller in self._to_come

    def answered(self, teller: Teller, result: Result, place: Location) -> Result:
        """Take note of an answer; return what it is by all that it is held to."""
        held = self._held.get(teller)
        if held and result.verdict is Verdict.PASSED:
            result = failed(held, place)
            message = f"it was not as declared when first looked at: {result.message}"
            result = replace(result, message=message)
        self._to_come.discard(teller)
        if result.verdict in {Verdict.FAILED, Verdict.ERROR}:
            self._told.add(teller)
        return result
