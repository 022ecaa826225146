"""The client: which source serves a secret, and in which order."""

from __future__ import annotations

import os
from time import monotonic

from . import process
from .cache import Cache
from .errors import Failure, SecretFormatError, SecretNotFoundError, value_or_raise
from .log import warn
from .metrics import Counters, Reporter
from .request import CURRENT, MISSING, Request, name_and_field
from .settings import Settings
from .value import SecretValue, as_bytes, as_dict, whole_or_field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from typing import Any, TypeVar, Union, overload

    from .transport import Connection, Transport

    T = TypeVar("T")
    Answer = Union[SecretValue, Failure]
else:

    def overload(function):
        """Stand in for typing.overload: the typing module is slow to import."""
        return function


ROTATION_WINDOW = 75.0  # seconds; see rotation_retry


class SecretsManagerClient:
    """Reads secrets, with a cache. The functions of the package share one client.

    Args:
        secrets: The environment variable behind each secret; for a secret with fields, the variable
            behind each field:
            {"sentry-dsn": "SENTRY_DSN", "database": {"password": "DB_PASSWORD"}}.
            A secret that is not named has the variable of its name, SENTRY_DSN for sentry-dsn.
        optional: Names of secrets that the app runs without.
        prefix: Prefix of the names in AWS, unless AWS_SECRETS_PREFIX is set.
        settings: Used instead of the settings in environment variables.
        transport: Used instead of a connection to AWS, for example in tests.
    """

    def __init__(
        self,
        secrets: Mapping[str, str | Mapping[str, str]] | None = None,
        *,
        optional: Iterable[str] = (),
        prefix: str = "",
        settings: Settings | None = None,
        transport: Transport | None = None,
    ) -> None:
        self.secrets = tuple(secrets or ())
        self._variables = _variables(secrets or {})
        self._optional = frozenset(optional)
        self._prefix = prefix
        self._given_settings = settings
        self._given_transport = transport
        self._read_settings: Settings | None = None
        self._cache = Cache(
            self._settings, self._get_connection, lambda: self._counters, self._report
        )
        self._leases = self._cache.leases
        self.reset_process_state()
        process.clients.add(self)

    def reset_process_state(self) -> None:
        """Start in a new process or after a fork: values stay, connections and threads do not."""
        self._counters = Counters()
        self._connection: Connection | None = None
        self._reporter: Reporter | None = None
        self._cache.forget_fetches()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} with {len(self._cache)} secrets>"

    # The public methods

    def get_secret(
        self,
        name: Any,
        default: Any = MISSING,
        *,
        key: str | None = None,
        env: str | None = None,
        stage: str = CURRENT,
        optional: bool = False,
    ) -> Any:
        """Return the text of a secret, as the function of this name does."""
        if not callable(default):
            lease = self._leases.get((name, key, env, stage))
            if lease is not None and monotonic() < lease[0]:
                return lease[1]
        elif isinstance(name, dict):
            if env not in name:
                return default()
            name, key = name_and_field(name[env])
        request = Request(name, default, key=key, env=env, stage=stage)
        default = None  # a literal must not show in a traceback
        request.optional = optional
        return self._serve(request)

    async def aget_secret(
        self,
        name: str,
        default: Any = MISSING,
        *,
        key: str | None = None,
        env: str | None = None,
        stage: str = CURRENT,
        optional: bool = False,
    ) -> Any:
        """Do what get_secret() does, without blocking the event loop."""
        if self._read_settings is None:
            import asyncio

            # Looking for boto3 takes a while.
            await asyncio.get_running_loop().run_in_executor(None, self._settings)
        request = Request(name, default, key=key, env=env, stage=stage)
        default = None
        request.optional = optional
        self._apply_mapping(request)
        if self._settings().aws and self._from_variable(request) is None:
            answer = await self._cache.wait_async(self._cache.look_up(request.name, stage))
            result = self._answer(request, answer, is_new=False)
            return value_or_raise(self._counters.note(result, missing=True))
        return self._serve(request)

    @overload
    def get_secret_dict(
        self, name: str, *, env: str | None = ..., stage: str = ...
    ) -> dict[str, Any]: ...
    @overload
    def get_secret_dict(
        self, name: str, default: Callable[[], T], *, env: str | None = ..., stage: str = ...
    ) -> dict[str, Any] | T: ...
    @overload
    def get_secret_dict(
        self, name: str, default: T, *, env: str | None = ..., stage: str = ...
    ) -> dict[str, Any] | T: ...
    def get_secret_dict(
        self, name: str, default: Any = MISSING, *, env: str | None = None, stage: str = CURRENT
    ) -> Any:
        """Return a secret that is a JSON object, as a new dictionary."""
        request = Request(name, default, env=env, stage=stage, convert=as_dict)
        default = None
        return self._serve(request)

    @overload
    def get_secret_bytes(self, name: str, *, env: str | None = ..., stage: str = ...) -> bytes: ...
    @overload
    def get_secret_bytes(
        self, name: str, default: Callable[[], T], *, env: str | None = ..., stage: str = ...
    ) -> bytes | T: ...
    @overload
    def get_secret_bytes(
        self, name: str, default: T, *, env: str | None = ..., stage: str = ...
    ) -> bytes | T: ...
    def get_secret_bytes(
        self, name: str, default: Any = MISSING, *, env: str | None = None, stage: str = CURRENT
    ) -> Any:
        """Return the bytes of a binary secret, or a text in UTF-8."""
        request = Request(name, default, env=env, stage=stage, convert=as_bytes)
        default = None
        return self._serve(request)

    def has_secret(
        self,
        name: str | dict[str, str | tuple[str, str]],
        *,
        key: str | None = None,
        env: str | None = None,
    ) -> bool:
        """Tell whether a secret exists; with AWS off, whether its variable is set."""
        settings = self._settings()
        if isinstance(name, dict):
            if env not in name:
                return env in os.environ
            name, key = name_and_field(name[env])
        request = Request(name, key=key, env=env)
        self._apply_mapping(request)
        if not settings.aws:
            return request.variable in os.environ
        is_set = bool(os.environ.get(request.variable))
        if settings.prefers_variables and is_set:
            return True
        answer: Any = self._cache.wait(self._cache.look_up(request.name))
        if isinstance(answer, SecretValue) and request.key is not None:
            answer = whole_or_field(answer, request.name, request.key)
        if not isinstance(answer, Failure) or (is_set and settings.fallback != "deny"):
            return True
        if answer.kind is SecretNotFoundError or settings.is_development:
            return False
        raise answer.error()

    def prefetch(self, *names: str | list[str] | tuple[str, ...]) -> dict[str, Exception]:
        """Fetch many secrets with few calls; return the errors by name.

        Without arguments, fetches all secrets that the client's mapping names.
        """
        if not self._settings().aws:
            return {}
        wanted: dict[str, None] = {}
        for item in names or self.secrets:
            wanted.update(dict.fromkeys([item] if isinstance(item, str) else item))
        failures = self._cache.prefetch(wanted)
        return {name: failure.error() for name, failure in failures.items()}

    def refresh_secret(self, name: str, *, stage: str = CURRENT) -> None:
        """Read a secret from AWS now, fresh or not; an error leaves the last value cached."""
        if not self._settings().aws:
            self.clear_cache(name)
            return
        lookup = self._cache.look_up(name, stage, refresh=True)
        self._cache.wait(lookup)
        value_or_raise(lookup.fetch and lookup.fetch.answer)

    def survives_rotation(
        self,
        name: str,
        *,
        refused: Callable[[Exception], bool] | None = None,
        window: float = ROTATION_WINDOW,
    ) -> Callable[[Callable[..., T]], Callable[..., T]]:
        """Decorate a function that connects with a secret: call it again if the secret changes.

        If the server refuses the password, the secret is read from AWS at once, then again with
        growing pauses for `window` seconds. As soon as it has changed, the function is called
        again. With SQLAlchemy::

            @event.listens_for(engine, "do_connect")
            def connect(dialect, record, args, params):
                @survives_rotation("database")
                def connect_again():
                    password = get_secret("database", key="password")
                    return dialect.connect(*args, **{**params, "password": password})
                return connect_again()

        Args:
            name: Name of the secret.
            refused: Tells whether an error says that the password is wrong. By default, recognizes
                the errors of the PostgreSQL and MySQL drivers.
            window: Seconds; 0 asks AWS once and does not wait.
        """
        from .rotation_retry import retry_after_rotation

        return retry_after_rotation(self, name, is_refused=refused, window=window)

    def clear_cache(self, name: str | None = None) -> None:
        """Forget one secret, or all of them and the settings."""
        self._cache.clear(name)
        if name is None:
            self._read_settings = None

    def stats(self) -> dict[str, float]:
        """Return the counters of this process. A hit counts once a second for each name."""
        with process.lock:
            counts: dict[str, float] = dict(self._counters.counts)
            oldest = self._cache.oldest()
        reads = counts["CacheHits"] + counts["CacheMisses"]
        counts["CacheHitRate"] = counts["CacheHits"] / reads if reads else 0.0
        counts["SecretAgeSeconds"] = 0.0 if oldest is None else monotonic() - oldest
        return counts

    def declares(self, name: str) -> bool:
        """Tell whether the client's mapping names a secret."""
        return name in self.secrets

    # What the other modules of the package use

    def is_aws_on(self) -> bool:
        """Tell whether secrets come from AWS."""
        return self._settings().aws

    def last_error(self) -> tuple[str, float] | None:
        """Return type and monotonic time of the last error."""
        return self._counters.last_error

    def cached_value(self, name: str) -> SecretValue | None:
        """Return the cached value of a secret, fresh or not."""
        return self._cache.value_of(name)

    def cached_values(self) -> Iterator[SecretValue]:
        """Yield all cached values. Hold process.lock."""
        return self._cache.values()

    def try_refresh(self, name: str) -> None:
        """Read a secret from AWS now; an error leaves the last value."""
        self._cache.wait(self._cache.look_up(name, refresh=True))

    def disconnect(self) -> None:
        """Close the connection to AWS."""
        if self._connection is not None:
            self._connection.close()

    def replace_source(
        self, settings: Settings | None, transport: Transport | None
    ) -> tuple[Settings | None, Transport | None]:
        """Read from another transport from now on, with an empty cache; for tests.

        Args:
            settings: As of the constructor; None for the settings in environment variables.
            transport: As of the constructor; None for AWS.

        Returns:
            What was used before, for another call of this method.
        """
        before = self._given_settings, self._given_transport
        self._given_settings = settings
        self._given_transport = transport
        self._connection = None
        self.clear_cache()
        return before

    # The order of sources

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

    def _apply_mapping(self, request: Request) -> None:
        """Take the variable and the mark as optional from the client's mapping."""
        _, _, env, _ = request.lease_key
        if env is None:
            variable = self._variables.get((request.name, request.key))
            request.variable = variable or request.variable
        request.optional = request.optional or request.name in self._optional

    def _serve(self, request: Request) -> Any:
        self._apply_mapping(request)
        if not self._settings().aws:
            return value_or_raise(self._counters.note(self._read_variable(request), missing=True))
        return value_or_raise(self._counters.note(self._read(request), missing=True))

    def _read_variable(self, request: Request) -> Any:
        """Return the variable or the default, exactly as the app's own read did: AWS is off."""
        if request.lazy:
            return request.default()
        text = os.environ.get(request.variable) if request.stage == CURRENT else None
        if text is not None:
            return request.answer_from_variable(SecretValue(text))
        if request.default is not MISSING:
            return request.default
        reason = f"AWS is off and {request.variable} is not set"
        return Failure(SecretNotFoundError, f"secret {request.name!r} not found: {reason}")

    def _read(self, request: Request) -> Any:
        text = self._from_variable(request)
        if text is not None:
            if request.lazy:
                return request.default()
            return request.answer_from_variable(SecretValue(text))
        lookup = self._cache.look_up(request.name, request.stage)
        return self._answer(request, self._cache.wait(lookup), is_new=lookup.served is None)

    def _answer(self, request: Request, found: Answer, *, is_new: bool) -> Any:
        """Make the caller's answer of what AWS or the cache gave."""
        answer = found if isinstance(found, Failure) else request.answer(found)
        if isinstance(answer, Failure):
            if answer.kind is SecretFormatError:
                return answer
            return self._answer_without_aws(request, answer)
        if request.is_expression:
            return request.evaluate(answer)
        if is_new:
            return answer  # no lease, so that the first hit is counted
        return self._cache.lease(request, found, answer)

    def _from_variable(self, request: Request) -> str | None:
        """Return the variable if it has precedence over AWS. An empty variable counts as unset."""
        settings = self._settings()
        if request.stage != CURRENT or not settings.prefers_variables:
            return None
        text = os.environ.get(request.variable)
        if not text:
            return None
        if not settings.is_development:
            message = "secret %r: the environment variable %s takes precedence over AWS"
            reason = ", because DJANGO_ENV is not set"
            self._warn_once(request, "variable", message + reason, request.name, request.variable)
        return text

    def _answer_without_aws(self, request: Request, failure: Failure) -> Any:
        """Return the variable if it is set, or a default where one may be served."""
        settings = self._settings()
        text = os.environ.get(request.variable) if request.stage == CURRENT else None
        if text and settings.fallback != "deny" and not settings.prefers_variables:
            self._counters.add("FallbackToEnv")
            message = "%s; falling back to the environment variable %s"
            self._warn_once(request, "variable", message, failure.text, request.variable)
            if request.lazy:
                return request.default()
            return request.answer_from_variable(SecretValue(text))
        if request.default is MISSING:
            return failure
        if settings.allows_defaults:
            answer = request.plain_default()
        else:
            is_declared = self.declares(request.name)
            answer = request.default_in_production(failure, is_declared=is_declared)
        if not isinstance(answer, Failure):
            self._warn_once(request, "default", "%s; using the default", failure.text)
        return answer

    def _warn_once(self, request: Request, source: str, message: str, *args: object) -> None:
        if self._cache.should_warn(request.name, request.stage, source):
            warn(message, *args)


def _variables(
    secrets: Mapping[str, str | Mapping[str, str]],
) -> dict[tuple[str, str | None], str]:
    """Return the variable of each secret or field."""
    variables: dict[tuple[str, str | None], str] = {}
    for name, entry in secrets.items():
        if isinstance(entry, str):
            variables[name, None] = entry
        else:
            for field, variable in entry.items():
                variables[name, field] = variable
    return variables
