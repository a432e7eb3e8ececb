"""Names of images, as Docker completes them. Pure."""

from __future__ import annotations

import re
from typing import Final

_REGISTRY: Final = re.compile(r"^(?:(?:index\.)?docker\.io/)?(?:library/)?")


def whole(image: str) -> str:
    """Return a name without what Docker adds to it by itself, and with its tag.

    >>> whole("docker.io/acme/app"), whole("docker.io/library/redis:7")
    ('acme/app:latest', 'redis:7')
    """
    short = _REGISTRY.sub("", image)
    return short if not short or ":" in short.rpartition("/")[2] else f"{short}:latest"
