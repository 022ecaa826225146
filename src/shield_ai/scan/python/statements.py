"""The statements of a file: what assigns to what, in which scope."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from shield_ai.scan.python.ast_walk import children
from shield_ai.scan.python.readers import EnvObject
from shield_ai.scan.python.resolve import Resolver

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shield_ai.scan.python.bindings import Module, Scope
    from shield_ai.scan.python.project import Project
    from shield_ai.scan.python.statement_filter import Telling


class Statements:
    """The part of a walk that knows statements; what it does with expressions, `visit` says.

    Args:
        project: Where imports lead.
        module: The file.
        telling: Which of its statements to walk; all by default.
    """

    def __init__(self, project: Project, module: Module, telling: Telling | None = None) -> None:
        self._telling = telling
        self.resolver = Resolver(project, module)
        self.module = module
        self.source = module.source
        self.scopes: tuple[Scope, ...] = (module.source.tree,)
        self._prefixes: list[tuple[str, str | None]] = []
        self._strings: list[ast.JoinedStr] = []
        self._comprehension = False
        self._annotation = False

    def visit(self, node: ast.expr, path: tuple[str, ...], *, direct: bool) -> None:
        """Walk one expression.

        Args:
            node: The expression.
            path: What takes its value.
            direct: It takes the value as it is.
        """
        raise NotImplementedError

    def assign(self, target: ast.expr, value: ast.expr) -> None:
        """Walk the value of an assignment."""
        self.visit(value, self._target(target), direct=True)

    def declared(self, node: ast.AnnAssign) -> None:
        """Note a field of a class that reads its variables by itself."""

    def block(self, body: list[ast.stmt]) -> None:
        """Walk statements."""
        for statement in body:
            self.statement(statement)

    def statement(self, node: ast.stmt) -> None:
        """Walk one statement, knowing what it assigns to."""
        if self._telling and not self._telling.within(node):
            return
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            self._function(node)
        elif isinstance(node, ast.ClassDef):
            self._class(node)
        elif isinstance(node, (ast.With, ast.AsyncWith)):
            self._with(node)
        elif isinstance(node, ast.Assign):
            self._assign(node.targets, node.value)
        elif isinstance(node, ast.AnnAssign):
            self._annotated(node.annotation)
            self.declared(node)
            if node.value:
                self._assign([node.target], node.value)
        elif isinstance(node, ast.AugAssign):
            self.visit(node.value, self._target(node.target), direct=False)
        else:
            for child in children(node):
                self._child(child)

    def _child(self, node: ast.AST) -> None:
        if isinstance(node, ast.stmt):
            self.statement(node)
        elif isinstance(node, ast.expr):
            self.visit(node, (), direct=False)
        else:
            for child in children(node):
                self._child(child)

    def _assign(self, targets: list[ast.expr], value: ast.expr) -> None:
        first = targets[0]
        if (
            isinstance(first, ast.Tuple)
            and isinstance(value, ast.Tuple)
            and len(first.elts) == len(value.elts)
        ):
            for target, element in zip(first.elts, value.elts, strict=True):
                self.visit(element, self._target(target), direct=True)
            return
        for target in targets:
            if isinstance(target, (ast.Subscript, ast.Attribute)):
                self._child_expressions(target)
        self.assign(first, value)

    def _target(self, node: ast.expr) -> tuple[str, ...]:
        if isinstance(node, ast.Name):
            return (node.id,)
        if isinstance(node, ast.Attribute):
            return (node.attr,)
        if isinstance(node, ast.Subscript):
            key = self.resolver.constant(node.slice, self.scopes)
            base = self._target(node.value)
            return (*base, key or "?") if base != ("config",) else (key or "?",)
        return ()

    def _annotated(self, node: ast.expr | None) -> None:
        if node is not None:
            before, self._annotation = self._annotation, True
            self.visit(node, (), direct=False)
            self._annotation = before

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        for decorator in node.decorator_list:
            self.visit(decorator, (), direct=False)
        self._defaults(node.args)
        self._annotated(node.returns)
        self._within(node, node.body)

    def _defaults(self, args: ast.arguments) -> None:
        positional = [*args.posonlyargs, *args.args]
        for argument, default in zip(
            positional[len(positional) - len(args.defaults) :], args.defaults, strict=True
        ):
            self.visit(default, (argument.arg,), direct=True)
        for argument, maybe in zip(args.kwonlyargs, args.kw_defaults, strict=True):
            if maybe:
                self.visit(maybe, (argument.arg,), direct=True)

    def _class(self, node: ast.ClassDef) -> None:
        for part in [*node.decorator_list, *node.bases, *[k.value for k in node.keywords]]:
            self.visit(part, (), direct=False)
        self._within(node, node.body)

    def _within(self, scope: Scope, body: Sequence[ast.AST]) -> None:
        before = self.scopes, self._comprehension, self._strings
        self.scopes, self._comprehension = (*self.scopes, scope), False
        for node in body:
            self._child(node)
        self.scopes, self._comprehension, self._strings = before

    def _with(self, node: ast.With | ast.AsyncWith) -> None:
        pushed = 0
        for item in node.items:
            self.visit(item.context_expr, (), direct=False)
            call = item.context_expr
            if (
                isinstance(call, ast.Call)
                and isinstance(call.func, ast.Attribute)
                and call.func.attr == "prefixed"
            ):
                base = self.resolver.resolve(call.func.value, self.scopes)
                if isinstance(base, EnvObject):
                    argument = call.args[0] if call.args else None
                    self._prefixes.append(
                        (base.label, self.resolver.constant(argument, self.scopes))
                    )
                    pushed += 1
        self.block(node.body)
        if pushed:
            del self._prefixes[-pushed:]

    def _child_expressions(self, node: ast.AST) -> None:
        for child in children(node):
            if isinstance(child, ast.expr):
                self.visit(child, (), direct=False)
