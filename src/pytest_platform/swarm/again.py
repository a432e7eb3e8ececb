"""The one change there is: the same service once more, by the version that was seen.

Swarm itself refuses the update where anybody has changed the service in between. Nothing of the
service's settings changes but the count of forced updates, which is compared before and after.
"""

from __future__ import annotations

import copy
import json
import time
from dataclasses import dataclass, field
from typing import Any, Final

from pytest_platform.docker.engine import Document
from pytest_platform.docker.writable import AlreadyStarted, OneShotTimeout, WritableEngine
from pytest_platform.errors import EngineError, PlatformError
from pytest_platform.swarm.seen import ENDED, is_current
from pytest_platform.swarm.services import read_service, read_task
from pytest_platform.swarm.wait import Polled

_MOVED: Final = "somebody else has changed or started it since the last look; plan again"


class Altered(PlatformError):
    """After the update the settings of the service are not those before it."""

    code = "apply.altered"


@dataclass(slots=True)
class ServiceAgain:
    """One service to be run once more. ``version`` is the one that was seen."""

    engine: WritableEngine
    id: str
    version: str
    _before: Document = field(default_factory=dict, repr=False)

    def start(self) -> None:
        """Update the service with its own settings.

        Raises:
            AlreadyStarted: its version is another one by now.
            Altered: the settings are others after the update.
            EngineError: the manager cannot be asked, or refuses.
        """
        document = self._document()
        if str(document["Version"]["Index"]) != self.version:
            raise AlreadyStarted(_MOVED)
        spec = copy.deepcopy(document["Spec"])
        template = spec["TaskTemplate"]
        template["ForceUpdate"] = int(template.get("ForceUpdate") or 0) + 1
        self._update(spec)
        self._before = spec
        if _comparable(self._document()["Spec"]) != _comparable(spec):
            name = spec.get("Name") or self.id
            message = (
                f"{name} runs again, and its settings are others than before, so somebody else has "
                f"changed it at the same time; see what: docker service inspect {name}, then run "
                "drift::none, and deploy the stack again if the change was none of yours"
            )
            raise Altered(message)

    def wait(self, timeout: float) -> int:
        """Ask for the tasks of the current iteration until they have ended; return the exit code.

        Raises:
            OneShotTimeout: they have not ended within ``timeout`` seconds, and go on.
            EngineError: the manager cannot be asked, or a task ended without an exit code.
        """
        end = time.monotonic() + timeout
        pause = Polled(asked=time.monotonic())
        while True:
            code = self._code()
            if code is not None:
                return code
            left = end - time.monotonic()
            if left <= 0:
                message = f"it did not end within {timeout:g} s and was left running"
                raise OneShotTimeout(message)
            pause.within(left)

    def now(self) -> str:
        """Say what it does now."""
        try:
            code = self._code()
        except PlatformError:
            return "running"
        return "running" if code is None else f"exited {code}"

    def _code(self) -> int | None:
        """Return the exit code of the newest task, once none is left to end."""
        service = read_service(self._document())
        path = "/tasks?filters=" + json.dumps({"service": [self.id]}, separators=(",", ":"))
        (found,) = self.engine.ask([path])
        tasks = sorted(map(read_task, found or ()), key=lambda one: one.made_at, reverse=True)
        mine = [one for one in tasks if is_current(one, service)]
        if not mine or any(one.state not in ENDED for one in mine):
            return None
        newest = mine[0]
        if newest.exit_code is None:
            message = f"its task was {newest.state}: {newest.error or newest.message}"
            raise EngineError(message)
        return newest.exit_code

    def _document(self) -> Document:
        (document,) = self.engine.ask([f"/services/{self.id}"])
        if document is None:
            message = "the service is gone by now; deploy it: docker stack deploy"
            raise EngineError(message)
        found: Document = document
        return found

    def _update(self, spec: Document) -> None:
        import requests
        from docker.errors import create_api_error_from_http_exception

        with self.engine.asking() as client:
            # Not client.update_service(): that builds the settings anew and leaves some out.
            address = f"{client.base_url}/v{client.api_version}/services/{self.id}/update"
            response = client.post(
                address,
                params={"version": self.version, "registryAuthFrom": "spec"},
                json=spec,
                timeout=client.timeout,
            )
            if not response.ok and "out of sequence" in response.text:
                raise AlreadyStarted(_MOVED)
            try:
                response.raise_for_status()
            except requests.HTTPError as error:
                create_api_error_from_http_exception(error)


def _comparable(spec: Document) -> Any:
    """Return settings without what the API leaves out where it is empty."""
    return _pruned(spec)


def _pruned(value: Any) -> Any:
    if isinstance(value, dict):
        pruned = {key: _pruned(inner) for key, inner in value.items()}
        return {key: one for key, one in pruned.items() if one not in ({}, [], None)}
    return [_pruned(one) for one in value] if isinstance(value, list) else value
