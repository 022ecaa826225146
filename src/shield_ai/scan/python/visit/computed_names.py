"""Find the variables to which a computed name can refer."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from shield_ai.model.name_meaning import is_secret
from shield_ai.scan.python.classify.aws_branches import skip_other_branches
from shield_ai.scan.python.classify.tested_names import explain_tested_names
from shield_ai.scan.python.readers.bindings import LoopVariable, parameters_of
from shield_ai.scan.python.readers.name_texts import texts_of_name
from shield_ai.scan.python.readers.possible_names import possible_texts
from shield_ai.scan.python.visit.pydantic_fields import PydanticFieldVisitor

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from shield_ai.scan.python.classify.candidates import Candidate
    from shield_ai.scan.python.readers.bindings import Module, Scope
    from shield_ai.scan.python.readers.project import Project
    from shield_ai.scan.python.visit.statement_filter import StatementFilter

DYNAMIC_LOOKUP_METHODS = frozenset({"__get__", "__getattr__", "__getattribute__", "__getitem__"})
MAX_LOOPS = 20  # that are followed to the values of a computed name
COPYABLE_NODES = (ast.Name, ast.JoinedStr, ast.BinOp, ast.Call, ast.Subscript)


class ComputedNameVisitor(PydanticFieldVisitor):
    """Collect the variables that are read under computed names."""

    def __init__(
        self, project: Project, module: Module, statement_filter: StatementFilter | None = None
    ) -> None:
        super().__init__(project, module, statement_filter)
        # variables that may be read under computed names: they stay in the environment
        self.computed_names: set[str] = set()
        self._followed: set[str] = set()  # names that computed names depend on, already followed
        self._computed_writes: set[str] = set()  # variables that may be set under a computed name
        self._followed_writes: set[str] = set()  # names in the code that these depend on
        # the variables of the get_secret calls around the current node, the innermost last
        self._enclosing_calls: list[tuple[str, ...]] = []

    def _set_possible_variables(self, candidate: Candidate, argument: ast.expr | None) -> None:
        """Set the variables that a computed name can refer to, if the expression can be copied."""
        if self._fstrings or not isinstance(argument, COPYABLE_NODES):
            return
        secrets = []
        others = []
        for name in possible_texts(self.resolver, argument, self.scopes) or ():
            if candidate.is_always_secret or is_secret(name):
                secrets.append(name)
            else:
                others.append(name)
        candidate.possible_variables = tuple(secrets)
        candidate.other_variables = tuple(others)
        if secrets:
            candidate.name_expr = self.source.segment(argument)

    def _record_computed_read(self, candidate: Candidate, argument: ast.expr | None) -> None:
        """Record the variables that a computed name can refer to, unless some are known secrets."""
        if candidate.possible_variables:
            return
        if argument and not candidate.other_variables and not self._depends_on_parameter(argument):
            self.computed_names |= texts_of_name(
                self.resolver, argument, self.scopes, self._followed
            )
        self.computed_names.update(candidate.other_variables)

    def _add_computed_write(self, name: ast.expr) -> None:
        """Record the variables that a file may set or delete under a computed name."""
        self._computed_writes |= texts_of_name(
            self.resolver, name, self.scopes, self._followed_writes, with_keys=True
        )

    def _skip_by_statement(self, candidates: Sequence[Candidate]) -> None:
        """Give the reads that must stay because of the statements around them a reason."""
        explain_tested_names(candidates)
        skip_other_branches(self.resolver, candidates)

    def _depends_on_parameter(self, node: ast.expr | None) -> bool:
        """Return whether a computed name depends on a parameter, so that the calls determine it."""
        pending = [] if node is None else [node]
        followed: list[ast.expr] = []
        while pending and len(followed) < MAX_LOOPS:
            followed.append(pending.pop())
            names = [part.id for part in ast.walk(followed[-1]) if isinstance(part, ast.Name)]
            for scope in self.scopes[1:]:
                if not _parameter_names(scope).isdisjoint(names):
                    return True
                pending += self._iterables(names, scope)
        return False

    def _iterables(self, names: list[str], scope: Scope) -> Iterator[ast.expr]:
        """Yield what the loops that bind some names in a scope iterate over."""
        table = self.module.names(scope)
        for name in names:
            for binding in table.get(name, []):
                if isinstance(binding, LoopVariable):
                    yield binding.iterable

    def _computes_attributes(self) -> bool:
        """Return whether the outermost class around the scope computes its attributes or items."""
        for scope in self.scopes:
            if isinstance(scope, ast.ClassDef):
                return not DYNAMIC_LOOKUP_METHODS.isdisjoint(self.module.names(scope))
        return False

    def _is_migrated(self, candidate: Candidate) -> bool:
        """Return whether an enclosing get_secret call covers a variable of a read.

        The other variables of the read are recorded as computed names.
        """
        names = {candidate.variable, *candidate.possible_variables, *candidate.other_variables}
        names.discard("")
        enclosing = self._enclosing_variables()
        if names.isdisjoint(enclosing):
            return False
        self.computed_names |= names - enclosing
        return True

    def _enclosing_variables(self) -> set[str]:
        return {variable for variables in self._enclosing_calls for variable in variables}


def _parameter_names(scope: ast.AST) -> set[str]:
    if not isinstance(scope, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
        return set()
    return {parameter.arg for parameter in parameters_of(scope.args)}
