"""Recognize functions of the app that already read AWS Secrets Manager."""

from __future__ import annotations

import ast
import functools
from typing import TYPE_CHECKING

from shield_ai.model.database_fields import is_database_password
from shield_ai.model.skip import SkipId
from shield_ai.scan.python.readers.bindings import Imported

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shield_ai.model.skip import Skipped
    from shield_ai.scan.python.readers.bindings import Binding, Module, Scope
    from shield_ai.scan.python.readers.project import Project

SECRETS_MANAGER = "AWS Secrets Manager"


def reads_aws(
    project: Project, module: Module, function: ast.AST, scopes: tuple[Scope, ...]
) -> bool:
    """Return whether a function, or one that it calls by its name, reads AWS Secrets Manager.

    Args:
        project: The modules of the app.
        module: The module of the function.
        function: The function.
        scopes: The scopes around its body.
    """
    if _calls_secrets_manager(function):
        return True
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            bindings = module.lookup(node.func.id, scopes)
            if any(_binding_reads_aws(project, binding) for binding in bindings):
                return True
    return False


def find_aws_reads(project: Project, module: Module, *, in_settings: bool) -> list[Skipped]:
    """Return the settings of a module that a function of the app takes from Secrets Manager.

    Of other modules, only the passwords of databases count.

    Args:
        project: The modules of the app.
        module: The module.
        in_settings: Whether it is a settings module.
    """
    found: dict[int, Skipped] = {}
    calls = AwsCalls(project, module)
    for statement in ast.walk(module.source.tree):
        if not isinstance(statement, (ast.Assign, ast.AnnAssign)) or not statement.value:
            continue
        for call, reader in calls.inside(statement.value):
            reason = SkipId.READS_AWS.reason(reader=reader, service=SECRETS_MANAGER)
            found[call.lineno] = reason.entry(
                module.source.path, call.lineno, _target_name(statement)
            )
    reads = found.values()
    return [read for read in reads if in_settings or is_database_password(read.name)]


class AwsCalls:
    """Finds the calls of the app's functions that read AWS Secrets Manager.

    Args:
        project: The modules of the app.
        module: The module with the calls.
    """

    def __init__(self, project: Project, module: Module) -> None:
        self._project = project
        self._module = module
        self._reads_aws: dict[str, bool] = {}  # by the name of the function

    def inside(self, part: ast.AST) -> Iterator[tuple[ast.Call, str]]:
        """Yield the calls in code at the top level of the module, with the functions' names."""
        for node in ast.walk(part):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                if self._is_reader(node.func.id):
                    yield node, f"{node.func.id}()"

    def _is_reader(self, name: str) -> bool:
        if name not in self._reads_aws:
            bindings = self._module.lookup(name, (self._module.source.tree,))
            found = (_chain_reads_aws(self._project, self._module, binding) for binding in bindings)
            self._reads_aws[name] = any(found)
        return self._reads_aws[name]


def _target_name(statement: ast.Assign | ast.AnnAssign) -> str:
    target = statement.targets[0] if isinstance(statement, ast.Assign) else statement.target
    return ast.unparse(target) if isinstance(target, (ast.Name, ast.Attribute)) else ""


def _binding_reads_aws(project: Project, binding: Binding) -> bool:
    if not isinstance(binding, Imported):
        return isinstance(binding, ast.FunctionDef) and _calls_secrets_manager(binding)
    return any(_calls_secrets_manager(function) for _, function in _imported(project, binding))


def _chain_reads_aws(project: Project, module: Module, binding: Binding) -> bool:
    """Return whether a function, or one that it calls by its name, reads AWS Secrets Manager."""
    if isinstance(binding, Imported):
        functions = list(_imported(project, binding))
    else:
        functions = [(module, binding)] if isinstance(binding, ast.FunctionDef) else []
    return any(reads_aws(project, home, f, (home.source.tree,)) for home, f in functions)


def _imported(project: Project, binding: Imported) -> Iterator[tuple[Module, ast.FunctionDef]]:
    """Yield the functions of the app that an import binds, each with its module."""
    place = project.split(binding.path)
    if place is not None:
        module, name = place
        for function in module.names(module.source.tree).get(name, []):
            if isinstance(function, ast.FunctionDef):
                yield module, function


@functools.lru_cache(maxsize=256)  # an app calls the same functions in many places
def _calls_secrets_manager(function: ast.AST) -> bool:
    """Return whether a function calls get_secret_value() of boto3, not that of pydantic."""
    for node in ast.walk(function):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        if node.func.attr == "get_secret_value" and node.keywords:
            return True
    return False
