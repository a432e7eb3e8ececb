"""Makes ``pytester`` known to the project's tests, and lets a busy machine fail none of them."""

from contextlib import suppress

pytest_plugins = ["pytester"]

# Without the tests' own requirements the modules of this folder can be tested nevertheless.
with suppress(ImportError):
    from hypothesis import HealthCheck, settings

    settings.register_profile(
        "pytest-platform", deadline=None, suppress_health_check=[HealthCheck.too_slow]
    )
    settings.load_profile("pytest-platform")
