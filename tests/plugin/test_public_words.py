"""No finding has a word of ours, a port, the name of an image or a code hidden."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from plugin.project import Project

WORDS = (
    *(
        "restart",
        "port",
        "contract",
        "image",
        "published",
        "addresses",
        "docker",
        "write",
        "digest",
    ),
    *(
        "public",
        "command",
        "policy",
        "health",
        "check",
        "service",
        "running",
        "healthy",
        "declared",
    ),
    *("unless-stopped", "buildx", "imagetools", "inspect", "runtime.exposure", "contract.restart"),
    *("3000", "9443", "registry.example/acme/web", "2.1", "web", "app", "no", "true", "redis"),
)
SERVICE = {
    "image": "registry.example/acme/web:2.1",
    "ports": ["3000:3000", "9443:443"],
    "command": 'sh -c echo "hello" && redis-cli ping',
    "volumes": ["./data:/data"],
}


def _values(prefix: str) -> dict[str, str]:
    return {f"{prefix}{at}": word for at, word in enumerate(WORDS)}


@pytest.mark.parametrize("place", ["environment", "env_file", "dotenv"])
def test_public_words_are_shown(empty: Project, place: str) -> None:
    runtime = {
        "compose": {"files": ["../compose.yaml"], "project": "pp-public", "service": "web"},
        "expected_state": "healthy",
    }
    empty.module("web", runtime=runtime)
    service: dict[str, Any] = dict(SERVICE)
    dotenv = "".join(f"{name}={word}\n" for name, word in _values("SETTING").items())
    if place == "environment":
        service["environment"] = _values("SETTING")
    elif place == "env_file":
        service["env_file"] = ["app.env"]
        empty.file("modules/app.env", dotenv)
    else:
        service["environment"] = {name: f"${{{name}}}" for name in _values("SETTING")}
        empty.file("modules/.env", dotenv)
    empty.file("modules/compose.yaml", yaml.safe_dump({"services": {"web": service}}))
    outcome = empty.pytest("--json", "-m", "contract")
    found = [
        finding
        for check in outcome.modules["web"]["checks"]
        for finding in check.get("findings") or []
    ]
    codes = {finding["code"] for finding in found}
    assert codes >= {
        *("contract.restart", "contract.exposure", "contract.image.pinned"),
        *("contract.command_shape", "contract.healthcheck"),
    }, str(outcome)
    for finding in found:
        ours = (finding["code"], finding["message"])
        assert "[redacted]" not in "".join(ours), finding
    shown = " ".join(finding["message"] for finding in found)
    for word in ("3000", "9443", "registry.example/acme/web:2.1", "restart: unless-stopped"):
        assert word in shown, shown
