"""Switch rotated databases to a Django backend that reads the credentials for each new connection.

ENGINE is set to the backend, and SECRET to the name of the secret with the credentials.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, NamedTuple

from shield_ai.model.finding import Kind
from shield_ai.model.manifest import Rotation
from shield_ai.model.naming import MANIFEST
from shield_ai.model.skip import SkipId, Skipped, SkipReason
from shield_ai.project.runtime_names import database_backends
from shield_ai.rewrite.python.calls import variable_of_call
from shield_ai.rewrite.python.fixer import FileContext, FileOutcome
from shield_ai.rewrite.python.lines.source_edits import make_edit

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping

    from shield_ai.model.edit import Edit
    from shield_ai.model.manifest import Manifest, Secret
    from shield_ai.model.site import Site
    from shield_ai.project.python_source import Source
    from shield_ai.project.secret_map import SecretMap
    from shield_ai.rewrite.python.accessor_names import AccessorNames

ENGINES = {
    "django.db.backends.postgresql": "postgresql",
    # The name until Django 1.9, accepted until Django 3.0.
    "django.db.backends.postgresql_psycopg2": "postgresql",
    "django.db.backends.mysql": "mysql",
}
# The fields that the backend reads without SECRET_FIELDS.
DEFAULT_FIELDS = {"USER": "username", "PASSWORD": "password"}
Item = tuple[ast.expr, ast.expr]  # key and value of a dict


class SecretLookup(NamedTuple):
    """Find the secret that a database setting reads, before or after this rewrite."""

    source: Source
    wrapped: dict[tuple[int, int], str]  # span of each wrapped site -> variable
    secrets: Mapping[str, tuple[Secret, str]]  # secret and field by variable
    get: str  # the name under which the file calls get_secret()
    secret_map: SecretMap | None = None  # the app's map file

    def find(self, item: Item | None) -> tuple[Secret, str] | None:
        """Return the secret and its field; None if the setting reads none."""
        if item is None:
            return None
        for variable in self._variables_in(self._value_of(item[1])):
            entry = self.secrets.get(variable)
            if entry:
                return entry
        return None

    def _value_of(self, node: ast.expr) -> ast.expr:
        """Return the value of a name that the file assigns once; other expressions unchanged."""
        if not isinstance(node, ast.Name):
            return node
        values = []
        for statement in ast.walk(self.source.tree):
            if isinstance(statement, ast.Assign):
                names = [ast.unparse(target) for target in statement.targets]
                values += [statement.value] * names.count(node.id)
        return values[0] if len(values) == 1 else node

    def _variables_in(self, node: ast.expr) -> list[str]:
        first, last = self.source.span(node)
        variables = []
        for (start, end), variable in self.wrapped.items():
            if first <= start and end <= last:
                variables.append(variable)
        for child in ast.walk(node):
            if isinstance(child, ast.Call) and child.args and ast.unparse(child.func) == self.get:
                variables.append(variable_of_call(child, self.secret_map))
        return variables


def fix(context: FileContext) -> FileOutcome:
    """Replace the engines of the rotated databases."""
    return replace_engines(
        context.source, context.sites, context.manifest, context.names, context.known
    )


def rotating_databases(
    manifest: Manifest, kinds: Container[Kind] = (Kind.DATABASE,)
) -> list[Secret]:
    """Return the secrets of databases that are rotated.

    A schedule without `strategy`, `admin` or a [rotation] table is only a proposal of
    `shield draft`, and is ignored.
    """
    has_function = manifest.rotation is not None
    found = []
    for secret in manifest.secret:
        rotate = secret.rotate
        if secret.kind not in kinds or not isinstance(rotate, Rotation):
            continue
        if has_function or rotate.strategy or rotate.admin:
            found.append(secret)
    return found


def replace_engines(
    source: Source,
    sites: Iterable[Site],
    manifest: Manifest,
    names: AccessorNames,
    secret_map: SecretMap | None = None,
) -> FileOutcome:
    """Replace the engine of each rotated database in a file with shield's backend.

    Args:
        source: The file.
        sites: The sites that are wrapped in it.
        manifest: Maps each variable to its secret.
        names: The names by which the file calls the runtime.
        secret_map: The map file of the app, if it has one.
    """
    changes = FileOutcome()
    _record_existing_backends(changes, source, manifest, names.module)
    secrets = rotating_databases(manifest)
    if not secrets:
        return changes
    wrapped = {(site.start, site.end): site.variable for site in sites if not site.reason}
    lookup = SecretLookup(source, wrapped, manifest.secrets_by_variable(), names.get, secret_map)
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Dict):
            _replace_engine(changes, lookup, node, secrets, names.module)
    return changes


def _record_existing_backends(
    changes: FileOutcome, source: Source, manifest: Manifest, module: str
) -> None:
    """Record the databases that already use shield's backend with a secret in SECRET.

    A dict with only ENGINE and SECRET is enough: a URL can provide the other keys.
    """
    names = {secret.name for secret in rotating_databases(manifest, (Kind.DATABASE, Kind.URL))}
    if not names:
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Dict):
            items = _dict_items(node)
            name = items["SECRET"][1] if "SECRET" in items else None
            engine = _own_engine(items["ENGINE"][1], module) if "ENGINE" in items else ""
            if engine and isinstance(name, ast.Constant) and name.value in names:
                changes.found.add(str(name.value))
                changes.engines.add(engine)


def _replace_engine(
    changes: FileOutcome, lookup: SecretLookup, node: ast.Dict, secrets: list[Secret], module: str
) -> None:
    """Replace the engine in a dict, if the password in it belongs to one of the secrets."""
    source = lookup.source
    items = _dict_items(node)
    password = lookup.find(items.get("PASSWORD"))
    if password is None or password[0] not in secrets:
        return
    secret, password_field = password
    changes.found.add(secret.name)
    problem = _engine_problem(source, items.get("ENGINE"), module)
    if problem:
        changes.skipped.append(problem.entry(source.path, node.lineno, secret.name))
        return
    user = lookup.find(items.get("USER"))
    fields = {"USER": user[1]} if user and user[0] == secret else {}
    fields["PASSWORD"] = password_field
    changes.engines.add(_supported_engine(items["ENGINE"][1], module))
    changes.edits += _dict_edits(source, items, secret.name, fields, module)


def skipped_databases(manifest: Manifest, found: set[str]) -> Iterator[Skipped]:
    """Yield an entry for each rotated database that was not found in the settings.

    Args:
        manifest: The manifest.
        found: The secrets with a database in the settings.
    """
    for secret in rotating_databases(manifest, (Kind.DATABASE, Kind.URL)):
        if secret.name in found:
            continue
        is_url = secret.kind is Kind.URL
        case = SkipId.DATABASE_URL if is_url else SkipId.DATABASE_NOT_FOUND
        yield case.reason().entry(MANIFEST, name=secret.name)


def _dict_items(node: ast.Dict) -> dict[str, Item]:
    """Return the items of a dict with constant keys."""
    items: dict[str, Item] = {}
    for key, value in zip(node.keys, node.values, strict=True):
        if isinstance(key, ast.Constant):
            items[str(key.value)] = (key, value)
    return items


def _own_engine(node: ast.expr, module: str) -> str:
    """Return "postgresql" or "mysql" for an ENGINE that is shield's backend, or ""."""
    value = str(node.value) if isinstance(node, ast.Constant) else ""
    for engine in ENGINES.values():
        if value in database_backends(module, engine):
            return engine
    return ""


def _supported_engine(node: ast.expr, module: str) -> str:
    """Return "postgresql" or "mysql" for an ENGINE, or "" for an unsupported one."""
    value = str(node.value) if isinstance(node, ast.Constant) else ""
    return _own_engine(node, module) or ENGINES.get(value, "")


def _engine_problem(source: Source, item: Item | None, module: str) -> SkipReason | None:
    """Return why an engine cannot be replaced; None if it can."""
    if item is None:
        return SkipId.ENGINE_MISSING.reason()
    node = item[1]
    if not isinstance(node, ast.Constant):
        return SkipId.ENGINE_COMPUTED.reason()
    if not _supported_engine(node, module):
        return SkipId.ENGINE_UNSUPPORTED.reason(engine=node.value)
    is_plain = re.fullmatch(r"'[^'\\]*'|\"[^\"\\]*\"", source.segment(node))
    if not is_plain or b")" in _between(source, *item):  # a key in parentheses
        return SkipId.ENGINE_NOT_PLAIN.reason()
    return None


def _dict_edits(
    source: Source, items: dict[str, Item], name: str, fields: dict[str, str], module: str
) -> Iterator[Edit]:
    """Set ENGINE, SECRET and, for fields with other names than the defaults, SECRET_FIELDS.

    Existing values that differ are replaced.
    """
    engine = items["ENGINE"][1]
    quote = source.segment(engine)[0]

    def quoted(text: str) -> str:
        return f"{quote}{text}{quote}"

    settings = {
        "ENGINE": quoted(database_backends(module, _supported_engine(engine, module))[0]),
        "SECRET": quoted(name),
    }
    has_default_fields = all(DEFAULT_FIELDS[setting] == field for setting, field in fields.items())
    if "SECRET_FIELDS" in items or not has_default_fields:
        pairs = [f"{quoted(setting)}: {quoted(field)}" for setting, field in fields.items()]
        settings["SECRET_FIELDS"] = f"{{{', '.join(pairs)}}}"
    new_items = []
    for setting, text in settings.items():
        if setting not in items:
            new_items.append(f"{quoted(setting)}: {text}")
            continue
        old = items[setting][1]
        if ast.unparse(old) != ast.unparse(ast.parse(text, mode="eval")):
            start, end = source.span(old)
            yield make_edit(source, start, end, text)
    if new_items:
        yield _insert_items(source, items["ENGINE"], new_items)


def _insert_items(source: Source, engine: Item, items: list[str]) -> Edit:
    """Insert items below ENGINE, on separate lines if ENGINE is on a separate line.

    They go above ENGINE if its value is in parentheses, or if a comment follows it.
    """
    start, end = source.span(engine[0])[0], source.span(engine[1])[1]
    offset, raw = source.lines[engine[0].lineno - 1]
    before = raw[: start - offset]
    separator = ", " if before.strip() else f",\n{before.decode(source.encoding)}"
    is_last_on_line = re.match(rb"[ \t]*,?[ \t]*(?:[\r\n}]|$)", source.raw[end:])
    has_parentheses = b"(" in _between(source, *engine)
    if not has_parentheses and (before.strip() or is_last_on_line):
        text = "".join(separator + item for item in items)
        return make_edit(source, end, end, text)
    text = "".join(item + separator for item in items)
    return make_edit(source, start, start, text)


def _between(source: Source, key: ast.expr, value: ast.expr) -> bytes:
    """Return the colon between a key and its value, with parentheses and comments."""
    return source.raw[source.span(key)[1] : source.span(value)[0]]
