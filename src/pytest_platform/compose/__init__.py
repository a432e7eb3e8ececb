"""Compose files: rendered by Compose, and read as written, so that findings have a place."""
