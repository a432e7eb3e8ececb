"""Commands that do more than create or verify, as tables that people can read and extend."""

from __future__ import annotations

from typing import Final

_HDFS: Final = (("hdfs", "dfs"), ("hadoop", "fs"))

MORE_THAN_CREATING: Final[dict[str, tuple[tuple[str, ...], ...]]] = {
    "removes": (
        ("mc", "rb"),
        ("mc", "rm"),
        ("mc", "undo"),
        ("mc", "mv"),
        ("mc", "mirror", "--remove"),
        ("aws", "s3", "rb"),
        ("aws", "s3", "rm"),
        ("aws", "s3", "mv"),
        ("aws", "s3", "sync", "--delete"),
        ("aws", "s3api", "delete-bucket"),
        ("aws", "s3api", "delete-object"),
        ("aws", "s3api", "delete-objects"),
        ("s3cmd", "rb"),
        ("s3cmd", "del"),
        ("s3cmd", "rm"),
        ("s3cmd", "sync", "--delete-removed"),
        ("rclone", "delete"),
        ("rclone", "deletefile"),
        ("rclone", "purge"),
        ("rclone", "rmdir"),
        ("rclone", "rmdirs"),
        ("rclone", "sync"),
        ("rclone", "move"),
        ("rsync", "--delete"),
        ("rsync", "--remove-source-files"),
        ("find", "-delete"),
        ("shred",),
        ("truncate",),
        *((*program, option) for program in _HDFS for option in ("-rm", "-rmr", "-mv")),
        ("wipefs",),
        ("mkfs",),
        ("mkfs.ext4",),
        ("dropdb",),
        ("dropuser",),
        ("mysqladmin", "drop"),
        ("mariadb-admin", "drop"),
        ("pg_restore", "--clean"),
        ("pg_restore", "-c"),
        ("rabbitmqctl", "reset"),
        ("rabbitmqctl", "force_reset"),
        ("rabbitmqctl", "delete_user"),
        ("rabbitmqctl", "delete_vhost"),
        ("rabbitmqctl", "delete_queue"),
        ("rabbitmqctl", "purge_queue"),
        ("rabbitmqadmin", "delete"),
        ("rabbitmqadmin", "purge"),
        ("kafka-topics", "--delete"),
        ("kafka-topics.sh", "--delete"),
        ("rpk", "topic", "delete"),
        ("nats", "stream", "rm"),
        ("nats", "stream", "purge"),
        ("etcdctl", "del"),
        ("consul", "kv", "delete"),
        ("vault", "kv", "delete"),
        ("vault", "kv", "destroy"),
        ("vault", "delete"),
        ("influx", "delete"),
        ("influx", "bucket", "delete"),
        ("kubectl", "delete"),
        ("docker", "rm"),
        ("docker", "volume", "rm"),
        ("docker", "volume", "prune"),
        ("docker", "system", "prune"),
        ("restic", "forget"),
        ("restic", "prune"),
        ("borg", "delete"),
        ("borg", "prune"),
    ),
    "changes who may do what": (
        ("mc", "anonymous", "set"),
        ("mc", "anonymous", "set-json"),
        ("mc", "policy"),
        ("mc", "admin"),
        ("mc", "share"),
        ("aws", "s3api", "put-bucket-policy"),
        ("aws", "s3api", "put-bucket-acl"),
        ("aws", "s3api", "put-object-acl"),
        ("aws", "iam"),
        ("rabbitmqctl", "set_permissions"),
        ("rabbitmqctl", "set_user_tags"),
        ("rabbitmqctl", "change_password"),
        ("vault", "policy", "write"),
        ("chown",),
        ("chgrp",),
        ("chmod",),
        ("setfacl",),
        *((*program, option) for program in _HDFS for option in ("-chown", "-chgrp", "-chmod")),
    ),
    "changes settings": (
        ("mc", "ilm"),
        ("mc", "event"),
        ("mc", "replicate"),
        ("mc", "retention"),
        ("mc", "legalhold"),
        ("mc", "quota"),
        ("mc", "encrypt"),
        ("mc", "version", "suspend"),
        ("redis-cli", "config", "set"),
        ("valkey-cli", "config", "set"),
        ("kafka-configs", "--alter"),
        ("kafka-configs.sh", "--alter"),
        ("kafka-topics", "--alter"),
        ("kafka-topics.sh", "--alter"),
    ),
}
"""What a command does, and the commands that do it: a program and the words that name it."""

ONLY_LOOKING: Final = (
    ("mc", "admin", "info"),
    ("mc", "ilm", "ls"),
    ("mc", "ilm", "rule", "ls"),
    ("mc", "event", "ls"),
    ("mc", "event", "list"),
    ("mc", "replicate", "ls"),
    ("mc", "retention", "info"),
    ("mc", "legalhold", "info"),
    ("mc", "quota", "info"),
    ("mc", "encrypt", "info"),
    ("mc", "policy", "get"),
    ("mc", "policy", "list"),
    ("mc", "admin", "user", "list"),
    ("mc", "admin", "user", "ls"),
    ("mc", "admin", "user", "info"),
    ("mc", "admin", "policy", "list"),
    ("mc", "admin", "policy", "ls"),
    ("mc", "admin", "policy", "info"),
    ("aws", "iam", "get-user"),
    ("aws", "iam", "list-users"),
)
"""Exceptions from the table above."""

KEY_VALUE_PROGRAMS: Final = frozenset({"redis-cli", "valkey-cli", "keydb-cli"})
KEY_VALUE_WORDS: Final = frozenset(
    {"FLUSHALL", "FLUSHDB", "DEL", "UNLINK", "SHUTDOWN", "RENAME", "EXPIRE", "EVAL", "RESTORE"}
)

SQL_PROGRAMS: Final = frozenset(
    {"psql", "mysql", "mariadb", "sqlite3", "clickhouse-client", "clickhouse", "cqlsh", "sqlcmd"}
    | {"cockroach", "trino", "influx", "duckdb"}
)
SQL_STARTS: Final = frozenset(
    {"DROP", "TRUNCATE", "DELETE", "ALTER", "UPDATE", "GRANT", "REVOKE", "REPLACE", "MERGE"}
    | {"REINDEX", "VACUUM", "RENAME"}
)
SQL_ANYWHERE: Final = (
    ("DROP", "TABLE"),
    ("DROP", "DATABASE"),
    ("DROP", "SCHEMA"),
    ("DROP", "ROLE"),
    ("DROP", "USER"),
    ("DROP", "OWNED"),
    ("DROP", "KEYSPACE"),
    ("TRUNCATE", "TABLE"),
    ("DELETE", "FROM"),
    ("DO", "UPDATE"),
    ("DUPLICATE", "KEY"),
)
"""Also where they start no statement: in ``DO $$ … $$``, functions, ``ON CONFLICT … DO UPDATE``."""

DOCUMENT_PROGRAMS: Final = frozenset({"mongosh", "mongo"})
DOCUMENT_CALLS: Final = (
    "dropDatabase",
    ".drop(",
    "dropUser",
    "deleteMany",
    "deleteOne",
    ".remove(",
    "updateMany",
    "updateOne",
    "replaceOne",
    "renameCollection",
)

IMAGE_PROGRAMS: Final = {
    "minio/mc": "mc",
    "amazon/aws-cli": "aws",
    "rclone/rclone": "rclone",
    "restic/restic": "restic",
    "curlimages/curl": "curl",
}
"""Images whose entrypoint is one program: a service's ``command`` is only its arguments."""
