"""Gives the tests ``pytester`` and a failure the files that ran; a busy machine fails none."""

from contextlib import suppress

pytest_plugins = ["pytester", "ran"]

# Without the tests' own requirements the modules of this folder can be tested nevertheless.
with suppress(ImportError):
    from hypothesis import HealthCheck, settings

    settings.register_profile(
        "pytest-platform", deadline=None, suppress_health_check=[HealthCheck.too_slow]
    )
    settings.load_profile("pytest-platform")
