"""What becomes of each key of a service in an ephemeral stack, as data.

A key that stands in no row is refused: nobody has judged whether it reaches the host.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal

from pytest_platform.text import words

Treatment = Literal["kept", "dropped", "judged", "rewritten", "refused"]


KEPT: Final = words(
    """
    attach blkio_config cap_drop command cpu_count cpu_percent cpu_period cpu_quota
    cpu_rt_period cpu_rt_runtime cpu_shares cpus cpuset dns dns_opt dns_search domainname
    entrypoint environment expose group_add healthcheck hostname image init isolation links
    mem_limit mem_reservation mem_swappiness memswap_limit oom_kill_disable oom_score_adj
    per_replica pids_limit platform post_start pre_stop read_only restart runtime scale
    shm_size stdin_open stop_grace_period stop_signal storage_opt sysctls tmpfs tty ulimits umask
    user working_dir
    """
)
"""They stay inside the container."""

DROPPED: Final = words(
    """
    annotations cgroup_parent container_name develop env_file extends label_file mac_address
    profiles pull_refresh_after
    """
)
"""They name what is deployed, or were read when the project was rendered."""

JUDGED: Final = words(
    """
    cap_add cgroup extra_hosts ipc network_mode pid privileged userns_mode uts volumes_from
    """
)
"""They are kept where ``refusals`` finds nothing wrong with their values."""

REWRITTEN: Final = words(
    """
    build configs depends_on deploy labels logging networks ports pre_start pull_policy
    secrets security_opt volumes
    """
)
"""They get a value that is the stack's own."""

REFUSED: Final = {
    "credential_spec": "uses credentials of the host",
    "device_cgroup_rules": "uses devices of the host",
    "devices": "uses devices of the host",
    "external_links": "links to a container outside",
    "gpus": "uses devices of the host",
    "models": "uses a model, which runs outside of the stack",
    "provider": "is made by a program on the host",
    "use_api_socket": "uses the Engine's socket",
}
"""They reach the host whatever their values are."""

BUILD_DROPPED: Final = words(
    """
    cache_from cache_to pull tags
    """
)
"""They name images and caches that a deployed stack uses, too."""

BUILD_TREATED: Final = words(
    """
    additional_contexts context dockerfile entitlements extra_hosts labels network privileged
    secrets ssh
    """
)
"""They are judged, or get a value that is the stack's own."""

BUILD_KEPT: Final = words(
    """
    args dockerfile_inline isolation no_cache no_cache_filter platforms provenance sbom
    shm_size target ulimits
    """
)

_ROWS: Final[Mapping[Treatment, frozenset[str]]] = {
    "kept": KEPT,
    "dropped": DROPPED,
    "judged": JUDGED,
    "rewritten": REWRITTEN,
    "refused": frozenset(REFUSED),
}
TREATMENTS: Final[Mapping[str, Treatment]] = {
    key: treatment for treatment, keys in _ROWS.items() for key in keys
}


def kept(container: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keys of a service or hook that are not left out."""
    return {
        key: value
        for key, value in container.items()
        if TREATMENTS.get(key, "dropped") not in {"dropped", "refused"}
    }


def refused_keys(container: Mapping[str, Any]) -> Iterator[str]:
    """Yield why a service or hook may not be started, judged by its keys alone."""
    for key, reason in REFUSED.items():
        if container.get(key):
            yield reason
    for key, value in container.items():
        if value and key not in TREATMENTS and not key.startswith("x-"):
            yield f"uses '{key}', of which it is not known whether it reaches the host"
    for key, value in (container.get("build") or {}).items():
        known = key in BUILD_KEPT | BUILD_DROPPED | BUILD_TREATED or key.startswith("x-")
        if value and not known:
            yield f"uses 'build.{key}', of which it is not known whether it reaches the host"
