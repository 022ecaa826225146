"""Choose the field of a pydantic settings class that the generated tests read."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

from shield_ai.model.file_reader import read_optional
from shield_ai.rewrite.project.import_names import module_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from shield_ai.model.file_reader import FileReader

TEXT = frozenset({"str", "str | None", "Optional[str]"})
HIDDEN_TEXT = frozenset({"SecretStr", "SecretStr | None", "Optional[SecretStr]"})
# The arguments of Field() that accept any text.
HARMLESS_ARGUMENTS = frozenset({"default", "description", "title", "examples", "repr", "exclude"})


class TestedField(NamedTuple):
    """A field whose value in AWS a test can set to any text."""

    module: str  # dotted
    settings: str  # the name of the class
    name: str
    is_hidden: bool  # a SecretStr
    is_required: bool


def find_tested_field(
    read: FileReader, paths: Collection[str], variables: Collection[str], root: str
) -> TestedField | None:
    """Return the field to test, if possible a required one; None without a suitable field.

    Args:
        read: Returns the bytes of a file of the app.
        paths: The files with settings classes that read secrets from AWS.
        variables: The variables of the secrets.
        root: The folder from which the app imports.
    """
    prefix = f"{root}/" if root else ""
    found = [
        field
        for path in sorted(paths)
        if path.startswith(prefix)
        for field in _fields(read_optional(read, path) or b"", module_of(root, path))
        if field.name.upper() in variables
    ]
    return next((field for field in found if field.is_required), next(iter(found), None))


def _fields(raw: bytes, module: str) -> Iterator[TestedField]:
    try:
        tree = ast.parse(raw)
    except (SyntaxError, ValueError, RecursionError):
        return
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and _derives_directly(node) and not _has_validator(node):
            for statement in node.body:
                yield from _field(statement, module, node.name)


def _derives_directly(node: ast.ClassDef) -> bool:
    bases = [ast.unparse(base).rpartition(".")[2] for base in node.bases]
    return bases == ["BaseSettings"]


def _has_validator(node: ast.ClassDef) -> bool:
    functions = (part for part in node.body if isinstance(part, ast.FunctionDef))
    decorators = (ast.unparse(part) for node in functions for part in node.decorator_list)
    return any("validator" in text for text in decorators)


def _field(node: ast.stmt, module: str, settings: str) -> Iterator[TestedField]:
    if not isinstance(node, ast.AnnAssign) or not isinstance(node.target, ast.Name):
        return
    kind = ast.unparse(node.annotation)
    if kind in TEXT | HIDDEN_TEXT and _accepts_any_text(node.value):
        is_required = node.value is None or _is_required_field(node.value)
        yield TestedField(module, settings, node.target.id, kind in HIDDEN_TEXT, is_required)


def _accepts_any_text(value: ast.expr | None) -> bool:
    if not isinstance(value, ast.Call):
        return value is None or isinstance(value, ast.Constant)
    is_field = ast.unparse(value.func).rpartition(".")[2] == "Field"
    return is_field and all(keyword.arg in HARMLESS_ARGUMENTS for keyword in value.keywords)


def _is_required_field(value: ast.expr) -> bool:
    """Return whether a call of Field() has no default."""
    if not isinstance(value, ast.Call):
        return False
    first = value.args[:1]
    has_default = any(keyword.arg == "default" for keyword in value.keywords)
    return not has_default and all(ast.unparse(argument) == "..." for argument in first)
