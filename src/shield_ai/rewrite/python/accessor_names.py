"""Choose the names by which a file calls the runtime."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import msgspec

from shield_ai.project.perf.lazy_regex import regex
from shield_ai.project.runtime_names import PACKAGE, accessor_modules, settings_source_modules
from shield_ai.rewrite.python.imports.file_imports import Import, imported_names, imports_from

if TYPE_CHECKING:
    from shield_ai.project.python_source import Source

ALIASES = ("get_secret", "aws_get_secret", "shield_get_secret")
ACCESSOR_IMPORT = regex(r"from (?P<module>[\w.]+) import get_secret(?: as (?P<alias>\w+))?")


class AccessorNames(msgspec.Struct, frozen=True, kw_only=True):
    """The names by which a file calls the runtime, and which of them it already imports."""

    module: str
    get: str = "get_secret"
    has: str = "has_secret"
    client: str = ""  # the client of the map file; empty without one
    imported: frozenset[str] = frozenset()  # which of get_secret, has_secret and client
    source_module: str = "shield_runtime.pydantic"  # has the settings source for pydantic
    imported_from_source_module: frozenset[str] = frozenset()
    needed_from_source_module: tuple[str, ...] = ()  # by the settings classes


def accessor_names(
    source: Source, accessor_import: str, *, client: str = "", is_pydantic_1: bool = False
) -> AccessorNames:
    """Choose the names under which a file imports the functions of the runtime.

    These are the names of its imports, else those of `accessor_import`, else names that the file
    does not use for something else.

    Args:
        source: The file.
        accessor_import: `from x.secrets import get_secret`, optionally with an alias.
        client: The name of the client in the map file; empty without one.
        is_pydantic_1: Whether the settings in the file are of pydantic 1.
    """
    match = ACCESSOR_IMPORT.fullmatch(accessor_import.strip())
    module = match["module"] if match else PACKAGE
    alias = match["alias"] if match else None
    prefix = (alias or _free_alias(source, module)).removesuffix("get_secret")
    imported = imported_names(source, *accessor_modules(module))
    source_modules = settings_source_modules(module, is_pydantic_1=is_pydantic_1)
    return AccessorNames(
        module=module,
        get=imported.get("get_secret", f"{prefix}get_secret"),
        has=imported.get("has_secret", f"{prefix}has_secret"),
        client=imported.get(client, _free_client_name(source, client, module)),
        imported=frozenset(imported) & {"get_secret", "has_secret", client},
        source_module=source_modules[0],
        imported_from_source_module=frozenset(imported_names(source, *source_modules)),
    )


def _free_alias(source: Source, module: str) -> str:
    if "get_secret" not in source.text:
        return ALIASES[0]
    bound = _bound_names(source.tree, module)
    return next((alias for alias in ALIASES if alias not in bound), ALIASES[-1])


def _free_client_name(source: Source, client: str, module: str) -> str:
    """Return the client's name, or an alias if the file uses that name for something else."""
    if client and client in source.text and client in _bound_names(source.tree, module):
        return f"secrets_{client}"
    return client


def _bound_names(tree: ast.Module, module: str) -> set[str]:
    """Return the names that a file binds anywhere, except in its import of the runtime."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            names.add(node.id)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, ast.arg):
            names.add(node.arg)
        elif isinstance(node, Import) and not imports_from(node, module):
            names |= {alias.asname or alias.name for alias in node.names}
    return names
