"""Find the reads of secrets that a whole statement shows: fields, imports, copies and loads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.model.name_meaning import Meaning
from shield_ai.scan.python.config.classes import is_data_module, secret_fields
from shield_ai.scan.python.config.config_objects import Origin
from shield_ai.scan.python.config.config_read import ConfigRead
from shield_ai.scan.python.config.copied_values import copied_secret
from shield_ai.scan.python.config.file_contents import file_secret
from shield_ai.scan.python.config.imports import imported_secrets
from shield_ai.scan.python.config.loaded_values import loaded_values
from shield_ai.scan.python.config.names import key_meaning
from shield_ai.scan.python.config.schema_entries import schema_entries

if TYPE_CHECKING:
    import ast
    from collections.abc import Collection, Iterator

    from shield_ai.project.python_source import Source
    from shield_ai.scan.python.config.config_objects import Names


def declared_reads(source: Source, app_modules: Collection[str]) -> Iterator[ConfigRead]:
    """Yield the secrets that classes, imports and settings declare.

    Args:
        source: The file.
        app_modules: The names of the modules and packages of the app, alone and as PARENT/NAME.
    """
    for loaded in loaded_values(source.tree, source.path):
        yield ConfigRead(loaded.node, loaded.key, Origin(loaded.loader), is_certain=False)
    for node, key in imported_secrets(source.tree, app_modules):
        if key_meaning(key) is not Meaning.HARMLESS:
            origin = Origin("." * node.level + (node.module or ""))
            yield ConfigRead(node, key, origin, is_certain=False)
    for call, key, function in schema_entries(source.tree, source.raw):
        yield ConfigRead(call, key, Origin(function), is_certain=False)
    fields = () if is_data_module(source.path) else secret_fields(source.tree)
    for statement, key, class_name in fields:
        yield ConfigRead(statement, key, Origin(f"class {class_name}"), is_certain=False)


def copied_reads(statement: ast.stmt, names: Names) -> Iterator[ConfigRead]:
    """Yield the secrets that a statement copies from a mapping, or reads from a file.

    Args:
        statement: The statement.
        names: The names that the statement sees.
    """
    copied = copied_secret(statement, names)
    if copied:
        yield ConfigRead(copied.node, copied.key, Origin(copied.mapping), is_certain=False)
    from_file = file_secret(statement, names)
    if from_file:
        node, key, reader = from_file
        yield ConfigRead(node, key, Origin(reader, is_file=True), is_certain=False)
