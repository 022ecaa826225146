"""Visit the expressions of a file, and keep track of the setting that gets each value."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.python.classify.boolean_uses import DISPLAYS, compares_with_boolean_text
from shield_ai.scan.python.classify.literals import is_secret_literal, literal_text
from shield_ai.scan.python.readers.ast_walk import children, name_of
from shield_ai.scan.python.readers.environ_uses import ENVIRON_NAMES
from shield_ai.scan.python.readers.known_readers import Factory, RuntimeFunction
from shield_ai.scan.python.visit.assigned_names import stored_names
from shield_ai.scan.python.visit.expression_forms import (
    is_boolean_conversion,
    is_database,
    is_record,
    sets_attribute,
)
from shield_ai.scan.python.visit.expression_hooks import ExpressionHooks

if TYPE_CHECKING:
    from shield_ai.scan.python.readers.bindings import Module
    from shield_ai.scan.python.readers.project import Project
    from shield_ai.scan.python.visit.statement_filter import StatementFilter

# Methods that convert the text on which they are called.
TEXT_METHODS = frozenset({"strip", "encode", "decode", "replace"})
# Functions that convert their first argument.
CONVERSIONS = frozenset({"str", "bytes", "Secret", "SecretStr", "loads", "b64decode"})
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)
# Caches without credentials in their location:
# https://docs.djangoproject.com/en/stable/ref/settings/#backend
PLAIN_CACHE = regex(r"\.(?:filebased|locmem|dummy|db|memcached)\.\w+$")


class ExpressionVisitor(ExpressionHooks):
    """Visits expressions; subclasses collect the reads and literals in them."""

    def __init__(
        self, project: Project, module: Module, statement_filter: StatementFilter | None = None
    ) -> None:
        super().__init__(project, module, statement_filter)
        self._database_alias = ""  # the key of the enclosing dict of database settings
        self._database_engine = ""  # the constant ENGINE in that dict
        self._sibling_default = ""  # the constant under the key "default" of the enclosing dict
        self._in_boolean_context = False  # only the truth value of the expression is used

    def visit(self, node: ast.expr, path: tuple[str, ...], *, direct: bool) -> None:
        """Visit an expression.

        Args:
            node: The expression.
            path: The setting that gets its value, and the keys below it.
            direct: Whether the setting gets the value unchanged.
        """
        # Most nodes of a tree have one of these three types.
        if isinstance(node, ast.Attribute):
            if node.attr in ENVIRON_NAMES:
                self.visit_environ(node)
            if node.attr.isupper():
                self.visit_attribute(node)
            self.visit(node.value, path, direct=False)
        elif isinstance(node, ast.Constant):
            if literal_text(node) is not None:
                self.visit_literal(node, path, direct=direct)
        elif not isinstance(node, ast.Name):
            self._visit_compound(node, path, direct=direct)
        elif node.id in ENVIRON_NAMES:
            self.visit_environ(node)

    def _visit_compound(self, node: ast.expr, path: tuple[str, ...], *, direct: bool) -> None:
        if isinstance(node, ast.Call):
            self._visit_call(node, path, direct=direct)
        elif isinstance(node, ast.Subscript):
            self._visit_subscript(node, path, direct=direct)
        elif isinstance(node, ast.Dict):
            self._visit_dict(node, path)
        elif isinstance(node, ast.Lambda):
            self._visit_parameter_defaults(node.args)
            self._visit_scope(node, [node.body])
        elif isinstance(node, ast.JoinedStr):
            self._visit_fstring(node, path, direct=direct)
        elif isinstance(node, COMPREHENSIONS):
            self._visit_comprehension(node, path)
        elif literal_text(node) is not None:
            self.visit_literal(node, path, direct=direct)
        else:
            self._visit_operands(node, path, direct=direct)

    def _visit_operands(self, node: ast.expr, path: tuple[str, ...], *, direct: bool) -> None:
        if isinstance(node, ast.BoolOp):
            self._visit_bool_op(node, path, direct=direct)
        elif isinstance(node, ast.IfExp):
            self.visit(node.test, (), direct=False)
            self.visit(node.body, path, direct=direct)
            self.visit(node.orelse, path, direct=direct)
        elif isinstance(node, ast.NamedExpr):
            self.visit(node.value, (node.target.id,), direct=True)
        elif isinstance(node, DISPLAYS):
            is_direct = direct and not is_record(node)
            for i, element in enumerate(node.elts):
                self.visit(element, (*path, str(i)), direct=is_direct)
        elif isinstance(node, ast.Compare):
            if not self._visit_test(node):
                self._visit_compared(node)
        else:
            for child in children(node):
                if isinstance(child, ast.expr):
                    self.visit(child, path, direct=False)

    def _visit_compared(self, node: ast.Compare) -> None:
        """Visit the operands of a comparison, each with the name of another operand as its path."""
        operands = [node.left, *node.comparators]
        named = [operand for operand in operands if name_of(operand)][:2]
        for operand in operands:
            others = [name_of(other) for other in named if other is not operand]
            self.visit(operand, tuple(others[:1]), direct=False)

    def _visit_bool_op(self, node: ast.BoolOp, path: tuple[str, ...], *, direct: bool) -> None:
        if not self.visit_or_default(node, path, direct=direct):
            for value in node.values:
                self.visit(value, path, direct=direct)

    def _visit_test(self, node: ast.Compare) -> bool:
        """Visit a comparison if it tests a truth value or the presence of a variable."""
        if compares_with_boolean_text(node):
            self._visit_booleans([node.left])
            return True
        return self.visit_presence_test(node)

    def _visit_booleans(self, nodes: list[ast.expr]) -> None:
        outer = self._in_boolean_context
        self._in_boolean_context = True
        for node in nodes:
            self.visit(node, (), direct=False)
        self._in_boolean_context = outer

    def _visit_subscript(self, node: ast.Subscript, path: tuple[str, ...], *, direct: bool) -> None:
        if not self.visit_read(node, path, direct=direct):
            self.visit(node.value, path, direct=False)
        self.visit(node.slice, (), direct=False)

    def _visit_dict(self, node: ast.Dict, path: tuple[str, ...]) -> None:
        keys = [self.resolver.constant_text(key, self.scopes) for key in node.keys]
        outer = self._database_alias, self._database_engine, self._sibling_default
        engine = self._constant_item(node, keys, "ENGINE")
        if is_database(keys, engine):
            self._database_alias = path[-1] if path else "default"
            self._database_engine = engine
        backend = self._constant_item(node, keys, "BACKEND")
        self._sibling_default = self._constant_item(node, keys, "default")
        for key_node, key, value in zip(node.keys, keys, node.values, strict=True):
            if key_node is None:  # {**other}
                self.visit(value, path, direct=False)
            elif key == "LOCATION" and PLAIN_CACHE.search(backend):
                continue  # a folder, a table, or the host and port of memcached
            else:
                self.visit(key_node, (), direct=False)
                self.visit(value, (*path, key or "?"), direct=True)
        self._database_alias, self._database_engine, self._sibling_default = outer

    def _constant_item(self, node: ast.Dict, keys: list[str | None], key: str) -> str:
        """Return the constant text under a key of a dict; empty without one."""
        value = node.values[keys.index(key)] if key in keys else None
        return self.resolver.constant_text(value, self.scopes) or ""

    def _visit_comprehension(self, node: ast.expr, path: tuple[str, ...]) -> None:
        outer = self._in_comprehension
        outer_names = self._loop_names
        for name, value in ast.iter_fields(node):
            if name == "generators":
                self._visit_generators(value)
            else:
                self._in_comprehension = True
                self._loop_names = outer_names | stored_names(getattr(node, "generators", ()))
                self.visit(value, () if name == "key" else (*path, "?"), direct=False)
            self._in_comprehension = outer
            self._loop_names = outer_names

    def _visit_generators(self, generators: list[ast.comprehension]) -> None:
        for i, generator in enumerate(generators):
            if i > 0:  # the first iterable is evaluated outside the comprehension
                self._in_comprehension = True
            self.visit(generator.iter, (), direct=False)
            self._in_comprehension = True
            self._loop_names = self._loop_names | stored_names([generator])
            for test in generator.ifs:
                self.visit(test, (), direct=False)

    def _visit_fstring(self, node: ast.JoinedStr, path: tuple[str, ...], *, direct: bool) -> None:
        if direct and is_secret_literal(path, node):
            self.visit_literal(node, path, direct=direct)
            return
        self._fstrings.append(node)
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                self.visit(part.value, path, direct=False)
                if isinstance(part.format_spec, ast.JoinedStr):
                    self._visit_fstring(part.format_spec, path, direct=False)
        self._fstrings.pop()

    def _visit_call(self, node: ast.Call, path: tuple[str, ...], *, direct: bool) -> None:
        function = self.resolver.resolve(node.func, self.scopes)
        if isinstance(function, RuntimeFunction):
            self.visit_accessor_call(node, path, function, direct=direct)
            return
        if sets_attribute(node):
            self.visit(node.args[0], (), direct=False)
            name = self.resolver.constant_text(node.args[1], self.scopes)
            self.visit(node.args[2], (name or "?",), direct=True)
            return
        if is_boolean_conversion(node, function):
            self._visit_booleans(node.args)
            return
        is_read = False
        if function:
            self.visit_library_call(node, function)
            is_read = self.visit_read(node, path, direct=direct)
            is_read = is_read or self.visit_configurations_value(node, function, path)
        if not is_read:
            self.visit_other_call(node, function)
        self._visit_arguments(node, path, direct=direct and not is_read, is_read=is_read)
        self._visit_keywords(node, path, is_read=is_read, is_factory=isinstance(function, Factory))

    def _visit_arguments(
        self, node: ast.Call, path: tuple[str, ...], *, direct: bool, is_read: bool
    ) -> None:
        """Visit the object of a method call, and the positional arguments."""
        name = name_of(node.func)
        is_conversion = name in CONVERSIONS
        if isinstance(node.func, ast.Attribute) and not is_read:
            keeps_value = is_conversion or name in TEXT_METHODS
            self.visit(node.func.value, path, direct=direct and keeps_value)
        for i, argument in enumerate(node.args):
            self.visit(argument, path, direct=direct and is_conversion and i == 0)

    def _visit_keywords(
        self, node: ast.Call, path: tuple[str, ...], *, is_read: bool, is_factory: bool
    ) -> None:
        for keyword in node.keywords:
            if is_read or not keyword.arg:
                self.visit(keyword.value, path, direct=False)
            else:
                # the keywords of environ.Env() are types and defaults of variables
                self.visit(keyword.value, (*path, keyword.arg), direct=not is_factory)
