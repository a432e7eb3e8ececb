"""A script that its shell cannot parse, or one in the image, which cannot be judged.

The grammar reads every script; where it finds an error, a shell of the machine is asked as
well, which only reads the text (``-n``), for the grammar refuses some that every shell takes.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Mapping
from typing import Any, Final

from pytest_platform.checks.contract import command_shape
from pytest_platform.compose.service import RenderedService
from pytest_platform.scripts import files
from pytest_platform.scripts.files import NO_TEXTS, Texts, unread
from pytest_platform.scripts.invocation import Program, arguments, basename, invocation, program
from pytest_platform.scripts.parsing import parse
from pytest_platform.text import shortened
from pytest_platform.verdict import Finding

CODE: Final = "contract.script"
UNREAD: Final = "contract.unread"

_READ_BY_BASH: Final = frozenset({"sh", "bash", "ash", "dash"})
_SECONDS: Final = 60.0
_LINE: Final = re.compile(r"(?:\bline |^\w+: )(\d+)", re.MULTILINE)


def findings(
    rendered: RenderedService, source: Mapping[str, Any], scripts: Texts = NO_TEXTS
) -> list[Finding]:
    """Report that a script cannot be parsed; a script that the shell does not get is not judged.

    ``scripts`` are the files that can be read; those that run are judged as well.
    """
    words = arguments(rendered, source)
    shell, found = invocation(words), program(words)
    if found is None or command_shape.findings(rendered, source):
        return []
    own = shell is not None and shell.takes_script
    texts = [(basename(shell.shell.text), found.text, found.written, "")] if shell and own else []
    texts += [
        (run.shell, scripts.texts[run.path], scripts.written.get(run.path), run.path)
        for run in dict.fromkeys(files.all_run(parse(found.text), scripts.texts))
    ]
    told = (_of_text(found, *one) for one in texts if one[0] in _READ_BY_BASH)
    return [one for one in told if one]


def _of_text(
    found: Program, name: str, text: str, written: str | None, file: str
) -> Finding | None:
    line = _line_of_error(text) if parse(text).broken else None
    if line is None:
        return None
    message = (
        f"`{name}` cannot parse the script, so it ends with exit code 2: close every `if`, `do`, "
        "bracket and quote, and write the script under `|`, which keeps its lines, as `>` does not"
    )
    actual = "the script has a syntax error"
    path, spot = found.place(_start(written or "", line), file)
    return Finding(CODE, message, "a script that can be parsed", actual, path, spot=spot)


def _line_of_error(script: str) -> int | None:
    """Ask the most permissive shell that is there; without one the grammar alone decides.

    Returns the line of which the shell complains, from 1; None where it does not.
    """
    shell = shutil.which("bash") or shutil.which("dash")
    if shell is None:
        return 1
    done = subprocess.run(
        [shell, "-n"],
        input=script.encode(errors="replace"),
        capture_output=True,
        check=False,
        timeout=_SECONDS,
        env={"LC_ALL": "C"},
    )
    if done.returncode == 0:
        return None
    told = _LINE.search(done.stderr.decode(errors="replace"))
    return int(told[1]) if told else 1


def _start(text: str, line: int) -> int:
    """Give the first character of a line that is no blank; of the last such line, beyond."""
    here, start = 0, 0
    for number, one in enumerate(text.splitlines(keepends=True), 1):
        if one.strip() and number <= line:
            start = here + len(one) - len(one.lstrip())
        here += len(one)
    return start


def unread_findings(
    rendered: RenderedService, source: Mapping[str, Any], scripts: Texts
) -> list[Finding]:
    """Report that all that runs is a script file that is not among ``scripts``."""
    found = program(arguments(rendered, source))
    path = unread(parse(found.text), scripts.texts) if found else None
    if found is None or path is None:
        return []
    named = found.written is not None and path in found.written
    quoted = f"`{shortened(path)}`" if named else "the script"
    message = (
        f"{quoted} is not in the repository, so it cannot be judged: mount it from a file of the "
        "repository, or write it under `configs: content:`"
    )
    return [Finding(UNREAD, message, path=found.place(None)[0])]
