"""What a script does that is not known to create or to verify, wherever in it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from msgspec import Struct, field
from msgspec.structs import replace

from pytest_platform.scripts import census, sql, variables, verbs
from pytest_platform.scripts.data_change import DataChange, of_characters, outside
from pytest_platform.scripts.files import interpreter
from pytest_platform.scripts.invocation import Argument, invocation
from pytest_platform.scripts.parsing import encoded
from pytest_platform.scripts.syntax import Word
from pytest_platform.scripts.values import Values

_NESTING: Final = 5
_SINKS: Final = frozenset({"/dev/null", "/dev/stdout", "/dev/stderr"})
_SOCKET: Final = re.compile(r"/dev/tcp/[\w.-]+/\d+")
_READ: Final = frozenset({"sh", "bash", "ash", "dash"})
_SHELL_OPTIONS: Final = frozenset("eucxvfol")
_SHELL_OPTION_NAMES: Final = frozenset(
    {"pipefail", "errexit", "nounset", "xtrace", "--login", "--norc", "--noprofile", "--posix"}
)
_COMPUTES: Final = "computes with what may run a command"
_UNKNOWN: Final = "is not known to create or verify"


class Judge(Struct, frozen=True):
    """Judges scripts. ``scripts`` are the files that can be read, by path in the container.

    ``scratch`` says that nothing is mounted below ``/tmp``, ``bash`` that it is the shell;
    ``mounted`` are the paths at which anything is mounted, ``environment`` is what the
    container is given, and ``unclear`` the names of what it is given of unknown value.
    ``filled`` are the names that Compose fills in, and ``changed`` those that the scripts
    around this one may have set.
    """

    scripts: Mapping[str, str]
    scratch: bool = True
    bash: bool = False
    mounted: frozenset[str] = frozenset()
    environment: Mapping[str, str] = field(default_factory=dict)
    unclear: frozenset[str] = frozenset()
    changed: frozenset[str] = frozenset()
    filled: frozenset[str] = frozenset()

    def script(self, text: str, nesting: int = 0) -> list[DataChange]:
        """Give everything in a script that has to be declared."""
        found = census.take(text, bash=self.bash)
        if found.unknown or nesting > _NESTING:
            return [DataChange("cannot be read as shell", ("unreadable",), text, 0, text)]
        told = [
            DataChange("sets a variable that programs heed", (f"{name}=",), shown, at)
            for name, shown, at in found.variables
            if not verbs.may_be_set(name)
        ]
        told += [
            DataChange("gives a program a variable that it may heed", (f"{name}=",), shown, at)
            for name, shown, at in variables.heeded(found, text)
        ]
        told += [
            DataChange("writes to a file", (_operator(one), one.target.text), one.text, one.at)
            for one in found.writes
            if not self._harmless(one)
        ]
        given = {**dict.fromkeys(self.unclear), **self.environment}
        told += [
            DataChange(_COMPUTES, tuple(one.text.split()), one.text, one.at)
            for one in variables.numbers(found, given).unknown(found.computed)
        ]
        source = encoded(text)
        values = Values.of(found, self.environment, self._sample).without(self.filled)
        begin, inner = _first_call(found), self._inside(found)
        for step in found.steps:
            if not _is_call(step, found.functions, begin):
                changes = inner.step(step, values, nesting)
                told += [replace(one, at=outside(source, step, one)) for one in changes]
        return [one if one.file else of_characters(one, source, text) for one in told]

    def _inside(self, found: census.Census) -> Judge:
        """Return the same for what a script runs, which may see the variables that it sets."""
        names = variables.set_in(found)
        rest = {name: value for name, value in self.environment.items() if name not in names}
        changed = self.changed | names
        return replace(self, environment=rest, unclear=self.unclear | names, changed=changed)

    def _sample(self, name: str) -> str | None:
        return None if name in self.changed else verbs.sample(name)

    def step(self, step: census.Step, values: Values, nesting: int) -> list[DataChange]:
        """Judge a step as it is, or with each of the values that its variables can have."""
        as_it_is = self._command(step.words, step.text, step.stdin, nesting)
        if not as_it_is:
            return []
        filled = [self._command(one, step.text, step.stdin, nesting) for one in values.each(step)]
        return as_it_is if any(filled) or not filled else []

    def _harmless(self, write: census.Write) -> bool:
        target = write.target
        if write.operator in {">&", "<&"} and re.fullmatch(r"[0-9]+|-", target.text):
            return True
        asks = write.silent and _SOCKET.fullmatch(target.text) is not None
        return target.literal and (target.text in _SINKS or self.is_scratch(target.text) or asks)

    def is_scratch(self, path: str) -> bool:
        """Say whether a path lies under ``/tmp`` of the container itself."""
        return self.scratch and path.startswith("/tmp/") and ".." not in path  # noqa: S108

    def _command(
        self, given: tuple[Word, ...], text: str, stdin: str | None, nesting: int
    ) -> list[DataChange]:
        unknown = [DataChange(_UNKNOWN, tuple(word.text for word in given), text)]
        if not given or not given[0].literal:
            return unknown
        name = verbs.plain_name(given[0].text)
        given = (Word(name, literal=True), *given[1:])
        unknown = [DataChange(_UNKNOWN, tuple(word.text for word in given), text)]
        instead = self._mounted_as(name)
        inner = self._followed(instead or name, given[1:], stdin, nesting)
        if inner is not None or instead is not None:
            return unknown if inner is None else inner
        if name == "env" and len(given) == 1:
            return []  # alone it only prints
        if name in verbs.table()["wrappers"] and not _asks_for_a_command(given):
            wrapped = verbs.unwrapped(name, list(given[1:]))
            return self._command(wrapped, text, stdin, nesting) if wrapped else unknown
        at = next((at for at, word in enumerate(given) if word.text == "--"), 0)
        if name.startswith("wait-for") and at and verbs.creates_or_verifies(given[:at]):
            return self._command(given[at + 1 :], text, stdin, nesting)
        return self._leaf(given, text, stdin)

    def _leaf(self, given: tuple[Word, ...], text: str, stdin: str | None) -> list[DataChange]:
        if sql.is_client(given[0].text):
            return [DataChange(_UNKNOWN, words, text) for words in sql.unknown(given, stdin)]
        known = (
            _asks_for_a_command(given)
            or self._removes_only_scratch(given)
            or verbs.creates_or_verifies(given)
        )
        return [] if known else [DataChange(_UNKNOWN, tuple(word.text for word in given), text)]

    def _removes_only_scratch(self, given: tuple[Word, ...]) -> bool:
        return given[0].text == "rm" and all(
            word.literal and (word.text in {"-f", "-r", "-rf"} or self.is_scratch(word.text))
            for word in given[1:]
        )

    def _followed(
        self, name: str, rest: tuple[Word, ...], stdin: str | None, nesting: int
    ) -> list[DataChange] | None:
        """Judge the text that a command runs; None where it runs none, or none that is known."""
        literal = all(word.literal for word in rest)
        if name == "trap" and len(rest) > 1 and literal:
            text = rest[0].text
            return [] if text in {"-", ""} else self.script(text, nesting + 1)
        if name == "eval" and rest and literal:
            return self.script(" ".join(word.text for word in rest), nesting + 1)
        if name in {".", "source"} and rest and rest[0].literal:
            return self.file(rest[0].text, nesting)
        if name in _READ:
            return self._shell(name, rest, stdin, nesting)
        return self.program(name, nesting) if "/" in name else None

    def _shell(
        self, name: str, rest: tuple[Word, ...], stdin: str | None, nesting: int
    ) -> list[DataChange] | None:
        given = (Word(name, literal=True), *rest)
        found = invocation([Argument(word.text, str(word.literal), None) for word in given])
        if found is None or not _known_options(found.options):
            return None
        if found.script is None:
            judge = self.of_shell(name)
            return judge.script(stdin, nesting + 1) if stdin is not None and not rest else None
        if found.script.field != "True":
            return None
        if found.takes_script:
            return self.of_shell(name).script(found.script.text, nesting + 1)
        return self.of_shell(name).file(found.script.text, nesting)

    def _mounted_as(self, name: str) -> str | None:
        """Return the path at which a mount brings, or hides, the program of that name."""
        paths = [f"{folder}/{name}" for folder in verbs.table()["folders"] if "/" not in name]
        above = tuple(f"{one.rstrip('/')}/" for one in self.mounted)
        return next((path for path in paths if f"{path}/".startswith(above)), None)

    def of_shell(self, name: str) -> Judge:
        """Return the same for scripts of another shell."""
        return replace(self, bash=name == "bash")

    def program(self, path: str, nesting: int) -> list[DataChange] | None:
        """Judge a script file that is run by itself, in the shell of its first line."""
        first = interpreter(self.scripts.get(path, ""))
        return self.of_shell(first[0]).file(path, nesting) if first else None

    def file(self, path: str, nesting: int) -> list[DataChange] | None:
        """Judge a script file; None where it cannot be read, or is none for a shell."""
        text = self.scripts.get(path)
        if text is None or interpreter(text) is None:
            return None
        found = self.script(text, nesting + 1)
        return [one if one.file else replace(one, file=path) for one in found]


def _operator(write: census.Write) -> str:
    return write.operator[:2].strip("&|") or ">"


def _known_options(given: frozenset[str]) -> bool:
    return all(one in _SHELL_OPTION_NAMES or set(one) <= _SHELL_OPTIONS for one in given)


def _asks_for_a_command(given: tuple[Word, ...]) -> bool:
    return given[0].text == "command" and len(given) > 1 and given[1].text in {"-v", "-V"}


def _first_call(found: census.Census) -> int:
    """Give where the first function may be called: before that no body of one runs."""
    calls = (one.at for one in found.steps if not one.function and _name(one) in found.functions)
    return min(calls, default=-1)


def _is_call(step: census.Step, functions: Mapping[str, int], begin: int) -> bool:
    defined = functions.get(_name(step), -1)
    return defined >= 0 and (step.at >= defined or (bool(step.function) and defined <= begin))


def _name(step: census.Step) -> str:
    return step.words[0].text if step.words[0].literal else ""
