"""A settings source for pydantic-settings: a field reads its secret from AWS Secrets Manager.

::

    class Settings(BaseSettings):
        stripe_key: SecretStr

        @classmethod
        def settings_customise_sources(cls, *args, **kwargs):
            first, *others = super().settings_customise_sources(*args, **kwargs)
            return first, SecretsManagerSource(args[0], {"STRIPE_KEY": "stripe-key"}, others), *others

A secret is read as the variable would be: prefix, aliases, nested models and JSON as pydantic has them. Where AWS is
off this source gives nothing, and pydantic's own ones do as before. Needs pydantic-settings 2.

An error of this source holds no value. pydantic's ValidationError shows the input that it refuses, whatever source it
is from: set `hide_input_in_errors=True` in the class's configuration, and log `error.errors(include_input=False)`.
"""

from __future__ import annotations

import functools
import os
from typing import TYPE_CHECKING, Any

from pydantic_settings import EnvSettingsSource

from shield_ai.runtime import _client, get_secret

try:
    from pydantic_settings.exceptions import SettingsError
    from pydantic_settings.sources.utils import parse_env_vars
except ImportError:  # before pydantic-settings 2.9
    # as above
    from pydantic_settings.sources import SettingsError, parse_env_vars  # type: ignore[attr-defined,no-redef]

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["SecretsManagerSource"]
OPTIONS = (
    "case_sensitive",
    "env_prefix",
    "env_prefix_target",
    "env_nested_delimiter",
    "env_nested_max_split",
    "env_ignore_empty",
    "env_parse_none_str",
    "env_parse_enums",
)


class SecretsManagerSource(EnvSettingsSource):
    """Gives the settings what get_secret() gives for each variable.

    Args:
        settings_cls: The class of the settings.
        secrets: Variable → the secret's name; with a field of a secret that is a JSON object, (name, field).
        others: The other sources; options that are given to a call of the class, as in `Settings(_env_prefix="A_")`,
            are taken from pydantic's own source of environment variables among them.
        options: What that one takes.
    """

    def __init__(
        self,
        settings_cls: Any,
        secrets: Mapping[str, str | tuple[str, str]],
        others: Iterable[object] = (),
        **options: Any,
    ) -> None:
        self._secrets = secrets
        variables = next((source for source in others if type(source) is EnvSettingsSource), None)
        given = {name: getattr(variables, name) for name in OPTIONS if hasattr(variables, name)}
        super().__init__(settings_cls, **{**given, **options})

    def __call__(self) -> dict[str, Any]:
        """Return what the fields get.

        Raises:
            SettingsError: A secret is no JSON where a field needs some. It has no cause, which would hold it.
        """
        try:
            return super().__call__()
        except SettingsError as error:
            text = str(error)
        raise SettingsError(text)

    def _load_env_vars(self) -> Mapping[str, str | None]:
        if not _client._config().aws:  # noqa: SLF001  # the other half of that module
            return {}
        found: dict[str, str | None] = {}
        for variable, secret in self._secrets.items():
            name, key = (secret, None) if isinstance(secret, str) else secret
            value = get_secret(
                name, functools.partial(os.environ.get, variable), key=key, env=variable
            )
            if value is not None:
                found[variable] = value
        return parse_env_vars(
            found, self.case_sensitive, self.env_ignore_empty, self.env_parse_none_str
        )

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(self._secrets)})"
