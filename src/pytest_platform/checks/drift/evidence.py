"""What is known beside the fields: the config hash, and what an image reference means now."""

from __future__ import annotations

from collections.abc import Mapping

from pytest_platform.checks.drift import reference
from pytest_platform.checks.drift.model import Desired, Evidence, Hash, Observed
from pytest_platform.docker.engine import Document


def evidence(
    desired: Desired,
    observed: Observed,
    references: Mapping[str, str],
    rendered_hash: str | None,
    version: str,
) -> Evidence:
    """Put the evidence together. ``references`` are the names of images and their ids."""
    return Evidence(
        config_hash(observed, rendered_hash, version),
        image_id(desired.settings.image, references),
    )


def same_content(container: Document, image: Document) -> bool:
    """Tell whether an image still holds what a container was made of, by their documents.

    With the containerd store an image is an index. It gets a new id by each build, for what
    attests the build changes, while the manifest that containers are made of stays.
    """
    used = (container.get("ImageManifestDescriptor") or {}).get("digest")
    held = {one.get("ID") for one in image.get("Manifests") or () if one.get("Kind") == "image"}
    return used is not None and used in held


def config_hash(observed: Observed, rendered: str | None, version: str) -> Hash:
    """Compare the hashes, which only those of the same version of Compose allow."""
    if not rendered or not observed.config_hash or observed.compose_version != version:
        return Hash.UNKNOWN
    return Hash.EQUAL if observed.config_hash == rendered else Hash.DIFFERENT


def image_id(wanted: str, references: Mapping[str, str]) -> str:
    """Return the id that a reference means on the host now; empty where it is not there."""
    if wanted.startswith("sha256:"):
        return wanted
    name = reference.decisive(wanted)
    known = (image for spelt, image in references.items() if reference.normal(spelt) == name)
    return next(known, "")
