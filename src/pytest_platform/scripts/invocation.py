"""What a service runs: its arguments as Docker joins them, and the shell among them."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pytest_platform.scripts.splitting import split

SHELLS: Final = frozenset({"sh", "bash", "ash", "dash", "zsh", "ksh", "mksh"})
WRAPPERS: Final = frozenset(
    {"env", "tini", "dumb-init", "catatonit", "su-exec", "gosu", "setpriv", "chpst", "sudo"}
    | {"nice", "ionice", "nohup", "timeout", "stdbuf", "busybox", "exec", "command", "time"}
    | {"setsid", "chronic", "xvfb-run", "doas", "runuser", "catchsegv", "unbuffer"}
)
_LONG_OPTIONS_WITH_VALUE: Final = frozenset({"--rcfile", "--init-file"})


@dataclass(frozen=True, slots=True)
class Argument:
    """One word of a container's command.

    ``text`` is what the process gets; ``written`` is the same word before interpolation,
    None where it cannot be told; ``field`` is the key of the service that it stands in.
    """

    text: str
    field: str
    written: str | None


@dataclass(frozen=True, slots=True)
class Invocation:
    """A shell and its arguments.

    ``takes_script`` says that ``-c`` was given; then ``script`` is the script and
    ``operands`` are its ``$0``, ``$1`` and so on. Without ``-c``, ``script`` names a file.
    """

    shell: Argument
    options: frozenset[str]
    takes_script: bool
    script: Argument | None
    operands: tuple[Argument, ...]


def arguments(rendered: Mapping[str, Any], source: Mapping[str, Any]) -> list[Argument]:
    """Join entrypoint and command as Docker does, ``$$`` read as the one dollar it stands for."""
    return [
        argument
        for field in ("entrypoint", "command")
        for argument in _arguments_of(field, rendered.get(field), source.get(field))
    ]


def _arguments_of(field: str, texts: object, written: object) -> list[Argument]:
    if not isinstance(texts, list):
        return []
    found = split(written).words if isinstance(written, str) else written
    paired = isinstance(found, list | tuple) and len(found) == len(texts)
    originals = list(found) if paired and isinstance(found, list | tuple) else [None] * len(texts)
    return [
        Argument(single_dollars(str(text)), field, None if original is None else str(original))
        for text, original in zip(texts, originals, strict=True)
    ]


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


@dataclass(frozen=True, slots=True)
class Program:
    """A script that a container runs, twice: as it runs, and as it was written.

    ``options`` are those of the shell; ``written`` is None where it cannot be told.
    """

    text: str
    written: str | None
    field: str
    options: frozenset[str] = frozenset()


def program(words: list[Argument]) -> Program | None:
    """Give what a container runs as shell text; None where it is a file or the image's own.

    A command without a shell is given as the one shell command that it is. A single word
    with spaces in it can only be meant for an image whose entrypoint is a shell.
    """
    found = invocation(words)
    if found is not None:
        return _script(found) if found.takes_script else None
    if len(words) == 1 and len(words[0].text.split()) > 1:
        word = words[0]
        return Program(word.text, _undoubled(word.written), word.field)
    if not words:
        return None
    written = [_undoubled(word.written) for word in words]
    plain = [text for text in written if text is not None]
    joined = _join(plain) if len(plain) == len(words) else None
    return Program(shlex.join(word.text for word in words), joined, words[0].field)


def _script(found: Invocation) -> Program | None:
    if found.script is None:
        return None
    script = found.script
    return Program(script.text, _undoubled(script.written), script.field, found.options)


def _undoubled(text: str | None) -> str | None:
    return None if text is None else single_dollars(text)


def _join(words: list[str]) -> str:
    return " ".join(word if "${" in word else shlex.quote(word) for word in words)
