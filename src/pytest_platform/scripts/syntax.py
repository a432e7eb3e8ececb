"""A shell script as data: the few shapes that decide what runs and whose failure counts."""

from __future__ import annotations

from dataclasses import dataclass, field

from msgspec import Struct


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a command, quotes removed; ``literal`` where the shell changes nothing in it.

    ``at`` is where it begins behind its quotes, in bytes of the script.
    """

    text: str
    literal: bool
    quoted: bool = False
    at: int = field(default=0, compare=False)


class ShellCommand(Struct, frozen=True):
    """A simple command, its here-document as ``stdin``, and the scripts of its ``$(…)``.

    ``reads`` says that its input, ``writes`` that its output is redirected. ``at`` is where it
    begins, ``stdin_at`` where its here-document does, in bytes of the script.
    """

    text: str
    words: tuple[Word, ...]
    stdin: str = ""
    nested: tuple[Sequence, ...] = ()
    reads: bool = False
    writes: bool = False
    at: int = 0
    stdin_at: int = 0


class Test(Struct, frozen=True):
    """``[[ … ]]``, ``[ … ]`` or ``(( … ))``: it only looks."""

    text: str
    nested: tuple[Sequence, ...] = ()


class Pipeline(Struct, frozen=True):
    """``a | b``."""

    text: str
    parts: tuple[Node, ...]


class Chain(Struct, frozen=True):
    """``left && right`` or ``left || right``."""

    text: str
    operator: str
    left: Node
    right: Node


class Negation(Struct, frozen=True):
    """``! inner``."""

    text: str
    inner: Node


class Background(Struct, frozen=True):
    """``inner &``."""

    text: str
    inner: Node


class Loop(Struct, frozen=True):
    """``for``, ``while`` or ``until``; a ``for`` has no condition."""

    text: str
    kind: str
    condition: Sequence | None
    body: Sequence
    at: int = 0


class Branch(Struct, frozen=True):
    """``if`` with all its arms, or ``case``."""

    text: str
    conditions: tuple[Sequence, ...]
    bodies: tuple[Sequence, ...]


class Function(Struct, frozen=True):
    """``name() { body; }``."""

    text: str
    name: str
    body: Node


class Sequence(Struct, frozen=True):
    """Statements one after the other: a script, a group, a body, or a ``subshell``."""

    text: str
    statements: tuple[Node, ...]
    subshell: bool = False


class Script(Struct, frozen=True):
    """A whole script; ``broken`` where a part of it could not be read and is left out."""

    body: Sequence
    broken: bool
    source: bytes = b""

    def character(self, at: int) -> int:
        """Give the character of the text that begins at byte ``at``."""
        return len(self.source[:at].decode(errors="replace"))


Node = (
    ShellCommand
    | Test
    | Pipeline
    | Chain
    | Negation
    | Background
    | Loop
    | Branch
    | Function
    | Sequence
)


def children(node: Node) -> tuple[Node, ...]:
    """Give everything directly inside ``node``, substitutions included, in order of the text."""
    match node:
        case ShellCommand(nested=inner) | Test(nested=inner):
            return inner
        case Pipeline(parts=inner) | Sequence(statements=inner):
            return inner
        case Chain(left=left, right=right):
            return (left, right)
        case Negation(inner=only) | Background(inner=only) | Function(body=only):
            return (only,)
        case Loop(condition=condition, body=body):
            return (condition, body) if condition else (body,)
        case Branch(conditions=conditions, bodies=bodies):
            return (*conditions, *bodies)


def descend(node: Node) -> list[Node]:
    """Give ``node`` and everything inside it."""
    return [node, *(found for child in children(node) for found in descend(child))]
