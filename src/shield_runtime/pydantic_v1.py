"""A settings source for the BaseSettings of pydantic 1 that reads fields from AWS Secrets Manager.

::

    class Settings(BaseSettings):
        stripe_key: SecretStr

        class Config:
            @classmethod
            def customise_sources(
                cls,
                init_settings: SettingsSourceCallable,
                env_settings: SettingsSourceCallable,
                file_secret_settings: SettingsSourceCallable,
            ) -> tuple[SettingsSourceCallable, ...]:
                secrets = SecretsManagerSource(client)
                return init_settings, secrets, env_settings, file_secret_settings

A secret is read like an environment variable: `env_prefix`, `env`, nested models and JSON values
are supported. With AWS off, this source is empty and pydantic's own sources are used. In
development, variables take precedence over AWS, also those in an env file.
Requires pydantic 1.8 or newer, or the `pydantic.v1` of pydantic 2.
"""

from __future__ import annotations

import inspect
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable

from . import default_client
from .client import SecretsManagerClient, references_of
from .errors import SecretFormatError
from .field_values import explain_missing, has_value, plain_default
from .request import MISSING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["SecretsManagerSource", "SettingsSourceCallable"]

SettingsSourceCallable = Callable[[Any], "dict[str, Any]"]


class SecretsManagerSource:
    """Settings source that reads the variables of a class's fields with get_secret().

    Args:
        secrets: A client, whose map names the variables. Or the name of the secret of each
            variable; (name, field) for a field of a JSON secret.
    """

    def __init__(self, secrets: SecretsManagerClient | Mapping[str, str | tuple[str, str]]) -> None:
        is_client = isinstance(secrets, SecretsManagerClient)
        self._client: Any = secrets if is_client else default_client
        self._secrets = references_of(secrets)
        self._missing: list[tuple[str, str, str | None, str]] = []  # AWS does not have them
        self._in_files: set[str] = set()  # variables in an env file that take precedence

    def __call__(self, settings: Any) -> dict[str, Any]:
        """Return the values of the fields.

        Args:
            settings: The instance of BaseSettings that pydantic is creating.

        Raises:
            SecretFormatError: A field needs JSON and the secret is not JSON. The error has no
                cause, because that would contain the value.
            SecretError: A secret can't be read, and the field has only a default for development,
                or an argument of the class, which pydantic does not pass to its sources.
        """
        if not self._client.is_aws_on():
            return {}
        delimiter = getattr(settings.__config__, "env_nested_delimiter", None) or ""
        values: dict[str, Any] = {}
        self._missing.clear()
        self._in_files = _names_in_files(settings) if self._client.is_development() else set()
        for field in settings.__fields__.values():
            value = self._value_of(settings, field, delimiter)
            if value is not MISSING:
                values[field.alias] = value
        self._check_defaults(settings, delimiter, values)
        return values

    def before_env(
        self, sources: Sequence[SettingsSourceCallable]
    ) -> tuple[SettingsSourceCallable, ...]:
        """Return sources with this one before the first that reads environment variables.

        Args:
            sources: From `super().customise_sources()`. If none of them reads variables, this
                source becomes the second.
        """
        index = min(1, len(sources))
        for position, source in enumerate(sources):
            if type(source).__name__ in {"EnvSettingsSource", "SecretsSettingsSource"}:
                index = position
                break
        return (*sources[:index], self, *sources[index:])

    def _value_of(self, settings: Any, field: Any, delimiter: str) -> Any:
        """Return the value of a field, as pydantic reads it from variables; MISSING without one.

        The values of nested variables replace those in the JSON of the whole model.
        """
        nested: dict[str, Any] = {}
        for name in field.field_info.extra["env_names"]:
            found = self._read(settings, name, delimiter if _is_complex(field) else "")
            text = found.pop(name, None)
            _add_nested(nested, found, name + delimiter, delimiter)
            if text is not None:
                value = _parse(settings, field, text)
                return _merge(value, nested) if isinstance(value, dict) else value
        return nested or MISSING

    def _read(self, settings: Any, name: str, delimiter: str) -> dict[str, str]:
        """Return the values of a variable and of the variables of its nested model."""
        case_sensitive = settings.__config__.case_sensitive
        found = {}
        for variable, (secret, key) in self._secrets:
            own_name = variable if case_sensitive else variable.lower()
            is_nested = bool(delimiter) and own_name.startswith(f"{name}{delimiter}")
            if (own_name != name and not is_nested) or own_name in self._in_files:
                continue
            try:
                text = self._client.get_secret(secret, _reader(variable), key=key, env=variable)
            except KeyError:
                self._missing.append((own_name, secret, key, variable))
                continue
            found[own_name] = text
        return found

    def _check_defaults(self, settings: Any, delimiter: str, values: dict[str, Any]) -> None:
        """Raise an error if a missing secret would be replaced by a default for development.

        Another variable of the field, or another source, may set the field, and pydantic reports
        required fields itself; a warning names their secrets. Otherwise, get_secret() raises an
        error if the default is for development only.
        """
        found = [values, *_other_values(settings)] if self._missing else []
        for own_name, secret, key, variable in self._missing:
            field, path = _field_of(settings, own_name, delimiter)
            if any(has_value(source, path) for source in found):
                continue
            if field.required:
                explain_missing(self._client, secret, key, variable)
                continue
            default = plain_default(_default_of(field, path[1:]))
            self._client.get_secret(secret, default, key=key, env=variable)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(name for name, _ in self._secrets)})"


def _parse(settings: Any, field: Any, text: str) -> Any:
    """Parse the JSON of a field with a complex type; return the text of other fields."""
    config = settings.__config__
    if not _is_complex(field):
        return text
    try:
        if hasattr(config, "parse_env_var"):  # since pydantic 1.10
            return config.parse_env_var(field.name, text)
        return config.json_loads(text)
    except ValueError:
        pass
    if field.is_complex():
        raise SecretFormatError(f"the secret of the field {field.name!r} is not JSON")
    return text  # the field also accepts a text


def _is_complex(field: Any) -> bool:
    """Return whether pydantic reads JSON for a field, or for a member of its union."""
    return any(part.is_complex() for part in (field, *(field.sub_fields or ())))


def _add_nested(values: dict[str, Any], found: dict[str, str], prefix: str, delimiter: str) -> None:
    """Add the values of a nested model: split their names at the delimiter, as pydantic does."""
    for name, text in found.items():
        *parents, last = name[len(prefix) :].split(delimiter)
        place = values
        for parent in parents:
            if not isinstance(place.get(parent), dict):
                place[parent] = {}
            place = place[parent]
        place[last] = text


def _merge(values: dict[str, Any], others: dict[str, Any]) -> dict[str, Any]:
    """Return values with other values, which replace them; dictionaries are merged."""
    merged = dict(values)
    for name, other in others.items():
        value = merged.get(name)
        if isinstance(value, dict) and isinstance(other, dict):
            merged[name] = _merge(value, other)
        else:
            merged[name] = other
    return merged


def _reader(variable: str) -> Callable[[], str]:
    """Return a fallback that reads a variable and raises KeyError if it is not set."""
    return lambda: os.environ[variable]


def _field_of(settings: Any, own_name: str, delimiter: str) -> tuple[Any, list[str]]:
    """Return the field that reads a variable, and the path of its value."""
    nested: tuple[Any, list[str]] | None = None
    for field in settings.__fields__.values():
        for name in field.field_info.extra["env_names"]:
            if own_name == name:
                return field, [field.alias]
            prefix = f"{name}{delimiter}"
            if delimiter and _is_complex(field) and own_name.startswith(prefix):
                nested = field, [field.alias, *own_name[len(prefix) :].split(delimiter)]
    if nested is None:
        raise AssertionError(own_name)
    return nested


def _default_of(field: Any, path: list[str]) -> object:
    """Return the default of a field, or of a field in the model that is its default."""
    default = field.get_default()
    for part in path:
        names = {name.lower(): name for name in getattr(default, "__fields__", {})}
        default = getattr(default, names.get(part.lower(), ""), None)
    return default


def _names_in_files(settings: Any) -> set[str]:
    """Return the variables that an env file sets. An empty one counts as unset."""
    config = settings.__config__
    files = config.env_file or ()
    names: set[str] = set()
    for file in [files] if isinstance(files, (str, os.PathLike)) else files:
        path = Path(file).expanduser()
        if path.is_file():
            found = _module_of(settings).read_env_file(
                path, encoding=config.env_file_encoding, case_sensitive=config.case_sensitive
            )
            names.update(name for name, value in found.items() if value)
    return names


def _module_of(settings: Any) -> Any:
    """Return the module of pydantic that defines BaseSettings."""
    base = next(kind for kind in type(settings).__mro__ if kind.__name__ == "BaseSettings")
    return sys.modules[base.__module__]


def _other_values(settings: Any) -> list[dict[str, Any]]:
    """Return the values from environment variables, the env file and `secrets_dir`."""
    config = settings.__config__
    module = _module_of(settings)
    options = {"env_prefix_len": len(config.env_prefix)}
    names = inspect.signature(module.EnvSettingsSource).parameters
    known = {name: options.get(name, getattr(config, name, None)) for name in names}
    sources = [
        module.EnvSettingsSource(**known),
        module.SecretsSettingsSource(secrets_dir=config.secrets_dir),
    ]
    return [source(settings) for source in sources]
