"""Why a stack of one's own cannot be had, or cannot be used in this way."""

from __future__ import annotations

from pytest_platform.errors import PlatformError


class StackRefused(PlatformError):
    """The files ask for something by which a stack could touch what is not its own."""

    code = "stack.refused"


class StackRemoved(PlatformError):
    """The run is over for its stack: what is asked for then finds none, and starts none."""

    code = "stack.removed"


class StackConflict(PlatformError):
    """Two services of one name are needed, which one project cannot hold."""

    code = "stack.conflict"


class StackVariable(PlatformError):
    """A variable has no value, and none that could be made up."""

    code = "stack.variable"


class StackNotUp(PlatformError):
    """Compose could not start the stack. What it has started is removed with the rest."""

    code = "stack.up"


class StackDeployed(PlatformError):
    """What was asked for is only done to a stack of one's own."""

    code = "stack.deployed"


class StackPort(PlatformError):
    """A port of a service is not published on the host."""

    code = "stack.port"


class OtherEngine(PlatformError):
    """What was asked for is there for containers of Compose alone."""

    code = "engine.other"
