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

# ruff: noqa: F811, D102, D103
# (The overloads; ruff does not see that they are some, because typing is imported for the type checker alone.)

from __future__ import annotations

import atexit
import os
import sys
import time
from _thread import RLock, get_ident  # threading takes twice as long to import as all the rest
from contextvars import ContextVar, copy_context
from time import monotonic
from weakref import WeakSet

TYPE_CHECKING = False  # typing itself is slow to import; checkers take this name for true
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager
    from logging import LogRecord
    from threading import Thread
    from typing import Any, TypeVar, Union, overload

    T = TypeVar("T")
    _Answer = Union["_Value", "_Problem"]
else:

    def overload(function):  # noqa: ANN001, ANN202 - only typing.overload is ever seen by a checker
        """Stand in for typing.overload."""
        return function


__all__ = [
    "MISSING",
    "RedactingFilter",
    "SecretAccessDeniedError",
    "SecretError",
    "SecretFormatError",
    "SecretNotFoundError",
    "SecretUnavailableError",
    "SecretsManagerClient",
    "aget_secret",
    "clear_secret_cache",
    "get_secret",
    "get_secret_bytes",
    "get_secret_dict",
    "has_secret",
    "prefetch",
    "refresh_secret",
    "stats",
    "survives_rotation",
]

SECRET_CACHE_SIZE = 128
SECRET_CACHE_TTL = 300.0  # seconds, as all times here; AWS_SECRETS_TTL
MAX_STALE = 86400.0  # a value that can't be refreshed is served for so long; AWS_SECRETS_MAX_STALE
# a value that nobody has asked for so long after it expired is refreshed before it is served
IDLE = 60.0
LEASE = 1.0  # the fast path serves a value for so long before it looks at the books again
CONNECT_TIMEOUT, READ_TIMEOUT, ATTEMPTS = 2, 5, 3
DEADLINE = 30.0  # nobody waits longer for a call
BACK_OFF, MAX_BACK_OFF = 0.5, 60.0
BATCH = 20  # the most that BatchGetSecretValue takes
REPORT_EVERY = 60.0
# a rotation changes the database up to about a minute before it moves the stage
ROTATION_WINDOW = 75.0
POLL, MAX_POLL = 1.0, 8.0
CURRENT = "AWSCURRENT"
# these serve get_secret() on a JSON object, in this order
FIELDS = ("value", "password", "secret", "key")
# fields that need no mask
NO_SECRETS = ("engine", "host", "port", "dbname", "database", "username", "user")
COUNTS = (
    "SecretsManagerCalls",
    "CacheHits",
    "CacheMisses",
    "SecretErrors",
    "FallbackToEnv",
    "StaleServed",
)


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

    def error(self) -> Exception:
        return self.kind(self.text)


class _Raised(_Problem):
    """An error of the app's own expression, which has seen no value."""

    __slots__ = ("raised",)

    def __init__(self, raised: Exception) -> None:
        super().__init__(SecretError, type(raised).__name__)
        own = raised.__traceback__
        # the frame that caught it does know the value
        self.raised = raised.with_traceback(own and own.tb_next)

    def error(self) -> Exception:
        return self.raised


def _served(answer: Any) -> Any:
    if isinstance(answer, _Problem):
        raise answer.error()
    return answer


# --- the environment as an expression sees it -------------------------------------------------------------------------


class _Frame:
    """One variable that an expression is shown: for this thread, in this context, without putenv()."""

    __slots__ = ("asked", "outer", "raw", "text", "thread")

    def __init__(self, variable: str, text: str | None) -> None:
        self.raw, self.text, self.asked = os.environ.encodekey(variable), text, False
        self.thread, self.outer = get_ident(), _frame.get()


_frame: ContextVar[_Frame | None] = ContextVar("shield_ai_frame", default=None)


def _frames() -> Iterator[_Frame]:
    frame, me = _frame.get(), get_ident()
    while frame is not None:
        if frame.thread == me:  # a context that was copied into another thread shows nothing there
            yield frame
        frame = frame.outer


# its class has no public name
class _Environ(os._Environ):  # type: ignore[type-arg]  # noqa: SLF001
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

    def __contains__(self, key: Any) -> bool:
        frame = self._find(key)
        if frame is None:
            return super().__contains__(key)
        frame.asked = True
        return frame.text is not None

    def get(self, key: Any, default: Any = None) -> Any:
        if self._find(key) is None:
            return super().get(key, default)
        try:
            return self[key]
        except KeyError:
            return default

    def __setitem__(self, key: Any, value: Any) -> None:
        frame = self._find(key)
        if frame is None:
            super().__setitem__(key, value)
        else:  # putenv() would show it to every child process
            frame.text = os.environ.decodevalue(self.encodevalue(value))

    def __delitem__(self, key: Any) -> None:
        frame = self._find(key)
        # not in typeshed
        if frame is None or frame.raw in self._data:  # type: ignore[attr-defined]
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
# the class of os.environ -> ours on top of it: somebody may have a subclass there
_shown: dict[type, type] = {}
_expressions = 0


def _enter(change: int) -> None:
    """Count the expressions that run; os.environ is of our class while there are any."""
    global _expressions  # noqa: PLW0603 - os.environ is global, too
    with _lock:
        _expressions += change
        for mapping in (os.environ, getattr(os, "environb", os.environ)):
            plain = getattr(type(mapping), "_plain", type(mapping))
            if plain not in _shown:
                _shown[plain] = type("_Environ", (_Environ, plain), {"_plain": plain})
            object.__setattr__(mapping, "__class__", _shown[plain] if _expressions else plain)


def _evaluate(name: str, variable: str, text: str | None, expression: Callable[[], Any]) -> Any:
    """The expression's result, while `variable` holds `text` (None: is not set) for this thread only."""
    if not issubclass(type(os.environ), _PLAIN):
        return _Problem(
            SecretError,
            f"secret {name!r}: os.environ has been replaced by a {type(os.environ).__name__}",
        )
    frame = _Frame(variable, text)
    token = _frame.set(frame)
    _enter(1)
    try:
        result = expression()
    except Exception as error:  # noqa: BLE001 - the app's own, of any kind
        if not frame.asked or text is None:
            return _Raised(error)
        return _Problem(
            SecretFormatError,
            f"secret {name!r}: its expression fails on the value: {_whence(error)}",
        )
    finally:
        _enter(-1)
        _frame.reset(token)
    if frame.asked or text is None or _asks_later(result, name, variable, text):
        return result
    return _Problem(
        SecretError,
        f"secret {name!r}: its expression never asked for the variable {variable}, so it can't be the secret"
        f" (is the variable another one? say env=; is it read earlier and kept?)",
    )


def _asks_later(result: Any, name: str, variable: str, text: str) -> bool:
    """Let a value of django-configurations, which asks when its class is set up, be shown the secret then."""
    if not any(kind.__module__ == "configurations.values" for kind in type(result).__mro__):
        return False
    setup = result.setup
    result.setup = lambda target: _served(_evaluate(name, variable, text, lambda: setup(target)))
    return True


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
    import json

    try:
        document = json.loads(text)
    except ValueError:
        return None
    return document if isinstance(document, dict) else None  # always one, after a "{"


def _field(value: Any) -> str:
    if isinstance(value, str):
        return value
    import json

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
            return _Problem(
                SecretFormatError, f"secret {name!r} is binary and no UTF-8: use get_secret_bytes()"
            )
        return value.text
    if value.document is None:
        return _Problem(
            SecretFormatError, f"secret {name!r} is no JSON object, so it has no field {key!r}"
        )
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
    return (
        value.data
        if value.data is not None
        else (value.text or "").encode("utf-8", "surrogateescape")
    )


def _entry(entry: str | tuple[str, str]) -> tuple[str, str | None]:
    """Name and field of a secret in a mapping of variables."""
    return (entry, None) if isinstance(entry, str) else entry


class _Ask:
    """What a caller asks for, and how it is made of a value."""

    __slots__ = ("default", "env", "key", "lazy", "name", "shape", "spare", "stage", "variable")

    def __init__(  # noqa: PLR0913, PLR0917 - what get_secret takes
        self,
        name: str,
        default: Any,
        key: str | None,
        env: str | None,
        stage: str,
        shape: Callable[..., Any],
        spare: bool = False,  # noqa: FBT001, FBT002 - as above
    ) -> None:
        self.name, self.default, self.key, self.env, self.stage, self.shape = (
            name,
            default,
            key,
            env,
            stage,
            shape,
        )
        self.spare = spare  # the app runs without the secret
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
        result = self.evaluate(None)
        if isinstance(result, _Raised) and type(result.raised) not in (KeyError, ValueError):
            result.raised.__cause__ = problem.error()
            return result  # the app may handle it; ours would slip its handler
        return problem if result and not self.spare else result


# --- settings ---------------------------------------------------------------------------------------------------------


class _Settings:
    """What the environment says of this module, read when first needed and after clear_secret_cache()."""

    def __init__(self) -> None:
        self.aws = _switch("USE_AWS_SECRETS")
        self.development = os.environ.get("DJANGO_ENV", "development") == "development"
        self.prefix = os.environ.get("AWS_SECRETS_PREFIX", "")
        self.ttl = _seconds("AWS_SECRETS_TTL", SECRET_CACHE_TTL)
        self.max_stale = _seconds("AWS_SECRETS_MAX_STALE", MAX_STALE)
        self.idle = self.ttl + max(2 * self.ttl, IDLE)
        self.fallback = _word("AWS_SECRETS_FALLBACK", "env", "any", "deny")
        self.lenient = self.development or self.fallback == "any"
        self.transport = _word("AWS_SECRETS_TRANSPORT", "boto3", "agent")
        metrics, _, namespace = os.environ.get("AWS_SECRETS_METRICS", "").partition(":")
        self.metrics, self.namespace = (
            _one_of("AWS_SECRETS_METRICS", metrics, ("off", "emf", "cloudwatch")),
            namespace,
        )
        if self.aws and self.transport == "boto3" and not _has_boto3():
            _warn("USE_AWS_SECRETS is on but boto3 is not installed; using the environment")
            self.aws = False


def _has_boto3() -> bool:
    try:
        if "boto3" in sys.modules:
            import boto3  # noqa: F401 - not imported here if the app does not need it

            return True
        from importlib.util import find_spec

        return find_spec("boto3") is not None
    except ImportError:
        return False


def _word(variable: str, *words: str) -> str:
    return _one_of(variable, os.environ.get(variable, ""), words)


def _one_of(variable: str, word: str, words: tuple[str, ...]) -> str:
    word = word.strip().lower() or words[0]
    if word not in words:
        raise SecretError(f"{variable} is {word!r}: say one of {', '.join(words)}")
    return word


def _switch(variable: str) -> bool:
    return _word(variable, "false", "0", "no", "off", "true", "1", "yes", "on") in (
        "true",
        "1",
        "yes",
        "on",
    )


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
    import logging

    logging.getLogger("shield_ai").warning(message, *args)


# --- AWS --------------------------------------------------------------------------------------------------------------

_DENIED = """
    AccessDenied AccessDeniedException ExpiredToken ExpiredTokenException InvalidClientTokenId InvalidSignatureException
    MissingAuthenticationToken MissingAuthenticationTokenException SignatureDoesNotMatch UnrecognizedClientException
    NoCredentialsError PartialCredentialsError CredentialRetrievalError TokenRetrievalError SSOTokenLoadError
    UnauthorizedSSOTokenError
""".split()  # noqa: SIM905 - a list would take a page
_EXPIRED = (
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidClientTokenId",
    "UnrecognizedClientException",
)
# an old boto3 or server
_NO_BATCH = ("AttributeError", "UnknownOperationException", "InvalidAction")


def _refusal(name: str, code: str) -> _Problem:
    """AWS's error code, or the type of an exception, as one of our errors."""
    if code == "ResourceNotFoundException":
        return _Problem(
            SecretNotFoundError, f"secret {name!r} does not exist in AWS Secrets Manager ({code})"
        )
    if code in _DENIED:
        return _Problem(SecretAccessDeniedError, f"secret {name!r}: AWS denies access ({code})")
    return _Problem(
        SecretUnavailableError, f"secret {name!r} can't be read from AWS Secrets Manager ({code})"
    )


def _code(error: BaseException) -> str:
    response = getattr(error, "response", None)
    detail = response.get("Error") if isinstance(response, dict) else None
    return str(detail.get("Code") if isinstance(detail, dict) else type(error).__name__)[:80]


_calling: ContextVar[bool] = ContextVar("shield_ai_calling", default=False)


def _discreet(_record: object) -> bool:
    """A filter for the SDK's loggers: while a call of ours runs, they would print the secret at level DEBUG."""
    return not _calling.get()


# one for each client that is being made while garbage collection rests for it
_pausing: list[bool] = []


class _Boto3:
    """Calls through boto3, with limits: the SDK's own let a call hang for minutes."""

    def __init__(self) -> None:
        import gc

        # The SDK is a hundred thousand objects and no garbage: looking for some takes a tenth of the time.
        collects = _pausing or gc.isenabled()
        if collects:
            _pausing.append(True)
        gc.disable()
        try:
            self._connect()
        finally:
            if collects:
                _pausing.pop()
                if not _pausing:
                    gc.enable()

    def _connect(self) -> None:
        import logging

        from botocore.config import Config

        limits: dict[str, Any] = {"connect_timeout": CONNECT_TIMEOUT, "read_timeout": READ_TIMEOUT}
        limits["retries"] = {"total_max_attempts": ATTEMPTS, "mode": "standard"}
        boto3 = sys.modules.get("boto3")
        if boto3 is not None:  # the app's own, which it may have changed
            session = boto3.session.Session()
            make, region = session.client, session.region_name
        else:  # what boto3 itself is made of, which is there sooner
            from botocore.session import Session

            session = Session()
            # The SDK would look into the folder of each of its 400 services, twice, to see that this one is there.
            session.get_component("data_loader").list_available_services = lambda _kind: [
                "secretsmanager"
            ]
            make, region = session.create_client, session.get_config_variable("region")
        region = os.environ.get("AWS_REGION") or region or "us-east-1"
        config = Config(**limits, max_pool_connections=32, user_agent_extra="shield-ai")
        self.client: Any = make("secretsmanager", region_name=region, config=config)
        for name in [
            name for name in logging.root.manager.loggerDict if name.startswith("botocore")
        ]:
            logging.getLogger(name).addFilter(_discreet)

    # the agent's
    def fetch(self, secret_id: str, stage: str, *, refresh: bool) -> Any:  # noqa: ARG002
        if stage == CURRENT:
            return self.client.get_secret_value(SecretId=secret_id)
        return self.client.get_secret_value(SecretId=secret_id, VersionStage=stage)

    def fetch_many(self, secret_ids: list[str]) -> Any:
        return self.client.batch_get_secret_value(SecretIdList=secret_ids)


class _Agent:
    """Calls to the AWS Secrets Manager Agent or its Lambda extension: loopback, no proxy, no redirects."""

    def __init__(self) -> None:
        port = os.environ.get("PARAMETERS_SECRETS_EXTENSION_HTTP_PORT") or "2773"
        if not port.isdecimal():
            raise SecretError(f"PARAMETERS_SECRETS_EXTENSION_HTTP_PORT is {port!r}: say a number")
        self.port = int(port)

    def fetch(self, secret_id: str, stage: str, *, refresh: bool) -> Mapping[str, Any]:
        from urllib.parse import urlencode

        query = {
            "secretId": secret_id,
            "versionStage": stage,
            **({"refreshNow": "true"} if refresh else {}),
        }
        path, token = "/secretsmanager/get?" + urlencode(query), _token()
        for attempt in range(ATTEMPTS):
            if attempt:
                time.sleep(_jitter(2 ** (attempt - 1), 0))
            try:
                status, body = self._get(path, token)
            except OSError as error:
                code = type(error).__name__
            else:
                if status == 200:
                    return _of_agent(body)
                code = _code_of_agent(status, body)
                # ours to mend, not the agent's
                if status < 500 and code != "ThrottlingException":
                    break
        raise _AgentError(code)

    def _get(self, path: str, token: str) -> tuple[int, bytes]:
        # not needed where AWS is off
        from http.client import HTTPConnection, HTTPException

        connection = HTTPConnection("127.0.0.1", self.port, timeout=CONNECT_TIMEOUT)
        try:
            connection.connect()
            connection.sock.settimeout(READ_TIMEOUT)
            connection.request("GET", path, headers={"X-Aws-Parameters-Secrets-Token": token})
            response = connection.getresponse()
            return response.status, response.read()
        except HTTPException as error:
            raise OSError(type(error).__name__) from None
        finally:
            connection.close()


def _password_refused(error: Exception) -> bool:
    """Whether a driver's error says that the password is wrong: by SQLSTATE, MySQL's number or PostgreSQL's words."""
    states = {getattr(error, name, None) for name in ("sqlstate", "pgcode")}
    number = error.args[0] if error.args else None
    return (
        bool(states & {"28P01", "28000"})
        or number in (1045, 1698)
        or "authentication failed" in str(error)
    )


def _value_of(response: Mapping[str, Any]) -> _Value | None:
    if "SecretString" in response:
        return _Value(response["SecretString"])
    return _Value(None, response["SecretBinary"]) if "SecretBinary" in response else None


def _span(secret_id: str) -> AbstractContextManager[object]:
    """An OpenTelemetry span around a call, in an app that uses OpenTelemetry."""
    from contextlib import nullcontext

    trace = sys.modules.get("opentelemetry.trace")
    if trace is None:
        return nullcontext()
    span: AbstractContextManager[object] = trace.get_tracer("shield_ai").start_as_current_span(
        "secretsmanager.get", attributes={"aws.secretsmanager.secret.name": secret_id}
    )
    return span


class _AgentError(Exception):
    """The agent's refusal, in the shape of botocore's."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.response = {"Error": {"Code": code}}


def _of_agent(body: bytes) -> Mapping[str, Any]:
    import base64
    import json

    response: dict[str, Any] = json.loads(body)
    if "SecretBinary" in response:
        response["SecretBinary"] = base64.b64decode(response["SecretBinary"])
    return response


def _code_of_agent(status: int, body: bytes) -> str:
    import json

    try:
        return str(json.loads(body)["__type"]).rpartition("#")[2]
    except (ValueError, KeyError, TypeError):
        return {403: "AccessDeniedException"}.get(status, f"HTTP {status}")


def _token() -> str:
    """The agent's token: from the environment, or from a file that only its owner can change."""
    names = ("AWS_TOKEN", "AWS_SESSION_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN")
    token = next(filter(None, map(os.environ.get, names)), "file:///var/run/awssmatoken")
    if not token.startswith("file://"):
        return token
    path = token[len("file://") :]
    try:
        with open(path, encoding="ascii") as file:  # noqa: PTH123 - pathlib is slow to import
            if os.fstat(file.fileno()).st_mode & 0o027:
                raise SecretAccessDeniedError(
                    f"the agent's token file {path} can be read by others or changed by its group"
                )
            return file.read().strip()
    except (OSError, ValueError) as error:
        raise SecretAccessDeniedError(
            f"the agent's token file {path} can't be read ({type(error).__name__})"
        ) from None


# --- the client -------------------------------------------------------------------------------------------------------

_lock = RLock()  # held for a few lines, never while a call is made or a log line written
# leases of the client that the functions share; any change empties it
_hot: dict[Any, tuple[float, Any]] = {}


class _Flight:
    """One call under way, in a thread of its own. Who needs its answer waits for it, but not for ever."""

    __slots__ = ("answer", "done", "refresh", "started", "wakers")

    def __init__(self, now: float, *, refresh: bool) -> None:
        from threading import Event

        self.started, self.refresh, self.done = now, refresh, Event()
        self.answer: _Answer | None = None
        self.wakers: list[Callable[[], object]] = []  # of coroutines


class _Record:
    """The books on one secret and stage; on one variable, if there is no stage."""

    __slots__ = (
        "flight",
        "fresh_until",
        "name",
        "problem",
        "retry_at",
        "stage",
        "tries",
        "value",
        "warned",
    )

    def __init__(self, name: str, stage: str | None) -> None:
        self.name, self.stage, self.tries, self.warned = name, stage, 0, False
        self.value: _Value | None = None
        self.problem = _Problem(SecretUnavailableError, f"secret {name!r}: no answer yet")
        self.flight: _Flight | None = None
        self.fresh_until = self.retry_at = 0.0


class SecretsManagerClient:
    """Secrets with a cache of their own. The functions of this module share one."""

    def __init__(self) -> None:
        self._hot: dict[Any, tuple[float, Any]] = {}
        self._books: dict[tuple[str, str | None], _Record] = {}  # the least recently used first
        self._settings: _Settings | None = None
        self._start()
        _clients.add(self)

    def _start(self) -> None:
        """Begin, in a new process or after a fork: values stay, connections and threads are the parent's."""
        self._counts = dict.fromkeys(COUNTS, 0)
        self._failed: tuple[str, float] | None = None  # the last error's type, and when it was
        self._connected: tuple[int, _Boto3 | _Agent] | None = None
        self._connecting = RLock()
        self._reporter: Thread | None = None
        for record in self._books.values():
            record.flight = None

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {len(self._books)} secrets>"

    # What users call

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
        """Do what the function get_secret does."""
        if not callable(default):
            lease = self._hot.get((name, key, env, stage))
            if lease is not None and monotonic() < lease[0]:
                return lease[1]
        elif isinstance(name, dict):
            if env not in name:
                return default()
            name, key = _entry(name[env])
        ask, default = (
            _Ask(name, default, key, env, stage, _as_text, optional),
            None,
        )  # a literal must not show in a traceback
        return self._serve(ask)

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
        """Do what the function get_secret does, without ever blocking the event loop."""
        if self._settings is None:  # boto3 takes a while to import
            import asyncio

            await asyncio.get_running_loop().run_in_executor(None, self._config)
        ask, default = _Ask(name, default, key, env, stage, _as_text, optional), None
        if self._config().aws and self._local(ask) is None:
            return _served(
                self._noted(self._read(ask, await self._arrival(*self._look(name, stage))))
            )
        return self._serve(ask)

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
        """Return a secret that is a JSON object, as a dictionary of the caller's own."""
        ask, default = _Ask(name, default, None, env, stage, _as_dict), None
        return self._serve(ask)

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
        """Return a binary secret's bytes, or a text's in UTF-8."""
        ask, default = _Ask(name, default, None, env, stage, _as_bytes), None
        return self._serve(ask)

    def has_secret(
        self,
        name: str | dict[str, str | tuple[str, str]],
        *,
        key: str | None = None,
        env: str | None = None,
    ) -> bool:
        """Tell whether there is one: what `"NAME" in os.environ` was before (and is, where AWS is off)."""
        settings = self._config()
        if isinstance(name, dict):
            if env not in name:
                return env in os.environ
            name, key = _entry(name[env])
        env = env or _variable(name)
        if not settings.aws:
            return env in os.environ
        held = bool(os.environ.get(env))
        if settings.development and held:
            return True
        answer: Any = self._wait(*self._look(name, CURRENT))
        if isinstance(answer, _Value) and key is not None:
            answer = _as_given(answer, name, key)
        if not isinstance(answer, _Problem) or (held and settings.fallback != "deny"):
            return True
        if answer.kind is SecretNotFoundError or settings.development:
            return False
        raise answer.error()

    def prefetch(self, *names: str | list[str] | tuple[str, ...]) -> dict[str, Exception]:
        """Fetch many secrets by few calls at the same time; return what could not be fetched, and why."""
        if not self._config().aws:
            return {}
        wanted = [name for item in names for name in ([item] if isinstance(item, str) else item)]
        batch: list[tuple[_Record, _Flight]] = []
        looks = [(name, self._look(name, CURRENT, batch=batch)) for name in dict.fromkeys(wanted)]
        for start in range(0, len(batch), BATCH):
            self._launch(batch[start : start + BATCH])
        answers = [(name, self._wait(*look)) for name, look in looks]
        return {name: answer.error() for name, answer in answers if isinstance(answer, _Problem)}

    def refresh_secret(self, name: str, *, stage: str = CURRENT) -> None:
        """Read a secret from AWS now, fresh or not; if that fails, raise, and keep the last value."""
        if not self._config().aws:
            return self.clear_cache(name)
        look = self._look(name, stage, refresh=True)
        self._wait(*look)
        _served(look[2] and look[2].answer)
        return None

    def survives_rotation(
        self,
        name: str,
        *,
        refused: Callable[[Exception], bool] | None = None,
        window: float = ROTATION_WINDOW,
    ) -> Callable[[Callable[..., T]], Callable[..., T]]:
        """Decorate a function that reads a secret and connects with it: it is called again when the secret has changed.

        When the server refuses the password, the secret is read from AWS at once, then with growing pauses for
        `window` seconds; as soon as it is another one, the function is called again. With SQLAlchemy::

            @event.listens_for(engine, "do_connect")
            def connect(dialect, record, args, params):
                @survives_rotation("database")
                def anew():
                    return dialect.connect(*args, **{**params, "password": get_secret("database", key="password")})
                return anew()

        Args:
            name: The secret.
            refused: Tells whether an error says that the password is wrong; left out, those of the PostgreSQL and
                MySQL drivers do.
            window: Seconds; 0 asks AWS once and does not wait.
        """

        def decorate(connect: Callable[..., T]) -> Callable[..., T]:
            def connect_anew(*args: Any, **kwargs: Any) -> T:
                end = monotonic() + window
                while True:
                    seen = self._known(name)
                    try:
                        return connect(*args, **kwargs)
                    except Exception as error:
                        if not (refused or _password_refused)(error) or not self._has_changed(
                            name, seen, end
                        ):
                            raise

            return connect_anew

        return decorate

    def _known(self, name: str) -> _Value | None:
        with _lock:
            record = self._books.get((name, CURRENT))
            return record.value if record else None

    def _has_changed(self, name: str, seen: _Value | None, end: float) -> bool:
        """Ask AWS until the secret is another one than that which was seen, or the time is over."""
        pause = 0.0
        while self._config().aws:
            now = self._known(name)
            if now is not None and (seen is None or (now.text, now.data) != (seen.text, seen.data)):
                return True
            if pause and monotonic() + pause >= end:
                break
            time.sleep(_jitter(pause, 0.5))
            self._wait(*self._look(name, CURRENT, refresh=True))
            pause = min(2 * pause, MAX_POLL) or POLL
        return False

    def clear_cache(self, name: str | None = None) -> None:
        """Forget one secret; or all of them, and what the environment says of this module."""
        with _lock:
            self._hot.clear()
            if name is None:
                self._books.clear()
                self._settings = None
            for book in [book for book in self._books if book[0] == name or book[1] is None]:
                del self._books[book]

    def stats(self) -> dict[str, float]:
        """Return what was counted in this process. A hit counts once a second for each name, not each time."""
        with _lock:
            counts: dict[str, float] = dict(self._counts)
            fetched = [
                record.value.fetched
                for record in self._books.values()
                if record.stage and record.value
            ]
        asked = counts["CacheHits"] + counts["CacheMisses"]
        counts["CacheHitRate"] = counts["CacheHits"] / asked if asked else 0.0
        counts["SecretAgeSeconds"] = monotonic() - min(fetched) if fetched else 0.0
        return counts

    # The order of sources

    def _config(self) -> _Settings:
        settings = self._settings
        if settings is None:
            settings = self._settings = _Settings()
        return settings

    def _serve(self, ask: _Ask) -> Any:
        return (
            ask.default()
            if ask.lazy and not self._config().aws
            else _served(self._noted(self._read(ask)))
        )

    def _read(self, ask: _Ask, looked: _Answer | None = None) -> Any:
        value = self._local(ask)
        if value is not None:
            return (
                ask.default() if ask.lazy else self._lease(ask, value, ask.of_variable(value), None)
            )
        if not self._config().aws:
            text = f"secret {ask.name!r} not found: AWS is off and {ask.variable} is not set"
            return _Problem(SecretNotFoundError, text) if ask.default is MISSING else ask.default
        look = (looked, None, None) if looked is not None else self._look(ask.name, ask.stage)
        found = self._wait(*look)
        answer = found if isinstance(found, _Problem) else ask.shown(found)
        if isinstance(answer, _Problem):
            return answer if answer.kind is SecretFormatError else self._without(ask, answer)
        if ask.expression:
            return ask.evaluate(answer)
        # the first hit is counted
        return answer if look[0] is None else self._lease(ask, found, answer, ask.stage)

    def _local(self, ask: _Ask) -> _Value | None:
        """The variable's value where it wins over AWS; cached like any other. An empty variable counts as not set."""
        settings, variable = self._config(), ask.variable
        if ask.stage != CURRENT or (settings.aws and not settings.development):
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
            record.value, record.fresh_until = value, value.fetched + _jitter(settings.ttl, 0.9)
        return value

    def _without(self, ask: _Ask, problem: _Problem) -> Any:
        """AWS can't serve it: the environment, if it holds the variable; the default, if there is no such secret."""
        settings = self._config()
        text = os.environ.get(ask.variable) if ask.stage == CURRENT else None
        if text and settings.fallback != "deny" and not settings.development:
            with _lock:
                record = self._record(ask.name, ask.stage)
                warned, record.warned = record.warned, True
                self._counts["FallbackToEnv"] += 1
            if not warned:
                _warn("%s; falling back to the environment variable %s", problem.text, ask.variable)
            return ask.default() if ask.lazy else ask.of_variable(_Value(text))
        if ask.default is MISSING:
            return problem
        if problem.kind is SecretNotFoundError and ask.expression and not settings.lenient:
            return ask.optional(problem)
        if problem.kind is SecretNotFoundError or settings.lenient:
            return ask.default() if ask.lazy else ask.default
        return problem

    # The books

    def _record(self, name: str, stage: str | None) -> _Record:
        """The books on a secret, now the most recently used; the least recently used one leaves. Under the lock."""
        record = self._books.pop((name, stage), None) or _Record(name, stage)
        self._books[name, stage] = record
        if len(self._books) > SECRET_CACHE_SIZE:
            del self._books[next(iter(self._books))]
            self._hot.clear()  # so that each name shows again whether it is in use
        return record

    def _lease(self, ask: _Ask, value: Any, answer: Any, stage: str | None) -> Any:
        """Let the fast path serve this answer for a moment."""
        if ask.shape is _as_text and not isinstance(answer, _Problem):
            now = monotonic()
            with _lock:
                record = self._books.get((ask.name if stage else ask.variable, stage))
                if record is not None and record.value is value and value is not None:
                    end = (
                        record.fresh_until
                        if now < record.fresh_until
                        else value.fetched + self._config().max_stale
                    )
                    lease = self._hot[ask.name, ask.key, ask.env, ask.stage] = (
                        min(now + LEASE, end),
                        answer,
                    )
                    if ask.plain:
                        self._hot[ask.name] = lease
        return answer

    def _look(
        self,
        name: str,
        stage: str,
        *,
        refresh: bool = False,
        batch: list[tuple[_Record, _Flight]] | None = None,
    ) -> tuple[_Answer | None, _Record, _Flight | None]:
        """What the books can serve at once; nothing, where there is a flight to wait for.

        An old value is served at once while one flight fetches a new one. Only an idle process, whose value may have
        been rotated away long ago, waits for it.
        """
        settings, counts = self._config(), self._counts
        served: _Answer | None = None
        with _lock:
            record, now, mine = self._record(name, stage), monotonic(), False
            value, flight = record.value, record.flight
            if value is not None and now < record.fresh_until and not refresh:
                counts["CacheHits"] += 1
                return value, record, None
            counts["CacheMisses"] += 1
            if value is not None and now >= value.fetched + settings.max_stale:
                value = None
            if flight is not None and now >= flight.started + DEADLINE:
                flight = None  # its thread is lost
            if flight is None and (refresh or now >= record.retry_at):
                flight = record.flight = _Flight(now, refresh=refresh)
                mine = True
            if (
                value is not None
                and not refresh
                and (record.tries or now < value.fetched + settings.idle)
            ):
                served = value
                counts["StaleServed"] += 1
            elif flight is None:
                served = value or record.problem
        if mine and flight is not None:
            if batch is None:
                # who has an answer goes first
                self._launch([(record, flight)], pause=0.001 if served else 0)
            else:
                batch.append((record, flight))
        return served, record, flight

    def _wait(self, served: _Answer | None, record: _Record, flight: _Flight | None) -> _Answer:
        if served is None and flight is not None:
            if not flight.done.wait(max(0.0, flight.started + DEADLINE - monotonic())):
                self._land(record, flight)
            served = self._outcome(record, flight)
        return served or record.problem

    async def _arrival(
        self, served: _Answer | None, record: _Record, flight: _Flight | None
    ) -> _Answer:
        if served is None and flight is not None:
            import asyncio

            loop = asyncio.get_running_loop()
            arrived = asyncio.Event()
            with _lock:
                flight.wakers.append(
                    lambda: loop.is_closed() or loop.call_soon_threadsafe(arrived.set)
                )
                if flight.done.is_set():
                    arrived.set()
            try:
                await asyncio.wait_for(
                    arrived.wait(), max(0.0, flight.started + DEADLINE - monotonic())
                )
            except asyncio.TimeoutError:
                self._land(record, flight)
            served = self._outcome(record, flight)
        return served or record.problem

    def _outcome(self, record: _Record, flight: _Flight) -> _Answer:
        """The flight's answer; if it failed, the last known value while that may be served."""
        with _lock:
            answer, value = flight.answer or record.problem, record.value
            if (
                isinstance(answer, _Value)
                or value is None
                or monotonic() >= value.fetched + self._config().max_stale
            ):
                return answer
            self._counts["StaleServed"] += 1
        return value

    # The calls

    def _launch(self, flights: list[tuple[_Record, _Flight]], pause: float = 0) -> None:
        from threading import Thread

        thread = Thread(
            target=copy_context().run,
            args=(self._fly, flights, pause),
            name="shield-ai",
            daemon=True,
        )
        try:
            thread.start()
        except RuntimeError:  # no more threads, or the interpreter is ending
            self._fly(flights)

    def _fly(self, flights: list[tuple[_Record, _Flight]], pause: float = 0) -> None:
        time.sleep(pause)
        token, alone = _calling.set(True), len(flights) == 1
        try:
            if alone:
                flights[0][1].answer = self._call(*flights[0])
            else:
                self._call_many({self._id(record): flight for record, flight in flights})
        finally:
            _calling.reset(token)
            for record, flight in flights:
                if alone or flight.answer is not None:
                    self._land(record, flight)
                else:  # the batch was refused, or did not hold it
                    self._launch([(record, flight)])

    def _call(self, record: _Record, flight: _Flight) -> _Answer:
        secret_id = self._id(record)
        try:
            with _span(secret_id):
                response = self._transport().fetch(
                    secret_id, record.stage or CURRENT, refresh=flight.refresh
                )
            answer = _value_of(response) or _refusal(secret_id, "an answer without a value")
        except SecretError as error:
            answer = _Problem(type(error), str(error))
        except Exception as error:  # noqa: BLE001
            # whatever it is, its text and frames may hold the value
            code = _code(error)
            answer = _refusal(secret_id, code)
            if code in _EXPIRED:
                self._connected = None  # so that new credentials are looked for
        return self._counted(answer, calls=1)

    def _call_many(self, flights: dict[str, _Flight]) -> None:
        """Up to 20 secrets by one call. What its answer does not hold is left to calls of their own."""
        transport = self._transport()
        if not isinstance(transport, _Boto3):
            return
        try:
            response = transport.fetch_many([*flights])
        except Exception as error:  # noqa: BLE001 - as above
            refusals = {secret_id: _code(error) for secret_id in flights}
            if {*refusals.values()} & {*_NO_BATCH, *_DENIED}:
                return
        else:
            refusals = {
                error["SecretId"]: error["ErrorCode"] for error in response.get("Errors", ())
            }
            for secret in response.get("SecretValues", ()):
                for secret_id in (secret.get("Name"), secret.get("ARN")):
                    if secret_id in flights:
                        flights[secret_id].answer = self._counted(_value_of(secret), calls=0)
        self._counts["SecretsManagerCalls"] += 1
        for secret_id, code in refusals.items():
            if secret_id in flights:
                flights[secret_id].answer = self._counted(_refusal(secret_id, code), calls=0)

    def _counted(self, answer: T, *, calls: int) -> T:
        with _lock:
            self._counts["SecretsManagerCalls"] += calls
        # A secret that is not there is an error only where somebody can't do without it.
        if isinstance(answer, _Problem) and answer.kind is not SecretNotFoundError:
            self._note(answer)
        return answer

    def _noted(self, answer: Any) -> Any:
        if isinstance(answer, _Problem) and answer.kind is SecretNotFoundError:
            self._note(answer)
        return answer

    def _note(self, problem: _Problem) -> None:
        with _lock:
            self._counts["SecretErrors"] += 1
            self._failed = (problem.kind.__name__, monotonic())

    def _land(self, record: _Record, flight: _Flight) -> None:
        """Enter the answer into the books, unless the flight was given up meanwhile; wake who waits."""
        settings, warning = self._config(), ""
        with _lock:
            if flight.answer is None:
                flight.answer = _Problem(
                    SecretUnavailableError, f"secret {record.name!r}: no answer in time"
                )
            answer, ours = flight.answer, record.flight is flight
            if ours and isinstance(answer, _Value):
                record.value, record.tries, record.warned = answer, 0, False
                record.fresh_until = answer.fetched + _jitter(settings.ttl, 0.9)
                self._hot.clear()
            elif ours and isinstance(answer, _Problem):
                record.problem = answer
                record.retry_at = monotonic() + _jitter(
                    min(BACK_OFF * 2**record.tries, MAX_BACK_OFF), 0.5
                )
                record.tries = min(record.tries + 1, 16)
                if record.value is not None and not record.warned:
                    record.warned, warning = True, answer.text
            record.flight = None if ours else record.flight
            wakers, flight.wakers = flight.wakers, []
            flight.done.set()
        for wake in wakers:
            try:
                wake()
            except RuntimeError:  # its loop closes just now, so nobody waits any more
                continue
        if warning:
            _warn("%s; serving the last known value for up to %d s", warning, settings.max_stale)
        if settings.metrics != "off":
            self._report()

    def _id(self, record: _Record) -> str:
        return (
            record.name if record.name.startswith("arn:") else self._config().prefix + record.name
        )

    def _transport(self) -> _Boto3 | _Agent:
        """The connection, made anew when the part of the environment that it came from has changed."""
        session = getattr(sys.modules.get("boto3.session"), "Session", None)
        variables = {
            (name, os.environ.get(name))
            for name in os.environ
            if name.startswith(("AWS_", "PARAMETERS_"))
        }
        origin = hash((session, frozenset(variables)))
        with self._connecting:
            connected = self._connected
            if connected is None or connected[0] != origin:
                kind = _Agent if self._config().transport == "agent" else _Boto3
                connected = self._connected = (origin, kind())
            return connected[1]

    # Metrics

    def _report(self) -> None:
        from threading import Thread

        with _lock:
            if self._reporter is None or not self._reporter.is_alive():
                self._reporter = Thread(
                    target=self._report_on, name="shield-ai-metrics", daemon=True
                )
                self._reporter.start()

    def _report_on(self) -> None:
        sent = dict.fromkeys(COUNTS, 0.0)
        while self._config().metrics != "off":
            time.sleep(REPORT_EVERY)
            settings, now = self._config(), self.stats()
            figures = {name: now[name] - sent[name] for name in COUNTS}
            asked = figures.pop("CacheHits") + figures.pop("CacheMisses")
            if not asked:
                continue
            figures["CacheHitRate"] = 100 * (now["CacheHits"] - sent["CacheHits"]) / asked
            figures["SecretAgeSeconds"] = now["SecretAgeSeconds"]
            try:
                (_print_emf if settings.metrics == "emf" else _put_metrics)(
                    settings.namespace or "ShieldAI", figures
                )
            except Exception as error:  # noqa: BLE001 - counting must never harm the app
                _warn("metrics can't be sent: %s", _code(error))
            else:
                sent = {name: now[name] for name in COUNTS}


_UNITS = {
    **dict.fromkeys(COUNTS, "Count"),
    "CacheHitRate": "Percent",
    "SecretAgeSeconds": "Seconds",
}


def _print_emf(namespace: str, figures: dict[str, float]) -> None:
    """One line on stdout, which CloudWatch Logs turns into metrics."""
    import json

    metrics = [{"Name": name, "Unit": _UNITS[name]} for name in figures]
    head = {"Namespace": namespace, "Dimensions": [[]], "Metrics": metrics}
    line = {"_aws": {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [head]}, **figures}
    print(json.dumps(line), flush=True)  # noqa: T201 - the format's way


def _put_metrics(namespace: str, figures: dict[str, float]) -> None:
    import boto3

    data: Any = [
        {"MetricName": name, "Value": value, "Unit": _UNITS[name]}
        for name, value in figures.items()
    ]
    boto3.session.Session().client("cloudwatch").put_metric_data(
        Namespace=namespace, MetricData=data
    )


class RedactingFilter:
    """Masks in log records each value that a cache holds: `handler.addFilter(RedactingFilter())`."""

    def filter(self, record: LogRecord) -> bool:
        """Mask the message and the traceback; let every record pass."""
        from logging import Formatter

        text = record.getMessage()
        masked = _masked(text)
        if masked != text:
            record.msg, record.args = masked, None
        if record.exc_info and not record.exc_text:
            record.exc_text = Formatter().formatException(record.exc_info)
        record.exc_text = record.exc_text and _masked(record.exc_text)
        return True


def _masked(text: str) -> str:
    with _lock:
        values = [
            record.value for client in _clients for record in client._books.values() if record.value
        ]
    words = {value.text for value in values} | {
        word for value in values for word in _words(value.document)
    }
    for word in sorted(filter(None, words), key=len, reverse=True):
        # less would mask everything
        text = text.replace(word, "•••") if len(word) > 3 else text
    return text


def _words(part: Any) -> Iterator[str]:
    """The texts inside a document that may be secret."""
    if isinstance(part, str):
        yield part
    elif isinstance(part, dict):
        part = [item for key, item in part.items() if key.lower() not in NO_SECRETS]
    for item in part if isinstance(part, list) else ():
        yield from _words(item)


_clients: WeakSet[SecretsManagerClient] = WeakSet()
_client = SecretsManagerClient()
_client._hot = _hot  # noqa: SLF001 - one dictionary, so that the fast path needs no attribute


def _start_child() -> None:
    """After a fork, locks may be held by threads that are not here."""
    global _lock  # noqa: PLW0603 - the very purpose
    _lock = RLock()
    if _pausing:
        import gc

        _pausing.clear()
        gc.enable()
    for client in _clients:
        client._start()  # noqa: SLF001 - ours


getattr(os, "register_at_fork", lambda **_: None)(
    # the lock of that moment: a child has a new one
    before=lambda: _lock.acquire(),  # noqa: PLW0108
    after_in_parent=lambda: _lock.release(),  # noqa: PLW0108 - as above
    after_in_child=_start_child,
)


def _disconnect() -> None:
    """Close the connections before the interpreter takes everything apart, which takes longer with them."""
    for client in _clients:
        client._connected = None  # noqa: SLF001 - ours


atexit.register(_disconnect)


# --- the functions ----------------------------------------------------------------------------------------------------


@overload
def get_secret(
    name: str,
    default: Callable[[], T],
    *,
    key: str | None = ...,
    env: str | None = ...,
    stage: str = ...,
    optional: bool = ...,
) -> T: ...
@overload
def get_secret(
    name: dict[str, str | tuple[str, str]],
    default: Callable[[], T],
    *,
    env: str,
    optional: bool = ...,
) -> T: ...
@overload
def get_secret(
    name: str, *, key: str | None = ..., env: str | None = ..., stage: str = ...
) -> str: ...
@overload
def get_secret(
    name: str, default: T, *, key: str | None = ..., env: str | None = ..., stage: str = ...
) -> str | T: ...
def get_secret(
    name: Any,
    default: Any = MISSING,
    key: str | None = None,
    env: str | None = None,
    stage: str = CURRENT,
    optional: bool = False,  # noqa: FBT001, FBT002 - by keyword for checkers, as the others
) -> Any:
    """Return a secret's text.

    Args:
        name: Its name in AWS, without AWS_SECRETS_PREFIX. Where the code computes which variable is read, a mapping of
            variables to names, or to names with fields, beside an expression and env: a variable that is not in it is
            no secret.
        default: A plain value serves where the secret does not exist. A callable is the expression that read the
            variable before: it is called where AWS is off; else it sees the secret as that variable and its result is
            returned.
        key: A field of a secret that is a JSON object.
        env: The variable behind the name; left out, the name in upper case with "_".
        stage: AWSPREVIOUS for the version before.
        optional: The app runs without the secret: where nobody has it, whatever the expression gives is returned. Left
            out, only an empty result is; another one is a value for development, and an error.

    Pass key, env and stage by keyword; Python is not told so because that makes each call a fifth slower.
    """
    if default is MISSING and key is None and env is None and stage is CURRENT:
        try:
            until, value = _hot[name]
        except KeyError:
            pass
        else:
            if monotonic() < until:
                return value
    try:
        return _client.get_secret(name, default, key=key, env=env, stage=stage, optional=optional)
    finally:
        default = None  # a literal must not show in a traceback


aget_secret = _client.aget_secret
get_secret_dict = _client.get_secret_dict
get_secret_bytes = _client.get_secret_bytes
has_secret = _client.has_secret
prefetch = _client.prefetch
refresh_secret = _client.refresh_secret
clear_secret_cache = _client.clear_cache
stats = _client.stats
survives_rotation = _client.survives_rotation
