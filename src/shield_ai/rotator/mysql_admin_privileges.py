"""Find the administrative privileges in grants of MySQL and MariaDB."""

from __future__ import annotations

import re

from .mysql_grants import ACCOUNT

SYSTEM_DATABASE = "mysql"
# All other global privileges, including those of future versions, count as administrative.
NON_ADMIN_GLOBAL_PRIVILEGES = frozenset(
    {
        "USAGE", "SELECT", "SHOW DATABASES", "SHOW VIEW", "PROCESS", "EXECUTE", "LOCK TABLES",
        "CREATE TEMPORARY TABLES", "REPLICATION CLIENT", "BINLOG MONITOR", "SLAVE MONITOR",
        "SHOW_ROUTINE", "SHOW CREATE ROUTINE",
    }
)  # fmt: skip
NON_ADMIN_SYSTEM_PRIVILEGES = frozenset({"USAGE", "SELECT", "SHOW VIEW"})
TARGET = re.compile(
    r"(?:(?:TABLE|PROCEDURE|FUNCTION|PACKAGE|PACKAGE BODY) )?"
    r"`(?P<database>(?:[^`]|``)*)`\.(?P<object>\*|`.*`)\Z",
    re.DOTALL,
)
COLUMNS = re.compile(r" \((?:`(?:[^`]|``)*`|[^`)])*\)")  # of a privilege, as in "SELECT (`a`, `b`)"
PATTERN_CHARACTER = re.compile(r"\\(.)|(.)", re.DOTALL)  # an escaped character, or an ordinary one
PATTERNS = {"%": ".*", "_": "."}


def admin_privilege(grant: str) -> str:
    """Return the first administrative privilege of a grant, such as `SUPER ON *.*`; else "".

    Args:
        grant: A grant from read_grants(), or one to another account or role.
    """
    statement = grant.removeprefix("GRANT ")
    account = ACCOUNT if f" TO {ACCOUNT}" in statement else ""
    head, _, tail = statement.rpartition(f" TO {account}")
    privileges, on, target = head.rpartition(" ON ")
    if privileges == "PROXY":
        return "PROXY"
    if not on:
        return ""
    allowed = None
    if target == "*.*":
        allowed = NON_ADMIN_GLOBAL_PRIVILEGES
    elif _covers_system_database(target):
        allowed = NON_ADMIN_SYSTEM_PRIVILEGES
    if allowed is None:
        return ""
    for privilege in COLUMNS.sub("", privileges).split(", "):
        if privilege not in allowed:
            return f"{privilege} ON {target}"
    if "GRANT OPTION" in tail:
        return f"GRANT OPTION ON {target}"
    return ""


def _covers_system_database(target: str) -> bool:
    """Return True if a grant applies to the database `mysql`, which stores the accounts."""
    match = TARGET.match(target)
    if not match:
        return True  # unknown syntax
    if match["object"] != "*":
        return match["database"].lower() == SYSTEM_DATABASE
    pattern = ""
    for escaped, char in PATTERN_CHARACTER.findall(match["database"].replace("``", "`").lower()):
        pattern += re.escape(escaped) if escaped else PATTERNS.get(char, re.escape(char))
    return bool(re.fullmatch(pattern, SYSTEM_DATABASE, re.DOTALL))
