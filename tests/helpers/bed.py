"""Test beds for rotations: a secret in the AWS emulator, and its database user."""

from __future__ import annotations

import json
import os
import secrets
import uuid
from contextlib import closing
from typing import TYPE_CHECKING, Any

import boto3
import psycopg
import pymysql
from botocore.config import Config
from child import STEPS
from psycopg import sql

from shield_ai.rotator import handler
from shield_ai.rotator.mysql import native_hash
from shield_ai.rotator.secret import Store
from shield_ai.rotator.strategies.mysql_alternating_users import marker_role

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mariadb import Mariadb

    from shield_ai.sandbox import LocalAws, LocalPostgres


def password() -> str:
    return secrets.token_urlsafe(15)


class Bed:
    """A secret in the AWS emulator."""

    environ: Mapping[str, str]
    is_always_available = False  # True if a cached login is valid during a rotation
    situations = ("later",)  # states in which a rotation takes different steps

    def __init__(self, aws: LocalAws, value: str, environ: Mapping[str, str]) -> None:
        self.aws = aws
        self.client = boto3.client(
            "secretsmanager", config=Config(retries={"total_max_attempts": 1})
        )
        self.secret = "secret-" + secrets.token_hex(6)
        self.client.create_secret(Name=self.secret)
        # moto only stores that rotation is enabled, because the secret has no value yet
        self.client.rotate_secret(
            SecretId=self.secret, RotationRules={"AutomaticallyAfterDays": 30}
        )
        self.client.put_secret_value(SecretId=self.secret, SecretString=value)
        self.environ = environ
        self.store = Store(self.client, self.secret)

    def start_rotation(self) -> str:
        """Create a pending version without a value, as RotateSecret does before it calls the function.

        moto's RotateSecret makes the version current at once, and its versions require a value, so
        the version has a binary value, which the rotation ignores.
        """
        token = str(uuid.uuid4())
        self.client.put_secret_value(
            SecretId=self.secret,
            ClientRequestToken=token,
            SecretBinary=b"none",
            VersionStages=["AWSPENDING"],
        )
        return token

    def step(self, step: str, token: str) -> None:
        handler.run_step(self.store, step, token, self.environ)

    def rotate(self, token: str | None = None) -> str:
        token = token or self.start_rotation()
        for step in STEPS:
            self.step(step, token)
        return token

    def set_up(self, situation: str) -> None:
        """Set up a situation."""

    def discard_pending(self) -> None:
        for version, stages in self.stages().items():
            if "AWSPENDING" in stages:
                self.store.remove_pending_label(version)

    def stages(self) -> Mapping[str, Any]:
        return self.store.describe().stages

    def value(self, stage: str = "AWSCURRENT") -> str:
        value = self.store.get_value(stage=stage)
        assert value is not None
        return value

    def document(self, stage: str = "AWSCURRENT") -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.value(stage))
        return document

    def all_values(self) -> list[str]:
        versions = self.client.list_secret_version_ids(
            SecretId=self.secret, IncludeDeprecated=True
        )["Versions"]
        return [
            value for version in versions if (value := self.store.get_value(version["VersionId"]))
        ]

    def process_environment(self, endpoint: str | None = None) -> dict[str, str]:
        environ = {**self.aws.environment(os.environ), **self.environ}
        return {**environ, "AWS_ENDPOINT_URL": endpoint} if endpoint else environ


class PostgresBed(Bed):
    """A role with a database and a table, another role, and an administrator with a secret."""

    def __init__(
        self,
        aws: LocalAws,
        postgres: LocalPostgres,
        strategy: str,
        user: str | None = None,
        port: int | None = None,
    ) -> None:
        self.postgres = postgres
        suffix = secrets.token_hex(4)
        self.user, self.database = user or f"app_{suffix}", f"db_{suffix}"
        self.other_user, self.admin = (f"by_{suffix}", password()), (f"admin_{suffix}", password())
        first = password()
        with self.connect() as superuser:
            for role, text, options in [
                (self.user, first, ""),
                (*self.other_user, ""),
                (*self.admin, "SUPERUSER"),
            ]:
                self.run(superuser, "CREATE ROLE {} LOGIN PASSWORD {} " + options, role, (text,))
            self.run(superuser, "CREATE DATABASE {} OWNER {}", self.database, self.user)
        self.server_fields = {
            "host": postgres.host,
            "port": port or postgres.port,
            "database": self.database,
            "sslmode": "disable",
        }
        document = {
            "username": self.user,
            "password": first,
            **self.server_fields,
            "comment": "kept",
        }
        environ = {"ROTATION_STRATEGY": f"postgres-{strategy}", "ROTATION_SSLMODE": "disable"}
        super().__init__(aws, json.dumps(document), environ)
        if strategy == "alternating-users":
            admin = {"username": self.admin[0], "password": self.admin[1], **self.server_fields}
            self.client.create_secret(Name=f"{self.secret}-admin", SecretString=json.dumps(admin))
            self.environ = {**environ, "ROTATION_ADMIN": f"{self.secret}-admin"}
            self.is_always_available = True
            self.situations = ("no clone", "to the clone", "to the base")
        self.execute(document, "CREATE TABLE mine (id int)")

    @staticmethod
    def run(connection: psycopg.Connection[Any], statement: str, *parts: Any) -> Any:
        quoted = [
            sql.Literal(part[0]) if isinstance(part, tuple) else sql.Identifier(part)
            for part in parts
        ]
        return connection.execute(sql.SQL(statement).format(*quoted))

    def connect(self, database: str = "postgres") -> Any:
        return closing(self.postgres.connect(database))

    def login(self, document: Mapping[str, Any]) -> psycopg.Connection[Any]:
        """Log in directly, without a proxy."""
        return psycopg.connect(
            host=self.postgres.host, port=self.postgres.port, dbname=self.database, user=document["username"],
            password=document["password"], connect_timeout=10, autocommit=True,
        )  # fmt: skip

    def can_log_in(self, document: Mapping[str, Any]) -> bool:
        try:
            self.login(document).close()
        except psycopg.OperationalError:
            return False
        return True

    def execute(self, document: Mapping[str, Any], *statements: str) -> None:
        with closing(self.login(document)) as connection:
            for statement in statements:
                connection.execute(statement)

    def assert_access(self) -> None:
        """Assert that the current login has the first one's privileges, and that others can log in."""
        table = "t_" + secrets.token_hex(6)
        self.execute(
            self.document(),
            "INSERT INTO mine VALUES (1)",
            "ALTER TABLE mine ALTER id SET NOT NULL",
            f"CREATE TABLE {table} (id int)",
        )
        self.assert_others_can_log_in()

    def assert_others_can_log_in(self) -> None:
        for name, text in (self.other_user, self.admin):
            assert self.can_log_in({"username": name, "password": text})
        with self.connect() as superuser:
            extra = superuser.execute(
                "SELECT rolname FROM pg_roles WHERE rolsuper AND NOT rolname LIKE 'admin%' AND rolname <> 'postgres'"
            )
            assert extra.fetchall() == []

    def passwords(self) -> list[str]:
        return [json.loads(value)["password"] for value in self.all_values()]

    def set_up(self, situation: str) -> None:
        """Rotate until the next rotation is for the right user."""
        if situation == "to the base" and self.document()["username"] == self.user:
            self.rotate()
        if situation in ("to the clone", "no clone") and self.document()["username"] != self.user:
            self.rotate()
        if situation == "no clone":
            with self.connect() as superuser:
                self.run(superuser, "DROP ROLE IF EXISTS {}", f"{self.user}_clone")

    def remove(self) -> None:
        with self.connect() as superuser:
            self.run(superuser, "DROP DATABASE {} WITH (FORCE)", self.database)
            names = {
                self.other_user[0],
                self.admin[0],
                self.user,
                *(json.loads(value)["username"] for value in self.all_values()),
            }
            for name in sorted(names, key=len, reverse=True):
                self.run(superuser, "DROP ROLE IF EXISTS {}", name)


class MysqlBed(Bed):
    """A user with a database, another user, and an administrator with a secret."""

    def __init__(
        self,
        aws: LocalAws,
        mariadb: Mariadb,
        strategy: str,
        user: str | None = None,
        port: int | None = None,
    ) -> None:
        self.mariadb = mariadb
        suffix = secrets.token_hex(4)
        self.user, self.database = user or f"app_{suffix}", f"db_{suffix}"
        self.other_user, self.admin = (f"by_{suffix}", password()), (f"admin_{suffix}", password())
        first = password()
        mariadb.run(f"CREATE DATABASE {self.database}")
        for name, text in [(self.user, first), self.other_user, self.admin]:
            mariadb.run("CREATE USER %s@'%%' IDENTIFIED BY PASSWORD %s", name, native_hash(text))
        mariadb.run(f"GRANT ALL ON {self.database}.* TO %s@'%%'", self.user)
        mariadb.run("GRANT ALL ON *.* TO %s@'%%' WITH GRANT OPTION", self.admin[0])
        self.server_fields = {
            "host": mariadb.host,
            "port": port or mariadb.port,
            "database": self.database,
            "sslmode": "disable",
        }
        environ = {"ROTATION_STRATEGY": f"mysql-{strategy}", "ROTATION_SSLMODE": "disable"}
        super().__init__(
            aws,
            json.dumps({"username": self.user, "password": first, **self.server_fields}),
            environ,
        )
        if strategy == "alternating-users":
            admin = {"username": self.admin[0], "password": self.admin[1], **self.server_fields}
            self.client.create_secret(Name=f"{self.secret}-admin", SecretString=json.dumps(admin))
            self.environ = {**environ, "ROTATION_ADMIN": f"{self.secret}-admin"}
            self.is_always_available = True
            self.situations = ("no clone", "to the clone", "to the base")

    def set_up(self, situation: str) -> None:
        """Rotate until the next rotation is for the right user."""
        if situation == "to the base" and self.document()["username"] == self.user:
            self.rotate()
        if situation in ("to the clone", "no clone") and self.document()["username"] != self.user:
            self.rotate()
        if situation == "no clone":
            self.mariadb.run("DROP USER IF EXISTS %s@'%%'", f"{self.user}_clone")

    def can_log_in(self, document: Mapping[str, Any]) -> bool:
        try:
            self.mariadb.connect(document["username"], document["password"], self.database).close()
        except pymysql.OperationalError:
            return False
        return True

    def assert_access(self) -> None:
        """Assert that the current login has the first one's privileges, and that others can log in."""
        document = self.document()
        with self.mariadb.connect(
            document["username"], document["password"], self.database
        ) as connection:
            connection.cursor().execute(f"CREATE TABLE t_{secrets.token_hex(6)} (id int)")
            connection.cursor().execute("CREATE OR REPLACE VIEW v AS SELECT 1 AS one")
        for name, text in (self.other_user, self.admin):
            self.mariadb.connect(name, text).close()

    def passwords(self) -> list[str]:
        return [json.loads(value)["password"] for value in self.all_values()]

    def remove(self) -> None:
        self.mariadb.run(f"DROP DATABASE {self.database}")
        for name in {
            self.other_user[0],
            self.admin[0],
            self.user,
            *(json.loads(value)["username"] for value in self.all_values()),
        }:
            self.mariadb.run("DROP USER IF EXISTS %s@'%%'", name)
            self.mariadb.run("DROP ROLE IF EXISTS %s", marker_role(name))
