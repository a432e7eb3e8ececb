"""Complete module files: shown in the reference and offered by editors."""

from __future__ import annotations

ONE_SHOT = """\
# yaml-language-server: $schema=../../schema/module.schema.json
apiVersion: platform/v2
kind: Module
metadata:
  name: minio-init
  summary: Creates the buckets that other modules expect. Safe to run again.
  owner: platform
  contract: strict-v2
spec:
  runtime:
    compose:
      files: [../compose.yaml]
      project: home-platform
      service: minio-init
    expected_state: exited-success
    timeout: 2m
    max_age: 30d
    beyond_create:
      - command: mc anonymous set
        reason: the media bucket is public by design
  state:
    class: sidecar
    owner: minio
    backup_ref_modules: [minio]
  requires: [minio]
  runbook: runbook.md
  smoke:
    - name: the declared buckets exist
      exec:
        service: minio
        command: [ls, /data]
        stdout: {contains: [backups, media]}
  waivers:
    - code: contract.image.pinned
      reason: upstream publishes no digest
      until: 2027-01-31
"""

STATEFUL = """\
apiVersion: platform/v2
kind: Module
metadata:
  name: minio
  summary: Stores the objects of all other modules.
  owner: platform
spec:
  runtime:
    compose:
      files: [../compose.yaml]
      project: home-platform
      service: minio
    expected_state: healthy
  state:
    class: stateful
    backup:
      roots: [/srv/backups]
      max_age: 7d
      min_size: 1KiB
      level: structural
  health:
    - name: the data folder can be written to
      exec:
        command: [test, -w, /data]
        stderr: {equals: ""}
"""

EXAMPLES = (ONE_SHOT, STATEFUL)
