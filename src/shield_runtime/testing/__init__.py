"""Test support for apps: fake_secrets() replaces AWS, without network, boto3 or delays.

::

    with fake_secrets({"stripe-key": "sk_test", "database:password": "p"}) as fake:
        assert get_secret("stripe-key") == "sk_test"
        fake["stripe-key"] = "rotated"
        fake["database"] = SecretUnavailableError("AWS is down")

With pytest, `pytest_plugins = ["shield_runtime.testing"]` provides a fixture of the same name.
"""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ..request import split_field
from ..settings import Settings
from ..value import SecretValue

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping
    from types import ModuleType
    from typing import Union

    from ..client import SecretsManagerClient

    Name = Union[str, tuple[str, str]]
    Secret = Union[str, bytes, dict[str, Any], Exception]

__all__ = ["FakeSecrets", "fake_secrets"]

_runtime = sys.modules[__name__.rpartition(".")[0]]


class FakeSecrets:
    """The secrets in AWS during a test.

    Assign a string, bytes, a dictionary (a JSON secret), or an exception to raise. The key is a
    name, `name:field` to set one field of a JSON secret, or a name and a version stage:
    `fake["django-secret-key", "AWSPREVIOUS"] = "old"`.
    """

    def __init__(self, runtime: ModuleType = _runtime) -> None:
        self._runtime = runtime
        self._secrets: dict[tuple[str, str], Secret] = {}
        self.calls: list[str] = []
        """The names that were requested while the cache had no answer, in order."""

    def __repr__(self) -> str:
        return f"<FakeSecrets {sorted({name for name, _ in self._secrets})}>"

    def __setitem__(self, name: Name, secret: Secret) -> None:
        name, stage = _with_stage(name)
        name, field = split_field(name)
        if field is not None:
            stored = self._secrets.get((name, stage))
            if isinstance(stored, str):
                stored = SecretValue(stored).document
            document = stored if isinstance(stored, dict) else {}
            secret = {**document, field: secret}
        self._secrets[name, stage] = secret
        self._clear(name)

    def __delitem__(self, name: Name) -> None:
        pair = _with_stage(name)
        del self._secrets[pair]
        self._clear(pair[0])

    def _clear(self, name: str) -> None:
        for client in _clients(self._runtime):
            client.clear_cache(name)

    def fetch(self, secret_id: str, stage: str, *, refresh: bool) -> Mapping[str, Any]:  # noqa: ARG002
        """Return a response in the format of GetSecretValue."""
        self.calls.append(secret_id)
        secret = self._secrets.get((secret_id, stage))
        if secret is None:
            text = f"secret {secret_id!r} does not exist in this test"
            raise self._runtime.SecretNotFoundError(text)
        if isinstance(secret, Exception):
            raise secret
        if isinstance(secret, bytes):
            return {"SecretBinary": secret}
        return {"SecretString": secret if isinstance(secret, str) else json.dumps(secret)}


def _with_stage(name: Name) -> tuple[str, str]:
    return name if isinstance(name, tuple) else (name, "AWSCURRENT")


@contextmanager
def fake_secrets(
    secrets: Mapping[Any, Secret] | None = None, *, runtime: ModuleType = _runtime
) -> Generator[FakeSecrets, None, None]:
    """Serve these secrets, and no others, as AWS would in production.

    Args:
        secrets: Values by name, or by `name:field`.
        runtime: The runtime package that the app imports, if it is another copy.
    """
    fake = FakeSecrets(runtime)
    settings = Settings()
    settings.aws = True
    settings.is_development = False
    settings.allows_variables = settings.prefers_variables = False
    settings.allows_defaults = False
    settings.prefix = ""
    process = runtime.process
    before = process.test_source
    _replace_sources(runtime, (settings, fake))
    try:
        for name, secret in (secrets or {}).items():
            fake[name] = secret
        yield fake
    finally:
        _replace_sources(runtime, before)


def _replace_sources(runtime: ModuleType, source: tuple[Any, Any]) -> None:
    """Set the settings and transport of all clients, including those that are created later."""
    runtime.process.test_source = source
    for client in _clients(runtime):
        client.replace_source(*source)


def _clients(runtime: ModuleType) -> list[SecretsManagerClient]:
    """Return the clients that were created without settings and transport."""
    return [client for client in runtime.process.clients if not client.has_own_source]


try:
    import pytest
except ImportError:
    pass
else:

    @pytest.fixture(name="fake_secrets")
    def _fixture() -> Iterator[FakeSecrets]:
        """Provide an empty FakeSecrets for one test."""
        with fake_secrets() as fake:
            yield fake
