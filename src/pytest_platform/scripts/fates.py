"""What can become of the status of a command, and what a script sets its shell to for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from msgspec import Struct, field
from msgspec.structs import replace

from pytest_platform.scripts.commands import plain
from pytest_platform.scripts.endings import Functions, plain_of
from pytest_platform.scripts.syntax import Chain, Node, Script, ShellCommand, descend

KEPT: Final = "kept"
"""The status is the script's exit code."""
ABORTS: Final = "aborts"
"""``set -e`` ends the script here, unless ``&&`` stands behind."""
TESTED: Final = "tested"
"""A condition looks at the status."""
SWALLOWED: Final = "swallowed"
OVERWRITTEN: Final = "overwritten"
EXIT_ZERO: Final = "exit-zero"
LOOPED: Final = "looped"
CHAINED: Final = "chained"
PIPED: Final = "piped"
HTTP: Final = "http"
IDLE: Final = "idle"
BRANCHED: Final = "branched"
RETRIED: Final = "retried"
SUBSTITUTED: Final = "substituted"
BACKGROUND: Final = "background"
TRAPPED: Final = "trapped"
FOUND: Final = "found"
SQL: Final = "sql"

LOST: Final = frozenset({SWALLOWED, OVERWRITTEN, EXIT_ZERO, LOOPED, CHAINED, PIPED, IDLE, BRANCHED})
LOCAL: Final = frozenset({SWALLOWED, HTTP, IDLE, TRAPPED, SQL, FOUND})
"""Rules that hold whatever the rest of the script is."""


class Hidden(Struct, frozen=True):
    """A command whose failure is not seen, and the rule by which.

    ``at`` is where it begins in the script, or in the ``file`` that the script runs.
    """

    rule: str
    text: str
    at: int = 0
    file: str = ""


class FateContext(Struct, frozen=True):
    """Where a command stands: what becomes of its status, and what the shell is set to.

    ``ignored`` says that a condition around it keeps ``set -e`` from working; ``aborted`` is
    what becomes of the status where ``set -e`` works, which ends a subshell alone; ``calls``
    counts how deep functions have been followed; ``read`` and ``fed`` say that a pipe reads
    the output, or feeds the input; ``scripts`` are the files that can be read.
    """

    fate: str
    errexit: bool
    pipefail: bool
    ignored: bool = False
    aborted: str = ABORTS
    calls: int = 0
    functions: Functions = field(default_factory=dict)
    read: bool = False
    fed: bool = False
    scripts: Mapping[str, str] = field(default_factory=dict)

    def with_fate(self, fate: str) -> FateContext:
        """Give the same place with another fate."""
        return replace(self, fate=fate)

    def in_subshell(self) -> FateContext:
        """``set -e`` ends the subshell, and its status is treated as any other."""
        return replace(self, aborted=self.fate if self.fate in LOST | {TESTED} else self.aborted)

    def as_condition(self, fate: str = TESTED) -> FateContext:
        """``set -e`` does not work inside a condition, nor left of ``&&`` and ``||``."""
        return replace(self, fate=fate, errexit=False, ignored=True)


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
    words = plain_of(_first_of(statement))
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
