"""Find the configurations that a module imports from outside the app."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from shield_ai.model.words import words
from shield_ai.scan.python.config.config_objects import Origin
from shield_ai.scan.python.config.names import SOURCE_WORDS, is_config_function, is_config_name
from shield_ai.scan.python.readers.ast_walk import statements_in

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from shield_ai.scan.python.config.config_objects import Names

# The settings of these libraries are those of the app, which the scan finds in its files.
FRAMEWORKS = frozenset({"django", "celery", "rest_framework"})


def imported_names(tree: ast.Module, app_modules: Collection[str]) -> Names:
    """Map imported names to configurations, or to None if they are certainly not configurations.

    Args:
        tree: The module.
        app_modules: The names of the modules and packages of the app, alone and as PARENT/NAME.
    """
    names: Names = {}
    for node in statements_in(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                name = alias.asname or alias.name
                package, _, module = alias.name.rpartition(".")
                if is_config_name(module):
                    is_outside = _is_outside(alias.name, app_modules)
                    is_module = not is_outside and _path_end(package, module) in app_modules
                    names[name] = Origin(name, has_attributes=is_outside, has_sections=is_module)
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                _import(names, node, alias, app_modules)
    return names


def _import(
    names: Names, node: ast.ImportFrom, alias: ast.alias, app_modules: Collection[str]
) -> None:
    module = node.module or ""
    name = alias.asname or alias.name
    if module.partition(".")[0] in FRAMEWORKS:
        if is_config_name(alias.name):
            names[name] = None
    elif is_config_function(alias.name):
        names[name] = Origin(f"{alias.name}()", is_value=True)
    elif is_config_name(alias.name) and not node.level and _is_outside(module, app_modules):
        names[name] = Origin(name, has_attributes=True)
    elif is_config_name(alias.name):
        # Outside the app's files, the name can be a module with constants that git ignores.
        is_module = _path_end(module, alias.name) in app_modules
        names[name] = Origin(name, has_constants=not is_module, has_sections=is_module)


def _path_end(package: str, module: str) -> str:
    """Return the last parts of a module's path, as in the names of the app."""
    parent = package.rpartition(".")[2]
    return f"{parent}/{module}" if parent else module


def _is_outside(module: str, app_modules: Collection[str]) -> bool:
    return module.partition(".")[0] not in app_modules


def imported_secrets(
    tree: ast.Module, app_modules: Collection[str]
) -> Iterator[tuple[ast.ImportFrom, str]]:
    """Yield each import of a constant from a module of configuration that is not in the app.

    Such a module is on each machine, and not in git: `from local_settings import API_KEY`.

    Args:
        tree: The module.
        app_modules: The names of the modules and packages of the app, alone and as PARENT/NAME.
    """
    for node in statements_in(tree):
        if isinstance(node, ast.ImportFrom) and _is_missing(node, app_modules):
            for alias in node.names:
                if alias.name.isupper():
                    yield node, alias.name


def _is_missing(node: ast.ImportFrom, app_modules: Collection[str]) -> bool:
    """Return whether an import is from a configuration of the app that is not in the app."""
    package, _, module = (node.module or "").rpartition(".")
    if SOURCE_WORDS.isdisjoint(words(module)) or _path_end(package, module) in app_modules:
        return False
    return node.level > 0 or not package or not _is_outside(package, app_modules)
