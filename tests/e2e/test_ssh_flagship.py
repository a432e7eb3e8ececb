"""The flagship over ssh: the same stack, the same claims, and one login for each run."""

from __future__ import annotations

from e2e import test_apply_flagship as flagship
from e2e.applying import Stack, applied, mutating, refused
from e2e.conftest import NewSshd
from e2e.hosts import CONFIG
from e2e.proxy import Proxy

pytestmark = flagship.pytestmark
stack = flagship.stack

MODULE = ("--module=minio-init", "--remote-mode=ssh", "--ssh-host=nas")


def test_the_flow(stack: Stack, new_sshd: NewSshd, proxy: Proxy) -> None:
    sshd = new_sshd(env=proxy.env, lines=("MaxSessions 2", "MaxStartups 2"))
    env = {CONFIG: str(sshd.config)}
    planned = stack.pytest(*MODULE, *flagship.everything(stack), "--json", "--plan", env=env)
    assert planned.modules["minio-init"]["plan"]["decision"] == "allowed", planned.stderr
    bare = stack.pytest(*MODULE, "--json", "--apply", "-m", "apply", env=env)
    assert refused(bare, "minio-init") == {
        *("guard.allow_stateful", "guard.confirmation", "guard.backup_ref")
    }
    assert mutating(proxy) == []
    assert sshd.logins == 2
    words = (*MODULE, "--json", "--apply", *flagship.everything(stack))
    outcome = stack.pytest(*words, env=env)
    assert outcome.returncode == 0, outcome.stderr
    flagship._ran_once(stack, outcome, proxy)
    flagship._is_well(stack)
    assert sshd.logins == 3
    again = stack.pytest(*words, env=env)
    assert again.returncode == 0, again.stderr
    assert again.modules["minio-init"]["plan"]["decision"] == "nothing-to-do"
    assert applied(again, "minio-init")["ran"] is False
    assert sshd.logins == 4
