"""What has changed since a commit, as git tells it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from pytest_platform.errors import UsageError
from pytest_platform.hosts.transport import CommandMissing, CommandResult, CommandTimeout, Transport

_TIMEOUT: Final = 60.0
_ENVIRONMENT: Final = {
    # Messages as they are expected here, and nobody is asked for a password.
    "LC_ALL": "C",
    "GIT_TERMINAL_PROMPT": "0",
}
_NO_COMMON_COMMIT: Final = 1


class ChangesUnknown(UsageError):
    """Git could not be asked what has changed."""

    code = "changes.git"


class NoRepository(ChangesUnknown):
    """The project is not in a git repository, or not in one that git trusts."""

    code = "changes.repository"


class UnknownRef(ChangesUnknown):
    """The repository has no such commit."""

    code = "changes.ref"


class HistoryTooShort(ChangesUnknown):
    """The clone does not reach back to where the two lines of history part."""

    code = "changes.shallow"


class Git:
    """Git in one folder. Paths are relative to it, and others are left out."""

    def __init__(self, root: Path, transport: Transport) -> None:
        self._root = root
        self._transport = transport

    def changed_since(self, ref: str) -> frozenset[str]:
        """Return the files that differ from where ``ref`` and the current commit part.

        Committed or not, and files that git does not know yet, but for ignored ones. A
        file that was renamed or removed counts under its old name too.

        Raises:
            ChangesUnknown: one of its kinds says why.
        """
        _refuse_option(ref)
        base = self._merge_base(ref)
        options = ("--name-only", "--no-renames", "--no-ext-diff", "--relative", "-z")
        return frozenset(
            [
                *self._paths("diff", *options, base, "--"),
                *self._paths("ls-files", "--others", "--exclude-standard", "-z"),
            ]
        )

    def at(self, ref: str) -> Callable[[str], str | None]:
        """Return how a file was where ``ref`` and the current commit part.

        Raises:
            ChangesUnknown: one of its kinds says why.
        """
        _refuse_option(ref)
        base = self._merge_base(ref)

        def before(path: str) -> str | None:
            result = self._run("show", f"{base}:./{path}")
            return result.stdout if result.returncode == 0 else None

        return before

    def _merge_base(self, ref: str) -> str:
        result = self._run("merge-base", ref, "HEAD")
        if result.returncode == 0:
            return result.stdout.strip()
        raise self._why_not(ref, result)

    def _why_not(self, ref: str, refused: CommandResult) -> ChangesUnknown:
        """Find out why there is no common commit; only a run that ends here pays for it."""
        inside = self._run("rev-parse", "--is-shallow-repository")
        if "dubious ownership" in inside.stderr:
            what = f"--changed-since: git does not trust {self._root}, which is another user's"
            allow = f"git config --global --add safe.directory {self._root}"
            return NoRepository(f"{what}; allow it: {allow}")
        if inside.returncode != 0:
            return NoRepository(f"--changed-since: {self._root} is not in a git repository")
        if refused.returncode != _NO_COMMON_COMMIT:
            return UnknownRef(
                f"--changed-since: git knows no commit '{ref}'; fetch it first, "
                "in CI by a checkout with fetch-depth: 0"
            )
        if inside.stdout.strip() == "true":
            return HistoryTooShort(
                f"--changed-since: this clone is too shallow to tell where '{ref}' was left; "
                "check out with fetch-depth: 0, or run: git fetch --unshallow"
            )
        return UnknownRef(f"--changed-since: '{ref}' has no commit in common with this one")

    def _paths(self, *words: str) -> Iterator[str]:
        result = self._run(*words)
        if result.returncode != 0:
            said = result.stderr.strip() or f"exit code {result.returncode}"
            raise ChangesUnknown(f"--changed-since: git {words[0]} failed: {said[:300]}")
        return filter(None, result.stdout.split("\0"))

    def _run(self, *words: str) -> CommandResult:
        argv = ["git", "-C", str(self._root), *words]
        try:
            return self._transport.run(argv, timeout=_TIMEOUT, env=_ENVIRONMENT)
        except (CommandMissing, CommandTimeout) as error:
            raise ChangesUnknown(f"--changed-since: {error}") from None


def _refuse_option(ref: str) -> None:
    """Refuse what git would take for an option, or for nothing."""
    if not ref.strip() or ref.startswith("-"):
        message = f"--changed-since: '{ref}' names no commit; give a branch, tag or commit id"
        raise UnknownRef(message)
