"""What a script sets its shell to."""

from __future__ import annotations

from msgspec.structs import replace

from pytest_platform.scripts import endings
from pytest_platform.scripts.commands import plain
from pytest_platform.scripts.fates import FateContext
from pytest_platform.scripts.syntax import Chain, Node, Script, ShellCommand, descend


def sets_errexit(script: Script, options: frozenset[str]) -> bool:
    """Say whether ``-e`` is set when the shell starts, or anywhere in the script."""
    commands = [plain(node) for node in descend(script.body) if isinstance(node, ShellCommand)]
    return bool(options & {"e", "errexit"}) or any(map(_turns_on, commands))


def _turns_on(words: tuple[str, ...]) -> bool:
    if words[:1] != ("set",):
        return False
    clusters = [word for word in words[1:] if word.startswith("-")]
    return any("e" in word for word in clusters) or (bool(clusters) and "errexit" in words)


def after_set(statement: Node, context: FateContext) -> FateContext:
    """Heed ``set -e``, ``set +e``, ``set -o pipefail`` and ``trap … ERR``."""
    words = endings.plain_of(_first_of(statement))
    if words[:1] == ("trap",) and "ERR" in words:
        return replace(context, errexit=not context.ignored)
    if words[:1] != ("set",):
        return context
    on = [word for word in words[1:] if word.startswith("-")]
    off = [word for word in words[1:] if word.startswith("+")]
    named = set(words[1:])
    pipefail = context.pipefail or ("pipefail" in named and bool(on))
    turned_on = any("e" in word for word in on) or ("errexit" in named and bool(on))
    turned_off = any("e" in word for word in off) or ("errexit" in named and bool(off))
    errexit = (context.errexit or turned_on) and not turned_off and not context.ignored
    return replace(context, errexit=errexit, pipefail=pipefail)


def _first_of(statement: Node) -> Node:
    return _first_of(statement.left) if isinstance(statement, Chain) else statement
