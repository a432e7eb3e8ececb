"""A sidecar one-shot that does more than create or verify.

A one-shot that may be run again on the data of a stateful module has to be harmless. So each
command is known to create or to verify (``scripts/verbs.yaml``), or declared with a reason, or
a finding; so is every file, program and image that was not read. A declared command allows
every command that begins with its words: ``mc anonymous set`` allows ``/usr/bin/mc anonymous
set download local/media``, ``drop index`` that statement of SQL, ``> /data/db`` that
redirection, and an image's name what the image runs by itself. A declaration with an option
or a path in it, ``psql -f /seed/roles.sql``, allows that one command and none with more words.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Collection, Mapping
from typing import Any, Final

from msgspec.structs import replace

from pytest_platform.checks.contract import surroundings
from pytest_platform.checks.contract.surroundings import Told
from pytest_platform.compose.placeholders import variables
from pytest_platform.compose.service import RenderedService
from pytest_platform.scripts.changes import Judge
from pytest_platform.scripts.data_change import DataChange
from pytest_platform.scripts.files import NO_TEXTS, Texts
from pytest_platform.scripts.invocation import (
    Argument,
    Invocation,
    Program,
    arguments,
    basename,
    invocation,
    program,
    quoted,
    single_dollars,
)
from pytest_platform.scripts.parsing import strings
from pytest_platform.scripts.programs import of_publisher
from pytest_platform.scripts.unvalued import marked, unvalued
from pytest_platform.scripts.variables import occurrences
from pytest_platform.scripts.verbs import sample
from pytest_platform.text import shortened
from pytest_platform.verdict import Finding, Spot

CODE: Final = "contract.mutations"

_ADVICE: Final = "take it out, or declare it under runtime.beyond_create with a reason"


def findings(
    rendered: RenderedService,
    source: Mapping[str, Any],
    allowed: Collection[str],
    scripts: Texts = NO_TEXTS,
) -> list[Finding]:
    """Tell what a one-shot runs that is neither known nor declared, one finding for each command.

    ``rendered`` is the service as it runs, ``source`` the same before interpolation; only
    the latter is ever quoted. ``allowed`` are the declared commands, ``scripts`` the
    files that can be read.
    """
    declared = [tuple(text.lower().split()) for text in allowed]
    found = [
        _finding(path, spot, change.does, text)
        for path, spot, change, text in _told(rendered, source, scripts)
        if not any(_allows(one, change) for one in declared)
    ]
    first: dict[tuple[str, str], Finding] = {}
    for one in found:
        first.setdefault((one.path[0], one.message), one)
    return list(first.values())


def declarations(
    rendered: RenderedService, source: Mapping[str, Any], scripts: Texts = NO_TEXTS
) -> list[str]:
    """Return what ``runtime.beyond_create`` has to name, so that nothing is found any more."""
    named: dict[str, None] = {}
    for _, _, change, _ in _told(rendered, source, scripts):
        for length in (_leading(change.words), len(change.words)):
            words = " ".join(change.words[:length])
            if _allows(tuple(words.lower().split()), change):
                named[words] = None
                break
    return list(named)


def _leading(words: tuple[str, ...]) -> int:
    """Count the words that name a command: before options and what it is done to, at most 3."""
    plain = itertools.takewhile(lambda word: re.fullmatch(r"[A-Za-z][\w-]*", word), words)
    return min(3, len(list(plain)))


def _told(rendered: RenderedService, source: Mapping[str, Any], scripts: Texts) -> list[Told]:
    known = surroundings.environment(rendered, source)
    texts = [source.get(key) for key in ("entrypoint", "command", "healthcheck")]
    filled = set(variables(json.dumps([*texts, *scripts.sources.values()])))
    judge = Judge(
        scripts.texts,
        scratch=not surroundings.below_tmp(rendered),
        mounted=surroundings.mounted(rendered) | scripts.texts.keys(),
        environment={name: one for name, one in known.items() if name not in filled},
        unclear=frozenset(rendered.environment) - known.keys(),
        filled=frozenset(filled),
    )
    ran = "\n".join([*(word.text for word in arguments(rendered, source)), *scripts.texts.values()])
    return [
        *_of_command(judge, rendered, source, scripts),
        *_of_words(judge, _health_check(rendered), scripts),
        *surroundings.of_environment(rendered, source, judge, ran),
        *surroundings.of_mounts(rendered, source, judge),
    ]


def _of_command(
    judge: Judge, rendered: RenderedService, source: Mapping[str, Any], scripts: Texts
) -> list[Told]:
    """Judge what runs; of an image that is not known, the image and what it may run."""
    words = arguments(rendered, source)
    if words and rendered.entrypoint is not None:
        return _of_words(judge, words, scripts)
    # What is built here may put anything before the command, whatever its image is called.
    entry = None if rendered.build else of_publisher(rendered.image)
    if not words or entry is None:
        shell = words if invocation(words) else []
        return [surroundings.of_image(rendered, source), *_of_words(judge, shell, scripts)]
    if entry and not invocation(words) and basename(words[0].text) != entry:
        words = [Argument(entry, "command", entry), *words]
    return _of_words(judge, words, scripts)


def _of_words(judge: Judge, words: list[Argument], scripts: Texts) -> list[Told]:
    if not words:
        return []
    shell = invocation(words)
    if shell is None or not shell.takes_script:
        # A blank argument may be any other one where the variable has a value.
        words = [replace(word, text=marked(word.written, word.text)) for word in words]
    found = program(words)
    if found is None:
        return []
    around: list[Told] = []
    if shell is not None and shell.takes_script:
        literal = all(word.written == word.text for word in words if word is not shell.script)
        around = [
            ((found.field,), None, change, change.text if literal else None)
            for change in _around(judge, words, shell)
        ]
        judge = judge.of_shell(basename(shell.shell.text))
    around += _of_values(found)
    return around + [
        (*_place(found, change, written), change, written.text if written else None)
        for change, written in _changes(judge, found, scripts)
    ]


def _of_values(found: Program) -> list[Told]:
    """Find what Compose fills into the text of a script, for it may be any text of one."""
    if len(found.parts) != 1:
        return []
    word = found.parts[0][1]
    does = "is filled into the script by Compose, so it may be any command (set it under "
    return [
        (
            word.path or (word.field,),
            word.spot(),
            DataChange(f"{does}`environment:`, and write `$${name}`)", (f"${name}",), name),
            f"${{{name}}}",
        )
        for name in unvalued(word.written, word.text)
        if found.text == word.text and not _is_data(name, found.written or "")
    ]


def _is_data(name: str, text: str) -> bool:
    """Say whether a variable stands in quotes alone and its name says what data it holds."""
    quoted = sum(occurrences(name, one) for one in strings(text))
    return sample(name) is not None and 0 < quoted == occurrences(name, text)


def _around(judge: Judge, words: list[Argument], shell: Invocation) -> list[DataChange]:
    """Judge the shell that gets a script, and what starts it, as if the script did nothing."""
    texts = [
        ":"
        if word is shell.script
        else quoted(single_dollars(word.written or word.text), whole=len(word.path) > 1)
        for word in words
    ]
    return judge.script(" ".join(texts))


def _place(
    found: Program, change: DataChange, written: DataChange | None
) -> tuple[tuple[str, ...], Spot | None]:
    told = written or (change if change.file else None)
    return found.place(told.at if told else None, change.file)


def _health_check(rendered: RenderedService) -> list[Argument]:
    """Give what the health check runs, which is run beside the service, in its container."""
    words = rendered.healthcheck.words if rendered.healthcheck else ()
    kind, *texts = words or ("NONE",)
    given = ["sh", "-c", *texts] if kind == "CMD-SHELL" else texts if kind == "CMD" else []
    return [Argument(single_dollars(text), "healthcheck", None) for text in given]


def _changes(
    judge: Judge, found: Program, scripts: Texts
) -> list[tuple[DataChange, DataChange | None]]:
    """Judge what runs, as it was written: what Compose fills in may be anything elsewhere.

    Of what runs here that alone is added which the written text does not show, unless
    variables that have no value here are blank in it.
    """
    ran = judge.script(found.text)
    if found.written is None:
        return [(one, None) for one in ran]
    as_written = replace(judge, scripts={**scripts.texts, **scripts.written})
    written = as_written.script(found.written)
    shown = {one.does for one in written}
    blank = any(unvalued(word.written, word.text) for _, word in found.parts)
    rest = [one for one in ran if one.does not in shown and not blank]
    return [*((one, one) for one in written), *((one, None) for one in rest)]


def _allows(declared: tuple[str, ...], change: DataChange) -> bool:
    """Say whether a change begins with the declared words, options left out or not.

    Where the declared words hold an option or a path, it is that command alone.
    """
    candidates = (change.words, tuple(word for word in change.words if not word.startswith("-")))
    lowered = [tuple(word.lower() for word in words) for words in candidates]
    if any(word.startswith("-") or "/" in word for word in declared[1:]):
        return declared in lowered
    return bool(declared) and any(words[: len(declared)] == declared for words in lowered)


def _finding(path: tuple[str, ...], spot: Spot | None, does: str, text: str | None) -> Finding:
    shown = f"`{shortened(text)}`" if text else "a command"
    return Finding(
        code=CODE,
        message=f"{shown} {does}, a sidecar one-shot only creates or verifies: {_ADVICE}",
        expected="creates or verifies, nothing else",
        actual=f"{shown} {does}",
        path=path,
        spot=spot,
    )
