"""MySQL and MariaDB with alternating users: the clone has the accounts and grants of the base.

In these servers, users can't be members of other users, so each rotation compares the grants, and
grants or revokes the differences. Statements that change accounts can't be rolled back. Therefore,
a new account has a random password until the last statement sets the new one.
"""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING

from .. import mysql
from ..alternating import MARKER, AlternatingUsers, clone_without_base_error, unmarked_clone_error
from ..errors import DatabaseError, SetupError
from ..mysql import MysqlSession, native_hash
from ..mysql_admin_privileges import admin_privilege
from ..mysql_grants import ACCOUNT, read_grants, sync_grants

if TYPE_CHECKING:
    from ..document import Login

MAX_NAME_LENGTH = 32  # characters, in MySQL; MariaDB supports longer names
HOSTS = "SELECT Host FROM mysql.user WHERE BINARY User = BINARY %s ORDER BY Host"
ATTRIBUTE = json.dumps({"comment": MARKER})
ATTRIBUTES = (
    "SELECT ATTRIBUTE FROM information_schema.USER_ATTRIBUTES WHERE BINARY USER = BINARY %s"
)
MARKER_ROLE = (
    "SELECT 1 FROM mysql.user WHERE BINARY User = BINARY %s AND Host = '' AND is_role = 'Y'"
)
ROLES_IN_MARIADB = (
    "SELECT Role FROM mysql.roles_mapping WHERE BINARY User = BINARY %s AND Host = %s"
)
ROLES_IN_MYSQL = (
    "SELECT FROM_USER, FROM_HOST FROM mysql.role_edges"
    " WHERE BINARY TO_USER = BINARY %s AND TO_HOST = %s"
)
NO_SUCH_TABLE = "1146"


class MysqlAlternating(AlternatingUsers[MysqlSession]):
    """Alternate between the accounts of a user and of its clone."""

    def __init__(self) -> None:
        super().__init__(mysql.connect, mysql.PORT)

    def is_short_enough(self, name: str) -> bool:
        """Return True if MySQL supports the length of the name."""
        return len(name) <= MAX_NAME_LENGTH

    def is_done(self, pending: Login) -> bool:
        """Return False: a login tests only one of several accounts, so all changes are repeated."""
        # raises PasswordNotCheckedError if the server accepts any password
        self.connector.accepts(pending)
        return False

    def configure_user(
        self, session: MysqlSession, user: Login, current: Login, base: str | None
    ) -> None:
        """Create the accounts, then sync their grants, then set the password."""
        for name in (current.username, user.username):
            require_no_admin(session, name)
        if base is not None:
            _sync_clone(session, base, user.username)
        elif not is_marked(session, current.username):
            raise _unmarked_error(session, current.username)
        hosts = account_hosts(session, user.username)
        if not hosts:
            raise SetupError("the base of the current clone no longer exists")
        for host in hosts:
            session.set_password(user.username, host, user.password)


def _sync_clone(session: MysqlSession, base: str, clone: str) -> None:
    hosts = account_hosts(session, base)
    clone_hosts = account_hosts(session, clone)
    if not hosts:
        raise SetupError("the current user does not exist in the server")
    if is_marked(session, base):
        raise clone_without_base_error("user", base)
    if clone_hosts and not is_marked(session, clone):
        raise _unmarked_error(session, clone)
    for host in clone_hosts:
        if host not in hosts:
            raise SetupError(
                f"the user {clone} has more rights than {base}, which has no account for the "
                f"host {host}: drop this account of {clone}"
            )
    mark_clone(session, clone)
    for host in hosts:
        if host not in clone_hosts:
            create_account(session, clone, host)
        sync_grants(session, base, clone, host)


def account_hosts(session: MysqlSession, user: str) -> list[str]:
    """Return the host patterns of a user's accounts."""
    return [_text(row[0]) for row in session.run(HOSTS, user)]


def create_account(session: MysqlSession, user: str, host: str) -> None:
    """Create an account with a random password, which nobody knows."""
    password = secrets.token_urlsafe(24)
    if session.is_mariadb:
        statement = "CREATE USER IF NOT EXISTS %s@%s IDENTIFIED BY PASSWORD %s"
        session.run(statement, user, host, native_hash(password))
        return
    statement = "CREATE USER IF NOT EXISTS %s@%s IDENTIFIED BY %s ATTRIBUTE %s"
    session.run(statement, user, host, password, ATTRIBUTE)


def is_marked(session: MysqlSession, user: str) -> bool:
    """Return True if a rotation has created all accounts of a user.

    MySQL stores the mark as an attribute of each account. MariaDB has no attributes: the mark is a
    role with the name of the clone, and only administrators can create it.
    """
    if session.is_mariadb:
        return bool(session.run(MARKER_ROLE, marker_role(user)))
    rows = session.run(ATTRIBUTES, user)
    return bool(rows) and all(_has_marker(row[0]) for row in rows)


def _has_marker(attributes: object) -> bool:
    try:
        document = json.loads(attributes) if isinstance(attributes, (str, bytes)) else None
    except (ValueError, RecursionError):
        return False
    return isinstance(document, dict) and document.get("comment") == MARKER


def marker_role(clone: str) -> str:
    """Return the name of the role that marks a clone in MariaDB."""
    return f"{MARKER}: {clone}"


def mark_clone(session: MysqlSession, clone: str) -> None:
    """Mark a clone in MariaDB, before its first account exists; MySQL marks each new account."""
    if session.is_mariadb:
        session.run("CREATE ROLE IF NOT EXISTS %s", marker_role(clone))


def _unmarked_error(session: MysqlSession, clone: str) -> SetupError:
    if session.is_mariadb:
        role = mysql.quote_name(marker_role(clone))
        advice = f"run as administrator: CREATE ROLE {role}"
    else:
        advice = (
            "run as administrator, for each of its accounts: "
            f"ALTER USER 'USER'@'HOST' ATTRIBUTE '{ATTRIBUTE}'"
        )
    return unmarked_clone_error("user", clone, advice)


def require_no_admin(session: MysqlSession, user: str) -> None:
    """Require that no account of a user has administrative privileges, directly or through a role.

    Raises:
        SetupError: An account has them.
    """
    accounts = [(user, host) for host in account_hosts(session, user)]
    seen = set(accounts)
    while accounts:
        account = accounts.pop()
        for grant in sorted(_shown_grants(session, *account)):
            privilege = admin_privilege(grant)
            if privilege:
                raise SetupError(
                    f"the user {user} has the administrative privilege {privilege}: use a user "
                    "without it for the app"
                )
        for role in granted_roles(session, *account):
            if role not in seen:
                seen.add(role)
                accounts.append(role)


def granted_roles(session: MysqlSession, user: str, host: str) -> list[tuple[str, str]]:
    """Return the roles of an account or role. The host of roles in MariaDB is empty."""
    if session.is_mariadb:
        return [(_text(name), "") for (name,) in session.run(ROLES_IN_MARIADB, user, host)]
    try:
        rows = session.run(ROLES_IN_MYSQL, user, host)
    except DatabaseError as error:
        if error.code == NO_SUCH_TABLE:  # MySQL 5.7 has no roles
            return []
        raise
    return [(_text(name), _text(role_host)) for name, role_host in rows]


def _shown_grants(session: MysqlSession, user: str, host: str) -> set[str]:
    if host or not session.is_mariadb:
        return read_grants(session, user, host)
    return {
        line.replace(f" TO {mysql.quote_name(user)}", f" TO {ACCOUNT}")
        for (line,) in session.run("SHOW GRANTS FOR %s", user)
    }


def _text(name: str | bytes) -> str:
    return name if isinstance(name, str) else name.decode()


STRATEGY = MysqlAlternating
