"""What a service runs: its arguments as Docker joins them, and the shell among them."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any, Final, Protocol

from msgspec import Struct

from pytest_platform.scripts.splitting import split
from pytest_platform.verdict import Spot

SHELLS: Final = frozenset({"sh", "bash", "ash", "dash", "zsh", "ksh", "mksh"})
WRAPPERS: Final = frozenset(
    {"env", "tini", "dumb-init", "catatonit", "su-exec", "gosu", "setpriv", "chpst", "sudo"}
    | {"nice", "ionice", "nohup", "timeout", "stdbuf", "busybox", "exec", "command", "time"}
    | {"setsid", "chronic", "xvfb-run", "doas", "runuser", "catchsegv", "unbuffer"}
)
USERS: Final = frozenset({"su", "runuser"})
"""Run a text of shell as somebody else."""

_LONG_OPTIONS_WITH_VALUE: Final = frozenset({"--rcfile", "--init-file"})


class Argument(Struct, frozen=True):
    """One word of a container's command.

    ``text`` is what the process gets; ``written`` is the same word before interpolation,
    None where it cannot be told; ``field`` is the key of the service that it stands in.
    ``path`` leads to the text in the service of which it is a part, and ``places`` are the
    characters of that text from which those of ``written`` come.
    """

    text: str
    field: str
    written: str | None
    path: tuple[str, ...] = ()
    places: Sequence[int] = ()

    def spot(self, at: int = 0) -> Spot:
        """Give the place of a character of ``written``; the last one that is known, beyond."""
        return Spot(self.places[min(at, len(self.places) - 1)] if self.places else 0)


class Invocation(Struct, frozen=True):
    """A shell and its arguments.

    ``takes_script`` says that ``-c`` was given; then ``script`` is the script and
    ``operands`` are its ``$0``, ``$1`` and so on. Without ``-c``, ``script`` names a file.
    """

    shell: Argument
    options: frozenset[str]
    takes_script: bool
    script: Argument | None
    operands: tuple[Argument, ...]


class Started(Protocol):
    """What a container is started with. Words that are None are left to its image."""

    @property
    def image(self) -> str: ...

    @property
    def entrypoint(self) -> Sequence[str] | None: ...

    @property
    def command(self) -> Sequence[str] | None: ...


def arguments(rendered: Started, source: Mapping[str, Any]) -> list[Argument]:
    """Join entrypoint and command as Docker does, ``$$`` read as the one dollar it stands for."""
    return [
        argument
        for field, texts in (("entrypoint", rendered.entrypoint), ("command", rendered.command))
        for argument in _arguments_of(field, texts or (), source.get(field))
    ]


def _arguments_of(field: str, texts: Sequence[str], written: object) -> list[Argument]:
    return [
        Argument(single_dollars(text), field, *origin)
        for text, origin in zip(texts, _origins(field, written, len(texts)), strict=True)
    ]


_Origin = tuple[str | None, tuple[str, ...], Sequence[int]]


def _origins(field: str, written: object, count: int) -> list[_Origin]:
    """Give each word as it was written, and where."""
    if isinstance(written, str):
        found = split(written)
        told: list[_Origin] = [
            (word, (field,), places) for word, places in zip(found.words, found.places, strict=True)
        ]
    else:
        texts = written if isinstance(written, list | tuple) else ()
        told = [
            (None if one is None else str(one), (field, str(at)), range(len(str(one))))
            for at, one in enumerate(texts)
        ]
    return told if len(told) == count else [(None, (field,), ())] * count


def single_dollars(text: str) -> str:
    """Undo the doubling by which Compose keeps a dollar from interpolation."""
    return text.replace("$$", "$")


def invocation(words: list[Argument]) -> Invocation | None:
    """Find the shell that a container starts, behind ``env``, ``tini`` and their like."""
    for at, word in enumerate(words):
        if basename(word.text) in SHELLS and (at == 0 or _hands_over(words[0].text)):
            found = _read(word, words[at + 1 :])
            if at == 0 or found.takes_script:
                return found
    return None


def _hands_over(program: str) -> bool:
    name = basename(program)
    return name in WRAPPERS or "entrypoint" in name


def basename(program: str) -> str:
    """Give the name of a program without its folder."""
    return program.rstrip("/").rpartition("/")[2]


def _read(shell: Argument, words: list[Argument]) -> Invocation:
    options: set[str] = set()
    at = 0
    while at < len(words) and _is_option(words[at].text):
        text, at = words[at].text, at + 1
        if text in {"-", "--"}:
            break
        if takes_value(text):
            options.update(word.text for word in words[at : at + 1])
            at += 1
        options.update([text] if text.startswith("--") else text[1:])
    script = words[at] if at < len(words) else None
    return Invocation(shell, frozenset(options), "c" in options, script, tuple(words[at + 1 :]))


def _is_option(text: str) -> bool:
    return text[:1] in {"-", "+"}


def takes_value(option: str) -> bool:
    """Say whether the word after a shell's option belongs to it, as after ``-o`` or ``-euo``."""
    cluster = not option.startswith("--")
    return option in _LONG_OPTIONS_WITH_VALUE or (cluster and option[1:].count("o") > 0)


class Program(Struct, frozen=True):
    """A script that a container runs, twice: as it runs, and as it was written.

    ``options`` are those of the shell; ``written`` is None where it cannot be told. ``parts``
    are the words that it is made of, each with where in ``written`` it begins.
    """

    text: str
    written: str | None
    field: str
    options: frozenset[str] = frozenset()
    parts: tuple[tuple[int, Argument], ...] = ()

    def place(self, at: int | None, file: str = "") -> tuple[tuple[str, ...], Spot | None]:
        """Give path and spot of a character of ``written``, or of a file; the first for None."""
        if file:
            return (self.field,), Spot(at or 0, file)
        if not self.parts:
            return (self.field,), None
        start, word = [part for part in self.parts if part[0] <= (at or 0)][-1]
        inside = doubled(word.written or "", (at or 0) - start)
        return word.path or (self.field,), word.spot(inside)


def program(words: list[Argument]) -> Program | None:
    """Give what a container runs as shell text; None where it is the image's own.

    A command without a script is given as the one shell command that it is. A single word
    with spaces in it can only be meant for an image whose entrypoint is a shell.
    """
    found = invocation(words)
    if found is not None and found.takes_script:
        return _script(found)
    if len(words) == 1 and len(words[0].text.split()) > 1:
        word = words[0]
        return Program(word.text, _undoubled(word.written), word.field, parts=((0, word),))
    if not words:
        return None
    written = [_undoubled(word.written) for word in words]
    texts = [
        quoted(text, whole=len(word.path) > 1)
        for text, word in zip(written, words, strict=True)
        if text is not None
    ]
    joined = " ".join(texts) if len(texts) == len(words) else None
    starts = accumulate((len(text) + 1 for text in texts), initial=0)
    parts = tuple(zip(starts, words, strict=False)) if joined is not None else ((0, words[0]),)
    text = shlex.join(word.text for word in words)
    return Program(text, joined, words[0].field, parts=parts)


def _script(found: Invocation) -> Program | None:
    if found.script is None:
        return None
    script = found.script
    written = _undoubled(script.written)
    return Program(script.text, written, script.field, found.options, ((0, script),))


def _undoubled(text: str | None) -> str | None:
    return None if text is None else single_dollars(text)


def doubled(written: str, at: int) -> int:
    """Give where in a text with doubled dollars a character of the undoubled one stands."""
    here = 0
    for _ in range(at):
        here += 2 if written.startswith("$$", here) else 1
    return here


def quoted(word: str, *, whole: bool) -> str:
    """Quote a word for a shell; ``whole`` says that it stays one, whatever Compose fills in."""
    if "${" not in word:
        return shlex.quote(word)
    return f'"{word}"' if whole and not set('"`\\') & set(word) else word


def of_user(words: tuple[str, ...]) -> tuple[str, ...]:
    """Give the shell that ``su`` starts in place of its own words.

    >>> of_user(("su", "-", "app", "-c", "migrate"))
    ('sh', '-c', 'migrate')
    """
    if words[:1] and words[0] not in USERS:
        return words
    short = next((at for at, word in enumerate(words) if word in {"-c", "--command"}), len(words))
    long = (word.partition("=")[2] for word in words if word.startswith("--command="))
    script = next(long, "") or next(iter(words[short + 1 :]), "")
    return ("sh", "-c", script) if script else ("sh",)
