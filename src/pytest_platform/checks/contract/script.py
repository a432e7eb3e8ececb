"""A script that its shell cannot parse.

The grammar reads every script; where it finds an error, a shell of the machine is asked as
well, which only reads the text (``-n``), for the grammar refuses some that every shell takes.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from typing import Any, Final

from pytest_platform.checks.contract import command_shape
from pytest_platform.scripts.invocation import arguments, basename, invocation
from pytest_platform.scripts.parsing import parse
from pytest_platform.verdict import Finding

CODE: Final = "contract.script"

_READ_BY_BASH: Final = frozenset({"sh", "bash", "ash", "dash"})
_SECONDS: Final = 60.0


def findings(rendered: Mapping[str, Any], source: Mapping[str, Any]) -> list[Finding]:
    """Tell that a script cannot be parsed; a script that the shell does not get is not judged."""
    found = invocation(arguments(rendered, source))
    if found is None or not found.takes_script or found.script is None:
        return []
    name = basename(found.shell.text)
    if name not in _READ_BY_BASH or not parse(found.script.text).broken:
        return []
    if command_shape.findings(rendered, source) or _parses(found.script.text):
        return []
    message = (
        f"`{name}` cannot parse the script, so it ends with exit code 2: close every `if`, `do`, "
        "bracket and quote, and write the script under `|`, which keeps its lines, as `>` does not"
    )
    actual = "the script has a syntax error"
    return [Finding(CODE, message, "a script that can be parsed", actual, (found.script.field,))]


def _parses(script: str) -> bool:
    """Ask the most permissive shell that is there; without one the grammar alone decides."""
    program = shutil.which("bash") or shutil.which("dash")
    if program is None:
        return False
    done = subprocess.run(
        [program, "-n"],
        input=script.encode(errors="replace"),
        capture_output=True,
        check=False,
        timeout=_SECONDS,
    )
    return done.returncode == 0
