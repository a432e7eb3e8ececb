"""A shell script as data: the few shapes that decide what runs and whose failure counts."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a command, quotes removed; ``literal`` where the shell changes nothing in it.

    ``at`` is where it begins behind its quotes, in bytes of the script.
    """

    text: str
    literal: bool
    quoted: bool = False
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class ShellCommand:
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


@dataclass(frozen=True, slots=True)
class Test:
    """``[[ … ]]``, ``[ … ]`` or ``(( … ))``: it only looks."""

    text: str
    nested: tuple[Sequence, ...] = ()


@dataclass(frozen=True, slots=True)
class Pipeline:
    """``a | b``."""

    text: str
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Chain:
    """``left && right`` or ``left || right``."""

    text: str
    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Negation:
    """``! inner``."""

    text: str
    inner: Node


@dataclass(frozen=True, slots=True)
class Background:
    """``inner &``."""

    text: str
    inner: Node


@dataclass(frozen=True, slots=True)
class Loop:
    """``for``, ``while`` or ``until``; a ``for`` has no condition."""

    text: str
    kind: str
    condition: Sequence | None
    body: Sequence
    at: int = 0


@dataclass(frozen=True, slots=True)
class Branch:
    """``if`` with all its arms, or ``case``."""

    text: str
    conditions: tuple[Sequence, ...]
    bodies: tuple[Sequence, ...]


@dataclass(frozen=True, slots=True)
class Function:
    """``name() { body; }``."""

    text: str
    name: str
    body: Node


@dataclass(frozen=True, slots=True)
class Sequence:
    """Statements one after the other: a script, a group, a body, or a ``subshell``."""

    text: str
    statements: tuple[Node, ...]
    subshell: bool = False


@dataclass(frozen=True, slots=True)
class Script:
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
