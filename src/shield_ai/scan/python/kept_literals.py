"""Explain why the literals of a file stay: other code of the file decides their value."""

from __future__ import annotations

import ast
from collections import Counter
from typing import TYPE_CHECKING

from shield_ai.model.site import Shape
from shield_ai.model.skip import SkipId
from shield_ai.scan.python.ast_walk import descend
from shield_ai.scan.python.settings_classes import find_families
from shield_ai.scan.python.sites import literal_variable

if TYPE_CHECKING:
    from shield_ai.model.skip import SkipReason
    from shield_ai.project.python_source import Source
    from shield_ai.scan.python.candidates import Candidate
    from shield_ai.scan.python.settings_classes import Families

    VariableKey = tuple[int, str]  # a scope, and the variable of a literal
    SettingKey = tuple[int, tuple[str, ...]]  # a scope, and the path of a setting


class KeptLiterals:
    """What the reads of a file say about its literals.

    Args:
        source: The file.
        candidates: What the visitor found in it.
    """

    def __init__(self, source: Source, candidates: list[Candidate]) -> None:
        self._counts = _count_literals(candidates)
        self._families = find_families(source.tree, {item.scope for item in candidates})
        self._read_variables = _read_variables(candidates, self._families)
        self._defaults = _default_names(source, candidates)

    def explain(self, candidate: Candidate) -> SkipReason | None:
        """Return why a literal stays; None if nothing in the file keeps it."""
        scope, path = candidate.scope, candidate.path
        if self._counts[scope, literal_variable(candidate)] > 1:
            return SkipId.SEVERAL_VALUES.reason()
        variable = self._read_variables.get((scope, path))
        if not variable and scope not in self._families.production:
            root = self._families.roots.get(scope, scope)
            variable = self._read_variables.get((root, path))
        if variable:
            case = SkipId.DEVELOPMENT_VALUE_IN_FILE
            return case.reason(setting=path[-1], variable=variable)
        variable = self._defaults.get(candidate.target) or self._defaults.get(
            candidate.innermost_name
        )
        return SkipId.DEVELOPMENT_DEFAULT.reason(variable=variable) if variable else None


def _default_names(source: Source, candidates: list[Candidate]) -> dict[str, str]:
    """Map the names that are the default of a read, also after `or`, to its variable."""
    reads: dict[ast.AST, str] = {}
    names: dict[str, str] = {}
    for candidate in candidates:
        if candidate.shape is not Shape.READ or not candidate.variable:
            continue
        reads[candidate.node] = candidate.variable
        if candidate.reason and candidate.reason.id is SkipId.ENVIRONMENT_COPY:
            names[candidate.variable] = candidate.variable  # the mapping may have a default for it
        if isinstance(candidate.default, ast.Name):
            names[candidate.default.id] = candidate.variable
    if len(reads) == len(candidates):
        return names  # no literal to explain
    for node in descend(source.tree):
        if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or):
            *first, last = node.values
            if isinstance(last, ast.Name) and first[0] in reads:
                names[last.id] = reads[first[0]]
    return names


def _count_literals(candidates: list[Candidate]) -> Counter[VariableKey]:
    """Count the literals of each variable name in each scope."""
    counts: Counter[VariableKey] = Counter()
    for candidate in candidates:
        if candidate.shape is Shape.LITERAL:
            counts[candidate.scope, literal_variable(candidate)] += 1
    return counts


def _read_variables(candidates: list[Candidate], families: Families) -> dict[SettingKey, str]:
    """Map the scope and path of each setting that is read from the environment to its variable.

    A read in a class counts for its family, too.
    """
    variables = {}
    for candidate in candidates:
        is_read = candidate.shape is Shape.READ and candidate.direct and candidate.path
        if is_read and candidate.is_secret_read():
            variables[candidate.scope, candidate.path] = candidate.variable
            root = families.roots.get(candidate.scope)
            if root:
                variables.setdefault((root, candidate.path), candidate.variable)
    return variables
