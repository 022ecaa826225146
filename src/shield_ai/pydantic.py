"""A settings source for pydantic-settings: a field reads its secret from AWS Secrets Manager.

::

    class Settings(BaseSettings):
        stripe_key: SecretStr

        @classmethod
        def settings_customise_sources(cls, *args, **kwargs):
            first, *others = super().settings_customise_sources(*args, **kwargs)
            return first, SecretsManagerSource(args[0], {"STRIPE_KEY": "stripe-key"}), *others

A secret is read as the variable would be: prefix, aliases, nested models and JSON as pydantic has them. Where AWS is
off it is the variable itself. Needs pydantic-settings 2.
"""

from __future__ import annotations

import functools
import os
from typing import TYPE_CHECKING, Any

from pydantic_settings import EnvSettingsSource

from shield_ai.runtime import get_secret

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["SecretsManagerSource"]


class SecretsManagerSource(EnvSettingsSource):
    """Gives the settings what get_secret() gives for each variable.

    Args:
        settings_cls: The class of the settings.
        secrets: Variable → the secret's name; with a field of a secret that is a JSON object, (name, field).
        options: What pydantic's own source of environment variables takes.
    """

    def __init__(self, settings_cls: Any, secrets: Mapping[str, str | tuple[str, str]], **options: Any) -> None:
        self._secrets = secrets
        super().__init__(settings_cls, **options)

    def _load_env_vars(self) -> Mapping[str, str | None]:
        found: dict[str, str | None] = {}
        for variable, secret in self._secrets.items():
            name, key = (secret, None) if isinstance(secret, str) else secret
            value = get_secret(name, functools.partial(os.environ.get, variable), key=key, env=variable)
            if value is not None:
                found[variable if self.case_sensitive else variable.lower()] = value
        return found

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(self._secrets)})"
