"""Which check of a run reports a fault that several checks meet.

A module that is down fails the probes of all modules that depend on it. One check owns that
fault and reports it; the others are skipped and name it:

    minio is down  ->  minio::health::state           fails: the fault owner
                       minio-init::health::owner      skipped: "the checks of 'minio' …"
                       minio-init::smoke::buckets     skipped: probe.blocked
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from pytest_platform.verdict import Finding, Location, Result, Verdict, failed

ReportingCheck = tuple[str, str]
"""A check of a state: its module, and its name: ``state``, ``owner`` or ``requires``."""


class FaultOwners:
    """The checks of states in this run, and the faults that were left to them.

    A check to which another has left a fault must report it: where the state has become right
    meanwhile, it fails nevertheless. So a run in which a check was skipped because of a fault
    is never green.
    """

    def __init__(self, checks: Iterable[ReportingCheck] = ()) -> None:
        self._pending = set(checks)
        self._reported: set[ReportingCheck] = set()
        self._left: dict[ReportingCheck, Sequence[Finding]] = {}

    def leave(self, check: ReportingCheck, findings: Sequence[Finding]) -> bool:
        """Leave a fault to a check; return whether it has reported it, or will.

        False where the check is not part of the run, and where it has passed already.
        """
        if check in self._reported:
            return True
        if check in self._pending:
            self._left.setdefault(check, findings)
        return check in self._pending

    def answered(self, check: ReportingCheck, result: Result, place: Location) -> Result:
        """Take note of a result; return a failed one where a fault was left to a check that passed.

        ``place`` is where the failed result points.
        """
        left = self._left.get(check)
        if left and result.verdict is Verdict.PASSED:
            result = failed(left, place)
            message = f"it was not as declared when first looked at: {result.message}"
            result = replace(result, message=message)
        self._pending.discard(check)
        if result.verdict in {Verdict.FAILED, Verdict.ERROR}:
            self._reported.add(check)
        return result
