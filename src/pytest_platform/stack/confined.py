"""Values of a service's keys by which the stack stays apart from what is deployed. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, Final

LOGGING: Final = frozenset({"json-file", "local", "none"})
"""Logging drivers that keep the lines on the Engine's side, with the container."""

_OPTIONS: Final = frozenset(
    {"compress", "env", "env-regex", "labels", "labels-regex", "max-file", "max-size", "tag"}
)
_PULLS: Final = frozenset({"build", "if_not_present", "missing", "never"})
_PROFILE = re.compile(r"(?P<key>seccomp)[=:](?P<path>.+)")

Document = dict[str, Any]


def logging(wanted: Mapping[str, Any] | None) -> Document:
    """Return where the lines go. The Engine's own default may be a log server, too."""
    given = wanted or {}
    driver = str(given.get("driver") or "json-file")
    if driver not in LOGGING:
        return {"driver": "json-file"}
    options = given.get("options") or {}
    kept = {key: value for key, value in options.items() if key in _OPTIONS}
    return {"driver": driver, **({"options": kept} if kept and driver != "none" else {})}


def pull_policy(wanted: str) -> str:
    """Return a policy that moves no tag of an image that is here."""
    return wanted if wanted in _PULLS else "missing"


def port(wanted: Mapping[str, Any]) -> Document:
    """Publish on loopback; which port is for the Engine to find."""
    return {
        "mode": "ingress",
        "target": wanted["target"],
        "protocol": wanted.get("protocol", "tcp"),
        "host_ip": "127.0.0.1",
    }


def deploy(wanted: Mapping[str, Any]) -> Document:
    """Leave out the labels, on which a deployed program would act."""
    return {key: one for key, one in wanted.items() if key != "labels"}


def security_opt(options: Sequence[Any], folder: str) -> list[str]:
    """Return the options with each seccomp profile by its whole path."""
    return [_with_path(str(one), folder) for one in options]


def _with_path(option: str, folder: str) -> str:
    path = _profile(option)
    return option if path is None else f"seccomp:{_whole(path, folder)}"


def profiles(container: Mapping[str, Any], folder: str) -> Iterator[str]:
    """Yield the whole paths of a service's seccomp profiles."""
    for option in container.get("security_opt") or ():
        if (path := _profile(str(option))) is not None:
            yield _whole(path, folder)


def _profile(option: str) -> str | None:
    found = _PROFILE.fullmatch(option)
    return None if found is None or found["path"] == "unconfined" else found["path"]


def _whole(path: str, folder: str) -> str:
    return str(PurePosixPath(folder) / path)
