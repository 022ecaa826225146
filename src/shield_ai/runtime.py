"""Reads secrets: get_secret("name") from AWS Secrets Manager, cached; from the environment where AWS is off.

One file, the standard library alone (boto3 only once AWS is needed), Python 3.9 or newer; it may be copied into an app
as it is. What it must never do: show a value in an error, a log line, a repr or the environment of a process.

The errors::

    SecretError                    also: a setting of this module is wrong, an expression never asked for its variable
     +- SecretNotFoundError        neither AWS nor the environment has it (a ValueError and a KeyError, too)
     +- SecretAccessDeniedError    AWS refuses: permissions, credentials
     +- SecretUnavailableError     AWS does not answer, or not properly
     +- SecretFormatError          the secret is there but has not the form that was asked for (a ValueError, too)
"""

# ruff: noqa: F811, D103
# (The overloads; ruff does not see that they are some, because typing is imported for the type checker alone.)

from __future__ import annotations

import os
import threading
from contextvars import ContextVar
from time import monotonic

TYPE_CHECKING = False  # typing itself is slow to import; checkers take this name for true
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any, TypeVar, overload

    T = TypeVar("T")
else:

    def overload(function):  # noqa: ANN001, ANN202 - only typing.overload is ever seen by a checker
        """Stand in for typing.overload."""
        return function


__all__ = [
    "MISSING",
    "SecretAccessDeniedError",
    "SecretError",
    "SecretFormatError",
    "SecretNotFoundError",
    "SecretUnavailableError",
    "SecretsManagerClient",
    "clear_secret_cache",
    "get_secret",
    "get_secret_bytes",
    "get_secret_dict",
    "has_secret",
    "refresh_secret",
]

SECRET_CACHE_SIZE = 128
SECRET_CACHE_TTL = 300.0  # seconds; AWS_SECRETS_TTL
MAX_STALE = 86400.0  # a value that can't be refreshed is served for so long; AWS_SECRETS_MAX_STALE
CONNECT_TIMEOUT, READ_TIMEOUT, ATTEMPTS = 2, 5, 3
DEADLINE = 30.0  # nobody waits longer for another thread's call
LEASE = 1.0  # the fast path serves a value for so long before it looks at the books again
BACK_OFF, MAX_BACK_OFF = 0.5, 60.0
CURRENT = "AWSCURRENT"
FIELDS = ("value", "password", "secret", "key")  # these serve get_secret() on a JSON object, in this order


class _Missing:
    def __repr__(self) -> str:
        return "MISSING"


MISSING: Any = _Missing()  # tells "no default" from default=None


class SecretError(Exception):
    """A secret can't be served, or this module is set up wrongly. Never holds a value."""

    def __str__(self) -> str:  # KeyError's own would put quotes around it
        return str(self.args[0]) if self.args else ""


class SecretNotFoundError(SecretError, ValueError, KeyError):
    """Neither AWS nor the environment has the secret, or it has no such field."""


class SecretAccessDeniedError(SecretError):
    """AWS refuses: a permission is missing, credentials are missing, wrong or expired."""


class SecretUnavailableError(SecretError):
    """AWS does not answer, is throttling, or answers with something else than the secret."""


class SecretFormatError(SecretError, ValueError):
    """The secret is there, but not in the form that was asked for."""


class _Problem:
    """An error to raise: made anew for each caller, far from every frame that has seen a value."""

    __slots__ = ("kind", "text")

    def __init__(self, kind: type[SecretError], text: str) -> None:
        self.kind, self.text = kind, text


def _served(answer: Any) -> Any:
    if isinstance(answer, _Problem):
        raise answer.kind(answer.text)
    return answer


# --- the environment as an expression sees it -------------------------------------------------------------------------


class _Frame:
    """One variable that an expression is shown: for this thread, in this context, without putenv()."""

    __slots__ = ("asked", "outer", "raw", "text", "thread")

    def __init__(self, variable: str, text: str | None) -> None:
        self.raw, self.text, self.asked = os.environ.encodekey(variable), text, False
        self.thread, self.outer = threading.get_ident(), _frame.get()


_frame: ContextVar[_Frame | None] = ContextVar("shield_ai_frame", default=None)


def _frames() -> Iterator[_Frame]:
    frame, me = _frame.get(), threading.get_ident()
    while frame is not None:
        if frame.thread == me:  # a context that was copied into another thread shows nothing there
            yield frame
        frame = frame.outer


class _Environ(os._Environ):  # type: ignore[type-arg]  # noqa: SLF001 - its class has no public name
    """What os.environ (and os.environb) is while an expression runs. Any reference to it sees the same."""

    def _find(self, key: Any) -> _Frame | None:
        raw = self.encodekey(key)
        return next((frame for frame in _frames() if frame.raw == raw), None)

    def __getitem__(self, key: Any) -> Any:
        frame = self._find(key)
        if frame is None:
            return super().__getitem__(key)
        frame.asked = True
        if frame.text is None:
            raise KeyError(key)
        return self.decodevalue(os.environ.encodevalue(frame.text))

    def __setitem__(self, key: Any, value: Any) -> None:
        frame = self._find(key)
        if frame is None:
            super().__setitem__(key, value)
        else:  # putenv() would show it to every child process
            frame.text = os.environ.decodevalue(self.encodevalue(value))

    def __delitem__(self, key: Any) -> None:
        frame = self._find(key)
        if frame is None or frame.raw in self._data:  # type: ignore[attr-defined]  # not in typeshed
            super().__delitem__(key)
        elif frame.text is None:
            raise KeyError(key)
        if frame is not None:
            frame.text = None

    def __iter__(self) -> Iterator[Any]:
        shown: dict[Any, str | None] = {}
        for frame in _frames():
            frame.asked = True
            shown.setdefault(frame.raw, frame.text)
        for raw in [*self._data]:  # type: ignore[attr-defined]  # not in typeshed
            if shown.pop(raw, raw) is not None:
                yield self.decodekey(raw)
        for raw in [raw for raw, text in shown.items() if text is not None]:
            yield self.decodekey(raw)

    def __len__(self) -> int:
        return sum(1 for _ in self)


_PLAIN = os._Environ  # noqa: SLF001 - its class has no public name
_expressions = 0


def _enter(change: int) -> None:
    """Count the expressions that run; os.environ is of our class while there are any."""
    global _expressions  # noqa: PLW0603 - os.environ is global, too
    with _lock:
        _expressions += change
        kind = _Environ if _expressions else _PLAIN
        for mapping in (os.environ, getattr(os, "environb", os.environ)):
            object.__setattr__(mapping, "__class__", kind)


def _evaluate(name: str, variable: str, text: str | None, expression: Callable[[], Any]) -> Any:
    """The expression's result, while `variable` holds `text` (None: is not set) for this thread only."""
    if type(os.environ) not in (_PLAIN, _Environ):
        return _Problem(SecretError, f"secret {name!r}: os.environ has been replaced by a {type(os.environ).__name__}")
    frame = _Frame(variable, text)
    token = _frame.set(frame)
    _enter(1)
    try:
        result = expression()
    except Exception as error:
        if not frame.asked or text is None:
            raise
        return _Problem(SecretFormatError, f"secret {name!r}: its expression fails on the value: {_whence(error)}")
    finally:
        _enter(-1)
        _frame.reset(token)
    if frame.asked or text is None:
        return result
    return _Problem(
        SecretError,
        f"secret {name!r}: its expression never asked for the variable {variable}, so it can't be the secret"
        f" (is the variable another one? say env=; is it read earlier and kept?)",
    )


def _whence(error: BaseException) -> str:
    """Type and place of an error whose text, arguments and frames may hold a value."""
    place, where = error.__traceback__, ""
    while place is not None:
        where = f" at {place.tb_frame.f_code.co_filename.rpartition(os.sep)[2]}:{place.tb_lineno}"
        place = place.tb_next
    return type(error).__name__ + where


def _variable(name: str) -> str:
    """The variable behind a name: email-host-password is EMAIL_HOST_PASSWORD."""
    return "".join(c if c.isascii() and c.isalnum() else "_" for c in name.upper())


# --- a value, and what can be made of it ------------------------------------------------------------------------------


class _Value:
    """One version of a secret, parsed once."""

    __slots__ = ("data", "document", "fetched", "text")

    def __init__(self, text: str | None, data: bytes | None = None) -> None:
        if text is None and data is not None:
            try:
                text = data.decode()
            except UnicodeDecodeError:
                text = None
        self.text, self.data, self.document, self.fetched = text, data, _document(text), monotonic()


def _document(text: str | None) -> dict[str, Any] | None:
    if text is None or not text.lstrip().startswith("{"):
        return None
    import json  # noqa: PLC0415 - not needed where AWS is off

    try:
        document = json.loads(text)
    except ValueError:
        return None
    return document if isinstance(document, dict) else None  # always one, after a "{"


def _field(value: Any) -> str:
    if isinstance(value, str):
        return value
    import json  # noqa: PLC0415 - not needed where AWS is off

    return json.dumps(value)


def _copy(value: Any) -> Any:
    """A copy that shares nothing which can be changed."""
    if isinstance(value, dict):
        return {key: _copy(item) for key, item in value.items()}
    return [_copy(item) for item in value] if isinstance(value, list) else value


def _as_given(value: _Value, name: str, key: str | None) -> Any:
    """What an expression's variable shows: the whole text, or the field `key` of it."""
    if key is None:
        if value.text is None:
            return _Problem(SecretFormatError, f"secret {name!r} is binary and no UTF-8: use get_secret_bytes()")
        return value.text
    if value.document is None:
        return _Problem(SecretFormatError, f"secret {name!r} is no JSON object, so it has no field {key!r}")
    if key not in value.document:
        return _Problem(SecretNotFoundError, f"secret {name!r} has no field {key!r}")
    return _field(value.document[key])


def _as_text(value: _Value, name: str, key: str | None) -> Any:
    if key is None and value.document is not None:
        key = next((field for field in FIELDS if field in value.document), None)
        if key is None:
            return _Problem(
                SecretFormatError,
                f"secret {name!r} is a JSON object with none of the fields {', '.join(FIELDS)}:"
                " say which with key=, or use get_secret_dict()",
            )
    return _as_given(value, name, key)


def _as_dict(value: _Value, name: str, _key: str | None) -> Any:
    if value.document is None:
        return _Problem(SecretFormatError, f"secret {name!r} is no JSON object")
    return _copy(value.document)


def _as_bytes(value: _Value, _name: str, _key: str | None) -> Any:
    return value.data if value.data is not None else (value.text or "").encode("utf-8", "surrogateescape")


class _Ask:
    """What a caller asks for, and how it is made of a value."""

    __slots__ = ("default", "env", "key", "lazy", "name", "shape", "stage", "variable")

    def __init__(
        self, name: str, default: Any, key: str | None, env: str | None, stage: str, shape: Callable[..., Any]
    ) -> None:
        self.name, self.default, self.key, self.env, self.stage, self.shape = name, default, key, env, stage, shape
        self.lazy, self.variable = callable(default), env or _variable(name)

    @property
    def expression(self) -> bool:
        """Whether the default is an expression that the secret is shown to."""
        return self.lazy and self.shape is _as_text

    @property
    def plain(self) -> bool:
        return self.key is None and self.env is None and self.stage == CURRENT

    def shown(self, value: _Value) -> Any:
        return (_as_given if self.expression else self.shape)(value, self.name, self.key)

    def of_variable(self, value: _Value) -> Any:
        """A variable's value is text, whatever it looks like; with key= the field, or the JSON object around it."""
        if self.shape is _as_text and (self.key is None or value.document is None):
            return value.text
        return self.shape(value, self.name, self.key)

    def evaluate(self, text: str | None) -> Any:
        return _evaluate(self.name, self.variable, text, self.default)

    def optional(self, problem: _Problem) -> Any:
        """What the expression gives where its variable is not set; only what is empty says that nothing is needed."""
        try:
            result = self.evaluate(None)
        except (KeyError, ValueError):
            return problem
        except Exception as error:  # the app may handle it; ours would slip its handler
            raise error from problem.kind(problem.text)
        return problem if result else result


# --- settings ---------------------------------------------------------------------------------------------------------


class _Settings:
    """What the environment says of this module, read when first needed and after clear_secret_cache()."""

    def __init__(self) -> None:
        self.aws = _switch("USE_AWS_SECRETS")
        self.development = os.environ.get("DJANGO_ENV", "development") == "development"
        self.prefix = os.environ.get("AWS_SECRETS_PREFIX", "")
        self.ttl = _seconds("AWS_SECRETS_TTL", SECRET_CACHE_TTL)
        self.max_stale = _seconds("AWS_SECRETS_MAX_STALE", MAX_STALE)
        self.fallback = _word("AWS_SECRETS_FALLBACK", "env", "any", "deny")


def _word(variable: str, *words: str) -> str:
    word = os.environ.get(variable, "").strip().lower() or words[0]
    if word not in words:
        raise SecretError(f"{variable} is {word!r}: say one of {', '.join(words)}")
    return word


def _switch(variable: str) -> bool:
    return _word(variable, "false", "0", "no", "off", "true", "1", "yes", "on") in ("true", "1", "yes", "on")


def _seconds(variable: str, default: float) -> float:
    text = os.environ.get(variable, "").strip() or str(default)
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < float("inf"):
        raise SecretError(f"{variable} is {text!r}: say a number of seconds")
    return seconds


def _jitter(seconds: float, least: float) -> float:
    """Between `least` and the whole of it; random without the random module (slow to import, shared by a fork)."""
    return seconds * (least + (1 - least) * int.from_bytes(os.urandom(4), "big") / 2**32)


def _warn(message: str, *args: object) -> None:
    import logging  # noqa: PLC0415 - not needed where all is well

    logging.getLogger("shield_ai").warning(message, *args)


# --- AWS --------------------------------------------------------------------------------------------------------------

_DENIED = {
    *("AccessDenied", "AccessDeniedException", "ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId"),
    *("InvalidSignatureException", "MissingAuthenticationToken", "MissingAuthenticationTokenException"),
    *("SignatureDoesNotMatch", "UnrecognizedClientException", "NoCredentialsError", "PartialCredentialsError"),
    *("CredentialRetrievalError", "TokenRetrievalError", "SSOTokenLoadError", "UnauthorizedSSOTokenError"),
}


def _refusal(name: str, code: str) -> _Problem:
    """AWS's error code, or the type of an exception, as one of our errors."""
    if code == "ResourceNotFoundException":
        return _Problem(SecretNotFoundError, f"secret {name!r} does not exist in AWS Secrets Manager ({code})")
    if code in _DENIED:
        return _Problem(SecretAccessDeniedError, f"secret {name!r}: AWS denies access ({code})")
    return _Problem(SecretUnavailableError, f"secret {name!r} can't be read from AWS Secrets Manager ({code})")


def _code(error: BaseException) -> str:
    response = getattr(error, "response", None)
    detail = response.get("Error") if isinstance(response, dict) else None
    return str(detail.get("Code") if isinstance(detail, dict) else type(error).__name__)[:80]


class _Boto3:
    """Calls through boto3, with limits: the SDK's own let a call hang for minutes."""

    def __init__(self) -> None:
        import boto3.session  # noqa: PLC0415 - slow, and not needed where AWS is off
        from botocore.config import Config  # noqa: PLC0415

        config = Config(
            connect_timeout=CONNECT_TIMEOUT,
            read_timeout=READ_TIMEOUT,
            retries={"total_max_attempts": ATTEMPTS, "mode": "standard"},
            max_pool_connections=32,
            user_agent_extra="shield-ai",
        )
        session = boto3.session.Session()
        region = os.environ.get("AWS_REGION") or session.region_name or "us-east-1"
        self.client = session.client("secretsmanager", region_name=region, config=config)

    def fetch(self, secret_id: str, stage: str, *, refresh: bool) -> Mapping[str, Any]:  # noqa: ARG002 - agent's
        if stage == CURRENT:
            return self.client.get_secret_value(SecretId=secret_id)
        return self.client.get_secret_value(SecretId=secret_id, VersionStage=stage)


# --- the client -------------------------------------------------------------------------------------------------------

_lock = threading.RLock()  # held for a few lines, never while a call is made or a log line written
_hot: dict[Any, tuple[float, Any]] = {}  # leases of the module's own client; anything that changes empties it


class _Flight:
    """One call that is under way; whoever needs its answer waits for it instead of calling, too."""

    __slots__ = ("answer", "done", "started")

    def __init__(self, name: str, now: float) -> None:
        self.started, self.done = now, threading.Event()
        self.answer: _Value | _Problem = _Problem(SecretUnavailableError, f"secret {name!r}: no answer in time")


class _Record:
    """The books on one secret (and stage), or on one variable."""

    __slots__ = ("flight", "fresh_until", "name", "problem", "retry_at", "stage", "tries", "value", "warned")

    def __init__(self, name: str, stage: str | None) -> None:
        self.name, self.stage, self.tries, self.warned = name, stage, 0, False
        self.value: _Value | None = None
        self.problem: _Problem | None = None
        self.flight: _Flight | None = None
        self.fresh_until = self.retry_at = 0.0


class SecretsManagerClient:
    """Secrets with a cache of their own. The functions of this module share one."""

    def __init__(self) -> None:
        self._hot: dict[Any, tuple[float, Any]] = {}
        self._forget()

    def _forget(self) -> None:
        self._books: dict[tuple[str, str | None], _Record] = {}  # the least recently used first
        self._settings: _Settings | None = None
        self._boto: tuple[int, _Boto3] | None = None
        self._making = threading.RLock()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {len(self._books)} secrets>"

    # What users call

    def get_secret(
        self,
        name: str,
        default: Any = MISSING,
        *,
        key: str | None = None,
        env: str | None = None,
        stage: str = CURRENT,
    ) -> Any:
        """Do what the function of this name does."""
        if not callable(default):
            lease = self._hot.get((name, key, env, stage))
            if lease is not None and monotonic() < lease[0]:
                return lease[1]
        elif not self._config().aws:
            return default()
        return _served(self._read(_Ask(name, default, key, env, stage, _as_text)))

    def get_secret_dict(
        self, name: str, default: Any = MISSING, *, env: str | None = None, stage: str = CURRENT
    ) -> Any:
        """Do what the function of this name does."""
        return self._whole(name, default, env, stage, _as_dict)

    def get_secret_bytes(
        self, name: str, default: Any = MISSING, *, env: str | None = None, stage: str = CURRENT
    ) -> Any:
        """Do what the function of this name does."""
        return self._whole(name, default, env, stage, _as_bytes)

    def has_secret(self, name: str, *, key: str | None = None, env: str | None = None) -> bool:
        """Do what the function of this name does."""
        env, settings = env or _variable(name), self._config()
        held = bool(os.environ.get(env))
        if not settings.aws:
            return env in os.environ
        if settings.development and held:
            return True
        answer: Any = self._look(name, CURRENT)
        if isinstance(answer, _Value) and key is not None:
            answer = _as_given(answer, name, key)
        if not isinstance(answer, _Problem) or (held and settings.fallback != "deny"):
            return True
        if answer.kind is SecretNotFoundError or settings.development:
            return False
        raise answer.kind(answer.text)

    def refresh_secret(self, name: str, *, stage: str = CURRENT) -> None:
        """Do what the function of this name does."""
        if self._config().aws:
            _served(self._look(name, stage, refresh=True))
        else:
            self.clear_cache(name)

    def clear_cache(self, name: str | None = None) -> None:
        """Do what the function of this name does."""
        with _lock:
            self._hot.clear()
            if name is None:
                self._books.clear()
                self._settings = None
            else:
                for book in [book for book in self._books if book[0] == name or book[1] is None]:
                    del self._books[book]

    # The order of sources

    def _whole(self, name: str, default: Any, env: str | None, stage: str, shape: Callable[..., Any]) -> Any:
        if callable(default) and not self._config().aws:
            return default()
        return _served(self._read(_Ask(name, default, None, env, stage, shape)))

    def _read(self, ask: _Ask) -> Any:
        settings = self._config()
        if settings.development or not settings.aws:
            value = self._of_environment(ask)
            if value is not None:
                return ask.default() if ask.lazy else self._lease(ask, value, ask.of_variable(value), None)
        if not settings.aws:
            text = f"secret {ask.name!r} not found: AWS is off and {ask.variable} is not set"
            return _Problem(SecretNotFoundError, text) if ask.default is MISSING else ask.default
        value_or = self._look(ask.name, ask.stage)
        if isinstance(value_or, _Problem):
            return self._without(ask, value_or)
        answer = ask.shown(value_or)
        if not isinstance(answer, _Problem):
            return ask.evaluate(answer) if ask.expression else self._lease(ask, value_or, answer, ask.stage)
        return self._without(ask, answer) if answer.kind is SecretNotFoundError else answer

    def _without(self, ask: _Ask, problem: _Problem) -> Any:
        """AWS can't serve it: the environment, if it holds the variable; the default, if there is no such secret."""
        settings = self._config()
        text = os.environ.get(ask.variable) if ask.stage == CURRENT else None
        if text and settings.fallback != "deny" and not settings.development:
            self._fell_back(ask, problem)
            return ask.default() if ask.lazy else ask.of_variable(_Value(text))
        if ask.default is MISSING:
            return problem
        if settings.development or settings.fallback == "any":
            return ask.default() if ask.lazy else ask.default
        if problem.kind is not SecretNotFoundError:
            return problem
        if ask.expression:
            return ask.optional(problem)
        return ask.default() if ask.lazy else ask.default

    def _of_environment(self, ask: _Ask) -> _Value | None:
        """The variable's value, cached like any other. An empty variable counts as not set."""
        variable = ask.variable
        if ask.stage != CURRENT:
            return None
        with _lock:
            record = self._books.get((variable, None))
            if record is not None and monotonic() < record.fresh_until:
                return self._record(variable, None).value
        text = os.environ.get(variable)
        if not text:
            return None
        value = _Value(text)
        with _lock:
            record = self._record(variable, None)
            record.value, record.fresh_until = value, value.fetched + _jitter(self._config().ttl, 0.9)
        return value

    def _fell_back(self, ask: _Ask, problem: _Problem) -> None:
        with _lock:
            record = self._record(ask.name, ask.stage)
            warned, record.warned = record.warned, True
        if not warned:
            _warn("%s; falling back to the environment variable %s", problem.text, ask.variable)

    def _lease(self, ask: _Ask, value: _Value, answer: Any, stage: str | None) -> Any:
        """Let the fast path serve this answer for a moment."""
        if ask.shape is _as_text and not isinstance(answer, _Problem):
            with _lock:
                record = self._books.get((ask.name if stage else ask.variable, stage))
                if record is not None and record.value is value:
                    lease = (min(monotonic() + LEASE, record.fresh_until), answer)
                    self._hot[ask.name, ask.key, ask.env, ask.stage] = lease
                    if ask.plain:
                        self._hot[ask.name] = lease
        return answer

    # The books

    def _config(self) -> _Settings:
        settings = self._settings
        if settings is None:
            settings = _Settings()
            if settings.aws:
                try:
                    import boto3  # noqa: F401, PLC0415 - slow, and not needed where AWS is off
                except ImportError:
                    _warn("USE_AWS_SECRETS is on but boto3 is not installed; using the environment")
                    settings.aws = False
            self._settings = settings
        return settings

    def _record(self, name: str, stage: str | None) -> _Record:
        """The books on a secret, as the most recently used; the least recently used one leaves. Under the lock."""
        record = self._books.pop((name, stage), None) or _Record(name, stage)
        self._books[name, stage] = record
        if len(self._books) > SECRET_CACHE_SIZE:
            del self._books[next(iter(self._books))]
            self._hot.clear()
        return record

    def _look(self, name: str, stage: str, *, refresh: bool = False) -> _Value | _Problem:
        """The value, from the books where they are fresh; at the price of one call, whatever the number of threads."""
        settings, mine = self._config(), False
        with _lock:
            record, now = self._record(name, stage), monotonic()
            value, flight = record.value, record.flight
            if value is not None and now < record.fresh_until and not refresh:
                return value
            if value is not None and now >= value.fetched + settings.max_stale:
                value = None
            if flight is not None and now >= flight.started + DEADLINE:
                flight = None  # its thread is lost
            if flight is None and (refresh or now >= record.retry_at):
                flight, mine = _Flight(name, now), True
                record.flight = flight
            idle = value is not None and now > value.fetched + max(3 * settings.ttl, 60.0) and not record.tries
        if flight is None:
            return value or record.problem or _Problem(SecretUnavailableError, f"secret {name!r} is backing off")
        if value is not None and not refresh and not idle:
            if mine:
                self._in_background(record, flight)
            return value
        if mine:
            self._fly(record, flight, refresh=refresh)
        else:
            flight.done.wait(max(0.0, flight.started + DEADLINE - now))
        if isinstance(flight.answer, _Problem) and not refresh:
            return value or flight.answer
        return flight.answer

    def _in_background(self, record: _Record, flight: _Flight) -> None:
        thread = threading.Thread(target=self._fly, args=(record, flight), name="shield-ai-refresh", daemon=True)
        try:
            thread.start()
        except RuntimeError:  # no more threads, or the interpreter is shutting down
            with _lock:
                record.flight, record.retry_at = None, monotonic() + BACK_OFF

    def _fly(self, record: _Record, flight: _Flight, *, refresh: bool = False) -> None:
        try:
            flight.answer = self._call(record, refresh=refresh)
        finally:
            self._land(record, flight)

    def _land(self, record: _Record, flight: _Flight) -> None:
        """Enter the answer into the books, unless the flight was given up meanwhile; wake who waits."""
        answer, settings, warn = flight.answer, self._config(), False
        with _lock:
            if record.flight is flight:
                record.flight = None
                if isinstance(answer, _Value):
                    record.value, record.problem, record.tries, record.warned = answer, None, 0, False
                    record.fresh_until = answer.fetched + _jitter(settings.ttl, 0.9)
                    self._hot.clear()
                else:
                    record.problem = answer
                    pause = min(BACK_OFF * 2**record.tries, MAX_BACK_OFF)
                    record.tries, record.retry_at = min(record.tries + 1, 16), monotonic() + _jitter(pause, 0.5)
                    warn = record.value is not None and not record.warned
                    record.warned = record.warned or warn
        flight.done.set()
        if warn and isinstance(answer, _Problem):
            _warn("%s; serving the last known value for up to %d s", answer.text, settings.max_stale)

    def _call(self, record: _Record, *, refresh: bool) -> _Value | _Problem:
        prefix = "" if record.name.startswith("arn:") else self._config().prefix
        try:
            response = self._transport().fetch(prefix + record.name, record.stage or CURRENT, refresh=refresh)
            if "SecretString" in response:
                return _Value(response["SecretString"])
            if "SecretBinary" in response:
                return _Value(None, response["SecretBinary"])
        except Exception as error:  # noqa: BLE001 - whatever it is, its text and frames may hold the value
            return _refusal(prefix + record.name, _code(error))
        return _refusal(prefix + record.name, "an answer without a value")

    def _transport(self) -> _Boto3:
        """The connection to AWS, made anew when the environment that it came from has changed."""
        import boto3.session  # noqa: PLC0415 - slow, and not needed where AWS is off

        origin = hash(frozenset((boto3.session.Session, *((k, os.environ.get(k)) for k in os.environ if "AWS_" in k))))
        with self._making:
            if self._boto is None or self._boto[0] != origin:
                self._boto = (origin, _Boto3())
            return self._boto[1]


_client = SecretsManagerClient()
_client._hot = _hot  # noqa: SLF001 - one dictionary, so that the fast path needs no attribute


# --- the functions ----------------------------------------------------------------------------------------------------


@overload
def get_secret(
    name: str, default: Callable[[], T], *, key: str | None = ..., env: str | None = ..., stage: str = ...
) -> T: ...
@overload
def get_secret(name: str, *, key: str | None = ..., env: str | None = ..., stage: str = ...) -> str: ...
@overload
def get_secret(name: str, default: T, *, key: str | None = ..., env: str | None = ..., stage: str = ...) -> str | T: ...
def get_secret(
    name: str, default: Any = MISSING, key: str | None = None, env: str | None = None, stage: str = CURRENT
) -> Any:
    """Return a secret's text.

    Args:
        name: Its name in AWS, without AWS_SECRETS_PREFIX.
        default: A plain value serves where the secret does not exist. A callable is the expression that read the
            variable before: it is called where AWS is off; else it sees the secret as that variable and its result is
            returned.
        key: A field of a secret that is a JSON object.
        env: The variable behind the name; left out, the name in upper case with "_".
        stage: AWSPREVIOUS for the version before.

    Callers pass key, env and stage by keyword; Python is not told so because that makes each call a third slower.
    """
    if default is MISSING and key is None and env is None and stage is CURRENT:
        try:
            until, value = _hot[name]
        except KeyError:
            pass
        else:
            if monotonic() < until:
                return value
    return _client.get_secret(name, default, key=key, env=env, stage=stage)


@overload
def get_secret_dict(name: str, *, env: str | None = ..., stage: str = ...) -> dict[str, Any]: ...
@overload
def get_secret_dict(
    name: str, default: Callable[[], T] | T, *, env: str | None = ..., stage: str = ...
) -> dict[str, Any] | T: ...
def get_secret_dict(name: str, default: Any = MISSING, *, env: str | None = None, stage: str = CURRENT) -> Any:
    """Return a secret that is a JSON object, as a dictionary of the caller's own."""
    return _client.get_secret_dict(name, default, env=env, stage=stage)


@overload
def get_secret_bytes(name: str, *, env: str | None = ..., stage: str = ...) -> bytes: ...
@overload
def get_secret_bytes(
    name: str, default: Callable[[], T] | T, *, env: str | None = ..., stage: str = ...
) -> bytes | T: ...
def get_secret_bytes(name: str, default: Any = MISSING, *, env: str | None = None, stage: str = CURRENT) -> Any:
    """Return a binary secret's bytes, or a text's in UTF-8."""
    return _client.get_secret_bytes(name, default, env=env, stage=stage)


def has_secret(name: str, *, key: str | None = None, env: str | None = None) -> bool:
    """Tell whether there is such a secret: what `"NAME" in os.environ` was before (and is, where AWS is off)."""
    return _client.has_secret(name, key=key, env=env)


def refresh_secret(name: str, *, stage: str = CURRENT) -> None:
    """Read a secret from AWS now, although its value may be fresh; raise if that fails, and keep the last value."""
    _client.refresh_secret(name, stage=stage)


def clear_secret_cache(name: str | None = None) -> None:
    """Forget one secret; or all of them, and what the environment says of this module."""
    _client.clear_cache(name)
