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

PROBED = """\
apiVersion: platform/v2
kind: Module
metadata:
  name: status-page
  summary: Shows which services are up.
  owner: platform
spec:
  runtime:
    compose:
      files: [../compose.yaml]
      project: home-platform
      service: status-page
    expected_state: healthy
  state:
    class: stateless
  health:
    - name: the log has no errors
      log: {stream: stderr, never: '^(ERROR|FATAL)\\b'}
    - name: the configuration is complete, and not for everybody to read
      file:
        path: /etc/status/status.yaml
        exists: true
        mode: "0640"
        size: {at_least: 1B, at_most: 64KiB}
        content: {contains: ["listen:"]}
    - name: the history is kept
      volume: {name: history, mounted_at: /var/lib/status, entries: {at_least: 1}}
    - name: the certificate is renewed in time
      tls: {port: 8443, verify: true, days_left: 14}
  smoke:
    - name: the page is served
      http:
        scheme: https
        port: 8443
        method: GET
        status: 200
        redirects: 1
        body: {contains: [Status], none_of: [unknown]}
        tls: {verify: true, days_left: 14}
    - name: the old port is closed
      tcp: {port: 80, open: false}
    - name: the API says that all is well, a minute after the start at the latest
      within: 60s
      http:
        port: 8080
        path: /api/health
        headers: {Content-Type: {contains: [application/json]}}
        json: [{path: $.status, equals: ok}]
        timeout: 5s
    - name: the mail relay takes connections
      tcp: {service: relay, port: 25, expect: {matches: "^220 "}}
    - name: the name server knows the page
      dns:
        name: status.example.org
        resolver: {service: resolver, port: 53}
        answer: {contains: [192.0.2.10]}
    - name: few checks wait
      metrics: {port: 9100, series: status_checks_waiting, at_most: 5}
    - name: all services are up
      exec: {command: [status, list, --json], json: [{path: "$[*].state", equals: up}]}
    - name: the timer of the backup is active on the host
      command:
        command: [systemctl, list-timers, --output=json, backup.timer]
        exit_code: 0
        stdout: {contains: [backup.timer]}
        stderr: {equals: ""}
        json: [{path: "$[0].unit", equals: backup.timer}]
"""

EXAMPLES = (ONE_SHOT, STATEFUL, PROBED)
