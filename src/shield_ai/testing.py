"""Secrets for an app's own tests: fake_secrets() stands in for AWS, with no network, no boto3 and no waiting.

::

    with fake_secrets({"stripe-secret-key": "sk_test", "database": {"username": "u", "password": "p"}}) as fake:
        assert get_secret("stripe-secret-key") == "sk_test"
        fake["stripe-secret-key"] = "rotated"
        fake["database"] = SecretUnavailableError("AWS is down")

With pytest, `pytest_plugins = ["shield_ai.testing"]` makes it a fixture of the same name. Runs on Python 3.9.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from shield_ai import runtime as _runtime

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import ModuleType

    Name = str | tuple[str, str]
    Secret = str | bytes | dict[str, Any] | Exception

__all__ = ["FakeSecrets", "fake_secrets"]


class FakeSecrets:
    """What AWS holds during a test. Set a name to a text, bytes, a dictionary (a JSON secret), or an error to raise.

    The name may be a pair with a version stage: `fake["django-secret-key", "AWSPREVIOUS"] = "old"`.
    """

    def __init__(self, runtime: ModuleType = _runtime) -> None:
        self._runtime = runtime
        self._secrets: dict[tuple[str, str], Secret] = {}
        self.calls: list[str] = []
        """The names that were asked for, each time that the cache had no answer."""

    def __repr__(self) -> str:
        return f"<FakeSecrets {sorted({name for name, _ in self._secrets})}>"

    def __setitem__(self, name: Name, secret: Secret) -> None:
        pair = name if isinstance(name, tuple) else (name, "AWSCURRENT")
        self._secrets[pair] = secret
        self._runtime.clear_secret_cache(pair[0])

    def __delitem__(self, name: Name) -> None:
        pair = name if isinstance(name, tuple) else (name, "AWSCURRENT")
        del self._secrets[pair]
        self._runtime.clear_secret_cache(pair[0])

    # as AWS's
    def fetch(self, secret_id: str, stage: str, *, refresh: bool) -> Mapping[str, Any]:  # noqa: ARG002
        """Answer as the connection to AWS does."""
        self.calls.append(secret_id)
        secret = self._secrets.get((secret_id, stage))
        if secret is None:
            raise self._runtime.SecretNotFoundError(
                f"secret {secret_id!r} does not exist in this test"
            )
        if isinstance(secret, Exception):
            raise secret
        if isinstance(secret, bytes):
            return {"SecretBinary": secret}
        return {"SecretString": secret if isinstance(secret, str) else json.dumps(secret)}


@contextmanager
def fake_secrets(
    secrets: Mapping[Any, Secret] | None = None, *, runtime: ModuleType = _runtime
) -> Iterator[FakeSecrets]:
    """Serve these secrets, and no others, as AWS in production would.

    Args:
        secrets: Values by name.
        runtime: The module that the app imports, where it has a copy of its own.
    """
    # the other half of that module
    fake, client = FakeSecrets(runtime), runtime._client  # noqa: SLF001
    settings = runtime._Settings()  # noqa: SLF001
    settings.aws, settings.development, settings.lenient, settings.prefix = True, False, False, ""
    before = {name: vars(client).get(name) for name in ("_config", "_transport")}
    vars(client).update(_config=lambda: settings, _transport=lambda: fake)
    try:
        runtime.clear_secret_cache()
        for name, secret in (secrets or {}).items():
            fake[name] = secret
        yield fake
    finally:
        for name, was in before.items():
            if was is None:
                vars(client).pop(name)
            else:
                vars(client)[name] = was
        runtime.clear_secret_cache()


try:
    import pytest
except ImportError:
    pass
else:

    @pytest.fixture(name="fake_secrets")
    def _fixture() -> Iterator[FakeSecrets]:
        """Give an empty FakeSecrets for the time of one test."""
        with fake_secrets() as fake:
            yield fake
