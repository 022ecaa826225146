"""Calls to AWS Secrets Manager: through boto3, or through the agent on this host."""

from __future__ import annotations

import os
import sys
from _thread import RLock
from contextlib import contextmanager

from ..errors import (
    Failure,
    SecretAccessDeniedError,
    SecretError,
    SecretNotFoundError,
    SecretUnavailableError,
)
from ..value import from_response

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Mapping
    from typing import Any, Protocol

    from ..metrics import Counters
    from ..value import SecretValue

    Answer = SecretValue | Failure

    class Transport(Protocol):
        """The interface through which a client reads secrets."""

        def fetch(self, secret_id: str, stage: str, *, refresh: bool) -> Mapping[str, Any]:
            """Return a response in the format of GetSecretValue, or raise an exception."""
            ...


# https://docs.aws.amazon.com/secretsmanager/latest/apireference/CommonErrors.html
DENIED = frozenset(
    [
        "AccessDenied",
        "AccessDeniedException",
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "MissingAuthenticationToken",
        "MissingAuthenticationTokenException",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    ]
)
EXPIRED = frozenset(
    ["ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "UnrecognizedClientException"]
)
# botocore's exceptions for missing credentials.
NO_CREDENTIALS = frozenset(
    [
        "NoCredentialsError",
        "PartialCredentialsError",
        "CredentialRetrievalError",
        "TokenRetrievalError",
        "SSOTokenLoadError",
        "UnauthorizedSSOTokenError",
    ]
)
# An old boto3, or a server that does not support BatchGetSecretValue.
NO_BATCH = frozenset(["AttributeError", "UnknownOperationException", "InvalidAction"])
MAX_CODE_LENGTH = 80  # characters
NO_VALID_VALUE = "no valid value in the response"


def failure_of(name: str, code: str, region: str = "") -> Failure:
    """Return the failure for an AWS error code, or for the type name of an exception."""
    if code == "ResourceNotFoundException":
        place = f" in {region}" if region else ""
        text = f"secret {name!r} does not exist in AWS Secrets Manager{place} ({code})"
        return Failure(SecretNotFoundError, text)
    if code in DENIED:
        return Failure(SecretAccessDeniedError, f"secret {name!r}: AWS denies access ({code})")
    if code in NO_CREDENTIALS:
        return Failure(SecretUnavailableError, f"secret {name!r}: no AWS credentials ({code})")
    text = f"secret {name!r} can't be read from AWS Secrets Manager ({code})"
    if code == "InvalidRequestException":  # the documented cause for reads
        text += "; it may be scheduled for deletion"
    return Failure(SecretUnavailableError, text)


def error_code(error: BaseException) -> str:
    """Return the code of a botocore ClientError, or the type name of any other exception."""
    response = getattr(error, "response", None)
    detail = response.get("Error") if isinstance(response, dict) else None
    code = detail.get("Code") if isinstance(detail, dict) else type(error).__name__
    return clean_code(code)


def clean_code(code: object) -> str:
    """Shorten an error code and replace special characters: a hostile server can send any text."""
    if not isinstance(code, str):
        return "an invalid error code"
    characters = code[:MAX_CODE_LENGTH]
    return "".join(c if c.isascii() and (c.isalnum() or c in "._- ") else "_" for c in characters)


class Connection:
    """The transport of one client, connected on first use.

    Args:
        kind: Returns "boto3" or "agent".
        counters: Where calls and errors are counted.
        transport: Used instead of a connection to AWS.
    """

    def __init__(
        self, kind: Callable[[], str], counters: Counters, transport: Transport | None = None
    ) -> None:
        self._kind = kind
        self._counters = counters
        self._given = transport
        self._connected: tuple[int, Any] | None = None
        self._lock = RLock()

    def close(self) -> None:
        """Drop the connection; the next call opens a new one."""
        self._connected = None

    def read(self, secret_id: str, stage: str, *, refresh: bool) -> Answer:
        """Read one secret.

        Args:
            secret_id: Name with prefix, or ARN.
            stage: Version stage.
            refresh: Bypass the agent's cache.
        """
        answer: Answer
        transport = None
        try:
            transport = self._transport()
            with _span(secret_id):
                response = transport.fetch(secret_id, stage, refresh=refresh)
            answer = from_response(response) or failure_of(secret_id, NO_VALID_VALUE)
        except SecretError as error:
            answer = Failure(type(error), str(error))
        except Exception as error:
            # Text, arguments and frames of the exception may contain the value.
            code = error_code(error)
            answer = failure_of(secret_id, code, getattr(transport, "region", ""))
            if code in EXPIRED:
                self.close()  # so that new credentials are loaded
        self._counters.add("SecretsManagerCalls")
        self._counters.note(answer, counts_missing=False)
        return answer

    def read_many(self, secret_ids: Iterable[str]) -> dict[str, Answer]:
        """Read up to 20 secrets with one call.

        Secrets that the response does not include are missing in the result: they need a separate
        call.
        """
        wanted = list(secret_ids)
        answers: dict[str, Answer] = {}
        try:
            transport = self._transport()
            if not hasattr(transport, "fetch_many"):
                return {}
            response = transport.fetch_many(wanted)
        except SecretError:
            return {}  # there is no connection; the separate calls report it
        except Exception as error:
            code = error_code(error)
            if code in NO_BATCH or code in DENIED:
                return {}
            for secret_id in wanted:
                answers[secret_id] = failure_of(secret_id, code)
        else:
            answers = _batch_answers(response, set(wanted), getattr(transport, "region", ""))
        self._counters.add("SecretsManagerCalls")
        for answer in answers.values():
            self._counters.note(answer, counts_missing=False)
        return answers

    def _transport(self) -> Any:
        """Return the transport; reconnect if environment variables or boto3's Session changed."""
        if self._given is not None:
            return self._given
        session = getattr(sys.modules.get("boto3.session"), "Session", None)
        variables = frozenset(
            (name, os.environ.get(name))
            for name in list(os.environ)
            if name.startswith(("AWS_", "PARAMETERS_"))
        )
        origin = hash((session, variables))
        with self._lock:
            if self._connected is None or self._connected[0] != origin:
                self._connected = (origin, _connect(self._kind()))
            return self._connected[1]


def _connect(kind: str) -> Any:
    if kind == "agent":
        from .agent import Agent

        return Agent()
    try:
        from .boto import Boto
    except ImportError:
        text = "secrets can't be read from AWS Secrets Manager: boto3 is not installed"
        raise SecretUnavailableError(text) from None
    return Boto()


def _batch_answers(response: Any, wanted: set[str], region: str) -> dict[str, Answer]:
    """Return the answers by ID, without items that are invalid or don't have a unique ID."""
    answers: dict[str, Answer] = {}
    repeated: set[str] = set()

    def add(secret_id: Any, answer: Answer) -> None:
        if secret_id in answers:
            repeated.add(secret_id)
        answers[secret_id] = answer

    for error in _items(response, "Errors"):
        secret_id = error.get("SecretId")
        if isinstance(secret_id, str) and secret_id in wanted:
            add(secret_id, failure_of(secret_id, clean_code(error.get("ErrorCode")), region))
    for secret in _items(response, "SecretValues"):
        value = from_response(secret)
        # The ARN first: secrets of two accounts can have the same name.
        for secret_id in (secret.get("ARN"), secret.get("Name")):
            if isinstance(secret_id, str) and secret_id in wanted and value is not None:
                add(secret_id, value)
                break
    return {secret_id: answer for secret_id, answer in answers.items() if secret_id not in repeated}


def _items(response: Any, name: str) -> list[dict[str, Any]]:
    """Return the dictionaries in a list of a response; an empty list if there is no such list."""
    items = response.get(name) if isinstance(response, dict) else None
    if not isinstance(items, list):
        return []
    return [item for item in items if isinstance(item, dict)]


@contextmanager
def _span(secret_id: str) -> Generator[None, None, None]:
    """Record an OpenTelemetry span, if the app uses OpenTelemetry.

    Text and frames of an exception may contain the value, so the span has only its code.
    """
    trace = sys.modules.get("opentelemetry.trace")
    if trace is None:
        yield
        return
    with trace.get_tracer("shield_runtime").start_as_current_span(
        "secretsmanager.get",
        attributes={"aws.secretsmanager.secret.name": secret_id},
        record_exception=False,
        set_status_on_exception=False,
    ) as span:
        try:
            yield
        except Exception as error:
            span.set_status(trace.StatusCode.ERROR, error_code(error))
            raise
