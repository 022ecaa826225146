"""PostgreSQL with alternating users.

The clone is a member of the base and switches to it at each login (`SET role`). Therefore the base
owns the objects that either user creates, and grants and default privileges apply to both.
Settings of the login itself (parameters, connection limit, expiry) are copied in each rotation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import postgres
from ..alternating import MARKER, AlternatingUsers, clone_without_base_error, unmarked_clone_error
from ..errors import SetupError
from ..postgres import PostgresSession, quote_literal, quote_name

if TYPE_CHECKING:
    from ..document import Login

FIRST_VERSION_WITH_MEMBER_OPTIONS = 160000  # INHERIT and SET are options of the membership
NAME_LISTS = frozenset(
    {"search_path", "temp_tablespaces", "local_preload_libraries", "session_preload_libraries"}
)
ROLE = (
    "SELECT rolconnlimit, rolvaliduntil::text, pg_catalog.shobj_description(oid, 'pg_authid')"
    " FROM pg_catalog.pg_roles WHERE rolname = :role::text"
)
# Administrative roles among a role and the roles that it is a member of, the role itself first.
ADMIN_ROLES = (
    "SELECT r.rolname FROM pg_catalog.pg_roles r, pg_catalog.pg_roles u"
    " WHERE u.rolname = :role::text AND pg_catalog.pg_has_role(u.oid, r.oid, 'MEMBER')"
    " AND (r.rolsuper OR r.rolcreaterole OR r.rolcreatedb OR r.rolreplication OR r.rolbypassrls"
    " OR r.rolname IN ('pg_execute_server_program', 'pg_read_server_files',"
    " 'pg_write_server_files', 'rds_superuser', 'cloudsqlsuperuser', 'azure_pg_admin'))"
    " ORDER BY r.oid <> u.oid, r.rolname"
)
# Roles that the pending user is a member of, and the current user is not.
SURPLUS_ROLES = (
    "SELECT r.rolname FROM pg_catalog.pg_roles r, pg_catalog.pg_roles p, pg_catalog.pg_roles c"
    " WHERE p.rolname = :pending::text AND c.rolname = :current::text"
    " AND pg_catalog.pg_has_role(p.oid, r.oid, 'MEMBER')"
    " AND NOT pg_catalog.pg_has_role(c.oid, r.oid, 'MEMBER')"
    " AND r.rolname <> :own::text ORDER BY r.rolname"
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
        self, session: PostgresSession, user: Login, current: Login, base: str | None
    ) -> None:
        """Configure the role in the transaction that holds the lock."""
        for name in (current.username, user.username):
            _require_no_admin(session, name)
        if base is None:
            _require_pair(session, user.username, current.username)
            session.set_password(user.username, user.password)
            return
        rows = session.run(ROLE, role=base)
        if not rows:
            raise SetupError("the current user does not exist in the server")
        if rows[0][-1] == MARKER:
            raise clone_without_base_error("role", base)
        _create_clone(session, user.username)
        _grant_membership(session, base, user.username)
        _require_no_surplus(session, user.username, base, own=user.username)
        copy_settings(session, base, user.username)
        session.set_password(user.username, user.password, options=_role_options(rows[0]))


def _require_no_admin(session: PostgresSession, role: str) -> None:
    rows = session.run(ADMIN_ROLES, role=role)
    if not rows:
        return
    admin = rows[0][0]
    subject = f"the role {role} is"
    if admin != role:
        subject = f"the role {role} is a member of {admin}, which is"
    raise SetupError(
        f"{subject} an administrative role (superuser, or with CREATEROLE, CREATEDB, REPLICATION, "
        "BYPASSRLS or access to the server's files): use a role without these rights for the app"
    )


def _require_pair(session: PostgresSession, base: str, clone: str) -> None:
    """Require that the current user is a clone of the pending one, created by a rotation."""
    if not session.run(ROLE, role=base):
        raise SetupError("the base of the current clone no longer exists")
    rows = session.run(ROLE, role=clone)
    if not rows or rows[0][-1] != MARKER:
        raise unmarked_clone_error("role", clone, _mark_advice(clone))
    _require_no_surplus(session, base, clone, own="")


def _require_no_surplus(session: PostgresSession, pending: str, current: str, *, own: str) -> None:
    rows = session.run(SURPLUS_ROLES, pending=pending, current=current, own=own)
    if rows:
        raise SetupError(
            f"the role {pending} has more rights than {current}, which is not a member of "
            f"{rows[0][0]}: grant or revoke this membership for both"
        )


def _create_clone(session: PostgresSession, clone: str) -> None:
    rows = session.run(ROLE, role=clone)
    if not rows:
        session.run(f"CREATE ROLE {quote_name(clone)}")
        session.run(_mark_statement(clone))
    elif rows[0][-1] != MARKER:
        raise unmarked_clone_error("role", clone, _mark_advice(clone))


def _mark_statement(clone: str) -> str:
    return f"COMMENT ON ROLE {quote_name(clone)} IS {quote_literal(MARKER)}"


def _mark_advice(clone: str) -> str:
    return f"run as administrator: {_mark_statement(clone)}"


def _grant_membership(session: PostgresSession, base: str, clone: str) -> None:
    statement = f"GRANT {quote_name(base)} TO {quote_name(clone)}"
    if session.version() >= FIRST_VERSION_WITH_MEMBER_OPTIONS:
        statement += " WITH INHERIT TRUE, SET TRUE"
    session.run(statement)


def _role_options(row: list[Any]) -> str:
    connection_limit, valid_until, _ = row
    expiry = quote_literal(valid_until or "infinity")
    return f"LOGIN INHERIT CONNECTION LIMIT {int(connection_limit)} VALID UNTIL {expiry}"


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


STRATEGY = PostgresAlternating
