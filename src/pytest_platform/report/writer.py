"""The promise of the reports, on stdout or in files, however the run ends."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from pytest_platform.errors import PlatformError
from pytest_platform.output import Output

if TYPE_CHECKING:
    from pytest_platform.report.history import History
    from pytest_platform.report.past import Past
    from pytest_platform.secrets import Secrets

_USAGE: Final = ("platform.usage", 4)
_CRASH: Final = ("platform.crash", 1)
_ENDINGS: Final[Mapping[str, tuple[str, int]]] = {
    "UsageError": _USAGE,
    "ConftestImportFailure": _USAGE,
    "PluginImportFailure": ("platform.crash", 3),
    "KeyboardInterrupt": ("platform.interrupted", 130),
}
"""The code and the exit code of what may end pytest early, by the name of its class."""


class ReportTarget(Struct):
    """One report; ``path`` is None for stdout, ``asked`` is the option that asked for it."""

    format: str
    path: Path | None
    asked: str
    output: Output | None = None


class ReportWriter:
    """Writes the reports when all else is over. Registered as a plugin, it learns how it ended.

    Where one goes to stdout, everything else that wants to write there goes to stderr.
    """

    def __init__(self) -> None:
        """Promise nothing yet; see :meth:`add`."""
        self.document: dict[str, Any] | None = None
        self.secrets: Callable[[], Secrets] = _of_environment
        self.unwritable: OSError | None = None
        self.history: History | None = None
        self._targets: list[ReportTarget] = []
        self._session: Any = None
        self._failure: tuple[str, int, BaseException] | None = None
        self._around = sys.exc_info()[1]
        self._stdout: int | None = None
        self._width: int | None = None

    def add(self, target: ReportTarget) -> None:
        """Promise a report: open its file, or take stdout. Again the same is nothing new.

        Files are opened before output is captured: what was stdout then is another file later.
        """
        path = target.path
        if any((one.format, one.path) == (target.format, path) for one in self._targets):
            return
        self._targets.append(target)
        if path is None:
            if self._stdout is None:
                self._width = _width()
                self._stdout = _take_stdout()
            return
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            target.output = Output.prepare(path)
        except OSError as error:
            self.unwritable = self.unwritable or OSError(error.errno, error.strerror, target.asked)

    def pytest_sessionstart(self, session: Any) -> None:
        """Keep the session: in the end it knows the exit code."""
        self._session = session

    def pytest_internalerror(self, excinfo: Any) -> None:
        """Keep what crashed pytest."""
        self._failure = ("platform.crash", 3, excinfo.value)

    def pytest_keyboard_interrupt(self, excinfo: Any) -> None:
        """Keep what stopped pytest: a key, or a call of ``pytest.exit``."""
        returncode = getattr(excinfo.value, "returncode", None)
        exitcode = 2 if returncode is None else int(returncode)
        self._failure = ("platform.interrupted", exitcode, excinfo.value)

    def nothing_tested(self, root: Path) -> None:
        """Take it that the run was to test nothing, and did what it was asked for."""
        self.document = {
            "platform": {"schema": 1, "remote_mode": "skip", "stack": "deployed", "modules": []},
            "created": time.time(),
            "duration": 0.0,
            "root": str(root),
            "environment": {},
            "summary": {"total": 0, "collected": 0},
        }

    def abandon(self) -> None:
        """Write nothing after all: another process does."""
        for target in self._targets:
            if target.output:
                target.output.close()
        self._give_back()
        self.close = lambda: None  # type: ignore[method-assign]

    def close(self) -> None:
        """Write the reports, and give stdout back.

        Raises:
            OSError: one cannot be written; ``filename`` is what asked for it.
            PlatformError: the history cannot be written; the reports are.
        """
        document = self._finished()
        past, failed = self._keep(document)
        for target in self._targets:
            try:
                self._write(target, self._text(target, document, past))
            except BrokenPipeError:
                sys.stderr.write(f"{target.asked}: the reader went away before the end\n")
            except OSError as error:
                failed = failed or OSError(error.errno, error.strerror, target.asked)
            except ValueError as error:
                failed = failed or OSError(0, str(error), target.asked)
        self._give_back()
        if failed:
            raise failed

    def _keep(self, document: dict[str, Any]) -> tuple[Past, Exception | None]:
        """Add the run to the history; return what earlier runs say, or why it cannot be done."""
        from pytest_platform.report.document import read

        if self.history is None:
            return {}, None
        try:
            made = read(document)
            past = self.history.before(made)
            self.history.add(made)
        except PlatformError as error:
            return {}, error
        return past, None

    def _text(self, target: ReportTarget, document: dict[str, Any], past: Past) -> str:
        """Return a report. JSON is the document as it is, all that others put into it too."""
        from pytest_platform.report.document import read
        from pytest_platform.report.formats import render
        from pytest_platform.report.formats.json import encoded

        if target.format == "json":
            return encoded(document)
        return render(target.format, read(document), None if target.path else self._width, past)

    def _write(self, target: ReportTarget, text: str) -> None:
        data = text.encode(errors="backslashreplace")
        if target.path:
            (target.output or Output.prepare(target.path)).write(data)
        elif self._stdout is not None:
            with os.fdopen(os.dup(self._stdout), "wb") as stream:
                stream.write(data)

    def _give_back(self) -> None:
        if self._stdout is not None:
            sys.stdout.flush()
            os.dup2(self._stdout, 1)
            os.close(self._stdout)
            self._stdout = None

    def _finished(self) -> dict[str, Any]:
        """Complete the document with how the run ended, which nobody knew before."""
        failure = self._in_flight() or self._failure
        exitcode = failure[1] if failure else 0
        if self._session and not self._in_flight():
            exitcode = int(self._session.exitstatus)
        document = self.document or _without_session()
        document["exitcode"] = exitcode
        if failure:
            document["platform"]["error"] = {"code": failure[0], "message": _line(failure[2])}
        return self._redacted(document)

    def _redacted(self, document: dict[str, Any]) -> dict[str, Any]:
        """Redact what other plugins have put in. Records of modules are redacted when made."""
        from pytest_platform.report.redact import CODES, redact_all

        secrets = self.secrets()
        section = dict(document["platform"])
        modules = section.pop("modules", [])
        others = {key: one for key, one in document.items() if key != "platform"}
        redacted = {**redact_all(section, secrets, CODES), "modules": modules}
        return {**redact_all(others, secrets), "platform": redacted}

    def _in_flight(self) -> tuple[str, int, BaseException] | None:
        """Return the exception that ends this process, if there is one on its way."""
        error = sys.exc_info()[1]
        if error is None or error is self._around:
            return None
        code, exitcode = _ENDINGS.get(type(error).__name__, _CRASH)
        if isinstance(error, SystemExit):
            exitcode = error.code if isinstance(error.code, int) else int(bool(error.code))
        return code, exitcode, error


def _of_environment() -> Secrets:
    """Return what the names of variables say to be secret: all that is known before a run."""
    from pytest_platform.secrets import Secrets
    from pytest_platform.secrets.names import says_secret

    return Secrets(outside=(pair for pair in os.environ.items() if says_secret(pair[0])))


def _width() -> int | None:
    """Return the columns of the terminal; None where stdout is none."""
    return shutil.get_terminal_size().columns if os.isatty(1) else None


def _take_stdout() -> int:
    sys.stdout.flush()
    taken = os.dup(1)
    os.dup2(2, 1)
    return taken


def _without_session() -> dict[str, Any]:
    error = {"code": "platform.no_session", "message": "no test session took place"}
    section: dict[str, Any] = {
        "schema": 1,
        "remote_mode": None,
        "stack": None,
        "modules": [],
        "error": error,
    }
    return {"exitcode": 0, "platform": section}


def _line(error: BaseException) -> str:
    """Say in one line what an exception says; of argparse's page of usage, what is wrong."""
    text = str(error)
    wrong = [line.partition(": error: ")[2] for line in text.splitlines() if ": error: " in line]
    said = " ".join((wrong[0] if wrong and text.startswith("usage:") else text).split())
    if type(error).__name__ in {"UsageError", "ConftestImportFailure"}:
        return said
    return f"{type(error).__name__}: {said}" if said else type(error).__name__
