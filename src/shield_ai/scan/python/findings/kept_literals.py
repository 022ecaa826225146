"""Explain why literals of a file are not migrated: other code of the file sets the value."""

from __future__ import annotations

import ast
import functools
from collections import Counter
from typing import TYPE_CHECKING

from shield_ai.model.site import Shape
from shield_ai.model.skip import SkipId
from shield_ai.scan.python.classify.placeholders import explain_placeholder
from shield_ai.scan.python.findings.sites import literal_variable
from shield_ai.scan.python.readers.ast_walk import descend
from shield_ai.scan.python.settings_classes.class_relations import find_families

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shield_ai.model.skip import SkipReason
    from shield_ai.project.python_source import Source
    from shield_ai.scan.python.classify.candidates import Candidate
    from shield_ai.scan.python.settings_classes.class_relations import Families

    VariableKey = tuple[int, str]  # a scope, and the variable of a literal
    SettingKey = tuple[int, tuple[str, ...]]  # a scope, and the path of a setting


class KeptLiterals:
    """Explains which literals of a file are not migrated, by the other values and the reads.

    Args:
        source: The file.
        candidates: What the visitor found in it.
        migrated: The reads that `shield apply` already replaced. With them, literals get the same
            skip reasons as before.
    """

    def __init__(
        self, source: Source, candidates: list[Candidate], migrated: list[Candidate]
    ) -> None:
        self._counts = _count_literals(candidates)
        reads = [read for read in (*candidates, *migrated) if read.shape is Shape.READ]
        scopes = {item.scope for item in (*candidates, *migrated)} if self._counts else set()
        self._families = find_families(source.tree, scopes)
        self._reads = _reads_of_settings(reads, self._families)
        self._defaults = _default_names(source, reads) if self._counts else {}
        self._functions = _functions_by_id(source.tree) if self._counts else {}
        self._assignments = functools.cache(_count_assignments)

    def explain(self, candidate: Candidate) -> SkipReason | None:
        """Return the reason not to migrate a literal; None without one."""
        scope, path = candidate.scope, candidate.path
        function = self._functions.get(scope)
        is_local_again = function and self._assignments(function)[candidate.path[-1]] > 1
        if is_local_again or self._counts[scope, literal_variable(candidate)] > 1:
            return SkipId.SEVERAL_VALUES.reason()
        read = self._reads.get((scope, path))
        if not read and scope not in self._families.production:
            root = self._families.roots.get(scope, scope)
            read = self._reads.get((root, path))
        if read:
            case = SkipId.DEVELOPMENT_VALUE_IN_FILE
            return case.reason(line=read.node.lineno, variable=read.variable)
        for name in (candidate.target, candidate.innermost_name):
            variable = self._defaults.get(name)
            if variable:
                return SkipId.DEVELOPMENT_DEFAULT.reason(variable=variable)
        return explain_placeholder(candidate)


def _functions_by_id(tree: ast.Module) -> dict[int, ast.AST]:
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {id(node): node for node in descend(tree) if isinstance(node, functions)}


def _count_assignments(function: ast.AST) -> Counter[str]:
    """Count how often a function assigns to each local variable, also as a parameter."""
    found: Counter[str] = Counter()
    for node in descend(function):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found[node.id] += 1
        elif isinstance(node, ast.arg):
            found[node.arg] += 1
    return found


def _default_names(source: Source, reads: list[Candidate]) -> dict[str, str]:
    """Map each name that is the default of a read, also after `or`, to the variable of the read."""
    variables: dict[ast.expr, str] = {read.node: read.variable for read in reads if read.variable}
    names: dict[str, str] = {}
    for read in reads:
        if read.reason and read.reason.id is SkipId.ENVIRONMENT_COPY:
            names[read.variable] = read.variable  # the mapping may have a default for it
        if isinstance(read.default, ast.Name) and read.variable:
            names[read.default.id] = read.variable
    return names | dict(_names_after_or(source.tree, variables))


def _names_after_or(tree: ast.Module, variables: dict[ast.expr, str]) -> Iterator[tuple[str, str]]:
    """Yield each name in `read or name`, and the variable of the read."""
    for node in descend(tree):
        if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or):
            first, last = node.values[0], node.values[-1]
            if isinstance(last, ast.Name) and first in variables:
                yield last.id, variables[first]


def _count_literals(candidates: list[Candidate]) -> Counter[VariableKey]:
    """Count the literals of each variable name in each scope."""
    counts: Counter[VariableKey] = Counter()
    for candidate in candidates:
        if candidate.shape is Shape.LITERAL:
            counts[candidate.scope, literal_variable(candidate)] += 1
    return counts


def _reads_of_settings(reads: list[Candidate], families: Families) -> dict[SettingKey, Candidate]:
    """Map the scope and path of each setting that is read from the environment to its read.

    A read in a class also counts for the class that its family inherits from.
    """
    found: dict[SettingKey, Candidate] = {}
    for read in reads:
        if read.direct and read.path and read.variable and read.is_secret_read():
            found[read.scope, read.path] = read
            root = families.roots.get(read.scope)
            if root:
                found.setdefault((root, read.path), read)
    return found
