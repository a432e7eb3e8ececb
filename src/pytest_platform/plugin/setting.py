"""What the command line orders of a guarded apply. Imported where something is changed only."""

from __future__ import annotations

from pathlib import Path

from pytest_platform.change import apply, plan
from pytest_platform.change.guard_facts import ChangeRequest
from pytest_platform.change.refusal import Refusal
from pytest_platform.plugin.options import Settings
from pytest_platform.plugin.report_options import STDOUT


def setting_of(settings: Settings) -> apply.Setting:
    """Return what was ordered. Reads the plan that ``--apply`` names."""
    change = settings.change
    request = ChangeRequest(
        apply=bool(change.apply),
        patterns=settings.patterns,
        allow_stateful=change.allow_stateful,
        backup_ref=change.backup_ref,
        confirmation=change.confirmation,
    )
    planned, unusable = None, None
    if change.apply not in {"", STDOUT}:
        try:
            planned = plan.load(Path(change.apply))
        except plan.PlanUnusable as error:
            unusable = Refusal(error.code, str(error))
    return apply.Setting(request, change.audit_log, planned=planned, unusable=unusable)
