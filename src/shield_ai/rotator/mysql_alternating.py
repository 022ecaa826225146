"""MySQL and MariaDB with alternating users: the clone has the accounts and grants of the base.

Users can't be members of other users there, so each rotation compares the grants, and grants or
revokes the differences. Account changes are not transactional: a new account can't log in before
the last statement, which sets its password.
"""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING

from . import mysql
from .alternating import AlternatingUsers
from .errors import SetupError
from .mysql import MysqlSession, native_hash

if TYPE_CHECKING:
    from .document import Login
    from .interface import Rotation

MAX_NAME_LENGTH = 32  # of users in MySQL; MariaDB supports longer names
HOSTS = "SELECT Host FROM mysql.user WHERE BINARY User = BINARY %s ORDER BY Host"
DEFAULT_ROLES = (
    "SELECT DEFAULT_ROLE_USER, DEFAULT_ROLE_HOST FROM mysql.default_roles"
    " WHERE BINARY USER = BINARY %s AND HOST = %s"
)
# Authentication of MariaDB in the output of SHOW GRANTS.
AUTHENTICATION = re.compile(
    r" IDENTIFIED (?:BY PASSWORD '[^']*'|VIA \S+(?: USING '[^']*')?(?: OR \S+(?: USING '[^']*')?)*)"
)
ACCOUNT = "\0"  # placeholder for the account in a grant
NO_PRIVILEGES = f"GRANT USAGE ON *.* TO {ACCOUNT}"
NO_LIMITS = (
    f"{NO_PRIVILEGES} REQUIRE NONE WITH MAX_QUERIES_PER_HOUR 0 MAX_UPDATES_PER_HOUR 0"
    " MAX_CONNECTIONS_PER_HOUR 0 MAX_USER_CONNECTIONS 0 MAX_STATEMENT_TIME 0"
)


class MysqlAlternating(AlternatingUsers[MysqlSession]):
    """Alternate between the accounts of a user and of its clone."""

    def __init__(self) -> None:
        super().__init__(mysql.connect, mysql.PORT)

    def is_short_enough(self, name: str) -> bool:
        """Return True if MySQL supports the length of the name."""
        return len(name) <= MAX_NAME_LENGTH

    def is_done(self, pending: Login) -> bool:
        """Return False: a login tests only one of several accounts, so all changes are repeated."""
        self.connector.accepts(pending)  # raises TrustError if the server accepts any password
        return False

    def configure_user(
        self, session: MysqlSession, rotation: Rotation, user: Login, base: str | None
    ) -> None:
        """Create the accounts, then sync their grants, then set the password."""
        if base is not None:
            self._sync_clone(session, rotation, user, base)
        hosts = account_hosts(session, user.username)
        if not hosts:
            raise SetupError("the base of the current clone no longer exists")
        for host in hosts:
            session.set_password(user.username, host, user.password)

    def _sync_clone(
        self, session: MysqlSession, rotation: Rotation, user: Login, base: str
    ) -> None:
        clone = user.username
        hosts = account_hosts(session, base)
        clone_hosts = account_hosts(session, clone)
        if not hosts:
            raise SetupError("the current user does not exist in the server")
        exceeds_base = any(
            host not in hosts or _has_more_grants(session, clone, base, host)
            for host in clone_hosts
        )
        if exceeds_base and not self.is_own_user(rotation, user):
            raise SetupError(
                f"the user {clone} already exists, with privileges that {base} does not have"
            )
        for host in hosts:
            if host not in clone_hosts:
                create_account(session, clone, host)
            sync_grants(session, base, clone, host)


def account_hosts(session: MysqlSession, user: str) -> list[str]:
    """Return the host patterns of a user's accounts."""
    hosts = [row[0] for row in session.run(HOSTS, user)]
    return [host if isinstance(host, str) else host.decode() for host in hosts]


def create_account(session: MysqlSession, user: str, host: str) -> None:
    """Create an account with an unknown password."""
    password = secrets.token_urlsafe(24)
    statement = "CREATE USER IF NOT EXISTS %s@%s IDENTIFIED BY %s"
    if session.is_mariadb:
        statement = "CREATE USER IF NOT EXISTS %s@%s IDENTIFIED BY PASSWORD %s"
        password = native_hash(password)
    session.run(statement, user, host, password)


def _has_more_grants(session: MysqlSession, clone: str, base: str, host: str) -> bool:
    return not read_grants(session, clone, host) <= read_grants(session, base, host)


def read_grants(session: MysqlSession, user: str, host: str) -> set[str]:
    """Return the grants of an account as statements, without its name and password hash."""
    account = quote_account(user, host)
    # MySQL 5.7 writes accounts as strings, later versions and MariaDB as names
    quoted = session.run("SELECT CONCAT(QUOTE(%s), '@', QUOTE(%s))", user, host)[0][0]
    grants = set()
    for (line,) in session.run("SHOW GRANTS FOR %s@%s", user, host):
        for preposition, name in (
            ("TO", account), ("FOR", account), ("TO", quoted), ("FOR", quoted),
        ):  # fmt: skip
            head, separator, tail = line.rpartition(f" {preposition} {name}")
            if separator:
                grants.add(f"{head} {preposition} {ACCOUNT}{AUTHENTICATION.sub('', tail)}")
                break
    if not session.is_mariadb:
        roles = sorted(quote_account(*row) for row in session.run(DEFAULT_ROLES, user, host))
        if roles:
            grants.add(f"SET DEFAULT ROLE {', '.join(roles)} TO {ACCOUNT}")
    return grants - {NO_PRIVILEGES}


def quote_account(user: str, host: str) -> str:
    """Quote an account."""
    return f"{mysql.quote_name(user)}@{mysql.quote_name(host)}"


def sync_grants(session: MysqlSession, base: str, clone: str, host: str) -> None:
    """Revoke the grants that the base does not have, then grant the missing ones."""
    expected = read_grants(session, base, host)
    existing = read_grants(session, clone, host)
    account = quote_account(clone, host)
    surplus = existing - expected
    for grant in sorted(surplus):
        for statement in revoke_statements(grant):
            session.run(statement.replace(ACCOUNT, account))
    # revoking one grant can revoke privileges of another one, so all are granted again
    missing = expected if surplus else expected - existing
    for grant in sorted(missing):
        session.run(grant.replace(ACCOUNT, account))


def revoke_statements(grant: str) -> list[str]:
    """Return the statements that revoke a grant."""
    if grant.startswith(NO_PRIVILEGES):
        return [NO_LIMITS]
    if grant.startswith("SET DEFAULT ROLE"):
        preposition = "FOR" if f" FOR {ACCOUNT}" in grant else "TO"
        return [f"SET DEFAULT ROLE NONE {preposition} {ACCOUNT}"]
    head, _, tail = grant.removeprefix("GRANT ").rpartition(f" TO {ACCOUNT}")
    privileges, on, target = head.rpartition(" ON ")
    if not on:
        return [f"REVOKE {head} FROM {ACCOUNT}"]  # a role
    statements = [f"REVOKE {privileges} ON {target} FROM {ACCOUNT}"]
    if "WITH GRANT OPTION" in tail:
        statements.append(f"REVOKE GRANT OPTION ON {target} FROM {ACCOUNT}")
    return statements
