"""The kinds of backup. A new one is a file and a line here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_platform.change.backup import borg, file, restic
from pytest_platform.change.backup.kind import BackupKind
from pytest_platform.change.backup.reference import Reference, is_plain, wrong_form
from pytest_platform.change.refusal import Refusal

KINDS: Mapping[str, BackupKind[Any]] = {
    "file": file.KIND,
    "restic": restic.KIND,
    "borg": borg.KIND,
}


def parse(text: str) -> Reference | Refusal:
    """Read a backup reference: a path, or the name of a kind before a colon."""
    if is_plain(text):
        kind = "file" if text.startswith("/") else text.partition(":")[0]
        if kind in KINDS:
            return KINDS[kind].parse(text)
    return wrong_form(", or ".join(kind.form for kind in KINDS.values()))
