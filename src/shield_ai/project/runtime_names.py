"""The names under which an app imports the runtime."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from shield_ai.project.perf.lazy_regex import regex

if TYPE_CHECKING:
    from collections.abc import Sequence

PACKAGE = "shield_runtime"
# The variables that tell the runtime whether the process serves production; it reads the second
# one first.
DJANGO_STAGE = "DJANGO_ENV"
OTHER_STAGE = "AWS_SECRETS_ENV"
FORMER_PACKAGE = "shield_ai"
ACCESSORS = frozenset(
    {"get_secret", "get_secret_dict", "get_secret_bytes", "aget_secret", "has_secret"}
)
CLIENT = "SecretsManagerClient"
COPY = "_shield_runtime"  # the folder of a copy in an app
IMPORTS_COPY = regex(rb"(?m)^from (?:[\w.]*\.)?" + COPY.encode() + rb" import ")


def runtime_package(module: str) -> str:
    """Return the dotted name of the runtime's package.

    Args:
        module: The module that the app imports get_secret from: the package, or the module beside
            a copy, absolute or relative.
    """
    if module in {PACKAGE, FORMER_PACKAGE}:
        return PACKAGE
    name = module.lstrip(".")
    dots = module[: len(module) - len(name)]
    parent = name.rpartition(".")[0]
    return dots + (f"{parent}.{COPY}" if parent else COPY)


def accessor_modules(module: str) -> tuple[str, ...]:
    """Return the modules that can provide get_secret: the current one, then former ones."""
    if module == PACKAGE:
        return (PACKAGE, FORMER_PACKAGE, f"{FORMER_PACKAGE}.runtime")
    return (module,)


def settings_source_modules(module: str, *, is_pydantic_1: bool = False) -> tuple[str, ...]:
    """Return the module of the settings source, then its former names."""
    package = runtime_package(module)
    if is_pydantic_1:
        return (f"{package}.pydantic_v1",)
    former = f"{FORMER_PACKAGE}.pydantic" if module == PACKAGE else f"{module}_pydantic"
    return f"{package}.pydantic", former


def database_backends(module: str, engine: str) -> tuple[str, str]:
    """Return the dotted name of a database backend for Django, and its former name.

    Args:
        module: The module that the app imports get_secret from.
        engine: "postgresql" or "mysql".
    """
    former = f"{FORMER_PACKAGE}.django" if module == PACKAGE else module
    separator = "." if module == PACKAGE else "_"
    return f"{runtime_package(module)}.django.{engine}", f"{former}{separator}{engine}"


def is_copied_file(path: str) -> bool:
    """Return True if a path is in a copy of the runtime's package."""
    return bool(copied_folder(path))


def copied_folder(path: str) -> str:
    """Return the folder of the copy that contains a path, with a final slash; empty without one."""
    parts = path.split("/")
    if COPY not in parts[:-1]:
        return ""
    return "/".join(parts[: parts.index(COPY) + 1]) + "/"


def is_runtime_module(raw: bytes | None) -> bool:
    """Return True for the module next to a copy, or for the runtime as a single file.

    A module that only imports other names from a copy, or defines get_secret() itself, is neither.
    """
    if raw is None or not (IMPORTS_COPY.search(raw) or CLIENT.encode() in raw):
        return False
    try:
        body = ast.parse(raw).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    if b"AWS_SECRETS_FALLBACK" in raw:  # the single file
        return any(isinstance(node, ast.ClassDef) and node.name == CLIENT for node in body)
    return _is_beside_copy(body)


def _is_beside_copy(body: Sequence[ast.stmt]) -> bool:
    functions = {node.name for node in body if isinstance(node, ast.FunctionDef)}
    return functions.isdisjoint(ACCESSORS) and any(map(_imports_runtime, body))


def _imports_runtime(node: ast.stmt) -> bool:
    """Return True for an import of the client, or of get_secret(), from a copy."""
    if not isinstance(node, ast.ImportFrom) or (node.module or "").rpartition(".")[2] != COPY:
        return False
    return not ACCESSORS.union({CLIENT}).isdisjoint(alias.name for alias in node.names)
