"""Probe kinds: one file each, registered in ``pytest_platform.checks.registry``."""
