"""What is known about commands: which only look, which never fail, which hand over to another.

The tables name a program and the words that follow it. Options may stand between them, and
in front of them also the options' values.
"""

from __future__ import annotations

import re
from typing import Final

from pytest_platform.scripts import curl
from pytest_platform.scripts.invocation import basename
from pytest_platform.scripts.syntax import ShellCommand

QUIET: Final = frozenset({"echo", "printf", "sleep", ":", "true", "date", "wait", "logger"})
"""Always succeed, and change nothing: put behind ``||`` they hide a failure."""

REMOVING: Final = frozenset({"rm", "rmdir", "unlink"})

_LOOKING: Final = frozenset(
    {"test", "[", "grep", "egrep", "fgrep", "stat", "ls", "cat", "head", "wc", "which", "type"}
    | {"hash", "id", "whoami", "hostname", "uname", "printenv", "ping", "nc", "ncat", "nslookup"}
    | {"dig", "getent", "host", "pg_isready", "df", "du", "ps", "pgrep", "diff", "cmp", "find"}
    | {"wait-for", "wait-for-it", "wait-for-it.sh", "wait-for.sh", "dockerize", "pwd", "env"}
)
_ARRANGING: Final = frozenset(
    {"set", "export", "local", "readonly", "declare", "typeset", "unset", "shopt", "shift", "read"}
    | {"trap", "umask", "ulimit", "cd", "pushd", "popd", "source", ".", "let", "getopts", "kill"}
    | {"false", "exit", "return", "break", "continue", "alias", "pkill", "killall", "expr"}
)
_LOOKING_COMMANDS: Final = (
    ("command", "-v"),
    ("command", "-V"),
    ("mc", "ls"),
    ("mc", "stat"),
    ("mc", "ready"),
    ("mc", "ping"),
    ("mc", "du"),
    ("mc", "tree"),
    ("mc", "alias", "list"),
    ("mc", "alias", "ls"),
    ("mc", "admin", "info"),
    ("mc", "anonymous", "get"),
    ("mc", "anonymous", "list"),
    ("mc", "version", "info"),
    ("aws", "s3", "ls"),
    ("aws", "s3api", "head-bucket"),
    ("aws", "s3api", "list-buckets"),
    ("aws", "sts", "get-caller-identity"),
    ("redis-cli", "ping"),
    ("valkey-cli", "ping"),
    ("mysqladmin", "ping"),
    ("mysqladmin", "status"),
    ("mariadb-admin", "ping"),
    ("rabbitmqctl", "status"),
    ("rabbitmqctl", "await_startup"),
    ("rabbitmq-diagnostics",),
    ("rpk", "cluster", "info"),
    ("rpk", "cluster", "health"),
    ("rpk", "topic", "list"),
    ("kafka-topics", "--list"),
    ("kafka-topics", "--describe"),
    ("kafka-topics.sh", "--list"),
    ("kafka-broker-api-versions",),
    ("cub", "kafka-ready"),
    ("kubectl", "get"),
    ("kubectl", "wait"),
    ("vault", "status"),
    ("nats", "server", "check"),
    ("wget", "--spider"),
)
_SHOWN_BY_LATER_STEPS: Final = (("mc", "alias", "set"), ("mc", "config", "host", "add"))
"""Only give a server a name, without which the steps behind them fail."""

_QUESTIONS: Final = frozenset(
    {"check", "status", "health", "healthy", "healthcheck", "show", "list", "ls", "info", "exists"}
    | {"exist", "has", "is", "isready", "ready", "verify", "validate", "version", "ping", "get"}
    | {"describe", "inspect", "search", "diff", "wait", "dry", "needed", "needs", "pending", "head"}
)
_SQL_PROGRAMS: Final = frozenset({"psql", "mysql", "mariadb"})

_OPERANDS: Final = {"gosu": 1, "su-exec": 1, "timeout": 1}
_VALUES: Final = {
    "env": {"-u", "-C"},
    "sudo": {"-u", "-g", "-h"},
    "doas": {"-u"},
    "timeout": {"-s", "-k"},
    "nice": {"-n"},
    "ionice": {"-c", "-n"},
    "xargs": {"-I", "-n", "-P", "-L", "-d", "-a", "-s", "-E"},
}
_AFTER_DASHES: Final = frozenset(
    {"wait-for", "wait-for-it", "wait-for.sh", "wait-for-it.sh", "tini", "dumb-init", "catatonit"}
)
_PLAIN_WRAPPERS: Final = frozenset({"exec", "nohup", "time", "stdbuf", "busybox", "builtin"})
_HANDS_OVER: Final = _PLAIN_WRAPPERS | _OPERANDS.keys() | _VALUES.keys()


def plain(command: ShellCommand) -> tuple[str, ...]:
    """Give the words of what really runs: without ``sudo``, ``env A=b``, ``xargs -n 1`` and path.

    >>> plain(Command("", (Word("exec", True), Word("/usr/bin/mc", True), Word("ls", True))))
    ('mc', 'ls')
    """
    return bare(tuple(word.text for word in command.words))


def bare(words: tuple[str, ...]) -> tuple[str, ...]:
    """Do what ``plain`` does for words."""
    while words:
        name = basename(words[0])
        rest = _inner(name, words[1:])
        if not rest:
            return (name, *words[1:])
        words = rest
    return ()


def _inner(name: str, words: tuple[str, ...]) -> tuple[str, ...]:
    if name in _AFTER_DASHES:
        return words[words.index("--") + 1 :] if "--" in words else ()
    if name == "command" and words[:1] not in {("-v",), ("-V",)}:
        return words
    if name not in _HANDS_OVER:
        return ()
    values = _VALUES.get(name, set())
    while words and (words[0].startswith("-") or (name == "env" and "=" in words[0])):
        words = words[2:] if words[0] in values else words[1:]
    return words[_OPERANDS.get(name, 0) :]


def matches(words: tuple[str, ...], rule: tuple[str, ...]) -> bool:
    """Say whether a command is the one that a rule names.

    >>> matches(("mc", "--quiet", "anonymous", "set", "none", "x"), ("mc", "anonymous", "set"))
    True
    """
    if not words or words[0] != rule[0]:
        return False
    options = {word.partition("=")[0] for word in words[1:] if word.startswith("-")}
    wanted = [word for word in rule[1:] if not word.startswith("-")]
    needed = {word for word in rule[1:] if word.startswith("-")}
    return needed <= options and any(names[: len(wanted)] == wanted for names in _names(words[1:]))


def _names(words: tuple[str, ...]) -> list[list[str]]:
    """Give the words without options, once for each place where they may begin.

    The word behind an option may be its value or the first name, so both are tried.
    """
    found: list[list[str]] = []
    after_option = False
    for at, word in enumerate(words):
        if word.startswith("-"):
            after_option = "=" not in word
            continue
        found.append([name for name in words[at:] if not name.startswith("-")])
        if not after_option:
            break
        after_option = False
    return found or [[]]


def matters(command: ShellCommand) -> bool:
    """Say whether a failure of this command leaves work undone."""
    words = plain(command)
    if not words or (words[0] in QUIET | _LOOKING | _ARRANGING and not _finds_and_changes(words)):
        return False
    if removes_only_scratch(words) or (words[0] in _SQL_PROGRAMS and _only_selects(words)):
        return False
    if words[0] == "curl" and not curl.changes(words):
        return False
    return not any(matches(words, rule) for rule in _LOOKING_COMMANDS)


def _finds_and_changes(words: tuple[str, ...]) -> bool:
    """Say whether a ``find`` removes what it finds, or runs a step that changes it."""
    if words[0] != "find":
        return False
    run = next((words[at + 1 :] for at, word in enumerate(words) if word.startswith("-exec")), ())
    changes = bare(run)[:1] and bare(run)[0] not in QUIET | _LOOKING
    scratch = all(word.startswith("/tmp/") for word in words[1:2])  # noqa: S108
    return bool(changes) or ("-delete" in words and not scratch)


def asks(command: ShellCommand) -> bool:
    """Say whether the words of a command name a question, as in ``app status`` or ``is-ready``.

    As a condition, such a command has not failed when the answer is no.
    """
    name, *words = (word.lstrip("-").partition("=")[0].lower() for word in plain(command) or ("",))
    parts = {part for word in words if "/" not in word for part in re.split(r"[-_:.]", word)}
    of_name = {*re.split(r"[-_.]", name)} - {"get", "head", "list", "show"}
    return not _QUESTIONS.isdisjoint(parts | of_name)


def is_shown_by_later_steps(command: ShellCommand) -> bool:
    """Say whether the steps behind this command, where they run, fail if it has failed."""
    return any(matches(plain(command), rule) for rule in _SHOWN_BY_LATER_STEPS)


def removes_only_scratch(words: tuple[str, ...]) -> bool:
    """Say whether a command removes, and only what lies under ``/tmp`` of the container itself.

    >>> removes_only_scratch(("rm", "-f", "/tmp/a")), removes_only_scratch(("rm", "/tmp/../a"))
    (True, False)
    """
    operands = [word for word in words[1:] if not word.startswith("-")]
    return bool(operands and words[0] in REMOVING) and all(
        word.startswith("/tmp/") and ".." not in word  # noqa: S108
        for word in operands
    )


def _only_selects(words: tuple[str, ...]) -> bool:
    texts = [word.strip().upper() for word in words[1:] if " " in word.strip()]
    return bool(texts) and all(text.startswith(("SELECT", "SHOW")) for text in texts)
