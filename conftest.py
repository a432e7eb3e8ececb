"""Makes ``pytester`` known to the project's own tests."""

pytest_plugins = ["pytester"]
