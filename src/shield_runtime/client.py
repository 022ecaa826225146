"""The client with which an app reads its secrets."""

from __future__ import annotations

from time import monotonic

from . import process
from .cache import Cache
from .errors import value_or_raise
from .fast_path import get_secret_of
from .mapping import SecretMap
from .metrics import Counters, Reporter
from .reader import SecretReader
from .request import CURRENT, Request, name_and_field, secret_name
from .settings import Settings
from .sources import Sources

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from contextlib import AbstractContextManager
    from typing import Any, TypeVar

    from .testing import FakeSecrets
    from .transport import Connection, Transport
    from .value import SecretValue

    Function = TypeVar("Function", bound=Callable[..., Any])

# Seconds. A rotation can change the password about a minute before it moves AWSCURRENT.
ROTATION_WINDOW = 75.0


class SecretsManagerClient(SecretReader):
    """Reads secrets and caches them. The functions of the package share one client.

    Args:
        secrets: The environment variable of each secret; for a JSON secret, of each field:
            {"sentry-dsn": "SENTRY_DSN", "database": {"username": "DB_USER"}}.
            By default, the variable follows from the name: SENTRY_DSN for sentry-dsn.
        optional: Names of the secrets that the app can run without.
        required: Names of the secrets without which the app is not safe: an empty default is not
            used in production either.
        prefix: Prefix of the names in AWS, unless AWS_SECRETS_PREFIX is set.
        settings: Used instead of the settings in environment variables.
        transport: Used instead of a connection to AWS, for example in tests.

    Attributes:
        secrets: The names of the declared secrets.
        variables: The environment variable of each declared secret or `name:field`.
    """

    def __init__(
        self,
        secrets: Mapping[str, str | Mapping[str, str]] | None = None,
        *,
        optional: Iterable[str] = (),
        required: Iterable[str] = (),
        prefix: str = "",
        settings: Settings | None = None,
        transport: Transport | None = None,
    ) -> None:
        mapping = SecretMap(secrets or {}, optional, required)
        self.secrets = mapping.names
        self.variables = mapping.variables()
        self._prefix = prefix
        self.has_own_source = settings is not None or transport is not None
        if not self.has_own_source:
            settings, transport = process.test_source
        self._given_settings = settings
        self._given_transport = transport
        self._read_settings: Settings | None = None
        self._cache = Cache(
            self._settings, self._get_connection, lambda: self._counters, self._report
        )
        self._sources = Sources(self._settings, self._cache, mapping, lambda: self._counters)
        if not TYPE_CHECKING:
            self.get_secret = get_secret_of(self, self._cache.leases)
        self.reset_process_state()
        process.clients.add(self)

    def reset_process_state(self) -> None:
        """Reset counters, connection and threads, for example after a fork; keep cached values."""
        self._counters = Counters()
        self._connection: Connection | None = None
        self._reporter: Reporter | None = None
        self._cache.forget_fetches()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} cache_entries={len(self._cache)}>"

    def prefetch(self, *names: str | list[str] | tuple[str, ...]) -> dict[str, Exception]:
        """Fetch many secrets with batch calls; return the errors by the name of the secret.

        Without arguments, fetches all secrets in the client's mapping. Of `name:field`, fetches the
        whole secret.
        """
        if not self._settings().aws:
            return {}
        wanted: list[str] = []
        for item in names or self.secrets:
            wanted += [item] if isinstance(item, str) else item
        failures = self._cache.prefetch(dict.fromkeys(map(secret_name, wanted)))
        return {name: failure.error() for name, failure in failures.items()}

    def refresh_secret(self, name: str, *, stage: str = CURRENT) -> None:
        """Read a secret from AWS now, even if the cached value is fresh.

        Args:
            name: Name of the secret; of `name:field`, the whole secret is read.
            stage: Version stage.

        Raises:
            SecretError: The secret can't be read; the cached value is kept.
        """
        if not self._settings().aws:
            self.clear_cache(name)
            return
        lookup = self._cache.look_up(secret_name(name), stage, refresh=True)
        self._cache.wait(lookup)
        if lookup.fetch is not None:
            value_or_raise(lookup.fetch.answer)

    def retries_after_rotation(
        self,
        name: str,
        *,
        refused: Callable[[Exception], bool] | None = None,
        window: float = ROTATION_WINDOW,
    ) -> Callable[[Function], Function]:
        """Return a decorator that retries a connection with the new secret during a rotation.

        If the server rejects the password, the secret is read from AWS immediately, then again with
        increasing pauses for `window` seconds. As soon as it has changed, the function is called
        again. A process waits only once for the successor of a value. With SQLAlchemy::

            @event.listens_for(engine, "do_connect")
            def connect(dialect, record, args, params):
                @retries_after_rotation("database")
                def connect_again():
                    password = get_secret("database", key="password")
                    return dialect.connect(*args, **{**params, "password": password})
                return connect_again()

        Args:
            name: Name of the secret, or `name:field`.
            refused: Returns whether an exception means that the password is wrong. By default,
                recognizes the exceptions of the PostgreSQL and MySQL drivers.
            window: Seconds to wait for a new secret; 0 reads it from AWS once.
        """
        from .rotation_retry import retry_after_rotation

        return retry_after_rotation(self, secret_name(name), is_refused=refused, window=window)

    def clear_cache(self, name: str | None = None) -> None:
        """Remove one secret from the cache; without a name, remove all, and reset the settings.

        Of `name:field`, the whole secret is removed.
        """
        self._cache.clear(None if name is None else secret_name(name))
        if name is None:
            self._read_settings = None

    @staticmethod
    def fake_secrets(secrets: Mapping[str, Any]) -> AbstractContextManager[FakeSecrets]:
        """Serve these secrets instead of AWS in a test; see shield_runtime.testing."""
        from .testing import fake_secrets

        return fake_secrets(secrets)

    def stats(self) -> dict[str, float]:
        """Return the counters of this process. Hits are counted once per second for each name."""
        with process.lock:
            counts: dict[str, float] = {**self._counters.counts}
            oldest = self._cache.oldest()
        reads = counts["CacheHits"] + counts["CacheMisses"]
        counts["CacheHitRate"] = counts["CacheHits"] / reads if reads else 0.0
        counts["SecretAgeSeconds"] = 0.0 if oldest is None else monotonic() - oldest
        return counts

    # Used by the other modules of the package

    def request(
        self, name: Any, default: Any, key: str | None, env: str | None, stage: str
    ) -> Request | None:
        """Return the request for a secret; None if `env` is not in the mapping of variables.

        The mapping is `name`, or that of the client if `name` is None.
        """
        if name is None or isinstance(name, dict):
            reference = self.reference(env, name)
            if reference is None:
                return None
            env = None if name is None else env  # the client's mapping has it
            name, key = reference
        return Request(name, default, key=key, env=env, stage=stage)

    def serve(self, request: Request) -> Any:
        """Return the result of a request, or raise its error."""
        return self._sources.serve(request)

    def references(self) -> list[tuple[str, tuple[str, str | None]]]:
        """Return each variable of the client's mapping, with its secret and the field."""
        return self._sources.references()

    def is_aws_on(self) -> bool:
        """Return whether secrets come from AWS."""
        return self._settings().aws

    def is_development(self) -> bool:
        """Return whether the process runs on the computer of a developer."""
        return self._settings().is_development

    def last_error(self) -> tuple[str, float] | None:
        """Return the type name and the monotonic time of the last error; None without one."""
        return self._counters.last_error

    def cached_value(self, name: str) -> SecretValue | None:
        """Return the cached value of a secret, fresh or stale; None if it is not cached."""
        return self._cache.value_of(name)

    def cached_values(self) -> Iterator[SecretValue]:
        """Yield all cached values. Requires process.lock."""
        return self._cache.values()

    def try_refresh(self, name: str) -> None:
        """Read a secret from AWS now; after an error, keep the cached value."""
        self._cache.wait(self._cache.look_up(name, refresh=True))

    def refresh_in_background(self, name: str) -> bool:
        """Refresh the cached value of a secret if it is stale, without waiting.

        Returns:
            Whether AWS failed to return the secret since the value became stale.
        """
        if not self._settings().aws or self.cached_value(name) is None:
            return False
        return bool(self._cache.look_up(name).entry.failures_in_a_row)

    def disconnect(self) -> None:
        """Close the connection to AWS."""
        if self._connection is not None:
            self._connection.close()

    def replace_source(
        self, settings: Settings | None, transport: Transport | None
    ) -> tuple[Settings | None, Transport | None]:
        """Replace the settings and the transport, and clear the cache; for tests.

        Args:
            settings: As in the constructor; None for the settings in environment variables.
            transport: As in the constructor; None for AWS.

        Returns:
            The previous settings and transport, which can be passed to this method again.
        """
        before = self._given_settings, self._given_transport
        self._given_settings = settings
        self._given_transport = transport
        self._connection = None
        self.clear_cache()
        return before

    # Created on first use

    def _settings(self) -> Settings:
        settings = self._read_settings
        if settings is None:
            settings = self._read_settings = self._given_settings or Settings(self._prefix)
        return settings

    def _get_connection(self) -> Connection:
        from .transport import Connection

        with process.lock:
            if self._connection is None:
                self._connection = Connection(
                    lambda: self._settings().transport, self._counters, self._given_transport
                )
            return self._connection

    def _report(self) -> None:
        with process.lock:
            if self._reporter is None:
                self._reporter = Reporter(self._settings, self.stats)
        self._reporter.start()


def references_of(
    secrets: SecretsManagerClient | Mapping[str, str | tuple[str, str]],
) -> list[tuple[str, tuple[str, str | None]]]:
    """Return each variable of a settings source, with its secret and the field.

    Args:
        secrets: A client, or the name of the secret of each variable, or (name, field).
    """
    if isinstance(secrets, SecretsManagerClient):
        return secrets.references()
    return [(variable, name_and_field(secret)) for variable, secret in secrets.items()]
