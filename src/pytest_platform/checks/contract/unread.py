"""A script in the image, of which nothing can be said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pytest_platform.scripts.files import Texts, unread
from pytest_platform.scripts.invocation import arguments, program
from pytest_platform.scripts.parsing import parse
from pytest_platform.scripts.quoting import shortened
from pytest_platform.verdict import Finding

CODE: Final = "contract.unread"


def findings(
    rendered: Mapping[str, Any], source: Mapping[str, Any], scripts: Texts
) -> list[Finding]:
    """Tell that all that runs is a script file that is not among ``scripts``."""
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
    return [Finding(CODE, message, path=found.place(None)[0])]
