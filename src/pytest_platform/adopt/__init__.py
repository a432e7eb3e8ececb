"""Module files for the services of a Compose project that has none."""
