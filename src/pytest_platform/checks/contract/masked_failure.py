"""A one-shot whose failure nobody can see.

A one-shot is judged by its exit code alone, so every step that matters has to reach it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pytest_platform.compose.service import RenderedService
from pytest_platform.scripts import failures, fates
from pytest_platform.scripts.fates import sets_errexit
from pytest_platform.scripts.files import NO_TEXTS, Texts
from pytest_platform.scripts.invocation import Program, arguments, program
from pytest_platform.scripts.parsing import parse
from pytest_platform.scripts.programs import with_program_of_image
from pytest_platform.text import shortened
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
        "write `|| exit 1` behind the step, inside the loop",
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
    fates.BRANCHED: (
        "a failure of {} is swallowed by the `if` around it, which only reports it",
        "end the branch of the failure with `exit 1`",
    ),
    fates.RETRIED: (
        "the loop gives up in silence when every try of {} has failed",
        "leave with `exit 0` in place of `break`, and write `exit 1` behind the loop",
    ),
    fates.SUBSTITUTED: (
        "the status of the `$(…)` in {} is lost, for the command around it succeeds",
        "assign it to a variable on a line of its own first (`T=$(…)`), under `set -e`",
    ),
    fates.BACKGROUND: (
        "`wait` without a process id drops the status of {}",
        "keep its id (`step & id=$!`), and `wait` for it by that id under `set -e`",
    ),
    fates.FOUND: (
        "{} ends with 0 whatever becomes of what `-exec … ;` runs",
        "end it with `+` in place of `;`, whose failure `find` passes on",
    ),
    fates.TRAPPED: (
        "{} replaces every exit code by 0",
        "take `exit 0` out of the trap",
    ),
    fates.SQL: (
        "{} exits 0 although a statement failed",
        "add `-v ON_ERROR_STOP=1` to psql, or `-b` to sqlcmd",
    ),
    fates.IDLE: (
        "{} never ends, so there is no exit code to tell whether the work was done",
        "let the script end after its last step, and wait with service_completed_successfully",
    ),
}

_BY_ITSELF: Final = "`set -e` does not reach it here, write `|| exit 1` behind the step"
_BESIDE_ERREXIT: Final = {
    fates.OVERWRITTEN: _BY_ITSELF,
    fates.EXIT_ZERO: "take `exit 0` away, and write `|| exit 1` behind the step",
}
"""Advice for a script that has `set -e` already, in a place where it has no effect."""


def findings(
    rendered: RenderedService,
    source: Mapping[str, Any],
    scripts: Texts = NO_TEXTS,
) -> list[Finding]:
    """Report how a failure of a one-shot is hidden: one finding for each way in which it is.

    ``rendered`` is the service as it runs, ``source`` the same before interpolation; only
    the latter is ever quoted. ``scripts`` are the files that can be read.
    """
    found = program(with_program_of_image(rendered, arguments(rendered, source)))
    if found is None:
        return []
    first: dict[str, fates.Hidden | None] = {}
    for rule, written in _hidden(found, scripts):
        first.setdefault(rule, written)
    return [
        _finding(found, rule, written, has_errexit=_has_errexit(found, written, scripts))
        for rule, written in first.items()
    ]


def _has_errexit(found: Program, written: fates.Hidden | None, scripts: Texts) -> bool:
    if written is not None and written.file:
        return sets_errexit(parse(scripts.texts[written.file]), frozenset())
    return sets_errexit(parse(found.text), found.options)


def _hidden(found: Program, scripts: Texts) -> list[tuple[str, fates.Hidden | None]]:
    """Judge what runs, with what was written where both have the same shape."""
    ran = failures.hidden(parse(found.text), found.options, scripts.texts)
    if found.written is None:
        return [(one.rule, None) for one in ran]
    written = failures.hidden(parse(found.written), found.options, scripts.written)
    if [one.rule for one in written] == [one.rule for one in ran]:
        return [(one.rule, one) for one in written]
    return [(one.rule, None) for one in ran]


def _finding(
    found: Program, rule: str, written: fates.Hidden | None, *, has_errexit: bool
) -> Finding:
    problem, advice = _ADVICE[rule]
    if has_errexit and rule in _BESIDE_ERREXIT:
        advice = _BESIDE_ERREXIT[rule]
    quoted = f"`{shortened(written.text)}`" if written else "a step"
    path, spot = found.place(written.at if written else None, written.file if written else "")
    return Finding(
        code=CODE,
        message=f"{problem.format(quoted)}: {advice}",
        expected="a failure of any step makes the exit code other than 0",
        actual=problem.format(quoted),
        path=path,
        spot=spot,
    )
