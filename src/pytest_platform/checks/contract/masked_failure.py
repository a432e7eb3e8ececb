"""A one-shot whose failure nobody can see.

A one-shot is judged by its exit code alone, so every step that matters has to reach it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pytest_platform.checks.shell import failures, fates
from pytest_platform.checks.shell.invocation import Program, arguments, program
from pytest_platform.checks.shell.parsing import parse
from pytest_platform.checks.shell.quoting import shortened
from pytest_platform.verdict import Finding

CODE: Final = "contract.masked_failure"

_ADVICE: Final = {
    fates.SWALLOWED: (
        "a failure of {} is swallowed by what stands behind `||`",
        "take `|| …` away, or end it with `exit 1`",
    ),
    fates.OVERWRITTEN: (
        "only the last command counts, a failure of {} goes unseen",
        "start the script with `set -e`, or join its steps with `&&`",
    ),
    fates.EXIT_ZERO: (
        "`exit 0` at the end hides a failure of {}",
        "take `exit 0` away and start the script with `set -e`",
    ),
    fates.LOOPED: (
        "of a loop only the last round counts, a failure of {} goes unseen",
        "start the script with `set -e`, or write `|| exit 1` behind the step",
    ),
    fates.CHAINED: (
        "`set -e` overlooks a failure of {}, because it stands left of `&&`",
        "write the steps on lines of their own instead of joining them with `&&`",
    ),
    fates.PIPED: (
        "of a pipeline only the last command counts, a failure of {} goes unseen",
        "write `set -o pipefail`, or put the output into a file first",
    ),
    fates.HTTP: (
        "{} succeeds although the server answers with an error",
        "add `--fail` to curl",
    ),
    fates.IDLE: (
        "{} never ends, so there is no exit code to tell whether the work was done",
        "let the script end after its last step, and wait with service_completed_successfully",
    ),
}


def findings(rendered: Mapping[str, Any], source: Mapping[str, Any]) -> list[Finding]:
    """Tell how a failure of a one-shot is hidden: one finding for each way in which it is.

    ``rendered`` is the service as it runs, ``source`` the same before interpolation; only
    the latter is ever quoted.
    """
    found = program(arguments(rendered, source))
    if found is None:
        return []
    first: dict[str, str | None] = {}
    for rule, text in _hidden(found):
        first.setdefault(rule, text)
    return [_finding(found.field, rule, text) for rule, text in first.items()]


def _hidden(found: Program) -> list[tuple[str, str | None]]:
    """Judge what runs, and quote what was written where both have the same shape."""
    ran = failures.hidden(parse(found.text), found.options)
    if found.written is None:
        return [(one.rule, None) for one in ran]
    written = failures.hidden(parse(found.written), found.options)
    if [one.rule for one in written] == [one.rule for one in ran]:
        return [(one.rule, one.text) for one in written]
    return [(one.rule, None) for one in ran]


def _finding(field: str, rule: str, text: str | None) -> Finding:
    problem, advice = _ADVICE[rule]
    quoted = f"`{shortened(text)}`" if text else "a step"
    return Finding(
        code=CODE,
        message=f"{problem.format(quoted)}: {advice}",
        expected="a failure of any step makes the exit code other than 0",
        actual=problem.format(quoted),
        path=(field,),
    )
