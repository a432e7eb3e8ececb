"""What it means that a host does not answer for a Swarm."""

from __future__ import annotations

from pytest_platform.errors import EngineError, PlatformError


class NoManager(PlatformError):
    """The host is in a Swarm and does not lead it: only a manager answers."""

    code = "swarm.worker"


class NoSwarm(PlatformError):
    """The Engine is part of no Swarm."""

    code = "swarm.inactive"


class NoQuorum(PlatformError):
    """Too few managers are there to answer for the Swarm."""

    code = "swarm.quorum"


def explained(error: EngineError, host: str) -> PlatformError:
    """Return what a refusal means, in words that say what to do."""
    said = str(error)
    if "Worker nodes can't be used" in said:
        message = f"{host} is a worker of its Swarm, and only a manager answers: name a manager"
        return NoManager(message)
    if "not a swarm manager" in said:
        message = f"the Engine on {host} is in no Swarm: name a manager, or run docker swarm init"
        return NoSwarm(message)
    if "does not have a leader" in said or "too few managers" in said or "context deadline" in said:
        message = (
            f"the Swarm of {host} has no leader, as too few of its managers are up: bring them "
            "back; nothing can be said of its services until then"
        )
        return NoQuorum(message)
    return error
