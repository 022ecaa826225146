"""get_secret() itself: a cached value is served by one look into a dictionary."""

from __future__ import annotations

from time import monotonic

from .request import CURRENT, MISSING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .client import SecretsManagerClient


def get_secret_of(
    client: SecretsManagerClient, leases: dict[Any, tuple[float, Any]]
) -> Callable[..., Any]:
    """Return the get_secret() of a client.

    It is a function, not a method: an attribute of self on the fast path would cost as much as the
    rest of it.
    """

    def get_secret(
        name: Any,
        default: Any = MISSING,
        key: str | None = None,
        env: str | None = None,
        stage: str = CURRENT,
        optional: bool = False,  # noqa: FBT001, FBT002
    ) -> Any:
        """Return the text of a secret.

        Args:
            name: Name in AWS, without the prefix; `name:field` for a field of a JSON secret. If the
                code computes which variable it reads: a mapping from variables to names, or to
                names with fields, together with an expression and env. A variable that is not in
                the mapping is not a secret.
            default: A plain value is returned if the app runs without the secret. A callable is the
                expression that read the variable before: with AWS off, it is called; with AWS on,
                it sees the secret as that variable, and its result is returned.
            key: Field of a secret that is a JSON object; the same as `name:field`.
            env: Environment variable of the secret; by default the one of the client's mapping, or
                the name in upper case with "_".
            stage: Version stage; AWSPREVIOUS for the previous version.
            optional: The app runs without the secret: if it can't be read, the default is returned
                in production as well. An empty default says the same.

        Raises:
            SecretNotFoundError: Neither AWS nor the environment has it, and there is no default.
            SecretAccessDeniedError: AWS denies access.
            SecretUnavailableError: AWS does not answer.
            SecretFormatError: The secret is not text, or is a JSON object without the field.

        Pass key, env, stage and optional by keyword. The signature does not enforce it because that
        would make each call a fifth slower.
        """
        if default is MISSING and key is None and env is None and stage is CURRENT:
            try:
                until, value = leases[name]
            except (KeyError, TypeError):
                pass  # TypeError: a mapping can't be a key
            else:
                if monotonic() < until:
                    return value
        elif not callable(default):
            lease = leases.get((name, key, env, stage))
            if lease is not None and monotonic() < lease[0]:
                return lease[1]
        request = client.request(name, default, key, env, stage)
        if request is None:
            return default()
        default = None  # a literal must not show in a traceback
        request.optional = optional
        return client.serve(request)

    return get_secret
