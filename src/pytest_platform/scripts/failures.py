"""Which failures of a script never reach its exit code.

The script is followed as a shell would run it, with functions where they are called. Every command
is given its *fate*: its status ends the script, or a condition looks at it, or it gets lost. Of a
script that could not be read to its end only what is wrong by itself is told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import zip_longest
from types import MappingProxyType
from typing import Final

from msgspec.structs import replace

from pytest_platform.scripts import asides, curl, endings, files, losses, sql
from pytest_platform.scripts.commands import is_shown_by_later_steps, matters, plain
from pytest_platform.scripts.fates import (
    ABORTS,
    CHAINED,
    EXIT_ZERO,
    HTTP,
    IDLE,
    KEPT,
    LOCAL,
    LOOPED,
    LOST,
    OVERWRITTEN,
    PIPED,
    SQL,
    SWALLOWED,
    TESTED,
    FateContext,
    Hidden,
    after_set,
)
from pytest_platform.scripts.invocation import SHELLS, USERS, Argument, invocation, of_user
from pytest_platform.scripts.parsing import parse
from pytest_platform.scripts.syntax import (
    Background,
    Branch,
    Chain,
    Loop,
    Negation,
    Node,
    Pipeline,
    Script,
    Sequence,
    ShellCommand,
)

_DEPTH: Final = 8


def hidden(
    script: Script,
    options: frozenset[str] = frozenset(),
    scripts: Mapping[str, str] = MappingProxyType({}),
    depth: int = 0,
) -> list[Hidden]:
    """Give what fails unseen, in order of the text, for a shell started with ``options``.

    ``at`` of each is the character at which it begins. ``scripts`` are the files that can be
    read, by their paths in the container.
    """
    errexit = bool(options & {"e", "errexit"})
    functions = endings.functions_of(script.body)
    pipefail = "pipefail" in options
    context = FateContext(
        KEPT, errexit, pipefail, calls=depth, functions=functions, scripts=scripts
    )
    found = list(dict.fromkeys(_walk(script.body, context)))
    idle = endings.idles(script.body)
    if idle is not None:
        found.append(Hidden(IDLE, idle.text, idle.at))
    told = [one for one in found if one.rule in LOCAL] if script.broken else found
    return [one if one.file else replace(one, at=script.character(one.at)) for one in told]


def _walk(node: Node, context: FateContext) -> Iterator[Hidden]:
    match node:
        case ShellCommand():
            yield from _command(node, context)
        case Sequence():
            yield from _sequence(node, context)
        case Chain():
            yield from _chain(node, context)
        case Pipeline():
            yield from _pipeline(node, context)
        case Negation():
            yield from _walk(node.inner, context.as_condition())
        case Loop():
            yield from _loop(node, context)
        case Branch():
            yield from _branch(node, context)


def _command(command: ShellCommand, context: FateContext) -> Iterator[Hidden]:
    body = endings.called(command, context.functions)
    if body is not command:
        if context.calls < _DEPTH:
            yield from _walk(body, replace(context, calls=context.calls + 1))
        return
    # Left of `&&` nothing shows it, for a failure skips the steps behind it.
    shown = not context.ignored and is_shown_by_later_steps(command)
    if context.fate in LOST and matters(command) and not shown:
        yield Hidden(context.fate, command.text, command.at)
    if context.fate in LOST:
        yield from asides.in_assignment(command, context.fate)
    yield from asides.in_find(command)
    expansions = [word.text for word in command.words if not word.literal]
    if context.fate != TESTED:
        if curl.accepts_errors(plain(command), expansions, read=context.read or command.writes):
            yield Hidden(HTTP, command.text, command.at)
        if sql.advice(plain(command), reads=context.fed or command.reads, stdin=command.stdin):
            yield Hidden(SQL, command.text, command.at)
        yield from _nested(command, context)
    yield from losses.in_substitutions(command, errexit=context.errexit)


def _nested(command: ShellCommand, context: FateContext) -> Iterator[Hidden]:
    """Follow ``sh -c '…'``, script files, a here-document for a shell; traps that exit 0."""
    words = plain(command)
    yield from losses.in_traps(command)
    if context.calls >= _DEPTH:
        return
    yield from _in_file(command, context)
    if words[:1] and words[0] in SHELLS | USERS:
        found = invocation([Argument(word, "command", None) for word in of_user(words)])
        inner = found.script if found and found.takes_script else None
        if found and (inner or command.stdin):
            text = inner.text if inner else command.stdin
            for one in hidden(parse(text), found.options, context.scripts, context.calls + 1):
                yield one if one.file else replace(one, at=_outside(command, text, one.at))


def _in_file(command: ShellCommand, context: FateContext) -> Iterator[Hidden]:
    named = files.run_by(command)
    run = files.read_by(named, context.scripts) if named else None
    if run is not None:
        script = parse(context.scripts[run.path])
        for one in hidden(script, run.options, context.scripts, context.calls + 1):
            yield one if one.file else replace(one, file=run.path)


def _outside(command: ShellCommand, text: str, at: int) -> int:
    """Give the byte at which a character of a nested script stands; the command's where unclear."""
    verbatim = [word.at for word in command.words if word.text == text]
    start = command.stdin_at if text == command.stdin else next(iter(verbatim), 0)
    source = command.text.encode()[max(0, start - command.at) :]
    if start != command.stdin_at and not source.startswith(text.encode()):
        return command.at
    return start + len(text[:at].encode()) if start else command.at


def _sequence(sequence: Sequence, context: FateContext) -> Iterator[Hidden]:
    context = context.in_subshell() if sequence.subshell else context
    statements = sequence.statements
    codes = [endings.leaves_with(statement, {}) for statement in statements]
    last_success = max((at for at, code in enumerate(codes) if endings.succeeds(code)), default=-1)
    for at, (statement, follower) in enumerate(zip_longest(statements, statements[1:])):
        context = after_set(statement, context)
        fate = _fate(follower, context, statements[at + 2 :], succeeds=at < last_success)
        later = statements[at + 1 :]
        inside = _walk(statement, context.with_fate(fate))
        yield from (one for one in inside if not asides.is_noticed(one, later))
        yield from losses.in_retries(statement, later)
        if isinstance(statement, Loop | Branch):
            yield from asides.in_background_of(statement, later)
        if isinstance(statement, Background):
            yield from asides.in_background(statement, statements, last=context.fate == KEPT)
        if codes[at] is not None:
            return


def _fate(
    follower: Node | None, context: FateContext, later: tuple[Node, ...], *, succeeds: bool
) -> str:
    """Say what becomes of the status of a statement; ``succeeds`` tells of a later ``exit 0``."""
    if follower is None:
        return context.fate
    if endings.reads_status(follower, later):
        return TESTED
    if context.errexit:
        return context.aborted
    return EXIT_ZERO if succeeds else OVERWRITTEN


def _chain(chain: Chain, context: FateContext) -> Iterator[Hidden]:
    left = _left_of_and(chain, context) if chain.operator == "&&" else _left_of_or(chain, context)
    yield from _walk(chain.left, context.as_condition(left))
    yield from _walk(chain.right, context)


def _left_of_and(chain: Chain, context: FateContext) -> str:
    """``set -e`` overlooks a failure left of ``&&``; only as the last statement it counts."""
    jumps = endings.is_jump(chain.right) or endings.ends_with(chain.right, context.functions)
    if jumps:
        return TESTED
    return CHAINED if context.fate == ABORTS else context.fate


def _left_of_or(chain: Chain, context: FateContext) -> str:
    code = endings.ends_with(chain.right, context.functions)
    if code is not None and not endings.succeeds(code):
        leaves = endings.leaves_with(chain.right, context.functions) is not None
        return KEPT if leaves else context.fate
    if code is not None or endings.is_quiet(chain.right, context.functions):
        return TESTED if context.fate == TESTED else SWALLOWED
    return TESTED


def _pipeline(pipeline: Pipeline, context: FateContext) -> Iterator[Hidden]:
    last = pipeline.parts[-1]
    if context.pipefail:
        fate = context.fate
    else:
        fate = PIPED if endings.always_succeeds(last) and context.fate != TESTED else TESTED
    for part in pipeline.parts[:-1]:
        if isinstance(part, ShellCommand) and fate != TESTED:
            inside = _walk(part, replace(context.with_fate(fate), read=True))
            yield from (one for one in inside if one.rule != HTTP or endings.always_succeeds(last))
    yield from _walk(last, replace(context, fed=True))


def _loop(loop: Loop, context: FateContext) -> Iterator[Hidden]:
    """Follow the body, unless it is what a wait loop does between two tries."""
    if loop.condition is not None:
        yield from _walk(loop.condition, context.as_condition())
        if any(_tries(node) for node in loop.condition.statements):
            return
    fate = context.aborted if context.errexit else LOOPED
    yield from _walk(loop.body, context.with_fate(context.fate if context.fate in LOST else fate))


def _tries(condition: Node) -> bool:
    """Say whether a loop's condition runs a program, and does not just count or read lines."""
    words = endings.plain_of(condition)
    counts = {"read", "[", "test", "true", ":", "false"}
    return not isinstance(condition, ShellCommand) or (bool(words) and words[0] not in counts)


def _branch(branch: Branch, context: FateContext) -> Iterator[Hidden]:
    yield from losses.in_conditions(branch)
    for condition in branch.conditions:
        yield from _walk(condition, context.as_condition())
    for body in branch.bodies:
        yield from _walk(body, context)
