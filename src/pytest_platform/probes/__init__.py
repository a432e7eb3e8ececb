"""What another plugin needs to add a kind of probe; see the hook ``pytest_platform_probes``."""

from pytest_platform.docker.exec import ExecResult, ExecTimeout
from pytest_platform.errors import PlatformError
from pytest_platform.module.forms import Base, Duration, Text
from pytest_platform.probes.kind import Endpoint, NoContainer, ProbeKind, Target
from pytest_platform.probes.matchers import Matchers, mismatches
from pytest_platform.units import seconds
from pytest_platform.verdict import Finding

__all__ = [
    "Base",
    "Duration",
    "Endpoint",
    "ExecResult",
    "ExecTimeout",
    "Finding",
    "Matchers",
    "NoContainer",
    "PlatformError",
    "ProbeKind",
    "Target",
    "Text",
    "mismatches",
    "seconds",
]
