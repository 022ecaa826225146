"""PostgreSQL, two users: the clone is a member of the base and becomes it at each login (`SET role`).

So both own the same objects, whoever made them and whenever, and have the same grants and default privileges: there is
one owner, the base. What hangs on the login itself (settings, connection limit, expiry) is copied each time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import postgres
from .alternating import Alternating
from .errors import SetupError
from .postgres import PostgresSession, literal, name

if TYPE_CHECKING:
    from .document import Login
    from .interface import Rotation

MEMBER_OPTIONS = 160000  # since then INHERIT and SET belong to the membership
NAME_LISTS = {
    "search_path",
    "temp_tablespaces",
    "local_preload_libraries",
    "session_preload_libraries",
}
ROLE = "SELECT rolconnlimit, rolvaliduntil::text, rolreplication FROM pg_catalog.pg_roles WHERE rolname = :role::text"
IS_MEMBER = (
    "SELECT EXISTS (SELECT FROM pg_catalog.pg_auth_members m JOIN pg_catalog.pg_roles b ON b.oid = m.roleid"
    " JOIN pg_catalog.pg_roles c ON c.oid = m.member WHERE b.rolname = :base::text AND c.rolname = :clone::text)"
)
SETTINGS = (
    "SELECT d.datname, s.setconfig FROM pg_catalog.pg_db_role_setting s"
    " JOIN pg_catalog.pg_roles r ON r.oid = s.setrole LEFT JOIN pg_catalog.pg_database d ON d.oid = s.setdatabase"
    " WHERE r.rolname = :role::text ORDER BY d.datname NULLS FIRST"
)


class PostgresAlternating(Alternating[PostgresSession]):
    """See the module."""

    def __init__(self) -> None:
        super().__init__(postgres.connect, postgres.PORT)

    def fits(self, name: str) -> bool:
        """Whether a name is short enough."""
        return len(name.encode()) <= postgres.LONGEST

    def prepare(
        self, session: PostgresSession, rotation: Rotation, user: Login, clone_of: str | None
    ) -> None:
        """Do everything in the one transaction of the lock."""
        if clone_of is None:
            if not session.run(ROLE, role=user.username):
                raise SetupError("the base of the clone in use does not exist any more")
            session.set_password(user.username, user.password)
            return
        base = session.run(ROLE, role=clone_of)
        if not base:
            raise SetupError("the user in use does not exist in the server")
        if not session.run(ROLE, role=user.username):
            session.run(f"CREATE ROLE {name(user.username)}")
        elif not session.run(IS_MEMBER, base=clone_of, clone=user.username)[0][
            0
        ] and not self.is_ours(rotation, user):
            raise SetupError(
                f"the server has a role {user.username} already, and it is no member of {clone_of}"
            )
        grant = f"GRANT {name(clone_of)} TO {name(user.username)}"
        session.run(
            grant + (" WITH INHERIT TRUE, SET TRUE" if session.version() >= MEMBER_OPTIONS else "")
        )
        copy_settings(session, clone_of, user.username)
        limit, until, replication = base[0]
        options = f"LOGIN INHERIT CONNECTION LIMIT {int(limit)} VALID UNTIL {literal(until or 'infinity')}"
        session.set_password(
            user.username, user.password, more=options + (" REPLICATION" if replication else "")
        )


def copy_settings(session: PostgresSession, base: str, clone: str) -> None:
    """Give the clone the base's settings, and the base's identity at each login."""
    for database, _ in session.run(SETTINGS, role=clone):
        session.run(f"ALTER ROLE {name(clone)} {_where(database)} RESET ALL")
    session.run(f"ALTER ROLE {name(clone)} SET role TO {literal(base)}")
    for database, entries in session.run(SETTINGS, role=base):
        for entry in entries:
            setting, _, value = entry.partition("=")
            session.run(
                f"ALTER ROLE {name(clone)} {_where(database)} SET {_setting(setting)} TO {_value(setting, value)}"
            )


def _where(database: Any) -> str:
    return f"IN DATABASE {name(database)}" if database else ""


def _setting(setting: str) -> str:
    """Quote a setting's name; that of an extension has two parts."""
    return ".".join(name(part) for part in setting.split("."))


def _value(setting: str, value: str) -> str:
    """Quote a setting's value; a list of names is stored as one text, and must become a list again."""
    if setting not in NAME_LISTS:
        return literal(value)
    return ", ".join(literal(part) for part in split_names(value)) or "''"


def split_names(text: str) -> list[str]:
    """Split a list as the server writes it: separated by commas, with double quotes where they are needed."""
    names, part, quoted = [], "", False
    for place, char in enumerate(text):
        if char == '"':
            if not quoted and place and text[place - 1] == '"':
                part += '"'  # the second of a pair within quotes
            quoted = not quoted
        elif char == "," and not quoted:
            names.append(part)
            part = ""
        elif quoted or not char.isspace():
            part += char
    return [*names, part] if text.strip() else []
