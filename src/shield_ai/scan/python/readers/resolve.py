"""Resolve expressions to environment readers, across names, modules and helper functions."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from shield_ai.project.perf.lazy_regex import regex
from shield_ai.project.runtime_names import ACCESSORS, is_runtime_module
from shield_ai.scan.python.readers.app_classes import (
    app_class,
    class_of_self,
    member,
    reader_of_instance,
)
from shield_ai.scan.python.readers.bindings import OPAQUE, Imported, Opaque, Parameter
from shield_ai.scan.python.readers.constant_text import MAX_DEPTH, constant_text
from shield_ai.scan.python.readers.converted_environ import (
    instance_of,
    loaded_module,
    result_of_call,
    united_environ,
    unpacked_environ,
    value_of_parameter,
)
from shield_ai.scan.python.readers.helper_functions import helper_reader
from shield_ai.scan.python.readers.known_readers import (
    AppClass,
    Environ,
    EnvObject,
    Factory,
    Library,
    Reader,
    Ref,
    RuntimeFunction,
    attribute,
    classify,
)
from shield_ai.scan.python.readers.reads import (
    Read,
    name_and_default,
    namespace_prefix,
)
from shield_ai.scan.python.readers.value_classes import derived_class

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shield_ai.project.secret_map import SecretMap
    from shield_ai.scan.python.readers.bindings import Binding, Module, Scope
    from shield_ai.scan.python.readers.project import Project

VARIABLE = regex(r"[A-Z][A-Z0-9_]+")
BUILTINS = frozenset({"getattr", "dict", "__import__"})
Scopes = tuple["Scope", ...]


class Resolver:
    """Resolves the names of one module.

    Args:
        project: The modules of the app.
        module: The module.
        depth: The number of names that were followed to reach this module.
    """

    def __init__(self, project: Project, module: Module, depth: int = 0) -> None:
        self.project = project
        self.module = module
        self.depth = depth

    def resolve(self, node: ast.AST, scopes: Scopes) -> Ref | None:
        """Return what an expression refers to; None if it is not related to reading variables."""
        if self.depth > MAX_DEPTH:
            return None
        if isinstance(node, ast.Name):
            return self.resolve_name(node.id, scopes)
        if isinstance(node, ast.Attribute):
            return self._resolve_attribute(node, scopes)
        if isinstance(node, ast.Call):
            return self._resolve_call(node, scopes)
        return self._resolve_other(node, scopes)

    def _resolve_other(self, node: ast.AST, scopes: Scopes) -> Ref | None:
        if isinstance(node, ast.BoolOp):
            return self._resolve_first(node.values, scopes)
        if isinstance(node, ast.IfExp):
            return self._resolve_first([node.body, node.orelse], scopes)
        if isinstance(node, ast.NamedExpr):
            return self._resolve_nested(node.value, scopes)
        if isinstance(node, ast.Lambda):
            return helper_reader(self, node, scopes)
        if isinstance(node, ast.Dict):
            return unpacked_environ(self, node, scopes)
        if isinstance(node, ast.BinOp):
            return united_environ(self, node, scopes)
        if isinstance(node, ast.Subscript):
            return loaded_module(self, node, scopes)
        return None

    def _resolve_first(self, nodes: Sequence[ast.expr], scopes: Scopes) -> Ref | None:
        for node in nodes:
            ref = self._resolve_nested(node, scopes)
            if ref:
                return ref
        return None

    def _resolve_nested(self, node: ast.AST, scopes: Scopes) -> Ref | None:
        return self.nested().resolve(node, scopes)

    def nested(self) -> Resolver:
        """Return the resolver for a name that another name refers to."""
        return Resolver(self.project, self.module, self.depth + 1)

    def in_module(self, module: Module) -> Resolver:
        """Return the resolver for the names of another module."""
        return Resolver(self.project, module, self.depth + 1)

    def map_of_client(self, node: ast.expr) -> SecretMap | None:
        """Return the mapping of the client that a name at the top level refers to."""
        if not isinstance(node, ast.Name):
            return None
        for binding in self.module.lookup(node.id, (self.module.source.tree,)):
            if isinstance(binding, Imported):
                return self.project.secret_map(binding.path.rpartition(".")[0])
        return None

    def name_text(self, node: ast.AST | None, scopes: Scopes) -> str | None:
        """Return the text of a constant expression, also if it is in bytes; else None."""
        if isinstance(node, ast.Constant) and isinstance(node.value, bytes):
            return node.value.decode("latin-1")
        return self.constant_text(node, scopes)

    def constant_text(self, node: ast.AST | None, scopes: Scopes) -> str | None:
        """Return the text of a constant expression; None if it is not constant."""
        return constant_text(self, node, scopes)

    def resolve_name(self, name: str, scopes: Scopes) -> Ref | None:
        """Return what a name refers to."""
        bindings = self.module.lookup(name, scopes)
        for binding in reversed(bindings):
            ref = self._resolve_binding(binding, scopes)
            if ref:
                return self._with_assigned_prefix(ref, name, scopes)
        if bindings:
            return value_of_parameter(self, name, bindings, scopes)
        cache = self.module.resolved_stars
        if name not in cache:
            cache[name] = None  # ends circular imports
            cache[name] = self._resolve_from_stars(name)
        if cache[name] is None and name in BUILTINS:
            return Library(name)
        return cache[name]

    def _with_assigned_prefix(self, ref: Ref, name: str, scopes: Scopes) -> Ref:
        """Return an object of django-environ with the prefix that `env.prefix = ...` gives it."""
        if not isinstance(ref, EnvObject) or ref.label != "django-environ":
            return ref
        bindings = self.module.lookup(f"{name}.prefix", scopes)
        if not bindings:
            return ref
        prefix = None
        if len(bindings) == 1 and isinstance(bindings[0], ast.expr):
            prefix = self.constant_text(bindings[0], scopes)
        return ref._replace(prefix=prefix or "", has_computed_prefix=prefix is None)

    def _resolve_from_stars(self, name: str) -> Ref | None:
        """Return what a name from a star import refers to.

        A reader that is guessed by its name has the lowest priority.
        """
        guess = None
        for module in reversed(self.module.star_imports):
            ref = self.resolve_path(f"{module}.{name}")
            if isinstance(ref, Reader) and ref.is_guessed:
                guess = guess or ref
            elif ref and (self.project.find_module(module) or not isinstance(ref, Library)):
                return ref
        return guess

    def _resolve_binding(self, binding: Binding, scopes: Scopes) -> Ref | None:
        if isinstance(binding, Parameter):
            default = self._resolve_nested(binding.default, scopes[:1])
            return default._replace(is_copy=True) if isinstance(default, Environ) else None
        if isinstance(binding, (Opaque, ast.AsyncFunctionDef)):
            return None
        cache = self.module.resolved
        if binding not in cache:
            cache[binding] = None  # ends circular definitions
            if isinstance(binding, Imported):
                cache[binding] = self.resolve_path(binding.path)
            elif isinstance(binding, ast.FunctionDef):
                cache[binding] = helper_reader(self, binding, scopes)
            elif isinstance(binding, ast.ClassDef):
                base = self._resolve_first(binding.bases, scopes)
                cache[binding] = derived_class(base, binding) or app_class(self, binding, scopes)
            else:
                cache[binding] = self._resolve_nested(binding, scopes)
        return cache[binding]

    def resolve_path(self, dotted: str) -> Ref | None:
        """Return what a dotted path of the app or a library refers to."""
        if self.depth > MAX_DEPTH:
            return None
        module_name, _, name = dotted.rpartition(".")
        if name in ACCESSORS and self._is_runtime_module(module_name):
            return RuntimeFunction(name, module_name)
        place = self.project.split(dotted)
        if place is None:
            return classify(dotted)
        module, inner = place
        first, _, rest = inner.partition(".")
        resolver = Resolver(self.project, module, self.depth + 1)
        ref = resolver.resolve_name(first, (module.source.tree,))
        return self._attribute(ref, rest) if ref and rest else ref

    def _attribute(self, ref: Ref, name: str) -> Ref | None:
        return member(self, ref, name) if isinstance(ref, AppClass) else attribute(ref, name)

    def _is_runtime_module(self, dotted: str) -> bool:
        module = self.project.find_module(dotted)
        if module:
            return is_runtime_module(module.source.raw)
        return self.project.is_runtime_name(dotted)

    def _resolve_attribute(self, node: ast.Attribute, scopes: Scopes) -> Ref | None:
        if self._has_opaque_base(node, scopes):
            return self._resolve_of_self(node, scopes)
        base = self._resolve_nested(node.value, scopes)
        if isinstance(base, Library):
            path = f"{base.path}.{node.attr}"
            if self.project.split(path):
                return self.resolve_path(path)
        if base is not None:
            return self._attribute(base, node.attr)
        imported_path = self.imported_path(node, scopes)
        return self.resolve_path(imported_path) if imported_path else None

    def _resolve_of_self(self, node: ast.Attribute, scopes: Scopes) -> Ref | None:
        """Return what `self.attribute` refers to, or an attribute of it."""
        if isinstance(node.value, ast.Attribute):
            base = self._resolve_nested(node.value, scopes)
            return self._attribute(base, node.attr) if base else None
        owner = class_of_self(node.value, self.module, scopes)
        if owner:
            return member(self, owner, node.attr)
        base = self._resolve_nested(node.value, scopes)
        return attribute(base, node.attr) if isinstance(base, (Environ, EnvObject)) else None

    def _has_opaque_base(self, node: ast.Attribute, scopes: Scopes) -> bool:
        """Return whether an attribute is one of `self` or of another opaque name, as most are."""
        base: ast.expr = node
        while isinstance(base, ast.Attribute):
            base = base.value
        if not isinstance(base, ast.Name):
            return False
        bindings = self.module.lookup(base.id, scopes)
        return bool(bindings) and all(binding is OPAQUE for binding in bindings)

    def imported_path(self, node: ast.Attribute, scopes: Scopes) -> str | None:
        """Return the dotted path of an attribute of an imported module."""
        base, attributes = _split_attribute(node)
        if not isinstance(base, ast.Name):
            return None
        for binding in reversed(self.module.lookup(base.id, scopes)):
            if isinstance(binding, Imported):
                return ".".join([binding.path, *attributes])
        return None

    def _resolve_call(self, node: ast.Call, scopes: Scopes) -> Ref | None:
        function = self._resolve_nested(node.func, scopes)
        if isinstance(function, Factory):
            return instance_of(self, function, node, scopes)
        if isinstance(function, Environ):
            return function if function.is_copy else None  # os.environ.copy()
        if isinstance(function, AppClass) and not function.is_instance:
            return function._replace(is_instance=True)
        if isinstance(node.func, ast.Attribute) and node.func.attr == "prefixed":
            base = self._resolve_nested(node.func.value, scopes)
            return base if isinstance(base, EnvObject) else None
        return result_of_call(self, function, node, scopes)

    def find_read(self, node: ast.expr, scopes: Scopes) -> Read | None:
        """Return the read that a call or subscript makes; None if it reads no variable."""
        if isinstance(node, ast.Subscript):
            return self._subscript_read(node, scopes)
        if not isinstance(node, ast.Call):
            return None
        reader = reader_of_instance(self, self.resolve(node.func, scopes), "__call__")
        if isinstance(reader, EnvObject):
            namespace = namespace_prefix(node) if reader.label == "everett" else ""
            reader = Reader(
                reader.label,
                prefix=reader.prefix + (namespace or ""),
                has_computed_prefix=reader.has_computed_prefix or namespace is None,
                defaults=reader.defaults,
                name_keyword="var",
            )
        if not isinstance(reader, Reader):
            return None
        argument, default = name_and_default(node, reader)
        if argument is None and not reader.fixed:
            return None
        if reader.is_guessed and not self._names_variable(argument, scopes):
            if not self._is_parameter(argument, scopes):
                return None
        return Read(reader, argument, default)

    def _subscript_read(self, node: ast.Subscript, scopes: Scopes) -> Read | None:
        if not isinstance(node.ctx, ast.Load):
            return None
        base = self.resolve(node.value, scopes)
        if isinstance(base, AppClass):
            base = reader_of_instance(self, base, "__getitem__")
            if isinstance(base, Reader):
                return Read(base, node.slice, None)
        if not isinstance(base, Environ):
            return None
        if base.is_guessed and not self._names_variable(node.slice, scopes):
            if not self._is_parameter(node.slice, scopes):
                return None
        reader = Reader(
            f"{base.label}[]",
            prefix=base.prefix,
            default_position=-1,
            is_copy=base.is_copy,
            is_guessed=base.is_guessed,
        )
        return Read(reader, node.slice, None)

    def _names_variable(self, node: ast.expr | None, scopes: Scopes) -> bool:
        name = self.constant_text(node, scopes) or ""
        return bool(VARIABLE.fullmatch(name)) and not name.startswith("HTTP_")

    def _is_parameter(self, node: ast.expr | None, scopes: Scopes) -> bool:
        bindings = self.module.lookup(node.id, scopes) if isinstance(node, ast.Name) else []
        return bool(bindings) and all(binding is OPAQUE for binding in bindings)


def _split_attribute(node: ast.Attribute) -> tuple[ast.expr, list[str]]:
    """Split `a.b.c` into the expression `a` and its attributes `b` and `c`."""
    attributes: list[str] = []
    base: ast.expr = node
    while isinstance(base, ast.Attribute):
        attributes.insert(0, base.attr)
        base = base.value
    return base, attributes
