"""What ``minio-init`` promises about what is stored: to run it again takes nothing away.

It stores an object, so it runs on a stack of its own alone.
"""

from __future__ import annotations

import pytest

from pytest_platform.plugin.fixture_values import PlatformStack
from pytest_platform.probes.kind import Target

pytestmark = pytest.mark.module("minio-init")

OBJECT = "local/media/smoke/keep.txt"
CONTENT = "this is to stay"
_CLIENT = """
printf '%s\\n%s\\n' "$MINIO_ROOT_USER" "$MINIO_ROOT_PASSWORD" |
  mc --config-dir /tmp/smoke alias set local http://127.0.0.1:9000 >/dev/null
mc --config-dir /tmp/smoke "$@"
"""


def mc(host: Target, *words: str) -> str:
    """Run the client against the server, logged in; return what it said."""
    done = host.exec(["sh", "-euc", _CLIENT, "mc", *words], service="minio")
    assert done.exit_code == 0, done.stderr
    return done.stdout


def test_an_object_survives_a_second_run(
    platform_host: Target, platform_stack: PlatformStack
) -> None:
    """Put an object, read it back, run the one-shot again: the object is still there."""
    if not platform_stack.ephemeral:
        pytest.skip("it stores an object: run it with --stack=ephemeral")
    platform_host.exec(["sh", "-c", f"echo '{CONTENT}' >/tmp/keep.txt"], service="minio")
    mc(platform_host, "cp", "/tmp/keep.txt", OBJECT)  # noqa: S108 - in the container
    assert mc(platform_host, "cat", OBJECT).strip() == CONTENT

    assert platform_stack.run_again("minio-init") == 0

    assert mc(platform_host, "cat", OBJECT).strip() == CONTENT
