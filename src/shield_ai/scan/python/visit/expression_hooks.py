"""Declare the methods by which a visitor of expressions collects reads, literals and calls."""

from __future__ import annotations

import abc
from typing import TYPE_CHECKING

from shield_ai.scan.python.visit.statements import StatementVisitor

if TYPE_CHECKING:
    import ast

    from shield_ai.scan.python.readers.known_readers import RuntimeFunction


class ExpressionHooks(StatementVisitor):
    """Declares a method for each kind of expression that subclasses collect."""

    @abc.abstractmethod
    def visit_read(
        self, node: ast.Call | ast.Subscript, path: tuple[str, ...], *, direct: bool
    ) -> bool:
        """Visit a call or subscript, and return whether it reads a variable."""

    @abc.abstractmethod
    def visit_or_default(self, node: ast.BoolOp, path: tuple[str, ...], *, direct: bool) -> bool:
        """Visit `read or default`, and return whether the expression has this form."""

    @abc.abstractmethod
    def visit_literal(self, node: ast.expr, path: tuple[str, ...], *, direct: bool) -> None:
        """Visit a string in the code."""

    @abc.abstractmethod
    def visit_presence_test(self, node: ast.Compare) -> bool:
        """Visit a comparison, and return whether it is a presence test of a variable."""

    @abc.abstractmethod
    def visit_accessor_call(
        self, node: ast.Call, path: tuple[str, ...], accessor: RuntimeFunction, *, direct: bool
    ) -> None:
        """Visit a call of the runtime."""

    @abc.abstractmethod
    def visit_configurations_value(
        self, node: ast.Call, function: object, path: tuple[str, ...]
    ) -> bool:
        """Visit a call, and return whether it creates a value of django-configurations."""

    @abc.abstractmethod
    def visit_environ(self, node: ast.expr) -> None:
        """Visit a reference to the environment that is not part of a read or a test."""

    @abc.abstractmethod
    def visit_attribute(self, node: ast.Attribute) -> None:
        """Visit an attribute in upper case, which may be a variable."""

    @abc.abstractmethod
    def visit_other_call(self, node: ast.Call, function: object) -> None:
        """Visit a call that is not a read, but may name a variable."""

    @abc.abstractmethod
    def visit_library_call(self, node: ast.Call, function: object) -> None:
        """Visit a call of a function that may read a variable itself."""
