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
    from .rotation import Rotation

LONGEST = 32  # characters of a user's name in MySQL; MariaDB takes more
HOSTS = "SELECT Host FROM mysql.user WHERE BINARY User = BINARY %s ORDER BY Host"
HASH = re.compile(r" IDENTIFIED (?:BY PASSWORD|VIA|WITH)(?: '[^']*'| \S+(?: USING '[^']*')?)*")
WHO = "\0"  # stands for the account in a grant


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

    def prepare(self, session: MysqlSession, rotation: Rotation, user: Login, clone_of: str | None) -> None:
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
        strange = [
            host
            for host in there
            if host not in hosts or not grants(session, user.username, host) <= grants(session, base, host)
        ]
        if strange and not self.is_ours(rotation, user):
            raise SetupError(f"the server has a user {user.username} already, with rights that {base} does not have")
        for host in hosts:
            if host not in there:
                create(session, user.username, host)
            align(session, base, user.username, host)


def hosts_of(session: MysqlSession, user: str) -> list[str]:
    """List the host patterns of a user's accounts."""
    return [row[0] if isinstance(row[0], str) else row[0].decode() for row in session.run(HOSTS, user)]


def create(session: MysqlSession, user: str, host: str) -> None:
    """Make an account with a password that nobody knows."""
    nobody = secrets.token_urlsafe(24)
    if session.is_mariadb:
        session.run("CREATE USER IF NOT EXISTS %s@%s IDENTIFIED BY PASSWORD %s", user, host, native_hash(nobody))
    else:
        session.run("CREATE USER IF NOT EXISTS %s@%s IDENTIFIED BY %s", user, host, nobody)


def grants(session: MysqlSession, user: str, host: str) -> set[str]:
    """Read an account's grants, without its name and its password's hash."""
    found = set()
    for (line,) in session.run("SHOW GRANTS FOR %s@%s", user, host):
        for account in accounts(session, user, host):
            for word in (" TO ", " FOR "):
                head, separator, tail = line.rpartition(word + account)
                if separator:
                    found.add(head + word + WHO + HASH.sub("", tail))
    return {
        grant
        for grant in found
        if not grant.startswith("GRANT USAGE ON *.* TO " + WHO) or "REQUIRE" in grant or "WITH" in grant
    }


def accounts(session: MysqlSession, user: str, host: str) -> list[str]:
    """Return the ways in which a server may write an account."""
    quoted = session.run("SELECT CONCAT(QUOTE(%s), '@', QUOTE(%s))", user, host)[0][0]
    return [f"{mysql.name(user)}@{mysql.name(host)}", quoted]


def align(session: MysqlSession, base: str, clone: str, host: str) -> None:
    """Give the missing grants, then take those that the base no longer has."""
    wanted, has = grants(session, base, host), grants(session, clone, host)
    account = accounts(session, clone, host)[0]
    for grant in sorted(has - wanted):
        session.run(taken(grant).replace(WHO, account).replace("%", "%%"))
    for grant in sorted(wanted - has if not has - wanted else wanted):
        session.run(grant.replace(WHO, account))


def taken(grant: str) -> str:
    """Turn a grant into what takes it."""
    return grant
