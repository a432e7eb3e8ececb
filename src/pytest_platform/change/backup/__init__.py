"""Backup references: read them, match them with a module, verify them on the host.

A kind of backup is one file that has ``parse`` (text only), ``observe`` (commands on the
host) and ``judge`` (pure), and one line in the registry.
"""

from pytest_platform.change.backup.reference import Reference, shown
from pytest_platform.change.backup.registry import parse
from pytest_platform.change.backup.verify import BackupEvidence, BackupFacts, match, verify

__all__ = ["BackupEvidence", "BackupFacts", "Reference", "match", "parse", "shown", "verify"]
