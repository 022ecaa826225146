"""PostgreSQL with pg8000: logins, locks, and password changes that only send a SCRAM verifier."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import ssl
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from .errors import (
    DatabaseError,
    LoginRefusedError,
    NoTlsError,
    RotationError,
    SetupError,
    TlsError,
)
from .sockets import LimitedSocket, open_socket
from .tls import ssl_context, unverified_cleartext_error

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .document import Login

PORT = 5432
MAX_NAME_BYTES = 63  # the server truncates longer names, which could then be another role
READ_TIMEOUT = 40.0  # seconds; longer than the wait for the lock
BEGIN = (
    "BEGIN READ WRITE;"
    " SET LOCAL lock_timeout = '20s'; SET LOCAL statement_timeout = '30s';"
    # a suspended function must not keep the lock
    " SET LOCAL idle_in_transaction_session_timeout = '90s';"
    # a server crash must not undo a password change, which would lock out the app
    " SET LOCAL synchronous_commit = on;"
    " SET LOCAL standard_conforming_strings = on; SET LOCAL search_path = pg_catalog"
)
INVALID_PASSWORD = "28P01"
CLEARTEXT = 3  # authentication request for the password itself
SASL = 10  # authentication request for SCRAM
SCRAM_CHALLENGE = 11  # with the number of iterations
# The server's setting scram_iterations; the driver would compute any number that a server requests.
MAX_SCRAM_ITERATIONS = 5_000_000
FIRST_SCRAM_VERSION = 100000  # older versions would store the verifier as the password


class PostgresSession:
    """An open connection."""

    def __init__(self, connection: Any, limited: LimitedSocket) -> None:
        self._connection = connection
        self._socket = limited

    def run(self, statement: str, **values: object) -> list[list[Any]]:
        """Run a statement with `:name` placeholders."""
        try:
            return self._connection.run(statement, **values) or []
        except RotationError:
            raise
        except Exception as error:  # noqa: BLE001 # malformed packets: any exception of the driver
            raise DatabaseError("a PostgreSQL statement failed", sqlstate(error)) from None

    def close(self) -> None:
        """Close the connection, which rolls back an open transaction."""
        with suppress(Exception):  # the connection can be broken
            self._connection.close()
        self._socket.close()

    @contextmanager
    def locked(self, key: str) -> Iterator[None]:
        """Hold the lock for a key in a transaction, which an exception rolls back.

        The lock and the settings are local to the transaction, as connection poolers require.
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
        """Return the server's version, such as 160004."""
        rows = self.run("SELECT current_setting('server_version_num')::int")
        if not rows:
            raise DatabaseError("the server does not report its version")
        return int(rows[0][0])

    def set_own_password(self, login: Login) -> None:
        """Change the password of the connected user."""
        self.set_password(login.username, login.password)

    def set_password(self, role: str, password: str, *, options: str = "") -> None:
        """Set the password of a role, sent as a SCRAM verifier, and other options of the role."""
        if self.version() < FIRST_SCRAM_VERSION:
            raise SetupError("the server is older than PostgreSQL 10 and does not support SCRAM")
        verifier = quote_literal(scram_verifier(password))
        self.run(f"ALTER ROLE {quote_name(role)} {options} PASSWORD {verifier}")


def connect(login: Login) -> PostgresSession:
    """Log in.

    Raises:
        LoginRefusedError: The server rejects the password.
        DatabaseError: Any other failure, such as an unreachable server.
        SetupError: The server requests the password in cleartext, without verified TLS.
    """
    tls = ssl_context(login)
    limited = None
    try:
        limited = open_socket(login)
        limited.socket.settimeout(READ_TIMEOUT)
        connection = _connection_class(login)(
            login.username,
            host=login.host,
            database=login.database or None,
            password=login.password,
            sock=limited.socket,
            ssl_context=tls or False,
            application_name="shield-ai rotation",
        )
    except BaseException as error:
        if limited:
            limited.close()
        if isinstance(error, RotationError) or not isinstance(error, Exception):
            raise
        raise _connection_error(error) from None
    return PostgresSession(connection, limited)


def _connection_error(error: Exception) -> DatabaseError:
    """Translate the driver's exception: for malformed packets, it can be any type."""
    if isinstance(error, ssl.SSLError):
        return TlsError("no trusted TLS connection to PostgreSQL", error.reason or "")
    code = sqlstate(error)
    if code == INVALID_PASSWORD:
        return LoginRefusedError("PostgreSQL rejected the user and password", code)
    # the driver reports this with a generic exception, before the login
    if str(error) == "Server refuses SSL":
        return NoTlsError(
            "PostgreSQL rejected the connection: it has no TLS, but sslmode requires it", code
        )
    return DatabaseError("PostgreSQL rejected the connection", code)


def _connection_class(login: Login) -> Any:
    """Return a subclass of the driver's connection that sends cleartext only through verified TLS.

    The subclass also supports any user name with SCRAM: the driver rejects names with characters
    that are not in Unicode 3.2. The server ignores the name in SCRAM messages, because the startup
    message contains it.
    """
    from pg8000.native import Connection

    class SafeConnection(Connection):  # type: ignore[misc]
        def handle_AUTHENTICATION_REQUEST(self, data: bytes, context: object) -> None:  # noqa: N802
            user: bytes = self.user  # type: ignore[has-type]
            request = int.from_bytes(data[:4], "big")
            if request == CLEARTEXT and not login.has_verified_tls:
                raise unverified_cleartext_error()
            if request == SASL:
                self.user = b"any"
            if request == SCRAM_CHALLENGE:
                _limit_iterations(data)
            try:
                super().handle_AUTHENTICATION_REQUEST(data, context)
            finally:
                self.user = user

    return SafeConnection


def _limit_iterations(challenge: bytes) -> None:
    match = re.search(rb",i=([0-9]+)", challenge)
    if match and (len(match[1]) > 7 or int(match[1]) > MAX_SCRAM_ITERATIONS):
        raise DatabaseError("the server requests too many SCRAM iterations")


def sqlstate(error: BaseException | None) -> str:
    """Return the server's SQLSTATE; without one, the type name of the error.

    The driver can wrap the server's error in another exception.
    """
    error_type = type(error).__name__
    while error is not None:
        details = error.args[0] if error.args else None
        if isinstance(details, dict) and "C" in details:
            return str(details["C"])
        error = error.__cause__ or error.__context__
    return error_type


def quote_name(name: str) -> str:
    """Quote an identifier."""
    from pg8000.native import identifier

    if not name or "\0" in name or len(name.encode()) > MAX_NAME_BYTES:
        raise SetupError(f"a name in PostgreSQL must have 1 to {MAX_NAME_BYTES} bytes")
    return str(identifier(name))


def quote_literal(text: str) -> str:
    """Quote a string."""
    from pg8000.native import literal

    return str(literal(text))


def scram_verifier(password: str) -> str:
    """Return the SCRAM verifier of a password.

    An attacker who has the verifier and records a login can compute a key that logs in:
    https://www.rfc-editor.org/rfc/rfc5802#section-9

    Non-ASCII passwords are normalized with SASLprep, as in all clients.
    """
    import scramp

    salt = os.urandom(16)
    mechanism = scramp.ScramMechanism("SCRAM-SHA-256")
    _, stored, server, iterations = mechanism.make_auth_info(
        password, iteration_count=4096, salt=salt
    )
    encoded_salt, stored_key, server_key = (
        base64.b64encode(part).decode() for part in (salt, stored, server)
    )
    return f"SCRAM-SHA-256${iterations}:{encoded_salt}${stored_key}:{server_key}"
