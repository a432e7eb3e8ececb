"""Why ssh did not do what it was asked, in words for people.

The ssh client ends with 255 for all of it, so the reason is read from what it says.
"""

from __future__ import annotations

import re
import shlex

from msgspec import Struct

from pytest_platform.errors import EngineError

_KNOWN_AS = re.compile(r"^Host key for (\S+) has changed", re.MULTILINE)
_MISSING = re.compile(r"could not resolve hostname ([^:\s]+)", re.IGNORECASE)
_OFFENDING = re.compile(r"^Offending \S+ key in (.+):[0-9]+\s*$", re.MULTILINE)

CUT = "ssh.cut"
BUSY = "ssh.busy"
TIMEOUT = "ssh.timeout"


class SshError(EngineError):
    """A host cannot be reached over ssh. ``code`` is stable and says which way."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class SshReason(Struct, frozen=True):
    """One reason: what ssh says, and what it is called.

    In ``message``, ``{host}`` stands for the destination, ``{said}`` for the line, ``{missing}``
    for the name that does not resolve, and ``{forget}`` for the command that forgets a host key.
    """

    said: re.Pattern[str]
    code: str
    message: str


def _reason(said: str, code: str, message: str) -> SshReason:
    return SshReason(re.compile(said, re.IGNORECASE), code, message)


REASONS = (
    _reason(
        "remote host identification has changed",
        "ssh.host_key_changed",
        "the host key of {host} is not the one that is known; find out why, "
        "and only then forget the old one with: {forget}",
    ),
    _reason(
        "host key for .* was revoked",
        "ssh.host_key_revoked",
        "the host key of {host} was revoked; do not log in with it, and find out why",
    ),
    _reason(
        "host key verification failed|host key is known for",
        "ssh.host_key_unknown",
        "the host key of {host} is not known; log in once by hand and compare it",
    ),
    _reason(
        "could not resolve hostname",
        "ssh.unknown_host",
        "there is no host {missing}: no such name; mend the name, or add it to the ssh config",
    ),
    _reason(
        "bad configuration option|can't open user config|bad owner or permissions on"
        "|terminating, .* bad configuration",
        "ssh.config",
        "the ssh config cannot be used for {host}: {said}",
    ),
    _reason(
        "permission denied \\(|too many authentication failures|no supported authentication"
        "|permission denied, please try again",
        "ssh.auth",
        "{host} refused the login: {said}; ssh asks for no password here, "
        "so load the key into an agent or name it in the ssh config",
    ),
    _reason(
        "unable to negotiate",
        "ssh.negotiation",
        "{host} and the ssh client have no algorithm in common: {said}",
    ),
    _reason(
        "connection refused",
        "ssh.refused",
        "nobody listens for ssh on {host}; start sshd there, or mend the port",
    ),
    _reason(
        "no route to host|network is unreachable|host is down|host is unreachable",
        "ssh.unreachable",
        "there is no way to {host}: {said}; check the network",
    ),
    _reason(
        "timed out",
        TIMEOUT,
        "{host} did not answer in time; check that it is up and that no firewall drops ssh",
    ),
    _reason(
        "connection closed by unknown port 65535",
        "ssh.proxy",
        "what leads to {host} ended: the ProxyCommand or ProxyJump of the ssh config; "
        "run that command by hand",
    ),
    _reason(
        "kex_exchange_identification"
        "|banner exchange: connection to .*: (broken pipe|connection reset)"
        "|banner line \\d+: (exceeded maxstartups|not allowed)",
        BUSY,
        "{host} hung up before the login, again and again; "
        "it takes no more logins at once (MaxStartups), or it is no ssh server",
    ),
)


def explain(said: str, host: str) -> SshError:
    """Find the reason in what ssh has said before the login was done."""
    for reason in REASONS:
        if match := reason.said.search(said):
            line = _line_around(said, match.start())
            words = {"host": host, "said": line, "forget": _forget(said, host)}
            words["missing"] = _missing(said, host)
            return SshError(reason.code, reason.message.format(**words))
    return SshError("ssh.failed", f"ssh to {host} failed: {last_line(said) or 'it gave no reason'}")


def _missing(said: str, host: str) -> str:
    """Name the host that does not resolve: this one, its ``HostName``, or one to jump over."""
    found = _MISSING.search(said)
    return f"{found[1]} (on the way to {host})" if found and found[1] not in host else host


def _forget(said: str, host: str) -> str:
    """Return the command for the name and the file by which ssh knows the key.

    The name is ``[host]:port`` where the port is not 22, or the one of ``HostKeyAlias``.
    """
    known, file = _KNOWN_AS.search(said), _OFFENDING.search(said)
    words = ["ssh-keygen", *(["-f", file[1]] if file else []), "-R", known[1] if known else host]
    return shlex.join(words)


def cut(said: str, host: str) -> SshError:
    """Say that a connection ended that had been there."""
    return SshError(CUT, f"the ssh connection to {host} was cut: {last_line(said) or 'it ended'}")


def last_line(said: str) -> str:
    """Return the last line that is not blank; at most 200 characters of it."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return lines[-1][:200] if lines else ""


def _line_around(text: str, position: int) -> str:
    start = text.rfind("\n", 0, position) + 1
    end = text.find("\n", position)
    return text[start : end if end >= 0 else len(text)].strip()[:200]
