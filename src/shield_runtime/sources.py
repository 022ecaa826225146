"""Select the source of a secret.

With AWS off, the order is: the environment variable, the default. With AWS on, it is: a fresh value
in the cache, AWS, the last known value, the environment variable, the default if the app can run
without the secret. AWS_SECRETS_ENV, or else DJANGO_ENV, changes this order: `development` puts the
variable first, and allows any default. If neither is set, the variable is also first, unless
AWS_SECRETS_FALLBACK=deny.
"""

from __future__ import annotations

import os

from .errors import Failure, SecretFormatError, SecretNotFoundError, value_or_raise
from .log import inform, warn
from .request import CURRENT, MISSING, SERVER_FIELDS
from .value import SecretValue, text_or_field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Union

    from .cache import Cache
    from .mapping import SecretMap
    from .metrics import Counters
    from .request import Request
    from .settings import Settings

    Answer = Union[SecretValue, Failure]


class Sources:
    """The sources of one client.

    Args:
        settings: Returns the client's settings.
        cache: The client's cache, which reads from AWS.
        mapping: The secrets that the app declares.
        counters: Returns the client's counters.
    """

    def __init__(
        self,
        settings: Callable[[], Settings],
        cache: Cache,
        mapping: SecretMap,
        counters: Callable[[], Counters],
    ) -> None:
        self._settings = settings
        self._cache = cache
        self._mapping = mapping
        self._counters = counters

    def references(self) -> list[tuple[str, tuple[str, str | None]]]:
        """Return each variable of the mapping, with its secret and the field."""
        return self._mapping.references()

    def reference(self, variable: str) -> tuple[str, str | None] | None:
        """Return the secret and the field of a variable; None if the mapping lacks it."""
        return self._mapping.reference(variable)

    def serve(self, request: Request) -> Any:
        """Return the result of a request, or raise its error."""
        self._mapping.complete(request)
        read = self._read if self._settings().aws else self._read_variable
        answer = read(request)
        return value_or_raise(self._counters().note(answer, counts_missing=True))

    async def serve_async(self, request: Request) -> Any:
        """Asynchronous version of serve()."""
        self._mapping.complete(request)
        if not self._settings().aws or self._from_variable(request) is not None:
            return self.serve(request)
        lookup = self._cache.look_up(request.name, request.stage)
        answer = await self._cache.wait_async(lookup)
        result = self._answer(request, answer, is_new=False)
        return value_or_raise(self._counters().note(result, counts_missing=True))

    def has(self, request: Request) -> bool:
        """Return whether the secret exists; with AWS off, whether its variable is set.

        Raises:
            SecretError: As SecretReader.has_secret().
        """
        self._mapping.complete(request)
        settings = self._settings()
        if not settings.aws:
            return request.variable in os.environ
        is_set = bool(os.environ.get(request.variable))
        if settings.prefers_variables and is_set:
            return True
        answer: Any = self._cache.wait(self._cache.look_up(request.name))
        if isinstance(answer, SecretValue) and request.key is not None:
            answer = text_or_field(answer, request.name, request.key)
        if not isinstance(answer, Failure):
            return True
        if answer.kind is SecretFormatError:
            raise answer.error()
        if is_set and settings.allows_variables:
            return True
        if answer.kind is SecretNotFoundError or settings.is_development:
            is_required = request.name in self._mapping.names and not request.optional
            if is_required and not settings.is_development:
                self._warn_once(request, "absence", "%s; treated as not set", answer.text)
            return False
        if request.optional and settings.fallback != "deny":
            # Like get_secret(), which returns the default.
            self._warn_once(request, "default", "%s; treated as not set", answer.text)
            return False
        raise answer.error()

    def _read_variable(self, request: Request) -> Any:
        """Return the variable or the default, as the app did before the migration.

        AWS is off, or the variable is set and empty.
        """
        if request.has_callable_default:
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
            if request.has_callable_default:
                return request.default()
            return request.answer_from_variable(SecretValue(text))
        lookup = self._cache.look_up(request.name, request.stage)
        return self._answer(request, self._cache.wait(lookup), is_new=lookup.served is None)

    def _answer(self, request: Request, found: Answer, *, is_new: bool) -> Any:
        """Convert the answer of AWS or the cache to the result for the caller."""
        answer = found if isinstance(found, Failure) else request.answer(found)
        if isinstance(answer, Failure):
            if answer.kind is SecretFormatError:
                return answer
            return self._answer_without_aws(request, answer)
        if request.is_expression:
            return self._evaluate(request, answer)
        if is_new:
            return answer  # no lease, so that the first hit is counted
        return self._cache.lease(request, found, answer)

    def _evaluate(self, request: Request, text: str) -> Any:
        """Return the result of the app's expression for the text of a secret."""
        result = request.evaluate(text)
        if text.strip() or not result or isinstance(result, Failure):
            return result
        if text and not request.is_default(result):
            return result
        # The result is the default in `read or default`, which is a development value.
        reason = "contains only whitespace" if text else "is empty"
        failure = Failure(SecretNotFoundError, f"secret {request.name!r} {reason}")
        return self._answer_without_aws(request, failure)

    def _from_variable(self, request: Request) -> str | None:
        """Return the variable if it takes precedence over AWS. An empty one counts as unset."""
        settings = self._settings()
        if request.stage != CURRENT or not settings.prefers_variables:
            return None
        text = os.environ.get(request.variable)
        if not text:
            return None
        if not settings.is_development:
            message = "secret %r: the environment variable %s takes precedence over AWS"
            reason = ", because AWS_SECRETS_ENV and DJANGO_ENV are not set"
            self._warn_once(request, "variable", message + reason, request.name, request.variable)
        return text

    def _answer_without_aws(self, request: Request, failure: Failure) -> Any:
        """Return the variable, or the default if it is allowed; otherwise, the failure."""
        settings = self._settings()
        text = os.environ.get(request.variable) if request.stage == CURRENT else None
        if text and settings.allows_variables and not settings.prefers_variables:
            self._counters().add("FallbackToEnv")
            message = "%s; falling back to the environment variable %s"
            self._warn_once(request, "variable", message, failure.text, request.variable)
            if request.has_callable_default:
                return request.default()
            return request.answer_from_variable(SecretValue(text))
        if text == "" and self._may_be_empty(request, failure):
            message = "%s; using the empty environment variable %s"
            self._inform_once(request, message, failure.text, request.variable)
            return self._read_variable(request)
        if request.default is MISSING or self._denies_default(request, failure):
            return failure
        if settings.allows_defaults:
            answer = request.plain_default()
        else:
            answer = request.default_in_production(
                failure,
                is_declared=request.name in self._mapping.names,
                has_login=self._has_login(request),
            )
        if not isinstance(answer, Failure):
            may_be_absent = request.optional or not answer or request.key in SERVER_FIELDS
            self._log_default(request, failure, is_optional=may_be_absent)
        return answer

    def _has_login(self, request: Request) -> bool:
        """Return whether the variables supply the user and the password of a database."""
        variables = self._mapping.login_variables(request.name)
        are_set = bool(variables) and all(map(os.environ.get, variables))
        return are_set and self._settings().allows_variables

    def _log_default(self, request: Request, failure: Failure, *, is_optional: bool) -> None:
        """Log that a request gets the default; at INFO if the app works without the secret."""
        message = "%s; using the default"
        is_missing = failure.kind is SecretNotFoundError
        if is_missing and request.stage != CURRENT:
            return  # between rotations, a secret has no pending, and a new one no previous version
        if is_missing and is_optional:
            self._inform_once(request, message, failure.text)
        else:
            self._warn_once(request, "default", message, failure.text)

    def _denies_default(self, request: Request, failure: Failure) -> bool:
        """Return whether a required secret, or AWS_SECRETS_FALLBACK=deny, forbids the default.

        The default is still allowed in development. AWS_SECRETS_FALLBACK also allows it for a
        secret that does not exist.
        """
        settings = self._settings()
        if settings.allows_defaults:
            return False
        is_missing = failure.kind is SecretNotFoundError
        return request.required or (settings.fallback == "deny" and not is_missing)

    def _may_be_empty(self, request: Request, failure: Failure) -> bool:
        """Return whether an empty variable is the value: AWS can't store an empty one."""
        is_missing = failure.kind is SecretNotFoundError
        return is_missing and self._settings().allows_variables and request.is_optional()

    def _warn_once(self, request: Request, source: str, message: str, *args: object) -> None:
        if self._cache.should_log(request.name, request.stage, source):
            warn(message, *args)

    def _inform_once(self, request: Request, message: str, *args: object) -> None:
        if self._cache.should_log(request.name, request.stage, "absence"):
            inform(message, *args)
