"""Resolve expressions to environment readers, across names, modules and helper functions."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from shield_ai.project.perf.lazy_regex import regex
from shield_ai.project.runtime_names import ACCESSORS, is_runtime_module
from shield_ai.scan.python.bindings import OPAQUE, Imported, Opaque
from shield_ai.scan.python.helper_functions import helper_reader
from shield_ai.scan.python.readers import (
    CONSTANTS,
    DOTENV_FUNCTIONS,
    DOTENV_LABEL,
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
from shield_ai.scan.python.reads import (
    Read,
    concatenated_parts,
    empty_defaults,
    name_and_default,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shield_ai.project.secret_map import SecretMap
    from shield_ai.scan.python.bindings import Binding, Module, Scope
    from shield_ai.scan.python.project import Project

VARIABLE = regex(r"[A-Z][A-Z0-9_]+")
MAX_DEPTH = 12  # of names that refer to names; more is a cycle
BUILTINS = frozenset({"getattr", "dict"})
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
            return self._resolve_unpacked(node, scopes)
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

    def _resolve_unpacked(self, node: ast.Dict, scopes: Scopes) -> Ref | None:
        """Return the last environment that a dict copies: `{**dotenv_values(), **os.environ}`."""
        copied = None
        for key, value in zip(node.keys, node.values, strict=True):
            if key is None:
                ref = self._resolve_nested(value, scopes)
                if isinstance(ref, Environ):
                    copied = ref._replace(copy=True)
        return copied

    def constant_text(self, node: ast.AST | None, scopes: Scopes) -> str | None:
        """Return the text of a constant expression; None if it is not constant."""
        if isinstance(node, ast.Constant):
            return node.value if isinstance(node.value, str) else None
        if isinstance(node, ast.Name):
            return self._text_of_name(node.id, scopes)
        if isinstance(node, ast.Attribute):
            return self._text_of_attribute(node, scopes)
        parts = concatenated_parts(node) if node else None
        return self._joined_text(parts, scopes) if parts is not None else None

    def _text_of_name(self, name: str, scopes: Scopes) -> str | None:
        bindings = self.module.lookup(name, scopes)
        if len(bindings) != 1:
            return None
        value = bindings[0]
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            return value.value
        return self._text_of_path(value.path) if isinstance(value, Imported) else None

    def _text_of_attribute(self, node: ast.Attribute, scopes: Scopes) -> str | None:
        base = self.resolve(node.value, scopes)
        if isinstance(base, Library):
            return CONSTANTS.get(f"{base.path}.{node.attr}")
        path = self._imported_path(node, scopes)
        return self._text_of_path(path) if path else None

    def _text_of_path(self, dotted: str) -> str | None:
        """Return the text of a constant of the app, by its dotted path."""
        if self.depth > MAX_DEPTH:
            return None
        place = self.project.find_constant(dotted)
        if place is None:
            return None
        module, name = place
        text = ast.Name(id=name, ctx=ast.Load())
        return self.in_module(module).constant_text(text, (module.source.tree,))

    def _joined_text(self, parts: Sequence[ast.expr], scopes: Scopes) -> str | None:
        texts = []
        for part in parts:
            text = self.constant_text(part, scopes)
            if text is None:
                return None
            texts.append(text)
        return "".join(texts)

    def resolve_name(self, name: str, scopes: Scopes) -> Ref | None:
        """Return what a name refers to."""
        bindings = self.module.lookup(name, scopes)
        for binding in reversed(bindings):
            ref = self._resolve_binding(binding, scopes)
            if ref:
                return self._with_assigned_prefix(ref, name, scopes)
        if bindings:
            return None
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
        return ref._replace(prefix=prefix or "", computed=prefix is None)

    def _resolve_from_stars(self, name: str) -> Ref | None:
        """Return what a name from a star import refers to; guesses have the lowest priority."""
        guess = None
        for module in reversed(self.module.star_imports):
            ref = self.resolve_path(f"{module}.{name}")
            if isinstance(ref, Reader) and ref.guessed:
                guess = guess or ref
            elif ref and (self.project.find_module(module) or not isinstance(ref, Library)):
                return ref
        return guess

    def _resolve_binding(self, binding: Binding, scopes: Scopes) -> Ref | None:
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
                cache[binding] = base if isinstance(base, Factory) else None
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
        if ref and rest:
            return attribute(ref, rest)
        return ref

    def _is_runtime_module(self, dotted: str) -> bool:
        module = self.project.find_module(dotted)
        if module:
            return is_runtime_module(module.source.raw)
        return self.project.is_runtime_name(dotted)

    def _resolve_attribute(self, node: ast.Attribute, scopes: Scopes) -> Ref | None:
        if self._has_opaque_base(node, scopes):
            return None
        base = self._resolve_nested(node.value, scopes)
        if isinstance(base, Library):
            path = f"{base.path}.{node.attr}"
            if self.project.split(path):
                return self.resolve_path(path)
        if base is not None:
            return attribute(base, node.attr)
        imported_path = self._imported_path(node, scopes)
        return self.resolve_path(imported_path) if imported_path else None

    def _has_opaque_base(self, node: ast.Attribute, scopes: Scopes) -> bool:
        """Return whether an attribute is one of `self` or of another opaque name, as most are."""
        base, _ = _split_attribute(node)
        if not isinstance(base, ast.Name):
            return False
        bindings = self.module.lookup(base.id, scopes)
        return bool(bindings) and all(binding is OPAQUE for binding in bindings)

    def _imported_path(self, node: ast.Attribute, scopes: Scopes) -> str | None:
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
        if isinstance(function, Library):
            if function.path in DOTENV_FUNCTIONS:
                return Environ(DOTENV_LABEL, copy=True)
            builtin = self._resolve_builtin(function.path, node, scopes)
            return builtin or self._converted_environ(node, scopes)
        if isinstance(function, Factory):
            return self._instance(function, node, scopes)
        if isinstance(function, Environ):
            return function if function.copy else None  # os.environ.copy()
        if isinstance(node.func, ast.Attribute) and node.func.attr == "prefixed":
            base = self._resolve_nested(node.func.value, scopes)
            return base if isinstance(base, EnvObject) else None
        return self._converted_environ(node, scopes)

    def _converted_environ(self, node: ast.Call, scopes: Scopes) -> Environ | None:
        """Return the environment that a function of the app converts: `nested(os.environ)`."""
        if len(node.args) != 1 or not isinstance(node.func, ast.Name):
            return None
        bindings = self.module.lookup(node.func.id, scopes)
        if not any(isinstance(b, (Imported, ast.FunctionDef)) for b in bindings):
            return None
        environ = self._resolve_nested(node.args[0], scopes)
        return environ._replace(copy=True) if isinstance(environ, Environ) else None

    def _instance(self, factory: Factory, node: ast.Call, scopes: Scopes) -> EnvObject:
        """Return the instance that a call of a class creates, with its prefix."""
        prefix: str | None = ""
        for keyword in node.keywords:
            if keyword.arg in {"env_prefix", "prefix"}:
                prefix = self.constant_text(keyword.value, scopes)
                break
        defaults = empty_defaults(node) if factory.label == "django-environ" else frozenset()
        return EnvObject(factory.label, prefix or "", prefix is None, defaults)

    def _resolve_builtin(self, name: str, node: ast.Call, scopes: Scopes) -> Ref | None:
        """Return the result of `getattr(os, "environ")` or `dict(os.environ)`."""
        if not node.args:
            return None
        first = self._resolve_nested(node.args[0], scopes)
        if name == "getattr" and first and len(node.args) > 1:
            attribute_name = self.constant_text(node.args[1], scopes)
            return attribute(first, attribute_name) if attribute_name else None
        if name == "dict" and isinstance(first, Environ):
            return first._replace(copy=True)
        return None

    def find_read(self, node: ast.expr, scopes: Scopes) -> Read | None:
        """Return the read that a call or subscript makes; None if it reads no variable."""
        if isinstance(node, ast.Subscript):
            return self._subscript_read(node, scopes)
        if not isinstance(node, ast.Call):
            return None
        reader = self.resolve(node.func, scopes)
        if isinstance(reader, EnvObject):
            reader = Reader(
                reader.label,
                prefix=reader.prefix,
                computed=reader.computed,
                empty_defaults=reader.empty_defaults,
                name_keyword="var",
            )
        if not isinstance(reader, Reader):
            return None
        argument, default = name_and_default(node, reader)
        if argument is None and not reader.fixed:
            return None
        if reader.guessed:
            name = self.constant_text(argument, scopes)
            if not name or not VARIABLE.fullmatch(name):
                return None
        return Read(reader, argument, default)

    def _subscript_read(self, node: ast.Subscript, scopes: Scopes) -> Read | None:
        base = self.resolve(node.value, scopes)
        if not isinstance(base, Environ) or not isinstance(node.ctx, ast.Load):
            return None
        reader = Reader(f"{base.label}[]", default_position=-1, copy=base.copy)
        return Read(reader, node.slice, None)


def _split_attribute(node: ast.Attribute) -> tuple[ast.expr, list[str]]:
    """Split `a.b.c` into the expression `a` and its attributes `b` and `c`."""
    attributes: list[str] = []
    base: ast.expr = node
    while isinstance(base, ast.Attribute):
        attributes.insert(0, base.attr)
        base = base.value
    return base, attributes
