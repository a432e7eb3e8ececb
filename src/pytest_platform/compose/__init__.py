"""Compose files: rendered by Compose, and read as written, so that findings have a place."""

from typing import Final

NAMES: Final = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
OVERRIDES: Final = (
    *("compose.override.yml", "compose.override.yaml"),
    *("docker-compose.override.yml", "docker-compose.override.yaml"),
)
"""The names under which Compose looks for its files, in its order."""
