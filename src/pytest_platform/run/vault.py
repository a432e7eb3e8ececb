"""The values that no report of a run may carry."""

from __future__ import annotations

from collections.abc import Collection

from pytest_platform.compose.renderer import Renderer
from pytest_platform.module.catalog import Catalog
from pytest_platform.run.known import known_of
from pytest_platform.secrets import Secrets
from pytest_platform.workload.seen import View


class Vault:
    """Knows the values of the files from the start, and those of hosts once they were asked.

    ``names`` are the modules to which the run is narrowed; None means all.
    """

    def __init__(
        self, catalog: Catalog, renderer: Renderer, names: Collection[str] | None = None
    ) -> None:
        self._catalog = catalog
        self._renderer = renderer
        self._names = names
        self._of_files: Secrets | None = None
        self._of_hosts: list[Secrets] = []
        self._names_of_hosts: set[str] = set()
        self._secrets = Secrets()
        self._state = (-1, -1)

    def learn(self, snapshot: View) -> None:
        """Take up the values that a snapshot brought. Any thread may call this."""
        self._names_of_hosts = self._names_of_hosts | {snapshot.host, *snapshot.public}
        self._of_hosts.append(snapshot.secrets)

    def secrets(self) -> Secrets:
        """Return all values that are known by now.

        A value that is also a public word, such as the name of a module, is no secret:
        to hide it would garble every report and protect nothing.
        """
        if self._of_files is None:
            self._of_files = known_of(self._catalog, self._names)
        state = (self._renderer.count, len(self._of_hosts))
        if state != self._state:
            known = self._of_files | self._renderer.secrets()
            for secrets in self._of_hosts[: state[1]]:
                known = known | secrets
            self._secrets, self._state = known.without(self._names_of_hosts), state
        return self._secrets
