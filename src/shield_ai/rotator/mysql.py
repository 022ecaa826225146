"""MySQL and MariaDB with PyMySQL: logins, locks and password changes.

MariaDB receives a hash of the password. In MySQL, users can't set a hash for themselves, so MySQL
receives the password, through verified TLS. MySQL omits passwords from its logs, unless it runs
with --log-raw.
"""

from __future__ import annotations

import hashlib
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
from .sockets import CONNECT_TIMEOUT, LimitedSocket, open_socket
from .tls import ssl_context, unverified_cleartext_error

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .document import Login

PORT = 3306
READ_TIMEOUT = 40  # seconds; longer than the wait for the lock
LOCK_TIMEOUT = 20  # seconds
SETUP = (
    "SET SESSION sql_mode = 'NO_ENGINE_SUBSTITUTION', SESSION sql_quote_show_create = 1,"
    # a suspended function must not keep the lock
    " SESSION wait_timeout = 90, SESSION lock_wait_timeout = 20"
)
ACCESS_DENIED = 1045
NO_TLS = "SSL is required but the server doesn't support it"  # the driver's message
# Plugins that send the password itself, or encrypt it with a key that the server chooses.
CLEARTEXT_PLUGINS = frozenset({"mysql_clear_password", "dialog", "sha256_password"})
PUBLIC_KEY_REQUEST = b"\2"


class MysqlSession:
    """An open connection."""

    def __init__(self, connection: Any, limited: LimitedSocket, *, has_verified_tls: bool) -> None:
        self._connection = connection
        self._socket = limited
        self._has_verified_tls = has_verified_tls
        self._is_mariadb: bool | None = None

    def run(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Run a statement with `%s` placeholders."""
        try:
            with self._connection.cursor() as cursor:
                cursor.execute(statement, values or None)
                return list(cursor.fetchall())
        except RotationError:
            raise
        except Exception as error:  # noqa: BLE001 # malformed packets: any exception of the driver
            raise DatabaseError("a MySQL statement failed", str(error_code(error))) from None

    def close(self) -> None:
        """Close the connection, which releases its lock."""
        with suppress(Exception):  # the connection can be broken
            self._connection.close()
        self._socket.close()

    @contextmanager
    def locked(self, key: str) -> Iterator[None]:
        """Hold the lock for a key."""
        lock = "shield." + hashlib.sha256(key.encode()).hexdigest()[:48]
        if self.run("SELECT GET_LOCK(%s, %s)", lock, LOCK_TIMEOUT) != [(1,)]:
            raise DatabaseError("another rotation of this secret holds the lock")
        try:
            yield
        finally:
            with suppress(DatabaseError):
                self.run("SELECT RELEASE_LOCK(%s)", lock)

    @property
    def is_mariadb(self) -> bool:
        """True for MariaDB, False for MySQL."""
        if self._is_mariadb is None:
            version = self.run("SELECT VERSION()")
            if not version:
                raise DatabaseError("the server does not report its version")
            self._is_mariadb = "mariadb" in str(version[0][0]).lower()
        return self._is_mariadb

    def set_own_password(self, login: Login) -> None:
        """Change the password of the connected account, but not its authentication plugin."""
        if self.is_mariadb:
            self.run("SET PASSWORD = %s", native_hash(login.password))
        else:
            self._require_verified_tls()
            self.run("ALTER USER USER() IDENTIFIED BY %s", login.password)

    def set_password(self, user: str, host: str, password: str) -> None:
        """Change the password of an account."""
        if self.is_mariadb:
            self.run("SET PASSWORD FOR %s@%s = %s", user, host, native_hash(password))
        else:
            self._require_verified_tls()
            self.run("ALTER USER %s@%s IDENTIFIED BY %s", user, host, password)

    def _require_verified_tls(self) -> None:
        if not self._has_verified_tls:
            raise SetupError(
                "MySQL receives the new password itself, which requires verified TLS: set sslmode "
                "to verify-full, with the server's certificate authority"
            )


def connect(login: Login) -> MysqlSession:
    """Log in.

    Raises:
        LoginRefusedError: The server rejects the password.
        DatabaseError: Any other failure, such as an unreachable server.
        SetupError: The server requests the password in cleartext, without verified TLS.
    """
    import pymysql

    connection_class = pymysql.Connection if login.has_verified_tls else _unverified_class()
    tls = ssl_context(login)
    options: dict[str, Any] = {"ssl": tls} if tls else {"ssl_disabled": True}
    limited = None
    try:
        limited = open_socket(login)
        connection = connection_class(
            user=login.username,
            password=login.password.encode(),  # the driver would encode a str as Latin-1
            host=login.host,
            port=login.port,
            database=login.database or None,
            connect_timeout=CONNECT_TIMEOUT,
            read_timeout=READ_TIMEOUT,
            write_timeout=CONNECT_TIMEOUT,
            autocommit=True,
            init_command=SETUP,
            defer_connect=True,
            **options,
        )
        connection.connect(limited.socket)
    except BaseException as error:
        if limited:
            limited.close()
        if isinstance(error, RotationError) or not isinstance(error, Exception):
            raise
        raise _connection_error(error) from None
    return MysqlSession(connection, limited, has_verified_tls=login.has_verified_tls)


def _connection_error(error: Exception) -> DatabaseError:
    """Translate the driver's exception: for malformed packets, it can be any type.

    The driver reports each OSError, such as that of a certificate, as an unreachable server.
    """
    cause = getattr(error, "original_exception", error)
    if isinstance(cause, ssl.SSLError):
        return TlsError("no trusted TLS connection to MySQL", cause.reason or "")
    code = str(error_code(error))
    if code == str(ACCESS_DENIED):
        return LoginRefusedError("MySQL rejected the user and password", code)
    if NO_TLS in str(error):
        return NoTlsError(
            "MySQL rejected the connection: it has no TLS, but sslmode requires it", code
        )
    return DatabaseError("MySQL rejected the connection", code)


def _unverified_class() -> Any:
    """Return a subclass of the driver's connection that sends no password in cleartext."""
    from pymysql import connections

    driver: Any = connections.Connection

    class UnverifiedConnection(driver):  # type: ignore[misc]
        def _get_server_information(self) -> None:
            super()._get_server_information()
            _refuse_cleartext(self._auth_plugin_name)

        def _process_auth(self, plugin_name: bytes, *arguments: Any, **options: Any) -> Any:
            _refuse_cleartext(plugin_name.decode("ascii", "replace"))
            return super()._process_auth(plugin_name, *arguments, **options)

        def write_packet(self, payload: bytes) -> None:
            # caching_sha2_password sends one of these if the server has not cached the password
            if bytes(payload) in {self.password + b"\0", PUBLIC_KEY_REQUEST}:
                raise unverified_cleartext_error()
            super().write_packet(payload)

    return UnverifiedConnection


def _refuse_cleartext(plugin: str) -> None:
    if plugin in CLEARTEXT_PLUGINS:
        raise unverified_cleartext_error()


def error_code(error: BaseException) -> int | str:
    """Return the server's error number; without one, the type name of the error."""
    number = error.args[0] if error.args else None
    return number if isinstance(number, int) else type(error).__name__


def quote_name(name: str) -> str:
    """Quote an identifier."""
    if not name or "\0" in name:
        raise SetupError("a name in MySQL must not be empty or contain a NUL character")
    return "`" + name.replace("`", "``") + "`"


def native_hash(password: str) -> str:
    """Return the `mysql_native_password` hash of a password.

    An attacker who has the hash and records a login can log in.
    """
    inner = hashlib.sha1(password.encode(), usedforsecurity=False).digest()
    return "*" + hashlib.sha1(inner, usedforsecurity=False).hexdigest().upper()
