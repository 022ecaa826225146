"""Read, compare and revoke the grants of accounts in MySQL and MariaDB."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from . import mysql

if TYPE_CHECKING:
    from .mysql import MysqlSession

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


def read_grants(session: MysqlSession, user: str, host: str) -> set[str]:
    """Return an account's grants as statements, with ACCOUNT for its name, without its password."""
    account = quote_mysql_account(user, host)
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
        roles = sorted(quote_mysql_account(*row) for row in session.run(DEFAULT_ROLES, user, host))
        if roles:
            grants.add(f"SET DEFAULT ROLE {', '.join(roles)} TO {ACCOUNT}")
    return grants - {NO_PRIVILEGES}


def quote_mysql_account(user: str, host: str) -> str:
    """Quote the user and host of an account."""
    return f"{mysql.quote_name(user)}@{mysql.quote_name(host)}"


def sync_grants(session: MysqlSession, base: str, clone: str, host: str) -> None:
    """Revoke the grants that the base does not have, then grant the missing ones."""
    expected = read_grants(session, base, host)
    existing = read_grants(session, clone, host)
    account = quote_mysql_account(clone, host)
    surplus = existing - expected
    for grant in sorted(surplus):
        for statement in revoke_statements(grant):
            session.run(statement.replace(ACCOUNT, account))
    # a REVOKE can also remove privileges of other grants, so all are granted again
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
