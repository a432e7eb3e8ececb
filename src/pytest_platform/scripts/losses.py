"""Failures that one statement loses by its own form, whatever stands around it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pytest_platform.scripts import endings
from pytest_platform.scripts.commands import QUIET, asks, is_shown_by_later_steps, matters, plain
from pytest_platform.scripts.fates import BRANCHED, RETRIED, SUBSTITUTED, TRAPPED, Hidden
from pytest_platform.scripts.parsing import parse
from pytest_platform.scripts.syntax import (
    Branch,
    Chain,
    Loop,
    Negation,
    Node,
    Sequence,
    ShellCommand,
    Test,
    children,
    descend,
)

_DECLARING: Final = frozenset({"export", "local", "readonly", "declare", "typeset"})
_GIVES_UP: Final = {"until": "||", "while": "&&"}
"""How a test beside the step ends a loop that has not succeeded: ``until step || [ … ]``."""
_COMPUTING: Final = frozenset(
    {"dirname", "basename", "readlink", "realpath", "openssl", "jq", "yq", "mktemp", "nproc"}
    | {"awk", "sed", "tr", "cut", "sort", "uniq", "tail", "seq", "base64", "hexdump", "od"}
    | {"sha256sum", "md5sum", "arch", "tty", "rev", "bc", "xxd", "uuidgen", "pwgen", "cksum"}
)
"""Print a value made from their input; as a rule an empty one is noticed where it is used."""


def in_substitutions(command: ShellCommand, *, errexit: bool) -> Iterator[Hidden]:
    """Give the steps in ``$(…)`` whose status the command around it replaces.

    Without ``set -e`` it is no declaration that drops it: an assignment alone would, too.
    """
    words = plain(command)
    if not words or words[0] not in (_DECLARING if errexit else set()) | QUIET:
        return
    for inner in command.nested:
        for step in inner.statements[-1:]:
            if isinstance(step, ShellCommand) and is_step(step):
                yield Hidden(SUBSTITUTED, command.text, command.at)


def in_traps(command: ShellCommand) -> Iterator[Hidden]:
    """Give a trap that replaces every exit code by 0."""
    words = plain(command)
    if words[:1] != ("trap",) or not {"EXIT", "0"} & set(words[2:]):
        return
    statements = parse(words[1]).body.statements
    if any(endings.succeeds(endings.leaves_with(one, {})) for one in statements):
        yield Hidden(TRAPPED, command.text, command.at)


def is_step(command: ShellCommand) -> bool:
    """Say whether a command in ``$(…)`` does more than print a value."""
    return matters(command) and not asks(command) and plain(command)[0] not in _COMPUTING


def in_conditions(branch: Branch) -> Iterator[Hidden]:
    """Give the steps that an ``if`` runs as a condition, and whose failure it only reports."""
    for condition, then, otherwise in _arms(branch):
        step = condition.statements[-1] if condition.statements else None
        failed: Sequence | None = otherwise
        if isinstance(step, Negation):
            step, failed = step.inner, then
        elif _leaves(then):
            continue  # It asks whether the work is done already.
        if not isinstance(step, ShellCommand) or not matters(step) or asks(step):
            continue
        # Without `else` the status of a failed condition becomes 0.
        quiet = failed if failed is not None else then
        if quiet.statements and _only_reports(quiet):
            yield Hidden(BRANCHED, step.text, step.at)


def _arms(branch: Branch) -> Iterator[tuple[Sequence, Sequence, Sequence | None]]:
    if len(branch.conditions) == 1:
        otherwise = branch.bodies[1] if len(branch.bodies) > 1 else None
        yield branch.conditions[0], branch.bodies[0], otherwise


def _only_reports(body: Sequence) -> bool:
    return all(
        endings.is_quiet(one, {}) or endings.succeeds(endings.leaves_with(one, {}))
        for one in body.statements
    )


def _leaves(body: Sequence) -> bool:
    return any(
        endings.is_jump(one) or endings.leaves_with(one, {}) is not None for one in body.statements
    )


def in_retries(statement: Node, later: tuple[Node, ...]) -> Iterator[Hidden]:
    """Give the step of a bounded retry after whose last try nothing fails."""
    if not isinstance(statement, Loop) or endings.idles(statement) is not None:
        return
    inside = [node for one in (statement, *later) for node in descend(one)]
    if any(map(_fails, inside)) or any(map(_looks, later)):
        return
    counts = statement.kind == "for" or _counts(statement)
    for step in _tries_in_body(statement) if counts else _tries_in_head(statement):
        if matters(step) and not asks(step) and not is_shown_by_later_steps(step):
            yield Hidden(RETRIED, step.text, step.at)


def _fails(node: Node) -> bool:
    code = endings.ends_with(node, {}) if isinstance(node, ShellCommand) else None
    return code is not None and not endings.succeeds(code)


def _looks(statement: Node) -> bool:
    """Say whether a statement behind the loop fails by a test of its own, not as a condition."""
    if isinstance(statement, Chain):
        return _looks(statement.left) or _looks(statement.right)
    return isinstance(statement, Test) or endings.plain_of(statement)[:1] == ("test",)


def _counts(loop: Loop) -> bool:
    """Say whether a test, as of a counter, is all that keeps a ``while`` or ``until`` going."""
    head = loop.condition.statements[-1] if loop.condition and loop.condition.statements else None
    return head is not None and not isinstance(head, Chain) and _looks(head)


def _tries_in_body(loop: Loop) -> Iterator[ShellCommand]:
    last = loop.body.statements[-1] if loop.body.statements else None
    if last is None or not _ends_quietly(last):
        return
    for node in descend(loop.body):
        if isinstance(node, Chain) and node.operator == "&&" and _ends_loop(node.right):
            step = node.left
        elif isinstance(node, Branch) and node.bodies and _ends_loop(node.bodies[0]):
            step = node.conditions[0].statements[-1] if node.conditions else node
        else:
            continue
        if isinstance(step, ShellCommand):
            yield step


def _ends_quietly(node: Node) -> bool:
    """Say whether a round without success ends with 0; that of ``a && break`` ends otherwise."""
    if isinstance(node, ShellCommand) and not node.words and not node.nested:
        return True  # It counts the tries.
    if isinstance(node, Chain):
        return node.operator == "||" and endings.is_quiet(node.right, {})
    return isinstance(node, Branch) or endings.is_quiet(node, {})


def _tries_in_head(loop: Loop) -> Iterator[ShellCommand]:
    """Give what the head of a loop tries, where the loop also ends without success."""
    head = loop.condition.statements[-1] if loop.condition and loop.condition.statements else None
    leaves = any(endings.is_jump(node) for node in descend(loop.body))
    gives_up = (
        isinstance(head, Chain) and _looks(head) and head.operator == _GIVES_UP.get(loop.kind)
    )
    for step in _operands(head) if head and (leaves or gives_up) else ():
        if isinstance(step, ShellCommand):
            yield step


def _operands(node: Node) -> Iterator[Node]:
    if isinstance(node, Chain):
        yield from _operands(node.left)
        yield from _operands(node.right)
    else:
        yield node.inner if isinstance(node, Negation) else node


def _ends_loop(node: Node) -> bool:
    if isinstance(node, ShellCommand):
        is_break = plain(node)[:1] == ("break",)
        return is_break or endings.succeeds(endings.leaves_with(node, {}))
    return any(map(_ends_loop, children(node)))
