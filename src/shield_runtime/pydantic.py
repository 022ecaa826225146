"""A settings source for pydantic-settings that reads fields from AWS Secrets Manager.

::

    class Settings(BaseSettings):
        stripe_key: SecretStr

        @classmethod
        def settings_customise_sources(cls, *args, **kwargs):
            first, *others = super().settings_customise_sources(*args, **kwargs)
            source = SecretsManagerSource(args[0], {"STRIPE_KEY": "stripe-key"}, others)
            return first, source, *others

A secret is read like an environment variable: pydantic's prefix, aliases, nested models and JSON
apply. With AWS off, this source is empty and pydantic's own sources are used. Requires
pydantic-settings 2.

Errors of this source contain no values. pydantic's ValidationError shows the input that it rejects,
from any source: set `hide_input_in_errors=True` in the class's configuration, and log
`error.errors(include_input=False)`.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from pydantic_settings import EnvSettingsSource

from . import default_client, get_secret

try:
    from pydantic_settings.exceptions import SettingsError
    from pydantic_settings.sources.utils import parse_env_vars
except ImportError:  # before pydantic-settings 2.9
    from pydantic_settings.sources import (  # type: ignore[attr-defined,no-redef]
        SettingsError,
        parse_env_vars,
    )

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

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
    """Settings source that reads each variable with get_secret().

    Args:
        settings_cls: The settings class.
        secrets: Name of the secret of each variable; (name, field) for a field of a JSON secret.
        others: The other sources. Options such as `Settings(_env_prefix="A_")` are copied from the
            EnvSettingsSource among them.
        options: Options of EnvSettingsSource.
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
        """Return the values of the fields.

        Raises:
            SettingsError: A field needs JSON and the secret is not JSON. The error has no cause,
                because that would contain the value.
        """
        try:
            return super().__call__()
        except SettingsError as error:
            text = str(error)
        raise SettingsError(text)

    def _load_env_vars(self) -> Mapping[str, str | None]:
        if not default_client.is_aws_on():
            return {}
        found: dict[str, str | None] = {}
        for variable, secret in self._secrets.items():
            name, key = (secret, None) if isinstance(secret, str) else secret
            try:
                found[variable] = get_secret(name, _reader(variable), key=key, env=variable)
            except KeyError:
                continue  # pydantic reads the field from its other sources
        return parse_env_vars(
            found, self.case_sensitive, self.env_ignore_empty, self.env_parse_none_str
        )

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(self._secrets)})"


def _reader(variable: str) -> Callable[[], str]:
    """Return an expression that reads a variable; a missing secret raises KeyError."""
    return lambda: os.environ[variable]
