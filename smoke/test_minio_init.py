"""What the declared probes of ``minio-init`` cannot say. Nothing here writes."""

from __future__ import annotations

import pytest

from pytest_platform.docker.snapshot import Container
from pytest_platform.probes.kind import Target

pytestmark = pytest.mark.module("minio-init")

_LIST_BUCKETS = """
printf '%s\\n%s\\n' "$MINIO_ROOT_USER" "$MINIO_ROOT_PASSWORD" |
  mc --config-dir /tmp/smoke alias set local http://127.0.0.1:9000 >/dev/null
mc --config-dir /tmp/smoke ls local
"""


def test_the_api_lists_the_buckets(platform_host: Target) -> None:
    """A client that logs in sees the buckets; the folder on disk is not what clients use."""
    listed = platform_host.exec(["sh", "-euc", _LIST_BUCKETS], service="minio")
    assert listed.exit_code == 0, listed.stderr
    assert {"backups/", "media/"} <= set(listed.stdout.split())


def test_it_did_not_take_long(platform_container: Container) -> None:
    """It waits 20 s for the server at most; one that takes minutes hangs on something else."""
    started, finished = platform_container.started_at, platform_container.finished_at
    assert started, "it has never run"
    assert finished, "it has never finished"
    assert (finished - started).total_seconds() < 60
