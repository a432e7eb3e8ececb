"""The fields that are compared, one function each. Pure.

What an image brings is no drift: the files leave it to the image, so it is what they
expect. Where the image is gone from the host, only what the files do say is compared.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from pytest_platform.checks.drift import describe
from pytest_platform.checks.drift.desired import CONTAINER
from pytest_platform.checks.drift.model import (
    Attachment,
    ContainerSettings,
    Desired,
    Evidence,
    Healthcheck,
    Image,
    Mount,
    Observed,
)
from pytest_platform.compose import image_name

Sides = tuple[str, str]
"""What was expected and what was seen, as people read it."""

_ADDED_BY_PODMAN = frozenset({"HOSTNAME", "HOME", "TERM", "container"})
_TIMES_OF_PODMAN = Healthcheck((), 30 * 10**9, 30 * 10**9, 0, 3)
"""What Podman sets where a health check leaves it open."""

_DOCKER_CONFIG = "DOCKER_CONFIG"
_SOCKET = "/var/run/docker.sock"
_PREDEFINED = frozenset({"bridge", "host", "none", "podman"})
"""Networks that know no aliases."""

_PROXIES = frozenset({"HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY"})
"""Variables that Compose takes from the docker configuration of whoever deploys."""


def image(desired: Desired, observed: Observed, evidence: Evidence) -> Sides | None:
    """Compare the declared reference, and the image that it means now."""
    wanted, found = desired.settings.image, observed.settings.image
    now, then = evidence.image_id, observed.image_id
    names = image_name.familiar(wanted), image_name.familiar(found)
    if observed.podman and found == f"localhost/{names[0]}":
        # Podman puts this before the short name of an image that is on the host.
        return None
    if image_name.decisive(wanted) != image_name.decisive(found) and found != desired.other_image:
        return names
    if now and then and now != then:
        now, then = describe.image_id(now), describe.image_id(then)
        return f"{names[0]} (now {now})", f"{names[1]} ({then})"
    return None


def entrypoint(desired: Desired, observed: Observed, _: Evidence) -> Sides | None:
    """Compare the entrypoint; an empty one that is declared clears that of the image."""
    declared, found = desired.settings.entrypoint, observed.settings.entrypoint or ()
    if declared is None and observed.image is None:
        return None
    wanted = (observed.image or Image()).entrypoint if declared is None else declared
    # One empty word clears the image's entrypoint, which the Engine keeps as none at all.
    wanted = () if wanted == ("",) else wanted
    return (
        None
        if wanted == (() if found == ("",) else found)
        else (describe.words(wanted), describe.words(found))
    )


def command(desired: Desired, observed: Observed, _: Evidence) -> Sides | None:
    """Compare the command; a declared entrypoint also removes the command of the image."""
    wanted, found = desired.settings.command, observed.settings.command
    if not wanted and not desired.settings.entrypoint:
        if observed.image is None:
            return None
        wanted = observed.image.command
    return None if wanted == found else (describe.words(wanted), describe.words(found))


def environment(desired: Desired, observed: Observed, _: Evidence) -> Sides | None:
    """Compare by names and digests. A name without a value is a variable that is not set."""
    declared, found = dict(desired.settings.environment), dict(observed.settings.environment)
    wanted = {**(observed.image or Image()).environment, **declared}
    names = {name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name)}
    if observed.image is None:
        names &= declared.keys()
    names -= {name for name in names if name.upper() in _PROXIES and name not in declared}
    names -= (_ADDED_BY_PODMAN - declared.keys()) if observed.podman else set()
    if found.get(_DOCKER_CONFIG) == desired.api_socket:
        names -= {_DOCKER_CONFIG} - declared.keys()
    if not names:
        return None
    ordered = sorted(names)
    expected = [_variable(name, wanted.get(name), None) for name in ordered]
    actual = [_variable(name, found.get(name), wanted.get(name)) for name in ordered]
    return describe.shortened(", ".join(expected)), describe.shortened(", ".join(actual))


def _variable(name: str, value: str | None, other: str | None) -> str:
    if value is None:
        return f"{name} not set"
    return f"{name} set to another value" if other is not None else f"{name} set"


def ports(desired: Desired, observed: Observed, _: Evidence) -> Sides | None:
    """Compare published ports, and those that are only exposed."""
    image = (observed.image or Image()).exposed
    wanted = desired.settings.published | _only_exposed(desired.settings, image)
    found = observed.settings.published | _only_exposed(observed.settings, image)
    if observed.image is None:
        found = observed.settings.published | (found & wanted)
    return None if wanted == found else (describe.listed(wanted), describe.listed(found))


def _only_exposed(settings: ContainerSettings, image: frozenset[str]) -> frozenset[str]:
    published = {text.rpartition("->")[2] for text in settings.published}
    return frozenset(f"{port} exposed" for port in settings.exposed - image - published)


def mounts(desired: Desired, observed: Observed, _: Evidence) -> Sides | None:
    """Compare what stands at each path, beside the volumes of the image."""
    wanted = dict(desired.settings.mounts)
    if desired.uses_api_socket:
        # Where it is depends on the Engine that was deployed to.
        socket = observed.settings.mounts.get(_SOCKET, Mount("bind", _SOCKET))
        wanted.setdefault(_SOCKET, socket)
    found = {
        target: mount
        for target, mount in observed.settings.mounts.items()
        if target in wanted or not _brought(target, mount, desired, observed.image)
    }
    differing = {at for at in wanted.keys() | found.keys() if wanted.get(at) != found.get(at)}
    if not differing:
        return None
    return describe.mounts(differing, wanted), describe.mounts(differing, found)


def _brought(target: str, mount: Mount, desired: Desired, image: Image | None) -> bool:
    """Return whether a mount comes from elsewhere than the service's own list."""
    if desired.open_mounts:
        return True
    return mount.anonymous and (image is None or target in image.volumes)


def networks(desired: Desired, observed: Observed, _: Evidence) -> Sides | None:
    """Compare the networks, their aliases, and the addresses that were asked for."""
    if desired.settings.network_mode or observed.settings.network_mode:
        return _network_mode(desired, observed)
    wanted, found = _without(desired, observed), _without(observed, observed)
    if wanted == found:
        return None
    differing = sorted(n for n in wanted.keys() | found.keys() if wanted.get(n) != found.get(n))
    expected = [describe.attachment(name, wanted.get(name)) for name in differing]
    actual = [describe.attachment(name, found.get(name)) for name in differing]
    return describe.shortened(", ".join(expected)), describe.shortened(", ".join(actual))


def _network_mode(desired: Desired, observed: Observed) -> Sides | None:
    wanted = desired.settings.network_mode or describe.listed(desired.settings.networks.keys())
    found = observed.settings.network_mode or describe.listed(observed.settings.networks.keys())
    modes = [one.partition(":")[0] for one in (wanted, found)]
    unknown_which = CONTAINER in (wanted, found) and modes == [CONTAINER, CONTAINER]
    return None if wanted == found or unknown_which else (_mode(wanted), _mode(found))


def _mode(mode: str) -> str:
    name, colon, container = mode.partition(":")
    return f"that of the container {describe.image_id(container)}" if colon else name


def _without(side: Desired | Observed, observed: Observed) -> dict[str, Attachment]:
    """Return the networks without the aliases that every container gets.

    The name of the service stays: who connects a container by hand may forget it.
    """
    networks: Mapping[str, Attachment] = side.settings.networks
    always = {observed.service} - {""} if side is not observed else set()
    return {
        name: one
        if name in _PREDEFINED
        else replace(one, aliases=one.aliases - (observed.own_names - {observed.service}) | always)
        for name, one in networks.items()
    }


def restart(desired: Desired, observed: Observed, _: Evidence) -> Sides | None:
    """Compare the restart policy."""
    wanted, found = desired.settings.restart, observed.settings.restart
    return None if wanted == found else (wanted, found)


def user(desired: Desired, observed: Observed, _: Evidence) -> Sides | None:
    """Compare the user."""
    wanted, found = desired.settings.user, observed.settings.user
    if not wanted:
        if observed.image is None:
            return None
        wanted = observed.image.user
    return None if wanted == found else (wanted or "the default", found or "the default")


def healthcheck(desired: Desired, observed: Observed, _: Evidence) -> Sides | None:
    """Compare the health check, with what the image fills in."""
    seen = observed.settings.healthcheck
    brought = observed.image.healthcheck if observed.image else seen
    wanted = _effective(_completed(desired.settings.healthcheck, brought))
    wanted = _completed(wanted, _TIMES_OF_PODMAN) if wanted and observed.podman else wanted
    found = _effective(seen)
    return None if wanted == found else (describe.healthcheck(wanted), describe.healthcheck(found))


def _completed(declared: Healthcheck | None, brought: Healthcheck | None) -> Healthcheck | None:
    """Fill in from the image what the files leave open, as the Engine does."""
    if declared is None or brought is None:
        return declared or brought
    return Healthcheck(
        declared.test or brought.test,
        declared.interval or brought.interval,
        declared.timeout or brought.timeout,
        declared.start_period or brought.start_period,
        declared.retries or brought.retries,
    )


def _effective(check: Healthcheck | None) -> Healthcheck | None:
    """Return None for a check that does nothing, however that is written."""
    return None if check is None or not check.test or check.test[0] == "NONE" else check


def labels(desired: Desired, observed: Observed, _: Evidence) -> Sides | None:
    """Compare the labels that people have set."""
    declared, found = dict(desired.settings.labels), dict(observed.settings.labels)
    wanted = {**(observed.image or Image()).labels, **declared}
    names = {name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name)}
    if observed.image is None:
        names &= declared.keys()
    if not names:
        return None
    hidden = {name for name in names if f"labels.{name}" in desired.private}
    return describe.labels(names, wanted, hidden), describe.labels(names, found, hidden)
