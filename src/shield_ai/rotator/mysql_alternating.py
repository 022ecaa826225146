"""MySQL and MariaDB, two users: the clone has an account for each of the base's, with the same grants.

The server has no membership in a user, so that the grants are compared, given and taken each time. Its changes of
accounts are no transaction: a new account can't log in before the last statement, which sets the password.
"""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING

from . import mysql
from .alternating import Alternating
from .errors import SetupError
from .mysql import MysqlSession, native_hash

if TYPE_CHECKING:
    from .document import Login
    from .interface import Rotation

LONGEST = 32  # characters of a user's name in MySQL; MariaDB takes more
HOSTS = "SELECT Host FROM mysql.user WHERE BINARY User = BINARY %s ORDER BY Host"
DEFAULT_ROLES = "SELECT DEFAULT_ROLE_USER, DEFAULT_ROLE_HOST FROM mysql.default_roles WHERE BINARY USER = BINARY %s AND HOST = %s"
HASH = re.compile(
    r" IDENTIFIED (?:BY PASSWORD '[^']*'|VIA \S+(?: USING '[^']*')?(?: OR \S+(?: USING '[^']*')?)*)"
)
WHO = "\0"  # stands for the account in a grant
NOTHING = f"GRANT USAGE ON *.* TO {WHO}"
NO_LIMITS = (
    f"{NOTHING} REQUIRE NONE WITH MAX_QUERIES_PER_HOUR 0 MAX_UPDATES_PER_HOUR 0 MAX_CONNECTIONS_PER_HOUR 0"
    " MAX_USER_CONNECTIONS 0 MAX_STATEMENT_TIME 0"
)


class MysqlAlternating(Alternating[MysqlSession]):
    """See the module."""

    def __init__(self) -> None:
        super().__init__(mysql.connect, mysql.PORT)

    def fits(self, name: str) -> bool:
        """Whether a name is short enough."""
        return len(name) <= LONGEST

    def is_done(self, pending: Login) -> bool:
        """Never: a user may have several accounts, and a login proves only one. The work is done again instead."""
        self.door.opens(pending)  # the server shows that it refuses wrong passwords
        return False

    def prepare(
        self, session: MysqlSession, rotation: Rotation, user: Login, clone_of: str | None
    ) -> None:
        """Make the accounts, then their grants, then the password."""
        if clone_of is not None:
            self.make_clone(session, rotation, user, clone_of)
        hosts = hosts_of(session, user.username)
        if not hosts:
            raise SetupError("the base of the clone in use does not exist any more")
        for host in hosts:
            session.set_password(user.username, host, user.password)

    def make_clone(self, session: MysqlSession, rotation: Rotation, user: Login, base: str) -> None:
        """Give the clone what the base has."""
        hosts, there = hosts_of(session, base), hosts_of(session, user.username)
        if not hosts:
            raise SetupError("the user in use does not exist in the server")
        strange = any(
            host not in hosts
            or not grants(session, user.username, host) <= grants(session, base, host)
            for host in there
        )
        if strange and not self.is_ours(rotation, user):
            raise SetupError(
                f"the server has a user {user.username} already, with rights that {base} does not have"
            )
        for host in hosts:
            if host not in there:
                create(session, user.username, host)
            align(session, base, user.username, host)


def hosts_of(session: MysqlSession, user: str) -> list[str]:
    """List the host patterns of a user's accounts."""
    return [
        row[0] if isinstance(row[0], str) else row[0].decode() for row in session.run(HOSTS, user)
    ]


def create(session: MysqlSession, user: str, host: str) -> None:
    """Make an account with a password that nobody knows."""
    nobody = secrets.token_urlsafe(24)
    if session.is_mariadb:
        session.run(
            "CREATE USER IF NOT EXISTS %s@%s IDENTIFIED BY PASSWORD %s",
            user,
            host,
            native_hash(nobody),
        )
    else:
        session.run("CREATE USER IF NOT EXISTS %s@%s IDENTIFIED BY %s", user, host, nobody)


def grants(session: MysqlSession, user: str, host: str) -> set[str]:
    """Read what an account may do, as statements; without its name and its password's hash."""
    quoted = session.run("SELECT CONCAT(QUOTE(%s), '@', QUOTE(%s))", user, host)[0][0]
    found = set()
    for (line,) in session.run("SHOW GRANTS FOR %s@%s", user, host):
        # MySQL 5.7 writes an account as a text, later ones and MariaDB as a name.
        for end in (
            f" {word} {account}"
            for account in (account_name(user, host), quoted)
            for word in ("TO", "FOR")
        ):
            head, separator, tail = line.rpartition(end)
            if separator:
                found.add(f"{head} {end.split()[0]} {WHO}{HASH.sub('', tail)}")
                break
    if not session.is_mariadb:
        roles = [account_name(*row) for row in session.run(DEFAULT_ROLES, user, host)]
        found |= {f"SET DEFAULT ROLE {', '.join(sorted(roles))} TO {WHO}"} if roles else set()
    return found - {NOTHING}


def account_name(user: str, host: str) -> str:
    """Quote an account."""
    return f"{mysql.name(user)}@{mysql.name(host)}"


def align(session: MysqlSession, base: str, clone: str, host: str) -> None:
    """Take what the base does not have, then give what is missing."""
    wanted, has = grants(session, base, host), grants(session, clone, host)
    account = account_name(clone, host)
    surplus = has - wanted
    for grant in sorted(surplus):
        for statement in taking(grant):
            session.run(statement.replace(WHO, account))
    # Taking may have taken a part of what is wanted: one grant can hold several privileges.
    for grant in sorted(wanted if surplus else wanted - has):
        session.run(grant.replace(WHO, account))


def taking(grant: str) -> list[str]:
    """Return the statements that undo a grant."""
    if grant.startswith(NOTHING):
        return [NO_LIMITS]
    if grant.startswith("SET DEFAULT ROLE"):
        return [f"SET DEFAULT ROLE NONE {'FOR' if f' FOR {WHO}' in grant else 'TO'} {WHO}"]
    head, _, tail = grant.removeprefix("GRANT ").rpartition(f" TO {WHO}")
    privileges, on, place = head.rpartition(" ON ")
    if not on:  # a role
        return [f"REVOKE {head} FROM {WHO}"]
    statements = [f"REVOKE {privileges} ON {place} FROM {WHO}"]
    return (
        [*statements, f"REVOKE GRANT OPTION ON {place} FROM {WHO}"]
        if "WITH GRANT OPTION" in tail
        else statements
    )
