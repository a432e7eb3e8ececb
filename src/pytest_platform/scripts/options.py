"""What a script sets its shell to."""

from __future__ import annotations

from pytest_platform.scripts.commands import plain
from pytest_platform.scripts.syntax import Command, Script, descend


def sets_errexit(script: Script, options: frozenset[str]) -> bool:
    """Say whether ``-e`` is set when the shell starts, or anywhere in the script."""
    commands = [plain(node) for node in descend(script.body) if isinstance(node, Command)]
    return bool(options & {"e", "errexit"}) or any(map(_turns_on, commands))


def _turns_on(words: tuple[str, ...]) -> bool:
    if words[:1] != ("set",):
        return False
    clusters = [word for word in words[1:] if word.startswith("-")]
    return any("e" in word for word in clusters) or (bool(clusters) and "errexit" in words)
