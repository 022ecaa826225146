"""Read the map file of an app: the secrets, and the environment variables behind them.

The file is parsed, never imported. It creates a client with the mapping:
`client = SecretsManagerClient({"sentry-dsn": "SENTRY_DSN"}, optional=["sentry-dsn"])`.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import msgspec

from shield_ai.model.errors import SourceError
from shield_ai.project.python_source import Source, string_constant
from shield_ai.project.runtime_names import CLIENT, IMPORTS_COPY

if TYPE_CHECKING:
    from collections.abc import Collection

    from shield_ai.model.file_reader import FileReader
    from shield_ai.model.manifest import Manifest


class SecretMap(msgspec.Struct, frozen=True):
    """The mapping of a map file, in its order."""

    secrets: dict[str, str | dict[str, str]] = {}
    optional: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    prefix: str | None = ""  # of the names in AWS; None: the file computes it

    def variable(self, reference: str) -> str:
        """Return the variable of `name` or `name:field`; "" if the map does not name it."""
        name, _, field = reference.partition(":")
        entry = self.secrets.get(name, "")
        if isinstance(entry, dict):
            return entry.get(field, "")
        return "" if field else entry

    def references(self, variables: Collection[str]) -> tuple[str, ...]:
        """Return `name` or `name:field` of each of some variables, in the order of the map."""
        found: list[str] = []
        for name, entry in self.secrets.items():
            fields = {"": entry} if isinstance(entry, str) else entry
            for field, variable in fields.items():
                if variable in variables:
                    found.append(f"{name}:{field}" if field else name)
        return tuple(found)

    def unlisted_variables(self, manifest: Manifest) -> list[str]:
        """Return the variables that shield.toml neither lists nor renames."""
        named = set(manifest.variables())
        for secret in manifest.secret:
            for field in secret.variables().values():
                named.add(self.variable(f"{secret.name}:{field}" if field else secret.name))
        return [name for name in self.variables() if name not in named]

    def variables(self) -> list[str]:
        """Return all variables that the map names."""
        found: list[str] = []
        for entry in self.secrets.values():
            if isinstance(entry, str):
                found.append(entry)
            else:
                found.extend(entry.values())
        return found


def expected_map(manifest: Manifest) -> SecretMap:
    """Return the mapping that corresponds to shield.toml."""
    secrets: dict[str, str | dict[str, str]] = {}
    for secret in manifest.secret:
        if secret.fields:
            secrets[secret.name] = dict(secret.fields)
        elif secret.env:
            secrets[secret.name] = secret.env
    optional = [s.name for s in manifest.secret if s.optional and s.name in secrets]
    required = [s.name for s in manifest.secret if s.optional is False and s.name in secrets]
    # Each environment has another prefix: AWS_SECRETS_PREFIX selects it.
    prefix = "" if manifest.environments else manifest.app.prefix
    return SecretMap(secrets, tuple(optional), tuple(required), prefix)


class MapCall(msgspec.Struct, frozen=True):
    """The call that creates the client in a map file."""

    source: Source
    call: ast.Call
    mapping: ast.Dict
    # The values of the keyword arguments.
    optional: ast.expr | None
    required: ast.expr | None
    prefix: ast.expr | None
    content: SecretMap


def read_map(read: FileReader, runtime: str) -> SecretMap | None:
    """Return the mapping of an app's map file; None if the app has none, or it is not literal.

    Args:
        read: Returns the bytes of a file of the app.
        runtime: The path of the map file, or "package". The app can have a folder of this name.
    """
    return None if runtime == "package" else parse_map(read(runtime))


def parse_map(raw: bytes | None) -> SecretMap | None:
    """Return the mapping of a map file; None for another file, or if the mapping is not literal."""
    found = find_map_call(raw)
    return found.content if found else None


def find_map_call(raw: bytes | None) -> MapCall | None:
    """Return the only `SecretsManagerClient({...})` of a map file, if its arguments are literals.

    Args:
        raw: The bytes of the file.
    """
    if raw is None or not IMPORTS_COPY.search(raw):
        return None
    try:
        source = Source.from_bytes("", raw)
        calls = _client_calls(source.tree)
    except SourceError:
        return None
    if len(calls) != 1:
        return None
    call = calls[0]
    mapping = call.args[0] if len(call.args) == 1 else None
    if not isinstance(mapping, ast.Dict):
        return None
    arguments = {keyword.arg: keyword.value for keyword in call.keywords}
    optional, required = arguments.get("optional"), arguments.get("required")
    prefix = arguments.get("prefix")
    try:
        content = msgspec.convert(
            {
                "secrets": ast.literal_eval(mapping),
                "optional": _names(optional),
                "required": _names(required),
                "prefix": _text(prefix),
            },
            SecretMap,
            strict=True,
        )
    except (ValueError, TypeError):  # msgspec.ValidationError is a ValueError
        return None
    return MapCall(source, call, mapping, optional, required, prefix, content)


def _names(node: ast.expr | None) -> tuple[str, ...]:
    """Return the names in an argument. A ValueError or TypeError says that it is not literal."""
    return () if node is None else tuple(ast.literal_eval(node))


def _text(node: ast.expr | None) -> str | None:
    """Return the text of an argument; "" if it is absent, None if it is computed."""
    return "" if node is None else string_constant(node)


def client_name(raw: bytes | None) -> str:
    """Return the name of the client in a map file; "" if it has another form."""
    found = find_map_call(raw)
    if found is None:
        return ""
    for node in found.source.tree.body:
        if isinstance(node, ast.Assign) and node.value is found.call:
            target = node.targets[0]
            return target.id if isinstance(target, ast.Name) else ""
    return ""


def hardcoded_default(call: ast.Call, known: SecretMap | None) -> ast.Constant | None:
    """Return the hardcoded secret in a get_secret() call, or None.

    If the map file contains the name, a second positional argument is the default of the original
    read, and not a secret. A literal that the code contained is passed as `default=`.

    Args:
        call: The call.
        known: The app's map file, if it has one.
    """
    keywords = {keyword.arg: keyword.value for keyword in call.keywords}
    default = keywords.get("default")
    if default is None and len(call.args) > 1 and not _is_mapped(call, known):
        default = call.args[1]
    if not isinstance(default, ast.Constant) or not isinstance(default.value, (str, bytes)):
        return None
    return default if default.value else None


def _is_mapped(call: ast.Call, known: SecretMap | None) -> bool:
    name = call.args[0]
    if known is None or not isinstance(name, ast.Constant) or call.keywords:
        return False
    return bool(known.variable(str(name.value)))


def _client_calls(tree: ast.Module) -> list[ast.Call]:
    calls = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id == CLIENT:
                calls.append(node)
    return calls
