"""A secret in the embedded AWS, a database user that it belongs to, and what has to be true of them."""

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

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mariadb import Mariadb

    from shield_ai.sandbox import LocalAws, LocalPostgres


def password() -> str:
    return secrets.token_urlsafe(15)


class Bed:
    """What every kind of secret has."""

    environ: Mapping[str, str]
    never_dark = False  # whether the login that an app holds works at every moment
    situations = ("later",)  # in which a rotation has other things to do

    def __init__(self, aws: LocalAws, value: str, environ: Mapping[str, str]) -> None:
        self.aws = aws
        self.client = boto3.client(
            "secretsmanager", config=Config(retries={"total_max_attempts": 1})
        )
        self.secret = "secret-" + secrets.token_hex(6)
        self.client.create_secret(Name=self.secret)
        # Of a secret without a value moto only takes note that rotation is enabled.
        self.client.rotate_secret(
            SecretId=self.secret, RotationRules={"AutomaticallyAfterDays": 30}
        )
        self.client.put_secret_value(SecretId=self.secret, SecretString=value)
        self.environ = environ
        self.store = Store(self.client, self.secret)

    def begin(self) -> str:
        """What RotateSecret does in AWS before it calls the function: the token has AWSPENDING, and no value yet.

        moto's RotateSecret makes the token current at once, and it can't hold a version without a value: here bytes stand for none.
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
        token = token or self.begin()
        for step in STEPS:
            self.step(step, token)
        return token

    def arrange(self, situation: str) -> None:
        """Bring a situation about."""

    def drop_pending(self) -> None:
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
        return [value for version in versions if (value := self.store.get_value(version["VersionId"]))]

    def process_environment(self, endpoint: str | None = None) -> dict[str, str]:
        environ = {**self.aws.environment(os.environ), **self.environ}
        return {**environ, "AWS_ENDPOINT_URL": endpoint} if endpoint else environ


class PostgresBed(Bed):
    """A role that owns a table in a database of its own, a bystander, and an administrator with its own secret."""

    def __init__(
        self,
        aws: LocalAws,
        postgres: LocalPostgres,
        strategy: str,
        user: str | None = None,
        port: int | None = None,
    ) -> None:
        self.postgres = postgres
        mark = secrets.token_hex(4)
        self.user, self.database = user or f"app_{mark}", f"db_{mark}"
        self.bystander, self.admin = (f"by_{mark}", password()), (f"admin_{mark}", password())
        first = password()
        with self.connect() as superuser:
            for role, word, options in [
                (self.user, first, ""),
                (*self.bystander, ""),
                (*self.admin, "SUPERUSER"),
            ]:
                self.run(superuser, "CREATE ROLE {} LOGIN PASSWORD {} " + options, role, (word,))
            self.run(superuser, "CREATE DATABASE {} OWNER {}", self.database, self.user)
        self.place = {
            "host": postgres.host,
            "port": port or postgres.port,
            "database": self.database,
            "sslmode": "disable",
        }
        document = {"username": self.user, "password": first, **self.place, "comment": "kept"}
        environ = {"ROTATION_STRATEGY": f"postgres-{strategy}"}
        super().__init__(aws, json.dumps(document), environ)
        if strategy == "alternating-users":
            admin = {"username": self.admin[0], "password": self.admin[1], **self.place}
            self.client.create_secret(Name=f"{self.secret}-admin", SecretString=json.dumps(admin))
            self.environ = {**environ, "ROTATION_ADMIN": f"{self.secret}-admin"}
            self.never_dark, self.situations = True, ("no clone", "to the clone", "to the base")
        self.execute(document, "CREATE TABLE mine (id int)")

    @staticmethod
    def run(connection: psycopg.Connection[Any], statement: str, *parts: Any) -> Any:
        made = [
            sql.Literal(part[0]) if isinstance(part, tuple) else sql.Identifier(part)
            for part in parts
        ]
        return connection.execute(sql.SQL(statement).format(*made))

    def connect(self, database: str = "postgres") -> Any:
        return closing(self.postgres.connect(database))

    def login(self, document: Mapping[str, Any]) -> psycopg.Connection[Any]:
        """Log in past every proxy."""
        return psycopg.connect(
            host=self.postgres.host, port=self.postgres.port, dbname=self.database, user=document["username"],
            password=document["password"], connect_timeout=10, autocommit=True,
        )  # fmt: skip

    def works(self, document: Mapping[str, Any]) -> bool:
        try:
            self.login(document).close()
        except psycopg.OperationalError:
            return False
        return True

    def execute(self, document: Mapping[str, Any], *statements: str) -> None:
        with closing(self.login(document)) as connection:
            for statement in statements:
                connection.execute(statement)

    def check(self) -> None:
        """The current login does all that the first one could, and nobody else lost anything."""
        table = "t_" + secrets.token_hex(6)
        self.execute(
            self.document(),
            "INSERT INTO mine VALUES (1)",
            "ALTER TABLE mine ALTER id SET NOT NULL",
            f"CREATE TABLE {table} (id int)",
        )
        self.others_work()

    def others_work(self) -> None:
        for name, word in (self.bystander, self.admin):
            assert self.works({"username": name, "password": word})
        with self.connect() as superuser:
            extra = superuser.execute(
                "SELECT rolname FROM pg_roles WHERE rolsuper AND NOT rolname LIKE 'admin%' AND rolname <> 'postgres'"
            )
            assert extra.fetchall() == []

    def passwords(self) -> list[str]:
        return [json.loads(value)["password"] for value in self.all_values()]

    def arrange(self, situation: str) -> None:
        """Rotate until it is the right user's turn."""
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
                self.bystander[0],
                self.admin[0],
                self.user,
                *(json.loads(value)["username"] for value in self.all_values()),
            }
            for name in sorted(names, key=len, reverse=True):
                self.run(superuser, "DROP ROLE IF EXISTS {}", name)


class MysqlBed(Bed):
    """A user with rights in a database of its own, a bystander, and an administrator with its own secret."""

    def __init__(
        self,
        aws: LocalAws,
        mariadb: Mariadb,
        strategy: str,
        user: str | None = None,
        port: int | None = None,
    ) -> None:
        self.mariadb = mariadb
        mark = secrets.token_hex(4)
        self.user, self.database = user or f"app_{mark}", f"db_{mark}"
        self.bystander, self.admin = (f"by_{mark}", password()), (f"admin_{mark}", password())
        first = password()
        mariadb.run(f"CREATE DATABASE {self.database}")
        for name, word in [(self.user, first), self.bystander, self.admin]:
            mariadb.run("CREATE USER %s@'%%' IDENTIFIED BY PASSWORD %s", name, native_hash(word))
        mariadb.run(f"GRANT ALL ON {self.database}.* TO %s@'%%'", self.user)
        mariadb.run("GRANT ALL ON *.* TO %s@'%%' WITH GRANT OPTION", self.admin[0])
        self.place = {
            "host": mariadb.host,
            "port": port or mariadb.port,
            "database": self.database,
            "sslmode": "disable",
        }
        environ = {"ROTATION_STRATEGY": f"mysql-{strategy}"}
        super().__init__(
            aws, json.dumps({"username": self.user, "password": first, **self.place}), environ
        )
        if strategy == "alternating-users":
            admin = {"username": self.admin[0], "password": self.admin[1], **self.place}
            self.client.create_secret(Name=f"{self.secret}-admin", SecretString=json.dumps(admin))
            self.environ = {**environ, "ROTATION_ADMIN": f"{self.secret}-admin"}
            self.never_dark, self.situations = True, ("no clone", "to the clone", "to the base")

    def arrange(self, situation: str) -> None:
        """Rotate until it is the right user's turn."""
        if situation == "to the base" and self.document()["username"] == self.user:
            self.rotate()
        if situation in ("to the clone", "no clone") and self.document()["username"] != self.user:
            self.rotate()
        if situation == "no clone":
            self.mariadb.run("DROP USER IF EXISTS %s@'%%'", f"{self.user}_clone")

    def works(self, document: Mapping[str, Any]) -> bool:
        try:
            self.mariadb.connect(document["username"], document["password"], self.database).close()
        except pymysql.OperationalError:
            return False
        return True

    def check(self) -> None:
        """The current login does all that the first one could, and nobody else lost anything."""
        document = self.document()
        with self.mariadb.connect(
            document["username"], document["password"], self.database
        ) as connection:
            connection.cursor().execute(f"CREATE TABLE t_{secrets.token_hex(6)} (id int)")
            connection.cursor().execute("CREATE OR REPLACE VIEW v AS SELECT 1 AS one")
        for name, word in (self.bystander, self.admin):
            self.mariadb.connect(name, word).close()

    def passwords(self) -> list[str]:
        return [json.loads(value)["password"] for value in self.all_values()]

    def remove(self) -> None:
        self.mariadb.run(f"DROP DATABASE {self.database}")
        for name in {
            self.bystander[0],
            self.admin[0],
            self.user,
            *(json.loads(value)["username"] for value in self.all_values()),
        }:
            self.mariadb.run("DROP USER IF EXISTS %s@'%%'", name)
