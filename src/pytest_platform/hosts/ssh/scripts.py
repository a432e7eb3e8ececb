"""What runs on the other side of ssh, and how its output is read.

A script goes to ``sh`` on its standard input. So it is quoted once, here, for a POSIX shell,
whatever the login shell is; and nothing of it, such as the values of the environment, shows
in a list of processes. A marker tells its output from what the login shell prints.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence

from msgspec import Struct

SHELL = "exec /bin/sh"
"""The command that ssh is given. It means the same to every login shell."""

MISSING = "missing"

# Not every login gives a command the folders in which people install; its own come first.
_PATH = "PATH=${PATH:+$PATH:}/usr/local/sbin:/usr/local/bin:/usr/sbin:/sbin:/opt/bin:/snap/bin"

# The braces make the shell read all of the script before it gives away its input.
_LOGIN = """\
{
exec 3<&0 </dev/null 2>/dev/null
mark=%(mark)s
%(path)s
home=${HOME:-/}
user=$(id -un)
engine=${DOCKER_HOST:-}
docker=$(command -v docker)
if [ -z "$engine" ] && [ -n "$docker" ]; then
  config=${DOCKER_CONFIG:-$home/.docker}/config.json
  if [ -n "${DOCKER_CONTEXT:-}" ] || grep -q currentContext "$config"
  then engine=$(docker context inspect --format '{{.Endpoints.docker.Host}}') || engine=context:
  fi
fi
usable() { [ -S "$1" ] && [ -r "$1" ] && [ -w "$1" ]; }
if [ -z "$engine" ]; then
  run=${XDG_RUNTIME_DIR:-/run/user/$(id -u)}
  for socket in /var/run/docker.sock "$run/docker.sock" "$home/.docker/run/docker.sock"; do
    if usable "$socket"; then engine=unix://$socket; break; fi
    if [ -S "$socket" ]; then engine=${engine:-unix://$socket}; fi
  done
fi
socket=${engine#unix://}
group=
if usable "$socket"; then access=yes
elif [ -S "$socket" ]; then
  access=no
  group=$(ls -ld "$socket" | { read -r _ _ _ name _; echo "$name"; })
else access=missing
fi
printf '\\n%%s\\n' "$mark" "user=$user" "docker=$docker" "engine=$engine" \\
  "tls=${DOCKER_TLS_VERIFY:-}${DOCKER_TLS:-}" "access=$access" "group=$group" "$mark"
exec cat <&3 >/dev/null
}
"""

# When its input ends, because ssh was ended or the connection was, the command is ended.
_COMMAND = """\
{
exec 3<&0 </dev/null
mark=%(mark)s
%(path)s
printf '\\n%%s\\n' "$mark"
printf '\\n%%s\\n' "$mark" >&2
%(exports)s
set -- %(words)s
case $1 in
  */*) [ -f "$1" ] && [ -x "$1" ] ;;
  *) command -v "$1" >/dev/null ;;
esac || { printf '\\n%%s missing\\n' "$mark" >&2; exit; }
if command -v setsid >/dev/null; then set -- setsid "$@"; fi
"$@" 3<&- &
command=$!
sh -c '
  cat
  kill -TERM "-$0" "$0"
  sleep 2
  kill -KILL "-$0" "$0"
' "$command" <&3 >/dev/null 2>&1 &
guard=$!
exec 3<&-
wait "$command" 2>/dev/null
code=$?
kill "$guard"
printf '\\n%%s %%s\\n' "$mark" "$code" >&2
exit
}
"""


def login(mark: str) -> bytes:
    """Return the script of the session that stays: it looks around, then waits for its end."""
    return (_LOGIN % {"mark": mark, "path": _PATH}).encode()


def command(argv: Sequence[str], env: Mapping[str, str] | None, mark: str) -> bytes:
    """Return the script that runs a command to its end; the only place that quotes."""
    exports = [
        f"export {shlex.quote(name)}={shlex.quote(value)}" for name, value in (env or {}).items()
    ]
    words = {"path": _PATH, "mark": mark, "exports": "\n".join(exports), "words": shlex.join(argv)}
    return (_COMMAND % words).encode()


class HostFacts(Struct, frozen=True):
    """What the login script saw. ``engine`` is an address as ``DOCKER_HOST`` holds it.

    ``docker`` is the path of the program, ``access`` is ``yes``, ``no`` or ``missing`` and tells
    of the Engine's socket, ``group`` whom it belongs to. All may be empty.
    """

    user: str = ""
    docker: str = ""
    engine: str = ""
    tls: str = ""
    access: str = MISSING
    group: str = ""


def read_facts(output: str, mark: str) -> HostFacts | None:
    """Read the output of the login script; None while it is not complete."""
    parts = output.split(f"\n{mark}\n")
    if len(parts) < 3:  # noqa: PLR2004 - before, between and after two marks
        return None
    pairs = (line.partition("=") for line in parts[1].splitlines())
    known = set(HostFacts.__struct_fields__)
    return HostFacts(**{name: value for name, _, value in pairs if name in known})


def read_end(stderr: str, mark: str) -> tuple[str, str | None]:
    """Split what a command wrote from how it ended: a number, ``missing``, or None if unknown."""
    if found := re.search(rf"\n{mark} (\d+|{MISSING})\n", stderr):
        return stderr[: found.start()], found[1]
    return stderr, None


def line(mark: str) -> bytes:
    """Return the line behind which the output of a script begins; before it, a shell may talk."""
    return f"\n{mark}\n".encode()
