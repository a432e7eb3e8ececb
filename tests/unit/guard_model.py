"""One case that the guard allows; tests change one thing at a time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pytest_platform.change.guard_facts import CONFIRMATION, ChangeRequest, GuardFacts
from pytest_platform.compose.service import RenderedService
from pytest_platform.module.data import State
from pytest_platform.module.forms import ExpectedState, StateClass
from pytest_platform.module.loader import Module
from pytest_platform.module.model import Manifest, Metadata, Runtime, Spec
from pytest_platform.module.on_compose import ComposeService
from pytest_platform.module.places import ModuleSource

REQUEST = ChangeRequest(
    apply=True,
    patterns=("minio-init",),
    allow_stateful=True,
    backup_ref="/srv/backups/minio-20260517T010847Z.tar.gz",
    confirmation=CONFIRMATION,
)

FACTS = GuardFacts(
    remote_mode="local",
    workers=0,
    reruns=False,
    contract=frozenset(),
    service=RenderedService(restart="no"),
    backup=(),
    owner="",
    labels_ours=True,
    in_progress=False,
    same_host=True,
    data=frozenset({"minio"}),
)


def module_of(
    state: ExpectedState = ExpectedState.EXITED_SUCCESS,
    state_class: StateClass = StateClass.SIDECAR,
    replicas: int = 1,
    hook: str | None = None,
    **more: Any,
) -> Module:
    """Make the module ``minio-init`` without a file; ``more`` is said of its state."""
    compose = ComposeService(files=("compose.yaml",), project="home", service="minio-init")
    runtime = Runtime(
        compose=compose,
        expected_state=state,
        replicas=replicas,
        hook="pre_start" if hook else None,
    )
    spec = Spec(
        runtime=runtime,
        state=State(
            class_=state_class, **{"owner": "minio", "backup_ref_modules": ("minio",), **more}
        ),
    )
    metadata = Metadata(name="minio-init", summary="Creates buckets.", owner="platform")
    manifest = Manifest(api_version="platform/v2", kind="Module", metadata=metadata, spec=spec)
    path = Path("/nowhere/modules/minio-init/module.yaml")
    source = ModuleSource("modules/minio-init/module.yaml", "", None)
    return Module("minio-init", path, Path("/nowhere"), source, manifest, (), ())
