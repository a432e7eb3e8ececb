"""``python -m pytest_platform``: the commands beside pytest."""

import sys

from pytest_platform.cli import main

if __name__ == "__main__":
    sys.exit(main())
