"""Texts of drifts for people. What looks like a credential is left out here already.

Values that are known to be secret are redacted at the boundary. A command or a label
may also hold one that nobody knows any more, such as last year's password.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Iterable, Mapping

from pytest_platform.checks.drift.model import Attachment, Healthcheck, Mount
from pytest_platform.secrets.names import says_secret

LIMIT = 300
NONE = "none"
HIDDEN = "[hidden]"
_UNSEEN = "(what differs is too long to show, or hidden)"

_ASSIGNED = re.compile(r"([\w.-]+)(\s*[=:]\s*)(?!\s)([^\s&;|]+)")
_OPTION = re.compile(r"--?([\w-]+)")
_URL = re.compile(r"(\w[\w+.-]*://[^\s/:@]*:)[^\s/@]+(?=@)")
_RANDOM = re.compile(
    r"(?<![\w./:=@+-])(?=[\w+-]*[0-9])(?=[\w+-]*[A-Za-z])[\w+-]{12,}(?![\w./:=@+-])"
)
"""A long word of letters and digits that is no path, name of a host, or version."""


def words(command: Iterable[str]) -> str:
    """Write a command as in a shell, without what looks like a credential."""
    shown: list[str] = []
    hide = False
    for word in command:
        shown.append(HIDDEN if hide else shlex.quote(masked(word)))
        option = _OPTION.fullmatch(word)
        hide = option is not None and says_secret(option[1])
    return shortened(" ".join(shown)) or NONE


def masked(text: str) -> str:
    """Hide passwords in URLs, what is assigned to a name such as ``password``, and noise."""
    text = _ASSIGNED.sub(_assigned, _URL.sub(rf"\1{HIDDEN}", text))
    return _RANDOM.sub(HIDDEN, text)


def _assigned(found: re.Match[str]) -> str:
    name, between, value = found.groups()
    if says_secret(name):
        return f"{name}{between}{HIDDEN}"
    first, comma, rest = value.partition(",")  # as in username=me,password=x
    return f"{name}{between}{first}{comma}{masked(rest)}"


def shortened(text: str) -> str:
    """Return one line of at most ``LIMIT`` characters."""
    line = " ".join(text.split())
    return line if len(line) <= LIMIT else f"{line[: LIMIT - 1]}…"


def apart(expected: str, actual: str) -> tuple[str, str]:
    """Say so where both sides of a difference look the same."""
    return expected, f"{actual} {_UNSEEN}" if actual == expected else actual


def listed(texts: Collection[str]) -> str:
    """Write a list without an order."""
    return shortened(", ".join(sorted(texts))) if texts else NONE


def labels(names: Iterable[str], values: Mapping[str, str], hidden: Collection[str] = ()) -> str:
    """Write some labels; of those that are ``hidden`` the name alone."""
    shown = (_label(name, values.get(name), name in hidden) for name in sorted(names))
    return shortened(", ".join(shown))


def _label(name: str, value: str | None, hidden: bool) -> str:
    if value is None:
        return f"{name} not set"
    return f"{name}={HIDDEN if hidden or says_secret(name) else masked(value)}"


def mounts(targets: Iterable[str], found: Mapping[str, Mount]) -> str:
    """Write what stands at some paths."""
    return shortened(", ".join(f"{_mount(found.get(at))} at {at}" for at in sorted(targets)))


def _mount(mount: Mount | None) -> str:
    if mount is None:
        return "nothing"
    name = "anonymous volume" if mount.anonymous else f"{mount.kind} {mount.source}".strip()
    parts = [name, mount.options, "read-only" if mount.read_only else ""]
    return " ".join(part for part in parts if part)


def attachment(name: str, one: Attachment | None) -> str:
    """Write how a container is attached to a network."""
    if one is None:
        return f"not {name}"
    parts = [", ".join(sorted(one.aliases)), one.ipv4, one.ipv6]
    details = "; ".join(part for part in parts if part)
    return f"{name} ({details})" if details else name


def healthcheck(check: Healthcheck | None) -> str:
    """Write a health check; times that are left to the Engine are not mentioned."""
    if check is None:
        return NONE
    times = (
        ("interval", check.interval),
        ("timeout", check.timeout),
        ("start period", check.start_period),
    )
    said = [f"{name} {time / 10**9:g} s" for name, time in times if time]
    said += [f"{check.retries} retries"] if check.retries else []
    return ", ".join([words(check.test), *said])


def image_id(text: str) -> str:
    """Shorten an image id so that two of them can still be told apart."""
    return text.removeprefix("sha256:")[:12]
