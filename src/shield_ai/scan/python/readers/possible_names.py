"""Enumerate the names of the environment variables that the code computes, as in a loop."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from shield_ai.model.words import word_set
from shield_ai.scan.python.readers.bindings import LoopVariable, Opaque
from shield_ai.scan.python.readers.comprehension_names import narrowed_bindings
from shield_ai.scan.python.readers.enumerated_values import (
    MAX_STEPS,
    MAX_TEXTS,
    chain_elements,
    concatenations,
    display_keys,
    mapping_elements,
    mapping_value,
    union_of_texts,
    unpacked_item,
)
from shield_ai.scan.python.readers.name_uses import mutated_attributes, mutated_names
from shield_ai.scan.python.readers.passed_arguments import passed_arguments
from shield_ai.scan.python.readers.reads import concatenated_parts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shield_ai.scan.python.readers.bindings import Binding, Scope
    from shield_ai.scan.python.readers.enumerated_values import Elements, Texts
    from shield_ai.scan.python.readers.resolve import Resolver

    Scopes = tuple[Scope, ...]

MAX_DEPTH = 6  # of nested expressions
DISPLAYS = (ast.List, ast.Tuple, ast.Set)
# Functions that return the elements of their argument.
ITERABLE_FUNCTIONS = frozenset({"list", "tuple", "set", "frozenset", "sorted", "reversed", "iter"})
# Methods of str with a result that depends on nothing but the string and the arguments.
TEXT_METHODS = word_set("upper lower strip lstrip rstrip replace removeprefix removesuffix")
MAX_LENGTH = 255  # of a string, because replace() can multiply it


def possible_texts(resolver: Resolver, node: ast.AST, scopes: Scopes) -> Texts:
    """Return all strings that an expression can be; None if they are unknown or too many.

    Args:
        resolver: The resolver of the module.
        node: The expression.
        scopes: The scopes around it, from the module to the innermost.
    """
    return _Enumerator(resolver).texts(node, scopes, 0)


def possible_items(resolver: Resolver, node: ast.expr, scopes: Scopes) -> list[str]:
    """Return the known strings among the elements of an iterable, in order."""
    return _Enumerator(resolver).items(node, scopes)


class _Enumerator:
    """Enumerate the strings and elements of expressions.

    The methods' `depth` counts nested expressions, up to MAX_DEPTH.
    """

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver
        self._module = resolver.module
        self._steps = 0
        # The scopes of the caller, by element of an iterable that a call passes as an argument.
        self._element_scopes: dict[ast.AST, Scopes] = {}

    def texts(self, node: ast.AST, scopes: Scopes, depth: int) -> Texts:
        """Return all strings that an expression can be."""
        scopes = self._element_scopes.get(node, scopes)
        self._steps += 1
        if self._steps > MAX_STEPS:
            return None
        text = self._resolver.constant_text(node, scopes)
        if text is not None:
            return (text,)
        if depth > MAX_DEPTH:
            return None
        found = self._computed_texts(node, scopes, depth)
        return found if found and len(found) <= MAX_TEXTS else None

    def items(self, node: ast.expr, scopes: Scopes) -> list[str]:
        """Return the known strings among the elements of an iterable."""
        found: list[str] = []
        for element in self._elements(node, scopes, 0) or ():
            found.extend(self.texts(element, scopes, 1) or ())
        return found

    def _computed_texts(self, node: ast.AST, scopes: Scopes, depth: int) -> Texts:
        if isinstance(node, ast.IfExp):
            return union_of_texts(
                self.texts(part, scopes, depth + 1) for part in (node.body, node.orelse)
            )
        if isinstance(node, ast.Name):
            bound = self._module.lookup(node.id, scopes)
            bindings = narrowed_bindings(node, bound, scopes[-1])
            return union_of_texts(self._bound_texts(node.id, b, scopes, depth) for b in bindings)
        if isinstance(node, ast.Subscript):
            value = self._entry_of(node, scopes)
            return self.texts(value, scopes, depth + 1) if value else None
        parts = concatenated_parts(node)
        if parts is None:
            return self._method_texts(node, scopes, depth)
        return concatenations([self.texts(part, scopes, depth + 1) for part in parts])

    def _entry_of(self, node: ast.Subscript, scopes: Scopes) -> ast.expr | None:
        """Return the value in a constant dict under a constant key."""
        name = node.value.id if isinstance(node.value, ast.Name) else ""
        values = self._values(name, scopes)
        key = self._resolver.constant_text(node.slice, scopes)
        if len(values) != 1 or not isinstance(values[0], ast.Dict) or key is None:
            return None
        return mapping_value(values[0], key)

    def _method_texts(self, node: ast.AST, scopes: Scopes, depth: int) -> Texts:
        """Return the results of `name.upper()` and similar methods."""
        if not isinstance(node, ast.Call):
            return None
        method = node.func
        if not isinstance(method, ast.Attribute) or method.attr not in TEXT_METHODS:
            return None
        texts = self.texts(method.value, scopes, depth + 1)
        arguments = [self._resolver.constant_text(argument, scopes) for argument in node.args]
        if texts is None or node.keywords or not all(map(_is_short, [*texts, *arguments])):
            return None
        try:
            return union_of_texts((getattr(text, method.attr)(*arguments),) for text in texts)
        except TypeError:  # wrong arguments
            return None

    def _bound_texts(self, name: str, binding: Binding, scopes: Scopes, depth: int) -> Texts:
        if isinstance(binding, ast.expr):
            return self.texts(binding, scopes, depth + 1)
        if isinstance(binding, LoopVariable):
            return self._loop_texts(binding, scopes, depth)
        if isinstance(binding, Opaque):
            return self._argument_texts(name, scopes, depth)
        return None

    def _loop_texts(self, variable: LoopVariable, scopes: Scopes, depth: int) -> Texts:
        elements = self._elements(variable.iterable, scopes, depth + 1) or ()
        return union_of_texts(
            self._item_texts(element, variable.index, scopes, depth + 1) for element in elements
        )

    def _item_texts(
        self, element: ast.expr, index: int | None, scopes: Scopes, depth: int
    ) -> Texts:
        item = unpacked_item(element, index)
        if item is None:
            return None
        return self.texts(item, self._element_scopes.get(element, scopes), depth)

    def _argument_texts(self, name: str, scopes: Scopes, depth: int) -> Texts:
        """Return the strings that calls of the innermost function pass for a parameter."""
        return union_of_texts(
            self.texts(value, call_scopes, depth + 1) if value else None
            for value, call_scopes in passed_arguments(self._resolver, name, scopes)
        )

    def _passed_elements(self, name: str, scopes: Scopes, depth: int) -> Iterator[Elements]:
        """Yield the elements of the iterable that each call passes for a parameter."""
        for value, call_scopes in passed_arguments(self._resolver, name, scopes):
            elements = self._elements(value, call_scopes, depth + 1) if value else None
            for element in elements or ():
                self._element_scopes.setdefault(element, call_scopes)
            yield elements

    def _elements(self, node: ast.expr, scopes: Scopes, depth: int) -> Elements:
        """Return the elements of an iterable; None if they are not constant."""
        self._steps += 1
        if depth > MAX_DEPTH or self._steps > MAX_STEPS:
            return None
        if isinstance(node, DISPLAYS):
            return self._display_elements(node.elts, scopes, depth)
        if isinstance(node, ast.Dict):
            return display_keys(node)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            parts = (node.left, node.right)
            return chain_elements(self._elements(part, scopes, depth + 1) for part in parts)
        if isinstance(node, (ast.Name, ast.Attribute)):
            return self._named_elements(node, scopes, depth)
        if isinstance(node, ast.Call):
            return self._call_elements(node, scopes, depth)
        return None

    def _named_elements(
        self, node: ast.Name | ast.Attribute, scopes: Scopes, depth: int
    ) -> Elements:
        values = self._values_of(node, scopes)
        if values:
            return chain_elements(self._elements(value, scopes, depth + 1) for value in values)
        if isinstance(node, ast.Name):
            return chain_elements(self._passed_elements(node.id, scopes, depth)) or None
        return None

    def _display_elements(self, nodes: list[ast.expr], scopes: Scopes, depth: int) -> Elements:
        if len(nodes) > MAX_STEPS:
            return None
        return chain_elements(
            self._elements(node.value, scopes, depth + 1)
            if isinstance(node, ast.Starred)
            else [node]
            for node in nodes
        )

    def _call_elements(self, node: ast.Call, scopes: Scopes, depth: int) -> Elements:
        """Return the elements of `sorted(names)`, `"A B".split()` or `names.items()`."""
        function = node.func
        if isinstance(function, ast.Name):
            return self._function_elements(function.id, node.args, scopes, depth)
        if not isinstance(function, ast.Attribute):
            return None
        if function.attr == "split" and not node.keywords:
            separators = node.args[:1]
            if all(isinstance(separator, ast.Constant) for separator in separators):
                return self._split_elements(function.value, node.args, scopes)
        if node.args:
            return None
        return self._method_elements(function.value, function.attr, scopes)

    def _method_elements(self, node: ast.expr, method: str, scopes: Scopes) -> Elements:
        """Return the elements of a dict's keys(), values() or items()."""
        mappings = [node]
        if isinstance(node, (ast.Name, ast.Attribute)):
            mappings = self._values_of(node, scopes)
        return chain_elements(mapping_elements(mapping, method) for mapping in mappings) or None

    def _function_elements(
        self, name: str, arguments: list[ast.expr], scopes: Scopes, depth: int
    ) -> Elements:
        if name in ITERABLE_FUNCTIONS and len(arguments) == 1:
            return self._elements(arguments[0], scopes, depth + 1)
        if name == "enumerate" and arguments:
            elements = self._elements(arguments[0], scopes, depth + 1)
            if elements is None:
                return None
            index = ast.Constant(value=0)
            return [ast.Tuple(elts=[index, element]) for element in elements]
        if name == "zip":
            columns = [self._elements(argument, scopes, depth + 1) for argument in arguments]
            known = [column for column in columns if column is not None]
            if len(known) != len(columns):
                return None
            rows = zip(*known, strict=False)
            return [ast.Tuple(elts=list(row)) for row in rows] or None
        return None

    def _split_elements(
        self, node: ast.expr, arguments: list[ast.expr], scopes: Scopes
    ) -> Elements:
        text = self._resolver.constant_text(node, scopes)
        if text is None or len(arguments) > 1:
            return None
        separator = self._resolver.constant_text(arguments[0], scopes) if arguments else None
        if separator == "":
            return None  # str.split() raises ValueError
        return [ast.Constant(value=part) for part in text.split(separator)]

    def _values_of(self, node: ast.Name | ast.Attribute, scopes: Scopes) -> list[ast.expr]:
        """Return all values of a name or of a class attribute; none if some are unknown."""
        if isinstance(node, ast.Name):
            return self._values(node.id, scopes)
        owner = node.value.id if isinstance(node.value, ast.Name) else ""
        for scope in reversed(scopes):
            if isinstance(scope, ast.ClassDef) and owner in {"self", "cls", scope.name}:
                if node.attr in mutated_attributes(self._module.source.tree):
                    return []
                return self._values(node.attr, (scope,))
        return []

    def _values(self, name: str, scopes: Scopes) -> list[ast.expr]:
        """Return all values of a name; none if some are unknown, or the module mutates one."""
        bindings = self._module.lookup(name, scopes)
        values = [binding for binding in bindings if isinstance(binding, ast.expr)]
        is_unknown = len(values) < len(bindings) or name in mutated_names(self._module.source.tree)
        return [] if is_unknown else values


def _is_short(text: str | None) -> bool:
    return text is not None and len(text) <= MAX_LENGTH
