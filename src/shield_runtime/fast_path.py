"""The function get_secret(): for a cached value, it costs one dictionary lookup."""

from __future__ import annotations

from time import monotonic

from .request import CURRENT, MISSING, read_variable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .client import SecretsManagerClient


def get_secret_of(
    client: SecretsManagerClient, leases: dict[Any, tuple[float, Any]]
) -> Callable[..., Any]:
    """Return the get_secret() of a client.

    It is a closure, not a method: looking up an attribute of self would take as long as the rest of
    the fast path.
    """

    def get_secret(
        name: Any = None,
        default: Any = MISSING,
        key: str | None = None,
        env: str | None = None,
        stage: str = CURRENT,
        optional: bool = False,  # noqa: FBT001, FBT002
    ) -> Any:
        """Return the text of a secret.

        Args:
            name: Name in AWS without the prefix, or `name:field` for a field of a JSON secret. If
                the app computes the variable at run time, only env is passed: the client's mapping
                has the name. Without a mapping, a mapping from variables to names, or to pairs of
                name and field, which requires a callable as the default.
            default: A value is returned if the secret can't be read and the app can run without it.
                A callable is the app's original expression: with AWS off, its result is returned;
                with AWS on, it is called while the variable has the value of the secret.
            key: Field of a JSON secret; the same as `name:field`.
            env: Environment variable of the secret; by default the one of the client's mapping, or
                the name in upper case with "_". A variable that no mapping has is not a secret: the
                callable is called, or the variable is read.
            stage: Version stage; AWSPREVIOUS for the previous version.
            optional: The app can run without the secret: the default is returned in production,
                too. An empty default implies this.

        Raises:
            SecretNotFoundError: Neither AWS nor the environment has the secret or its field, and
                no default may be returned.
            SecretAccessDeniedError: AWS denies access.
            SecretUnavailableError: AWS does not respond.
            SecretFormatError: The secret is binary, is not JSON although a field was requested, or
                has none of the fields `value`, `password`, `secret` and `key` if none was.

        Pass key, env, stage and optional by keyword. The signature does not enforce it because that
        would make each call 20% slower.
        """
        if default is MISSING and key is None and env is None and stage is CURRENT:
            try:
                until, value = leases[name]
            except (KeyError, TypeError):
                pass  # TypeError: a mapping is not hashable
            else:
                if monotonic() < until:
                    return value
        elif not callable(default):
            lease = leases.get((name, key, env, stage))
            if lease is not None and monotonic() < lease[0]:
                return lease[1]
        request = client.request(name, default, key, env, stage)
        if request is None:
            return read_variable(env, default)
        default = None  # a literal must not appear in a traceback
        request.optional = optional
        return client.serve(request)

    return get_secret
