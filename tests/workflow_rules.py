"""The project's own rules for workflows. Pure: text in, names of broken rules out.

They come on top of the schema, which says what is well formed and not what is safe.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import yaml

Workflow = Mapping[str, Any]

_EXPRESSION = "${{"
_PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}")
_PINNED_LINE = re.compile(r"uses: \S+@[0-9a-f]{40} # v\d+(\.\d+)*$")
_INPUT = re.compile(r"\binputs\s*[.\[]")
_SHORT_NAME = re.compile(r"github\.ref_name\b|\bGITHUB_REF_NAME\b")
_OF_PEOPLE = re.compile(r"\b(secrets|inputs|github\.event|github\.head_ref)\b")
_MAY_RUN_STRANGERS_CODE = {"pull_request"}
_NEVER = {"pull_request_target", "workflow_run", "issue_comment"}
_LEAST: tuple[Workflow, ...] = ({"contents": "read"}, {})


def broken(text: str) -> list[str]:
    """Return the names of the rules that a workflow breaks, in order."""
    # All scalars as text: `on` is a word here, and not true.
    workflow = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 - it makes plain text only
    return sorted(name for name, holds in RULES.items() if not holds(workflow, text))


def jobs(workflow: Workflow) -> list[Mapping[str, Any]]:
    """Return the jobs."""
    return list(workflow["jobs"].values())


def steps(workflow: Workflow) -> list[Mapping[str, Any]]:
    """Return the steps of all jobs."""
    return [step for job in jobs(workflow) for step in job.get("steps", [])]


def _pinned(workflow: Workflow, text: str) -> bool:
    used = [one["uses"] for one in (*steps(workflow), *jobs(workflow)) if "uses" in one]
    lines = [line.strip() for line in text.splitlines() if re.search(r"^\s*-?\s*uses:", line)]
    named = all(_PINNED_LINE.search(line) for line in lines if "uses: ./" not in line)
    return named and all(_PINNED.fullmatch(one) for one in used if not one.startswith("./"))


def _least_permissions(workflow: Workflow, _: str) -> bool:
    narrowed = [job["permissions"] for job in jobs(workflow) if "permissions" in job]
    return all(one in _LEAST for one in (workflow.get("permissions"), *narrowed))


def _no_expression_in_run(workflow: Workflow, _: str) -> bool:
    return not any(_EXPRESSION in step.get("run", "") for step in steps(workflow))


def _data_through_env(workflow: Workflow, _: str) -> bool:
    """Keep what people type, or keep secret, in the ``env`` of the one step that needs it."""
    allowed = {id(step.get("env")) for step in steps(workflow)}
    conditions = {id(job.get("if")) for job in jobs(workflow)}
    found = [
        text
        for text, parent in _texts(workflow["jobs"], None)
        if _EXPRESSION in text and _OF_PEOPLE.search(text) and id(parent) not in allowed
    ]
    return not found and not any(_INPUT.search(str(one)) for one in conditions)


def _inputs_are_passed(workflow: Workflow, text: str) -> bool:
    dispatch = triggers(workflow).get("workflow_dispatch") or {}
    names = (dispatch.get("inputs") or {}) if isinstance(dispatch, Mapping) else {}
    return all(f"${{{{ inputs.{name} }}}}" in text for name in names)


def _timeouts(workflow: Workflow, _: str) -> bool:
    return all("timeout-minutes" in job for job in jobs(workflow) if "steps" in job)


def _no_credentials_left(workflow: Workflow, _: str) -> bool:
    checkouts = [one for one in steps(workflow) if "/checkout@" in one.get("uses", "")]
    return all((one.get("with") or {}).get("persist-credentials") == "false" for one in checkouts)


def _safe_triggers(workflow: Workflow, _: str) -> bool:
    return not _NEVER & triggers(workflow).keys()


def _strangers_get_no_secret(workflow: Workflow, text: str) -> bool:
    return not (_MAY_RUN_STRANGERS_CODE & triggers(workflow).keys() and "secrets." in text)


def _concurrency(workflow: Workflow, _: str) -> bool:
    return "concurrency" in workflow


def _branch_is_no_tag(_: Workflow, text: str) -> bool:
    """Compare with a whole ref: a tag may have the short name of any branch."""
    return not _SHORT_NAME.search(text)


def triggers(workflow: Workflow) -> Mapping[str, Any]:
    """Return what starts the workflow, each with its settings."""
    on = workflow["on"]
    if isinstance(on, Mapping):
        return on
    return dict.fromkeys([on] if isinstance(on, str) else on)


def _texts(value: Any, parent: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, str):
        yield value, parent
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _texts(one, value)
    else:
        for one in value:
            yield from _texts(one, value)


RULES: Mapping[str, Callable[[Workflow, str], bool]] = {
    "pinned": _pinned,
    "permissions": _least_permissions,
    "run": _no_expression_in_run,
    "env": _data_through_env,
    "inputs": _inputs_are_passed,
    "timeout": _timeouts,
    "credentials": _no_credentials_left,
    "triggers": _safe_triggers,
    "secrets": _strangers_get_no_secret,
    "concurrency": _concurrency,
    "ref": _branch_is_no_tag,
}
