"""Generated scripts over every verb of the table and many ways to run a command.

A command is built from the table as it is written in YAML, or spoilt in a way of which the
table knows nothing; the generator knows which it did. It parses nothing, and nothing of the
judge's own reading of the table is asked.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_platform.checks.contract.mutations import findings
from pytest_platform.compose.service import service_of

TABLE: Mapping[str, Any] = yaml.safe_load(
    files("pytest_platform.scripts").joinpath("verbs.yaml").read_text(encoding="utf-8")
)
WORDS = ("rm", "delete", "drop", "rb", "purge", "frobnicate", "reset", "restore", "set", "write")


@dataclass(frozen=True)
class Command:
    """A command, or a script around it, and whether all that it runs is in the table."""

    text: str
    known: bool


def _rules(entry: Mapping[str, Any]) -> Iterator[str]:
    """Yield the words that a program may begin with, out of the table."""
    for rule in entry.get("rules", [{}]):
        yield " ".join([*str(rule.get("words", "")).split(), *rule.get("needs_all", ())]).strip()


def _spoilt(entry: Mapping[str, Any], name: str) -> Iterator[str]:
    """Yield commands of a program with a verb or an option that the table does not hold."""
    if entry.get("any") or entry.get("test"):
        return
    verbs = {word for rule in _rules(entry) for word in rule.split()}
    if "rules" in entry and "" not in _rules(entry):
        yield from (f"{name} {word} a b" for word in WORDS if word not in verbs)
        yield from (f'{name} "${word}" a b' for word in ("A", "VERB"))
    yield f"{name} --frobnicate-all {next(_rules(entry))}"
    if not entry.get("dynamic"):  # Of such a one no option can do harm.
        yield f"{name} $A {next(_rules(entry))}"


PROGRAMS = [(name, entry) for entry in TABLE["programs"] for name in entry["names"]]
KNOWN = sorted({f"{name} {rule}".strip() for name, entry in PROGRAMS for rule in _rules(entry)})
SPOILT = sorted({text for name, entry in PROGRAMS for text in _spoilt(entry, name)})
NAMES = frozenset(name for name, _ in PROGRAMS) | TABLE["wrappers"].keys()
OTHER_PROGRAMS = [
    f"{name} {rest}"
    for name in ("rm", "dd", "cp", "mv", "tee", "truncate", "shred", "ln", "install", "python3")
    for rest in ("/data/a", "-rf /data", "-c 'x'")
    if name not in NAMES
] + ["/data/mc ls s", "./mc ls s", "mc2 ls s", "MC ls s", "$A ls s", '"$A" ls s', "$(echo rm) /a"]


def test_the_table_is_read() -> None:
    assert len(KNOWN) > 200
    assert len(SPOILT) > 200


def _passes(text: str, shell: str = "sh") -> bool:
    service = {"entrypoint": [shell, "-ec"], "command": [text.replace("$", "$$")]}
    return not findings(service_of(service), service, [])


# Options without a value that any place may hold say nothing; `set` and `unset` know them all.
ANY_OPTION = (
    "printf",
    "export",
    "local",
    "readonly",
    "declare",
    "typeset",
    "unset",
    "set",
    "touch",
)


@pytest.mark.parametrize("text", SPOILT)
def test_a_word_that_is_not_in_the_table_is_found(text: str) -> None:
    assert not _passes(text) or text.split(maxsplit=1)[0] in ANY_OPTION


ONE_WORD = st.sampled_from(("'{}'", '"{}"', "\\{}", "/bin/{}", "''{}", "{}''"))
IN_FRONT = st.sampled_from(
    (
        *("", "", "A=1 ", "nohup ", "time ", "command ", "exec ", "timeout 5 ", "nice -n 5 "),
        *("env ", "env A=1 ", "env -u B ", "gosu app ", "sudo -u app ", "busybox ", "! "),
        *("tini -- ", "</dev/null ", "2>/dev/null ", "nohup env A=1 timeout 5 "),
    )
)


def _written(command: str, spelling: str, front: str) -> str:
    name, _, rest = command.partition(" ")
    plain = name.isalnum()
    return f"{front}{spelling.format(name) if plain else name} {rest}".rstrip()


def _leaf(texts: list[str], *, known: bool) -> st.SearchStrategy[Command]:
    return st.tuples(st.sampled_from(texts), ONE_WORD | st.just("{}"), IN_FRONT).map(
        lambda one: Command(_written(*one), known)
    )


LEAVES = st.one_of(
    _leaf(KNOWN, known=True), _leaf(SPOILT, known=False), _leaf(OTHER_PROGRAMS, known=False)
)


def _around(text: str) -> Callable[[Command], Command]:
    return lambda one: Command(text.replace("{}", one.text), one.known)


def _quoted(text: str) -> Callable[[Command], Command]:
    return lambda one: Command(text.replace("{}", shlex.quote(one.text)), one.known)


WAYS = (
    *map(
        _around,
        (
            "( {}\n)",
            "`{}`",
            "echo `{}\n`",
            'A="$( {}\n)" true',
            "A=${B:-$( {}\n)}",
            ": ${B:=$( {}\n)}",
            'echo "${B:-"$( {}\n)"}"',
            "for a in $( {}\n); do echo $a; done",
            "case $( {}\n) in a) ;; esac",
            "case a in $( {}\n)) ;; esac",
            "case a in b) :;; *) {}\n;; esac",
            "while false; do :; done < <( {}\n)",
            "cat a > >( {}\n)",
            "[[ -n $( {}\n) ]]",
            "echo $(( $( {}\n) + 1 ))",
            "f() { g() { {}\n}; g; }; f",
            "f() { {}\n}; echo a | f",
            "ls() { {}\n}; ls s",
            "echo() ( {}\n); echo a",
            "if f() { {}\n}; then f; fi",
            "f() if true; then {}\nfi; f",
            "{ {}\n} | cat",
            "{ {}\n} & wait",
            "true && { {}\n} || true",
            "cat <<X | sh\n{}\nX",
            "sh <<X\n{}\nX",
            "sh -s <<'X'\n{}\nX",
            "cat <<X\n$( {}\n)\nX",
            "cat <<< $( {}\n)",
            'cat <<< "$( {}\n)"',
            "echo a\\\n; {}",
            "echo 'a' # b\n{}",
            'echo "a" "b # c" ; {}',
            "echo \\# a; {}",
            'f() { "$@"; }; f {}',
            'set -- {}; "$@"',
            "xargs {} < /data/a",
            "echo a | xargs -n 1 {}",
            "echo a | xargs -I X {}",
            "find /data -exec {} ';'",
            "find /data -exec {} {} +",
            "find /data -name a -ok {} ';'",
            "wait-for-it db:5432 -- {}",
            "alias x=y; {}",
            "coproc {}",
        ),
    ),
    *map(
        _quoted,
        (
            "sh -c {}",
            "bash -c {} _ a b",
            "sh -euc {}",
            "sh -o pipefail -c {}",
            "sh -c 'eval \"$1\"' _ {}",
            "sh -c '$0' {}",
            "echo {} | sh",
            "printf '%s' {} | sh",
            "sh <<< {}",
            "eval {}",
            "eval eval {}",
            "eval echo a ';' {}",
            "trap {} EXIT",
            "trap -- {} 0",
            "A={}; $A",
            'A={}; eval "$A"',
            "A={} sh -c '$A'",
            "export A={}; sh -c 'eval $A'",
            "alias x={}; x",
            "alias mc={}; mc ls s",
            "PROMPT_COMMAND={} bash -i",
            "for a in {}; do $a; done",
            "sh -c \"$(cat <<'X'\n{}\nX\n)\"",
            "env -S {}",
            "env A=1 sh -c {}",
            "find /data -exec sh -c {} _ X ';'",
            "echo a | xargs -I X sh -c {}",
            "timeout 5 nohup sh -c {}",
            "watch {}",
            "ssh host {}",
            "su -c {}",
            "bash --rcfile /data/a -c {}",
            "script -c {}",
        ),
    ),
)
BETWEEN = ("\n", "; ", " && ", " || ", " | ", "\n! ")


def _deeper(inner: st.SearchStrategy[Command]) -> st.SearchStrategy[Command]:
    both = st.tuples(st.sampled_from(BETWEEN), inner, inner)
    return st.one_of(
        st.tuples(st.sampled_from(WAYS), inner).map(lambda one: one[0](one[1])),
        both.map(
            lambda one: Command(
                f"{{ {one[1].text}\n}}{one[0]}{{ {one[2].text}\n}}", one[1].known and one[2].known
            )
        ),
    )


@settings(max_examples=500, deadline=None)
@given(command=st.recursive(LEAVES, _deeper, max_leaves=4), shell=st.sampled_from(("sh", "bash")))
def test_a_script_passes_only_if_all_that_it_runs_is_in_the_table(
    command: Command, shell: str
) -> None:
    if _passes(command.text, shell):
        assert command.known, command.text


@pytest.mark.parametrize("way", range(len(WAYS)))
@pytest.mark.parametrize("inner", ["rm -rf /data", "mc rb s/a"])
def test_no_way_hides_a_command(way: int, inner: str) -> None:
    text = WAYS[way](Command(inner, known=False)).text
    assert not _passes(text), text
    assert not _passes(text, "bash"), text
    nested = WAYS[way](WAYS[(way * 7 + 3) % len(WAYS)](Command(inner, known=False))).text
    assert not _passes(nested, "bash"), nested
