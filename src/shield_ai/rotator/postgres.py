"""PostgreSQL through pg8000: logins, the lock, and passwords that never travel."""

from __future__ import annotations

import base64
import hashlib
import os
import socket
import ssl
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from .errors import DatabaseError, LoginRefusedError, SetupError
from .tls import context

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .document import Login

PORT = 5432
LONGEST = 63  # bytes of a name; the server cuts what is longer, and would then mean another role
CONNECT, ANSWER = 5.0, 40.0  # seconds; an answer may wait for the lock
BEGIN = (
    "BEGIN READ WRITE;"
    " SET LOCAL lock_timeout = '20s'; SET LOCAL statement_timeout = '30s';"
    # a function that was frozen must not keep the lock
    " SET LOCAL idle_in_transaction_session_timeout = '90s';"
    # a password that a crash of the server takes back would lock us out
    " SET LOCAL synchronous_commit = on;"
    " SET LOCAL standard_conforming_strings = on; SET LOCAL search_path = pg_catalog"
)
WRONG_PASSWORD = "28P01"
SASL = 10  # the server asks for SCRAM
OLDEST = 100000  # before version 10 a verifier would be taken for the password itself


class PostgresSession:
    """A connection that is logged in."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def run(self, statement: str, **values: object) -> list[list[Any]]:
        """Run a statement; `:name` in it stands for a value."""
        # no types; loaded when used
        from pg8000.exceptions import Error  # type: ignore[import-untyped]

        try:
            return self._connection.run(statement, **values) or []
        except (Error, OSError) as error:
            raise DatabaseError("PostgreSQL refused a statement", sqlstate(error)) from None

    def close(self) -> None:
        """End it; what was not committed is void."""
        with suppress(Exception):  # it may be dead already
            self._connection.close()

    @contextmanager
    def locked(self, key: str) -> Iterator[None]:
        """Hold the lock of a name in a transaction: what is changed within is kept all or, on an error, not at all.

        A lock of the transaction, and no setting of the session: it holds behind a connection pool as well.
        """
        self.run(BEGIN)
        number = int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big", signed=True)
        self.run(f"SELECT pg_advisory_xact_lock({number})")
        try:
            yield
        except BaseException:
            with suppress(DatabaseError):
                self.run("ROLLBACK")
            raise
        self.run("COMMIT")

    def version(self) -> int:
        """Return the server's version, as 160004."""
        return int(self.run("SELECT current_setting('server_version_num')")[0][0])

    def set_own_password(self, login: Login) -> None:
        """Change the password of the user who is logged in to this one."""
        self.set_password(login.username, login.password)

    def set_password(self, role: str, password: str, *, more: str = "") -> None:
        """Set a role's password, given as the verifier that the server would make of it."""
        if self.version() < OLDEST:
            raise SetupError("the server is older than PostgreSQL 10: it knows no SCRAM")
        self.run(f"ALTER ROLE {name(role)} {more} PASSWORD {literal(verifier(password))}")


def connect(login: Login) -> PostgresSession:
    """Log in.

    Raises:
        LoginRefusedError: The server refuses this password.
        DatabaseError: Anything else, an unreachable server included.
    """
    from pg8000.exceptions import Error

    # no types; loaded when used
    from scramp import ScramException  # type: ignore[import-untyped]

    tls = context(login)
    sock = None
    try:
        sock = socket.create_connection((login.host, login.port), CONNECT)
        sock.settimeout(ANSWER)
        connection = _driver()(
            login.username,
            host=login.host,
            database=login.database or None,
            password=login.password,
            sock=sock,
            ssl_context=tls or False,
            application_name="shield-ai rotation",
        )
    except ssl.SSLError as error:
        _close(sock)
        raise DatabaseError("no trusted TLS connection to PostgreSQL", error.reason or "") from None
    except (Error, ScramException, OSError, ValueError) as error:
        _close(sock)
        code = sqlstate(error)
        if code == WRONG_PASSWORD:
            raise LoginRefusedError("PostgreSQL refused user and password", code) from None
        # The driver has no other word for it than this text.
        why = (
            ": it has no TLS, and sslmode asks for it"
            if tls and str(error) == "Server refuses SSL"
            else ""
        )
        raise DatabaseError(f"PostgreSQL does not let us in{why}", code) from None
    return PostgresSession(connection)


def _driver() -> Any:
    """Return the driver's connection, with SCRAM for every name.

    It refuses names with characters that Unicode 3.2 did not have. The server takes no notice of the name within
    SCRAM: it has had it before.
    """
    # no types; loaded when used
    from pg8000.native import Connection  # type: ignore[import-untyped]

    class AnyName(Connection):  # type: ignore[misc]  # it has no types
        # the driver's name
        def handle_AUTHENTICATION_REQUEST(self, data: bytes, context: object) -> None:  # noqa: N802
            user: bytes = self.user  # type: ignore[has-type]  # it has no types
            if int.from_bytes(data[:4], "big") == SASL:
                self.user = b"any"
            try:
                super().handle_AUTHENTICATION_REQUEST(data, context)
            finally:
                self.user = user

    return AnyName


def _close(sock: socket.socket | None) -> None:
    if sock is not None:
        sock.close()


def sqlstate(error: BaseException | None) -> str:
    """Return the server's code for an error, which the driver may have buried under a second one; else its type."""
    first = type(error).__name__
    while error is not None:
        details = error.args[0] if error.args else None
        if isinstance(details, dict) and "C" in details:
            return str(details["C"])
        error = error.__cause__ or error.__context__
    return first


def name(identifier: str) -> str:
    """Quote a name."""
    from pg8000.native import identifier as quote

    if not identifier or "\0" in identifier or len(identifier.encode()) > LONGEST:
        raise SetupError(f"a name in PostgreSQL has 1 to {LONGEST} bytes")
    return str(quote(identifier))


def literal(text: str) -> str:
    """Quote a text."""
    from pg8000.native import literal as quote

    return str(quote(text))


def verifier(password: str) -> str:
    """Make the SCRAM verifier of a password: all that the server needs, and nothing that logs in.

    Not ASCII: the password is normalised by SASLprep first, as the server and every client do.
    """
    import scramp

    salt = os.urandom(16)
    mechanism = scramp.ScramMechanism("SCRAM-SHA-256")
    _, stored, server, rounds = mechanism.make_auth_info(password, iteration_count=4096, salt=salt)
    text = [base64.b64encode(part).decode() for part in (salt, stored, server)]
    return f"SCRAM-SHA-256${rounds}:{text[0]}${text[1]}:{text[2]}"
