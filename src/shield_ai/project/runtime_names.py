"""The names under which an app imports the runtime."""

from __future__ import annotations

import re

PACKAGE = "shield_runtime"
FORMER_PACKAGE = "shield_ai"
COPY = "_shield_runtime"  # the folder of a copy in an app
IMPORTS_COPY = re.compile(rb"(?m)^from (?:[\w.]*\.)?" + COPY.encode() + rb" import ")


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
    """Return True for the runtime as a single file, or for the module next to a copy."""
    if raw is None:
        return False
    is_single_file = b"class SecretsManagerClient" in raw and b"AWS_SECRETS_FALLBACK" in raw
    return is_single_file or bool(IMPORTS_COPY.search(raw))
