"""Placeholders: the values that stand for variables without one when files are only judged.

A placeholder fits its field, so that Compose accepts it, and names its variable, so that a
check can see that what it reads is none of the declaration. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from msgspec import Struct

from pytest_platform.compose.interpolation import closing
from pytest_platform.text import words

Path = tuple[str, ...]
"""Keys and list indices that lead to a scalar of a Compose file."""

_VARIABLE: Final = re.compile(r"\$\$|\$\{([A-Za-z_]\w*)(?=[:}?+-])|\$([A-Za-z_]\w*)")
_FREE: Final = words(
    """
    environment command entrypoint labels args annotations test content options driver_opts sysctls
    """
)
"""Fields that hold any text: there Compose's own blank stays for a variable that may be unset."""

FORM_OF_TEST: Final = ("test", "0")
_NUMBERS: Final = words(
    """
    retries replicas scale soft hard cpu_shares pids_limit pids cpu_count cpus cpu_period cpu_quota
    cpu_rt_period cpu_rt_runtime max_attempts parallelism priority gw_priority count context_size
    max_replicas_per_node target published max_failure_ratio expose
    """
)
_DURATIONS: Final = words(
    """
    interval timeout start_period start_interval stop_grace_period delay window monitor
    """
)
_SIZES: Final = words("mem_limit memswap_limit mem_reservation shm_size memory size rate")
BOOLEANS: Final = words(
    """
    init privileged read_only tty stdin_open oom_kill_disable disable required external internal
    attachable enable_ipv4 enable_ipv6 nocopy no_cache pull create_host_path use_api_socket attach
    """
)
_ADDRESSES: Final = words("host_ip ipv4_address dns gateway ip_range")
_UNIT: Final = re.compile(r"\}(ns|us|ms|s|m|h|d)")
_WORDS: Final[Mapping[str, str]] = {
    "pull_policy": "missing",
    "test": "CMD",
    "gpus": "all",
    "cgroup": "private",
    "condition": "service_started",
    "type": "bind",
    "recursive": "enabled",
    "selinux": "z",
    "order": "stop-first",
    "action": "rebuild",
    "isolation": "default",
    "subnet": "192.0.2.0/24",
    "ipv6_address": "2001:db8::1",
    "mac_address": "02:42:c0:00:02:01",
    "mode": "0444",
    "oom_score_adj": "1",
    "mem_swappiness": "1",
    "cpu_percent": "1",
    "weight": "10",
    "platform": "linux/amd64",
    "protocol": "tcp",
}
STRICT: Final = frozenset(
    {*_WORDS, "use_api_socket", "container_name", "required", "external", "host_ip", "priority"}
    | {"context_size", "extends", "file", "service", "include"}
) - {
    *("test", "subnet", "ipv6_address", "mac_address", "mode", "platform", "isolation", "protocol"),
    *("oom_score_adj", "mem_swappiness", "cpu_percent", "weight"),
}
"""Fields in which Compose refuses ``${VAR}`` where it leaves variables as they are."""


class Placeholders(Struct, frozen=True):
    """Which placeholders stand for which variables, by a number of each variable."""

    numbers: Mapping[str, int]

    @classmethod
    def of(cls, names: Iterable[str], texts: Iterable[str]) -> Placeholders:
        """Give each variable a number that the texts do not hold themselves."""
        wanted = sorted(set(names))
        taken = {int(found) for text in texts if wanted for found in re.findall(r"\d{5}", text)}
        free = (number for number in range(61000, 65536) if number not in taken)
        return cls(dict(zip(wanted, free, strict=False)))

    def values(self) -> dict[str, str]:
        """Return what marks a placeholder in a rendered model, with its variable."""
        marks = {f"placeholder-{name}": name for name in self.numbers}
        marks |= {str(number): name for name, number in self.numbers.items()}
        return marks | {self._address(name): name for name in self.numbers}

    def lenient(self, text: str, path: Path, around: _Around = ("", "")) -> str:
        """Give each variable in a scalar a default that fits, where it has none.

        ``around`` is what stands before and after the text, where it is a default itself.
        """

        def defaulted(at: tuple[int, int], name: str, rest: str) -> str:
            operator = rest.lstrip(":")[:1]
            if operator == "-":
                start = rest.index("-") + 1
                inner = self.lenient(rest[start:], path, _within(text, at, around))
                return f"${{{name}{rest[:start]}{inner}}}"
            if operator == "+" or (operator != "?" and _is_free(path)):
                return text[slice(*at)]
            return f"${{{name}:-{self._fitting(text, path, at, name, around)}}}"

        return _replaced(text, defaulted)

    def plain(
        self, text: str, path: Path, values: Mapping[str, str], around: _Around = ("", "")
    ) -> str:
        """Replace each variable in a scalar: by its value, its default or a placeholder."""

        def value(at: tuple[int, int], name: str, rest: str) -> str:
            default = rest.lstrip(":")
            if values.get(name):
                return default[1:] if default.startswith("+") else values[name]
            if default.startswith("-"):
                return self.plain(default[1:], path, values, _within(text, at, around))
            if default.startswith("+"):
                return ""
            return self._fitting(text, path, at, name, around)

        return _replaced(text, value)

    def _fitting(
        self, text: str, path: Path, at: tuple[int, int], name: str, around: _Around
    ) -> str:
        before, after = around
        text, at = before + text + after, (at[0] + len(before), at[1] + len(before))
        keys = [key for key in path if not key.isdigit()] or [""]
        if _is_free(path):
            return f"placeholder-{name}"
        if keys[-1] == "ports":
            return self._in_port(text, at, name)
        if keys[-1] in {"volumes", "tmpfs", "devices"}:
            return _in_mount(text, at, name)
        if keys[-1] == "extra_hosts" and text == text[slice(*at)]:
            return f"placeholder-{name}:{self._address(name)}"
        if keys[-1] == "restart" and "depends_on" in keys:
            return "true"
        return self._of_field(keys[-1], keys, text, name)

    def _of_field(self, field: str, keys: list[str], text: str, name: str) -> str:
        number = str(self.numbers[name])
        word = f"placeholder-{name}"
        if field in _DURATIONS:
            return number if _UNIT.search(text) else f"{number}s"
        if field in _NUMBERS or field in _SIZES or "ulimits" in keys:
            return number
        if field in _ADDRESSES:
            return self._address(name)
        if field == "source" and "volumes" in keys and text.startswith("$"):
            return f"/{word}"
        if field == "condition" and "restart_policy" in keys:
            return word
        return "true" if field in BOOLEANS else _WORDS.get(field, word)

    def _in_port(self, text: str, at: tuple[int, int], name: str) -> str:
        """Fit the part of ``[ADDRESS:][PORT:]PORT`` in which the variable stands."""
        plain = _replaced(text, _x)
        before = _replaced(text[: at[0]], _x).count(":")
        if plain.count(":") > 1 and before == 0:
            whole = at[0] == 0 and text[at[1] : at[1] + 1] == ":"
            return self._address(name) if whole else "1"
        alone = text[at[0] - 1 : at[0]] in {"", ":", "-"} and text[at[1] : at[1] + 1] in {
            *("", ":", "-", "/"),
        }
        if text[at[0] - 1 : at[0]] == "/":
            return "tcp"
        return str(self.numbers[name]) if alone else "1"

    def _address(self, name: str) -> str:
        number = self.numbers[name] % 64000
        return f"198.18.{number // 256 % 256}.{number % 256}"


_Around = tuple[str, str]


def _within(text: str, at: tuple[int, int], around: _Around) -> _Around:
    return around[0] + text[: at[0]], text[at[1] :] + around[1]


def _is_free(path: Path) -> bool:
    names_a_variable = path[:1] in (("secrets",), ("configs",)) and path[-1] == "environment"
    return not (names_a_variable or path[-2:] == FORM_OF_TEST or _FREE.isdisjoint(path))


def _x(*_: object) -> str:
    return "x"


def lacking(text: str, values: Mapping[str, str]) -> set[str]:
    """Return the variables of a text that it needs and that are not among ``values``."""
    found: set[str] = set()

    def take(_at: tuple[int, int], name: str, rest: str) -> str:
        operator, _, default = rest.lstrip(":").partition("-")
        if not operator and default:
            found.update(() if values.get(name) else lacking(default, values))
        elif rest.lstrip(":")[:1] not in {"-", "+"} and not values.get(name):
            found.add(name)
        return ""

    _replaced(text, take)
    return found


def variables(text: str) -> Iterable[str]:
    """Return the names of the variables in a text, those in defaults of others included."""
    return {match[1] or match[2] for match in _VARIABLE.finditer(text) if match[0] != "$$"}


def _in_mount(text: str, at: tuple[int, int], name: str) -> str:
    before = _replaced(text[: at[0]], _x)
    if before and not before.endswith(":"):
        return f"placeholder-{name}"
    return "rw" if before.count(":") > 1 else f"/placeholder-{name}"


def _replaced(text: str, value: Callable[[tuple[int, int], str, str], str]) -> str:
    """Replace each ``${NAME rest}`` by ``value(where it stands, name, rest)``."""
    pieces: list[str] = []
    position = 0
    while match := _VARIABLE.search(text, position):
        pieces.append(text[position : match.start()])
        if match[0] == "$$":
            position = match.end()
            pieces.append("$$")
            continue
        position = match.end() if match[2] else closing(text, match.end()) + 1
        if position > len(text):
            return "".join([*pieces, text[match.start() :]])  # no closing brace
        rest = "" if match[2] else text[match.end() : position - 1]
        pieces.append(value((match.start(), position), match[1] or match[2], rest))
    return "".join([*pieces, text[position:]])
