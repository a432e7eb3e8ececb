"""A failure of these tests names the files of the product that ran in it."""

from ran import (
    pytest_configure,
    pytest_runtest_makereport,
    pytest_runtest_setup,
    pytest_unconfigure,
)

__all__ = [
    "pytest_configure",
    "pytest_runtest_makereport",
    "pytest_runtest_setup",
    "pytest_unconfigure",
]
