"""A settings source for pydantic-settings that reads fields from AWS Secrets Manager.

::

    class Settings(BaseSettings):
        stripe_key: SecretStr

        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,
            file_secret_settings: PydanticBaseSettingsSource,
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            secrets = SecretsManagerSource(settings_cls, client, [env_settings])
            return init_settings, secrets, env_settings, dotenv_settings, file_secret_settings

A secret is read like an environment variable: pydantic's prefix, aliases, nested models and JSON
apply. With AWS off, this source is empty and pydantic's own sources are used. Requires
pydantic-settings 2; for pydantic 1, see pydantic_v1.

Errors of this source contain no values. pydantic's ValidationError shows the input that it rejects,
from any source: set `hide_input_in_errors=True` in the class's configuration, and log
`error.errors(include_input=False)`.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource

from . import default_client
from .client import SecretsManagerClient, references_of

try:
    from pydantic_settings.exceptions import SettingsError
    from pydantic_settings.sources.utils import parse_env_vars
except ImportError:  # before pydantic-settings 2.9
    from pydantic_settings.sources import (  # type: ignore[attr-defined,no-redef]
        SettingsError,
        parse_env_vars,
    )

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

# The method of a settings class needs the classes of pydantic-settings in its annotations.
__all__ = ["BaseSettings", "PydanticBaseSettingsSource", "SecretsManagerSource"]
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
        secrets: A client, whose map names the variables; only those of the class's fields are read.
            Or the name of the secret of each variable; (name, field) for a field of a JSON secret.
        others: The other sources. Options such as `Settings(_env_prefix="A_")` are copied from the
            EnvSettingsSource among them.
        options: Options of EnvSettingsSource.
    """

    def __init__(
        self,
        settings_cls: type[BaseSettings],
        secrets: SecretsManagerClient | Mapping[str, str | tuple[str, str]],
        others: Iterable[object] = (),
        **options: Any,
    ) -> None:
        is_client = isinstance(secrets, SecretsManagerClient)
        self._client: Any = secrets if is_client else default_client
        self._secrets = references_of(secrets)
        self._serves_all = not is_client
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
        if not self._client.is_aws_on():
            return {}
        found: dict[str, str | None] = {}
        for variable, (name, key) in self._references():
            try:
                found[variable] = self._client.get_secret(
                    name, _reader(variable), key=key, env=variable
                )
            except KeyError:
                continue  # pydantic reads the field from its other sources
        return parse_env_vars(
            found, self.case_sensitive, self.env_ignore_empty, self.env_parse_none_str
        )

    def _references(self) -> Iterator[tuple[str, tuple[str, str | None]]]:
        """Yield each variable to read, with the name of its secret and the field."""
        if self._serves_all:
            yield from self._secrets
            return
        names = self._names_of_fields()
        delimiter = self.env_nested_delimiter
        prefixes = tuple(f"{name}{delimiter}" for name in names if delimiter)
        for variable, reference in self._secrets:
            name = variable if self.case_sensitive else variable.lower()
            if name in names or name.startswith(prefixes):
                yield variable, reference

    def _names_of_fields(self) -> set[str]:
        """Return the variables that pydantic reads for the fields of the class."""
        names = set()
        for name, field in self.settings_cls.model_fields.items():
            names |= {info[1] for info in self._extract_field_info(field, name)}
        return names

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(name for name, _ in self._references())})"


def _reader(variable: str) -> Callable[[], str]:
    """Return an expression that reads a variable; a missing secret raises KeyError."""
    return lambda: os.environ[variable]
