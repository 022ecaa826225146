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
            secrets = SecretsManagerSource(settings_cls, client, [env_settings, dotenv_settings])
            return init_settings, secrets, env_settings, dotenv_settings, file_secret_settings

A secret is read like an environment variable: pydantic's prefix, aliases, nested models and JSON
apply. With AWS off, this source is empty and pydantic's own sources are used. With AWS on, a secret
that AWS does not have may come from the other sources. In development, variables take precedence
over AWS, also those in an env file. The default of the field is used only if get_secret() would
return it: in development, or if the secret is optional. Requires pydantic-settings 2; for pydantic
1, see pydantic_v1.

Errors of this source contain no values. pydantic's ValidationError shows the input that it rejects,
from any source: set `hide_input_in_errors=True` in the class's configuration, and log
`error.errors(include_input=False)`.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any, get_args

from pydantic_core import PydanticUndefined
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SecretsSettingsSource,
)

from . import default_client
from .client import SecretsManagerClient, references_of
from .field_values import explain_missing, has_value, plain_default

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from pydantic.fields import FieldInfo

# The annotations of settings_customise_sources need these classes of pydantic-settings.
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


def _member(module: str, name: str) -> Any:
    """Return a member of pydantic-settings, which versions before 2.9 have in another module."""
    try:
        return getattr(import_module(module), name)
    except ImportError:
        return getattr(import_module("pydantic_settings.sources"), name)


SettingsError: type[ValueError] = _member("pydantic_settings.exceptions", "SettingsError")


class SecretsManagerSource(EnvSettingsSource):
    """Settings source that reads each variable with get_secret().

    Args:
        settings_cls: The settings class.
        secrets: A client, whose map names the variables; only those of the class's fields are read.
            Or the name of the secret of each variable; (name, field) for a field of a JSON secret.
        others: The other sources, which can supply secrets that AWS does not have. Options such as
            `Settings(_env_prefix="A_")` are copied from the EnvSettingsSource among them. Without
            a DotEnvSettingsSource, the files in the class's configuration are read.
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
        self._others: list[Any] = list(others)
        self._missing: list[tuple[str, tuple[str, str | None]]] = []  # AWS does not have them
        variables = next(
            (other for other in self._others if type(other) is EnvSettingsSource), None
        )
        given = {name: getattr(variables, name) for name in OPTIONS if hasattr(variables, name)}
        super().__init__(settings_cls, **{**given, **options})

    def __call__(self) -> dict[str, Any]:
        """Return the values of the fields.

        Raises:
            SettingsError: A field needs JSON and the secret is not JSON. The error has no cause,
                because that would contain the value.
            SecretError: A secret can't be read, and its field only has a default for development.
        """
        try:
            values = super().__call__()
            self._check_defaults(values)
        except SettingsError as error:
            text = str(error)
        else:
            return values
        raise SettingsError(text)

    def before_env(
        self, sources: Sequence[PydanticBaseSettingsSource]
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Return sources with this one before the first that reads environment variables.

        Args:
            sources: From `super().settings_customise_sources()`. If none of them reads variables,
                this source becomes the second.
        """
        index = min(1, len(sources))
        for position, source in enumerate(sources):
            if isinstance(source, (EnvSettingsSource, SecretsSettingsSource)):
                index = position
                break
        return (*sources[:index], self, *sources[index:])

    def _load_env_vars(self) -> Mapping[str, str | None]:
        if not self._client.is_aws_on():
            return {}
        found: dict[str, str | None] = {}
        in_files = self._names_in_files() if self._client.is_development() else set()
        for variable, (name, key) in self._references():
            if self._own_name(variable) in in_files:
                continue
            try:
                found[variable] = self._client.get_secret(
                    name, _reader(variable), key=key, env=variable
                )
            except KeyError:
                self._missing.append((variable, (name, key)))
        return self._parse(found)

    def _names_in_files(self) -> set[str]:
        """Return the variables that an env file sets. An empty one counts as unset."""
        names: set[str] = set()
        for source in self._others or [DotEnvSettingsSource(self.settings_cls)]:
            if isinstance(source, DotEnvSettingsSource):
                names.update(name for name, value in source.env_vars.items() if value)
        return names

    def _parse(self, values: dict[str, str | None]) -> Mapping[str, str | None]:
        """Return the values as the base class returns variables."""
        try:
            parse: Callable[..., Mapping[str, str | None]] = _member(
                "pydantic_settings.sources.utils", "parse_env_vars"
            )
        except AttributeError:  # before version 2.2
            return {self._own_name(variable): value for variable, value in values.items()}
        return parse(values, self.case_sensitive, self.env_ignore_empty, self.env_parse_none_str)

    def _check_defaults(self, values: dict[str, Any]) -> None:
        """Raise an error if a missing secret would be replaced by a default for development.

        If the field has neither a default nor another value, pydantic reports it as missing, and a
        warning names the secret.

        Args:
            values: The values of this source, which another alias of the field can supply.
        """
        if not self._missing:
            return
        state = getattr(self, "current_state", {})  # since version 2.3
        found = [values, state, *(source() for source in self._other_sources())]
        for variable, (name, key) in self._missing:
            default, paths = self._field_of(variable)
            is_set = any(has_value(source, path) for source in found for path in paths)
            if is_set or not paths:
                continue
            if default is PydanticUndefined:
                explain_missing(self._client, name, key, variable)
            else:
                self._client.get_secret(name, default, key=key, env=variable)

    def _other_sources(self) -> Iterator[Callable[[], dict[str, Any]]]:
        """Yield the other sources, and those of the class's configuration if they are not given."""
        yield from self._others
        for source in (EnvSettingsSource, DotEnvSettingsSource, SecretsSettingsSource):
            if not any(type(other) is source for other in self._others):
                yield source(self.settings_cls)

    def _field_of(self, variable: str) -> tuple[object, list[list[str]]]:
        """Return the default of the field that reads a variable, and the paths of its value.

        Each alias of the field has a path.
        """
        own_name = self._own_name(variable)
        nested: tuple[object, list[list[str]]] = (PydanticUndefined, [])
        for name, field in self.settings_cls.model_fields.items():
            infos = self._extract_field_info(field, name)
            for _, env_name, _ in infos:
                if own_name == env_name:
                    return _default_of(field), [[key] for key, _, _ in infos]
                parts = self._nested_parts(own_name, env_name)
                default = self._default_of_nested(field, parts) if parts else PydanticUndefined
                if default is not PydanticUndefined:
                    nested = default, [[key, *parts] for key, _, _ in infos]
        return nested

    def _nested_parts(self, own_name: str, env_name: str) -> list[str]:
        """Return the names of nested fields in a variable; empty if it is not of this field."""
        delimiter = self.env_nested_delimiter
        prefix = f"{env_name}{delimiter}"
        if not delimiter or not own_name.startswith(prefix):
            return []
        max_split = getattr(self, "maxsplit", -1)  # since version 2.8
        return own_name[len(prefix) :].split(delimiter, max_split)

    def _default_of_nested(self, field: FieldInfo, path: list[str]) -> object:
        """Return the default of a field of a model, which the default of the model can contain."""
        model = field.default
        for part in path:
            models = (field.annotation, *get_args(field.annotation))
            fields = {
                own_name.lower(): (name, inner)
                for kind in models
                for name, inner in getattr(kind, "model_fields", {}).items()
                for own_name in (name, *self._keys_of(name, inner))
            }
            if part.lower() not in fields:
                return PydanticUndefined
            name, field = fields[part.lower()]
            model = getattr(model, name, PydanticUndefined)
        return _default_of(field) if model is PydanticUndefined else plain_default(model)

    def _keys_of(self, name: str, field: FieldInfo) -> list[str]:
        """Return the aliases of a field; its name if it has none."""
        return [key for key, _, _ in self._extract_field_info(field, name)]

    def _own_name(self, variable: str) -> str:
        return variable if self.case_sensitive else variable.lower()

    def _references(self) -> Iterator[tuple[str, tuple[str, str | None]]]:
        """Yield each variable to read, with the name of its secret and the field."""
        if self._serves_all:
            yield from self._secrets
            return
        names = self._names_of_fields()
        delimiter = self.env_nested_delimiter
        prefixes = tuple(f"{name}{delimiter}" for name in names if delimiter)
        for variable, reference in self._secrets:
            name = self._own_name(variable)
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
    """Return a function that reads a variable, and raises KeyError if it is not set."""
    return lambda: os.environ[variable]


def _default_of(field: FieldInfo) -> object:
    """Return the default of a field; "generated" stands for that of a default factory."""
    if field.default_factory is not None:
        return "generated"
    default = field.default
    return default if default is PydanticUndefined else plain_default(default)
