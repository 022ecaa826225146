"""Visit the statements of a file, and keep track of scopes and assignment targets."""

from __future__ import annotations

import abc
import ast
from typing import TYPE_CHECKING

from shield_ai.scan.python.readers.ast_walk import children
from shield_ai.scan.python.readers.bindings import parameter_defaults
from shield_ai.scan.python.readers.known_readers import EnvObject
from shield_ai.scan.python.readers.resolve import Resolver
from shield_ai.scan.python.visit.assigned_names import definitely_assigned, stored_names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shield_ai.scan.python.readers.bindings import Module, Scope
    from shield_ai.scan.python.readers.project import Project
    from shield_ai.scan.python.visit.statement_filter import StatementFilter


class StatementVisitor(abc.ABC):
    """Visits statements; subclasses visit the expressions in them.

    Args:
        project: The modules of the app.
        module: The file.
        statement_filter: Selects the statements to visit; by default, all are visited.
    """

    def __init__(
        self, project: Project, module: Module, statement_filter: StatementFilter | None = None
    ) -> None:
        self.resolver = Resolver(project, module)
        self.module = module
        self.source = module.source
        self.scopes: tuple[Scope, ...] = (module.source.tree,)
        self._statement_filter = statement_filter
        # The label and prefix of each open `with env.prefixed(...)`; a computed prefix is None.
        self._env_prefixes: list[tuple[str, str | None]] = []
        self._statement: ast.stmt = ast.Pass()  # the innermost statement around the current node
        self._fstrings: list[ast.JoinedStr] = []  # from the outermost to the innermost
        self._in_comprehension = False
        self._in_annotation = False
        self._loop_names: set[str] = set()  # names that the loop around binds again

    @abc.abstractmethod
    def visit(self, node: ast.expr, path: tuple[str, ...], *, direct: bool) -> None:
        """Visit an expression.

        Args:
            node: The expression.
            path: The setting to which its value is assigned, and the keys inside the setting.
            direct: Whether the value is assigned unchanged.
        """

    @abc.abstractmethod
    def visit_annotated_field(self, node: ast.AnnAssign) -> None:
        """Visit an annotated assignment, which may be a field of a settings class."""

    def visit_assignment(self, targets: Sequence[ast.expr], value: ast.expr) -> None:
        """Visit the value of an assignment; it belongs to the first target."""
        self.visit(value, self._assigned_path(targets[0]), direct=True)

    def visit_body(self, body: list[ast.stmt]) -> None:
        """Visit statements in order."""
        for statement in body:
            self.visit_statement(statement)

    def visit_statement(self, node: ast.stmt) -> None:
        """Visit a statement, unless the filter excludes it."""
        if self._statement_filter and not self._is_selected(node, self._statement_filter):
            return
        self._statement = node
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            self._visit_function(node)
        elif isinstance(node, ast.ClassDef):
            self._visit_class(node)
        elif isinstance(node, (ast.With, ast.AsyncWith)):
            self._visit_with(node)
        elif isinstance(node, (ast.For, ast.AsyncFor)):
            self._visit_for(node)
        elif isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
            self._visit_assign_statement(node)
        else:
            for child in children(node):
                self._visit_child(child)

    def _is_selected(self, node: ast.stmt, statement_filter: StatementFilter) -> bool:
        # A field of pydantic settings reads a variable without any text that the filter matches.
        is_field = isinstance(node, ast.AnnAssign) and isinstance(self.scopes[-1], ast.ClassDef)
        return is_field or statement_filter.has_match(node)

    def _visit_child(self, node: ast.AST) -> None:
        if isinstance(node, ast.stmt):
            self.visit_statement(node)
        elif isinstance(node, ast.expr):
            self.visit(node, (), direct=False)
        else:
            for child in children(node):
                self._visit_child(child)

    def _visit_assign_statement(self, node: ast.Assign | ast.AnnAssign | ast.AugAssign) -> None:
        if isinstance(node, ast.AugAssign):
            self.visit(node.value, self._assigned_path(node.target), direct=False)
            return
        if isinstance(node, ast.Assign):
            self._visit_targets(node.targets, node.value)
            return
        self._visit_annotation(node.annotation)
        self.visit_annotated_field(node)
        if node.value:
            self._visit_targets([node.target], node.value)

    def _visit_targets(self, targets: list[ast.expr], value: ast.expr) -> None:
        first = targets[0]
        if isinstance(first, ast.Tuple) and isinstance(value, ast.Tuple):
            if len(first.elts) == len(value.elts):
                for target, element in zip(first.elts, value.elts, strict=True):
                    self.visit_assignment([target], element)
                return
        for target in targets:
            if isinstance(target, (ast.Subscript, ast.Attribute)):
                for child in children(target):
                    if isinstance(child, ast.expr):
                        self.visit(child, (), direct=False)
        self.visit_assignment(targets, value)

    def _assigned_path(self, target: ast.expr) -> tuple[str, ...]:
        """Return the name of the setting to which a target assigns, and the keys inside it."""
        if isinstance(target, ast.Name):
            return (target.id,)
        if isinstance(target, ast.Attribute):
            return (target.attr,)
        if isinstance(target, ast.Subscript):
            key = self.resolver.constant_text(target.slice, self.scopes) or "?"
            base = self._assigned_path(target.value)
            # In Flask, `app.config["KEY"]` is the setting KEY.
            return (key,) if base == ("config",) else (*base, key)
        return ()

    def _visit_annotation(self, node: ast.expr | None) -> None:
        if node is None:
            return
        outer = self._in_annotation
        self._in_annotation = True
        self.visit(node, (), direct=False)
        self._in_annotation = outer

    def _visit_function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        for decorator in node.decorator_list:
            self.visit(decorator, (), direct=False)
        self._visit_parameter_defaults(node.args)
        for parameter in [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]:
            if isinstance(parameter.annotation, ast.Subscript):  # Annotated[str, Option(...)]
                self._visit_annotation(parameter.annotation)
        self._visit_annotation(node.returns)
        self._visit_scope(node, node.body)

    def _visit_parameter_defaults(self, args: ast.arguments) -> None:
        for name, default in parameter_defaults(args):
            self.visit(default, (name,), direct=True)

    def _visit_class(self, node: ast.ClassDef) -> None:
        keywords = [keyword.value for keyword in node.keywords]
        for part in [*node.decorator_list, *node.bases, *keywords]:
            self.visit(part, (), direct=False)
        self._visit_scope(node, node.body)

    def _visit_scope(self, scope: Scope, body: Sequence[ast.AST]) -> None:
        outer_scopes = self.scopes
        outer_in_comprehension = self._in_comprehension
        outer_loop_names = self._loop_names
        self._loop_names = set()
        self.scopes = (*outer_scopes, scope)
        self._in_comprehension = False
        for node in body:
            self._visit_child(node)
        self.scopes = outer_scopes
        self._in_comprehension = outer_in_comprehension
        self._loop_names = outer_loop_names

    def _visit_for(self, node: ast.For | ast.AsyncFor) -> None:
        self.visit(node.iter, (), direct=False)
        outer_names = self._loop_names
        self._loop_names = outer_names | stored_names([node.target])
        self.visit(node.target, (), direct=False)
        for statement in node.body:
            self.visit_statement(statement)
            self._loop_names.update(definitely_assigned([statement]) or ())
        self._loop_names = outer_names
        self.visit_body(node.orelse)

    def _visit_with(self, node: ast.With | ast.AsyncWith) -> None:
        outer_count = len(self._env_prefixes)
        for item in node.items:
            self.visit(item.context_expr, (), direct=False)
            self._add_env_prefix(item.context_expr)
        self.visit_body(node.body)
        del self._env_prefixes[outer_count:]

    def _add_env_prefix(self, call: ast.expr) -> None:
        """Record the prefix if an expression is a call such as `env.prefixed("APP_")`."""
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
            return
        if call.func.attr != "prefixed":
            return
        base = self.resolver.resolve(call.func.value, self.scopes)
        if isinstance(base, EnvObject):
            argument = call.args[0] if call.args else None
            prefix = self.resolver.constant_text(argument, self.scopes)
            self._env_prefixes.append((base.label, prefix))
