"""Generated scripts: one passes only if every command in it is in the list, or declared.

The generator knows which commands it has written; it parses nothing, so its own answer is
independent of the judge's.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_platform.checks.contract.mutations import findings
from pytest_platform.compose.service import service_of
from pytest_platform.scripts.files import Texts


@dataclass(frozen=True)
class Script:
    """A text and the commands that it runs, or would run, somewhere in it."""

    text: str
    commands: frozenset[str] = frozenset()


KNOWN = (
    "mc mb --ignore-existing local/media",
    "mc ls local",
    "mcli ready local",
    "pg_isready -h db",
    "redis-cli ping",
    "curl -fsS http://search:9200/_health",
    "kafka-topics --create --topic a --bootstrap-server k:9092",
    "aws s3api head-bucket --bucket media",
    "echo done",
    "true",
    "nc -z db 5432",
    "test -d /data",
)
OTHERS = (
    "mc rb --force local/media",
    "mc mirror --overwrite /seed local/media",
    "rm -rf /data",
    "cp /dev/null /data/db",
    "node wipe.js",
    "/scripts/init.sh",
    "psql -f /seed/reset.sql",
    "frobnicate --all",
    "redis-cli FLUSHALL",
    "curl -X DELETE http://search:9200/orders",
    "tar -C /data -xf /seed.tar",
    "make reset",
)
DECLARED = ("mc rb", "frobnicate", "node wipe.js", "/scripts/init.sh")


def _is_allowed(command: str) -> bool:
    """Say so by the two tables alone."""
    return command in KNOWN or command in {
        "mc rb --force local/media",
        "frobnicate --all",
        "node wipe.js",
        "/scripts/init.sh",
    }


LEAVES = st.sampled_from((*KNOWN, *KNOWN, *KNOWN, *OTHERS)).map(
    lambda command: Script(command, frozenset({command}))
)


def _wrap(before: str, after: str) -> Callable[[Script], Script]:
    return lambda inner: Script(f"{before}{inner.text}{after}", inner.commands)


def _here(before: str, after: str) -> Callable[[Script], Script]:
    """Wrap in a here-document whose end no inner one has."""

    def wrap(inner: Script) -> Script:
        end = f"END{inner.text.count('END')}"
        return _wrap(before.format(end), after.format(end))(inner)

    return wrap


def _join(between: str) -> Callable[[tuple[Script, Script]], Script]:
    return lambda both: Script(
        f"{{ {both[0].text}\n}}{between}{{ {both[1].text}\n}}", both[0].commands | both[1].commands
    )


def _quoted(before: str, after: str = "") -> Callable[[Script], Script]:
    return lambda inner: Script(f"{before}{shlex.quote(inner.text)}{after}", inner.commands)


WRAPPED = (
    _wrap("( ", "\n)"),
    _wrap("{ ", "\n}"),
    _wrap("! ( ", "\n)"),
    _wrap("if ", "\nthen echo yes; fi"),
    _wrap("if true; then ", "\nfi"),
    _wrap("if false; then :; elif true; then ", "\nelse :; fi"),
    _wrap("if false; then :; else ", "\nfi"),
    _wrap("while ", "\ndo sleep 1; done"),
    _wrap("until false; do ", "\ndone"),
    _wrap("for one in a b; do ", "\ndone"),
    _wrap("case $1 in a|b) ", "\n;; *) exit 1;; esac"),
    _wrap("work() { ", "\n}; work"),
    _wrap("unused() {\n", "\n}"),
    _wrap('echo "$( ', '\n)"'),
    _wrap("NAME=$( ", "\n)"),
    _wrap("export NAME=$( ", "\n)"),
    _wrap('echo "${NAME:-$( ', '\n)}"'),
    _wrap("cat < <( ", "\n)"),
    _wrap('[ -n "$( ', '\n)" ]'),
    _here("cat <<{}\n$( ", "\n)\n{}\n"),
    _here("sh <<'{}'\n", "\n{}\n"),
    _wrap("{ ", "\n} &"),
    _wrap("{ ", "\n} >/dev/null 2>&1"),
    _quoted("sh -c "),
    _quoted("/bin/bash -euc "),
    _quoted("eval "),
    _quoted("trap ", " EXIT"),
    _quoted("env A=1 sh -c "),
    _quoted("timeout 5 sh -c "),
    _quoted("exec sh -c "),
    _quoted("echo a | xargs sh -c "),
    _quoted("find /data -exec sh -c ", " _ {} ';'"),
)
JOINED = (_join("\n"), _join(" && "), _join(" || "), _join(" | "), _join("; "))


def _deeper(inner: st.SearchStrategy[Script]) -> st.SearchStrategy[Script]:
    wrapped = st.tuples(st.sampled_from(WRAPPED), inner).map(lambda both: both[0](both[1]))
    joined = st.tuples(st.sampled_from(JOINED), st.tuples(inner, inner))
    return wrapped | joined.map(lambda both: both[0](both[1]))


SCRIPTS = st.recursive(LEAVES, _deeper, max_leaves=6)


def _passes(service: dict[str, Any]) -> bool:
    return not findings(service_of(service), service, DECLARED)


def _service(text: str) -> dict[str, Any]:
    return {"entrypoint": ["sh", "-ec"], "command": [text.replace("$", "$$")]}


@settings(max_examples=600, deadline=None)
@given(script=SCRIPTS)
def test_a_script_passes_only_if_every_command_is_known_or_declared(script: Script) -> None:
    if _passes(_service(script.text)):
        assert all(map(_is_allowed, script.commands)), script


@dataclass(frozen=True)
class Part:
    """Fields of a service, and whether they let its words run as they are written."""

    fields: Mapping[str, Any]
    safe: bool


def _parts(safe: Sequence[Mapping[str, Any]], other: Sequence[Mapping[str, Any]]) -> Any:
    # Mostly what is safe, so that many services are.
    return st.one_of(
        *[st.sampled_from(safe).map(lambda one: Part(one, safe=True))] * 3,
        st.sampled_from(other).map(lambda one: Part(one, safe=False)),
    )


IMAGES = _parts(
    [{"image": f"{one}:1@sha256:0"} for one in ("alpine", "docker.io/library/busybox", "mysql")]
    + [{"image": "acme/job", "entrypoint": []}, {"build": {"context": "."}, "entrypoint": []}],
    [{"image": f"{host}alpine:1"} for host in ("evil.example/", "localhost/", "acme/", "a:5000/")]
    + [{"image": "alpine", "build": {"context": "."}}, {"build": {"context": "."}}, {}],
)
VARIABLES = _parts(
    [{}, *({"environment": {name: "a"}} for name in ("PW", "ES_URL", "BUCKET", "AWS_REGION"))],
    [
        {"environment": {name: "/data/a"}}
        for name in ("PATH", "HOME", "IFS", "BASH_ENV", "LD_PRELOAD", "KAFKA_OPTS", "KUBECONFIG")
    ],
)
TARGETS = st.tuples(
    st.sampled_from(("configs", "secrets", "volumes")),
    st.sampled_from(("", "/", "/./", "/data/..")),
)


def _mount(target: str, safe: bool) -> Any:
    return TARGETS.map(
        lambda both: Part({both[0]: [{"source": "a", "target": both[1] + target}]}, safe)
    )


MOUNTS = st.one_of(
    st.just(Part({}, safe=True)),
    *(_mount(one, safe=True) for one in ("/data", "/srv/a.json", "/run/a", "/etc/localtime")),
    *(
        _mount(one, safe=False)
        for one in ("/etc", "/root/.psqlrc", "/lib64", "/usr/bin/mc", "/bin")
    ),
)
SHELLS = st.sampled_from(
    [
        (("sh", "-ec"), True),
        (("/bin/bash", "-euc"), True),
        (("env", "A=1", "sh", "-c"), True),
        (("/data/sh", "-c"), False),
        (("env", "PATH=/data", "sh", "-c"), False),
        (("zsh", "-c"), False),
    ]
)


@settings(max_examples=600, deadline=None)
@given(shell=SHELLS, image=IMAGES, variables=VARIABLES, mounts=MOUNTS, script=SCRIPTS)
def test_a_service_passes_only_if_nothing_around_its_words_decides(
    shell: tuple[tuple[str, ...], bool], image: Part, variables: Part, mounts: Part, script: Script
) -> None:
    words = [*shell[0], script.text.replace("$", "$$")]
    service = {"command": words, **image.fields, **variables.fields, **mounts.fields}
    if _passes(service):
        assert all((shell[1], image.safe, variables.safe, mounts.safe))
        assert all(map(_is_allowed, script.commands))


@settings(max_examples=200, deadline=None)
@given(shell=SHELLS, image=IMAGES, variables=VARIABLES, mounts=MOUNTS)
def test_a_service_passes_if_nothing_around_its_words_decides(
    shell: tuple[tuple[str, ...], bool], image: Part, variables: Part, mounts: Part
) -> None:
    words = [*shell[0], "mc mb s/a"]
    service = {"command": words, **image.fields, **variables.fields, **mounts.fields}
    safe = shell[1] and image.safe and variables.safe and mounts.safe
    assert _passes(service) is safe, service


FIRST = st.tuples(
    st.sampled_from(("/bin/", "/usr/bin/", "/usr/bin/env ", "/data/", "", "/bin/../data/")),
    st.sampled_from(("sh", "bash", "dash", "zsh", "sh.evil", "bash-evil", "python3")),
    st.sampled_from(("", " -e", " -eu", " -c rm", " /data/other", " -i")),
)


@settings(max_examples=200, deadline=None)
@given(first=FIRST)
def test_a_file_is_read_only_if_its_first_line_names_a_shell(first: tuple[str, str, str]) -> None:
    folder, shell, options = first
    env = folder == "/usr/bin/env "
    safe = (
        folder in {"/bin/", "/usr/bin/", "/usr/bin/env "}
        and shell in {"sh", "bash", "dash"}
        and options in {"", " -e", " -eu"}
    )
    text = f"#!{folder}{shell}{options}\nmc mb s/a\n"
    service = {"entrypoint": ["/s/a.sh"]}
    passes = not findings(service_of(service), service, DECLARED, Texts({"/s/a.sh": text}))
    assert passes is safe or (env and options), text


NUMBERS = ("1", "$#", "$((2))", "$(date +%s)")
TEXTS = ("'a[$(rm -rf /data)]'", '"$(cat /data/n)"', '"$A"', "$1", "a[0]")
COMPUTED = (
    "echo $((N + 1))", "echo $(($N))", "echo $[N]", '[[ "$N" -eq 1 ]]', "[[ N -lt 1 ]]",
    'echo "${x:N}"', 'echo "${x[N]}"', "M=$N; echo $((M))", "M=N; (( M ))",
    "for ((i = N; i < 1; i++)); do :; done",
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(
    values=st.lists(st.sampled_from((*NUMBERS, *NUMBERS, *TEXTS)), min_size=1, max_size=3),
    use=st.sampled_from(COMPUTED),
    between=st.sampled_from(("; ", "\n", " && ", "; true || ")),
)
def test_a_script_computes_with_numbers_only(values: list[str], use: str, between: str) -> None:
    text = between.join([*(f"N={one}" for one in values), use])
    service = {"entrypoint": ["bash", "-c"], "command": [text.replace("$", "$$")]}
    if _passes(service):
        assert set(values) <= set(NUMBERS), text


@settings(max_examples=300, deadline=None)
@given(
    names=st.lists(st.sampled_from(("rm", "mc", "$A", "a b", "'", '"', "\\", "`", "(", ">", "#"))),
    command=st.sampled_from(OTHERS),
)
def test_nothing_in_front_hides_a_command(names: list[str], command: str) -> None:
    """Either the shell cannot read it, or it is found; ``#`` and quotes may only take it away."""
    if command in {"mc rb --force local/media", "frobnicate --all", *DECLARED}:
        return
    text = f"echo {shlex.quote(' '.join(names))}\n{command}"
    assert not _passes(_service(text)), text
