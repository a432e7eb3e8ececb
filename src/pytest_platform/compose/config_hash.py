"""The config hashes that Compose writes as labels, computed from what it renders. Pure.

A hash is the SHA-256 of Go's JSON of a service, network or volume. ``config --hash`` gives
those of services only, and not as ``up`` writes them where a service shares something with
the container of another one. What is computed here is only to be trusted where the same
computation gives what ``config --hash`` gives.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from pytest_platform.compose.rendered import unescaped

Model = Mapping[str, Any]

_HASH_IS_RIGHT = (5, 5)
_NOT_HASHED = frozenset({"build", "depends_on", "profiles", "pull_policy", "scale"})
_ORDER = """
    annotations attach develop blkio_config cap_add cap_drop cgroup_parent cgroup cpu_count
    cpu_percent cpu_period cpu_quota cpu_rt_period cpu_rt_runtime cpus cpuset cpu_shares command
    configs container_name credential_spec deploy device_cgroup_rules devices dns dns_opt
    dns_search dockerfile domainname entrypoint provider environment env_file expose extends
    external_links extra_hosts group_add gpus hostname healthcheck image init ipc isolation labels
    label_file links logging log_driver log_opt mem_limit mem_reservation memswap_limit
    mem_swappiness mac_address models net network_mode networks oom_kill_disable oom_score_adj pid
    pids_limit platform ports pre_start privileged read_only restart runtime secrets security_opt
    shm_size stdin_open stop_grace_period stop_signal storage_opt sysctls tmpfs tty ulimits
    use_api_socket user userns_mode uts volume_driver volumes volumes_from working_dir
    post_start pre_stop
""".split()  # noqa: SIM905 - one word a line would take 90 lines
_ESCAPED = str.maketrans({one: f"\\u{ord(one):04x}" for one in "<>&\u2028\u2029"})


def of_service(service: Model) -> str:
    """Return the hash of a service as it is rendered; the order of its keys does not count."""
    kept: dict[str, Any] = {key: one for key, one in service.items() if key not in _NOT_HASHED}
    if kept.get("deploy"):
        kept["deploy"] = {key: one for key, one in kept["deploy"].items() if key != "replicas"}
    order = {key: place for place, key in enumerate(_ORDER)}
    return _hash({key: kept[key] for key in sorted(kept, key=lambda key: order.get(key, -1))})


def of_network(network: Model) -> str:
    """Return the hash of a network as it is rendered."""
    return _hash(network)


def of_volume(volume: Model) -> str:
    """Return the hash of a volume as it is rendered; its driver is ``local`` unless declared."""
    rest = {key: one for key, one in volume.items() if key not in {"name", "driver"}}
    return _hash({"name": volume.get("name"), "driver": volume.get("driver") or "local"} | rest)


def misleading(source: Mapping[str, Any], version: str) -> bool:
    """Return whether ``config --hash`` and ``up`` may disagree about a service as it is written.

    ``up`` puts container ids in place of ``service:NAME``. Before 5.5, ``config --hash``
    did not read ``env_file``, and older ones counted ``depends_on`` in one of the two.
    """
    if source.get("volumes_from") or source.get("use_api_socket") or source.get("models"):
        return True
    shared = (str(source.get(key) or "") for key in ("network_mode", "ipc", "pid"))
    if any("service:" in mode or "$" in mode for mode in shared):
        return True
    numbers = tuple(int(part) for part in re.findall(r"\d+", version)[:2])
    return numbers < _HASH_IS_RIGHT and bool(source.get("env_file") or source.get("depends_on"))


def _hash(value: Model) -> str:
    text = json.dumps(unescaped(value), separators=(",", ":"), ensure_ascii=False)
    return sha256(text.translate(_ESCAPED).encode()).hexdigest()
