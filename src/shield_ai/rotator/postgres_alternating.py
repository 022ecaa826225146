"""PostgreSQL with alternating users.

The clone is a member of the base and switches to it at each login (`SET role`). Therefore the base
owns all objects, whichever user creates them, and grants and default privileges apply to both.
Settings of the login itself (parameters, connection limit, expiry) are copied in each rotation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import postgres
from .alternating import AlternatingUsers
from .errors import SetupError
from .postgres import PostgresSession, quote_literal, quote_name

if TYPE_CHECKING:
    from .document import Login
    from .interface import Rotation

FIRST_VERSION_WITH_MEMBER_OPTIONS = 160000  # INHERIT and SET became options of the membership
NAME_LISTS = frozenset(
    {"search_path", "temp_tablespaces", "local_preload_libraries", "session_preload_libraries"}
)
ROLE = (
    "SELECT rolconnlimit, rolvaliduntil::text, rolreplication FROM pg_catalog.pg_roles"
    " WHERE rolname = :role::text"
)
IS_MEMBER = (
    "SELECT EXISTS (SELECT FROM pg_catalog.pg_auth_members m"
    " JOIN pg_catalog.pg_roles b ON b.oid = m.roleid"
    " JOIN pg_catalog.pg_roles c ON c.oid = m.member"
    " WHERE b.rolname = :base::text AND c.rolname = :clone::text)"
)
SETTINGS = (
    "SELECT d.datname, s.setconfig FROM pg_catalog.pg_db_role_setting s"
    " JOIN pg_catalog.pg_roles r ON r.oid = s.setrole"
    " LEFT JOIN pg_catalog.pg_database d ON d.oid = s.setdatabase"
    " WHERE r.rolname = :role::text ORDER BY d.datname NULLS FIRST"
)


class PostgresAlternating(AlternatingUsers[PostgresSession]):
    """Alternate between a role and its clone."""

    def __init__(self) -> None:
        super().__init__(postgres.connect, postgres.PORT)

    def is_short_enough(self, name: str) -> bool:
        """Return True if PostgreSQL does not truncate the name."""
        return len(name.encode()) <= postgres.MAX_NAME_BYTES

    def configure_user(
        self, session: PostgresSession, rotation: Rotation, user: Login, base: str | None
    ) -> None:
        """Configure the role in the transaction of the lock."""
        if base is None:
            if not session.run(ROLE, role=user.username):
                raise SetupError("the base of the current clone no longer exists")
            session.set_password(user.username, user.password)
            return
        rows = session.run(ROLE, role=base)
        if not rows:
            raise SetupError("the current user does not exist in the server")
        self._create_clone(session, rotation, user, base)
        _grant_membership(session, base, user.username)
        copy_settings(session, base, user.username)
        session.set_password(user.username, user.password, options=_role_options(rows[0]))

    def _create_clone(
        self, session: PostgresSession, rotation: Rotation, user: Login, base: str
    ) -> None:
        if not session.run(ROLE, role=user.username):
            session.run(f"CREATE ROLE {quote_name(user.username)}")
            return
        is_member = session.run(IS_MEMBER, base=base, clone=user.username)[0][0]
        if not is_member and not self.is_own_user(rotation, user):
            raise SetupError(
                f"the role {user.username} already exists, but is not a member of {base}"
            )


def _grant_membership(session: PostgresSession, base: str, clone: str) -> None:
    statement = f"GRANT {quote_name(base)} TO {quote_name(clone)}"
    if session.version() >= FIRST_VERSION_WITH_MEMBER_OPTIONS:
        statement += " WITH INHERIT TRUE, SET TRUE"
    session.run(statement)


def _role_options(row: list[Any]) -> str:
    connection_limit, valid_until, replication = row
    expiry = quote_literal(valid_until or "infinity")
    options = f"LOGIN INHERIT CONNECTION LIMIT {int(connection_limit)} VALID UNTIL {expiry}"
    return f"{options} REPLICATION" if replication else options


def copy_settings(session: PostgresSession, base: str, clone: str) -> None:
    """Copy the base's settings to the clone, and let it switch to the base at each login."""
    role = f"ALTER ROLE {quote_name(clone)}"
    for database, _ in session.run(SETTINGS, role=clone):
        session.run(f"{role} {_in_database(database)} RESET ALL")
    session.run(f"{role} SET role TO {quote_literal(base)}")
    for database, entries in session.run(SETTINGS, role=base):
        for entry in entries:
            setting, _, value = entry.partition("=")
            assignment = f"{_quote_setting(setting)} TO {_quote_value(setting, value)}"
            session.run(f"{role} {_in_database(database)} SET {assignment}")


def _in_database(database: Any) -> str:
    return f"IN DATABASE {quote_name(database)}" if database else ""


def _quote_setting(setting: str) -> str:
    """Quote the name of a setting. The settings of extensions have two parts."""
    return ".".join(quote_name(part) for part in setting.split("."))


def _quote_value(setting: str, value: str) -> str:
    """Quote the value of a setting. Lists of names are stored as one string."""
    if setting not in NAME_LISTS:
        return quote_literal(value)
    return ", ".join(quote_literal(part) for part in split_names(value)) or "''"


def split_names(text: str) -> list[str]:
    """Split a list of names, which are separated by commas and can have double quotes."""
    if not text.strip():
        return []
    names = []
    name = ""
    is_quoted = False
    for index, char in enumerate(text):
        if char == '"':
            if not is_quoted and index and text[index - 1] == '"':
                name += '"'  # the second one of an escaped quote
            is_quoted = not is_quoted
        elif char == "," and not is_quoted:
            names.append(name)
            name = ""
        elif is_quoted or not char.isspace():
            name += char
    return [*names, name]
