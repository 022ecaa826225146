"""Recognize mappings and functions derived from the environment: a copy, a union, a partial."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from shield_ai.project.python_source import parse_expression, string_constant
from shield_ai.scan.python.readers.bindings import OPAQUE, Imported
from shield_ai.scan.python.readers.env_schemas import schema_defaults
from shield_ai.scan.python.readers.known_readers import (
    DOTENV_FUNCTIONS,
    DOTENV_LABEL,
    DYNACONF_LABEL,
    DYNACONF_PREFIX,
    NO_DEFAULTS,
    Environ,
    EnvObject,
    Factory,
    Library,
    Reader,
    attribute,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from shield_ai.scan.python.readers.bindings import Binding, Scope
    from shield_ai.scan.python.readers.known_readers import Ref
    from shield_ai.scan.python.readers.resolve import Resolver

    Scopes = tuple[Scope, ...]

DYNACONF = frozenset({"dynaconf.Dynaconf", "dynaconf.LazySettings"})
IMPORTERS = frozenset({"__import__", "importlib.import_module"})
# Names of parameters for the environment, or for a part of it.
PARAMETERS = frozenset({"env", "env_vars", "environ", "environment", "os_environ"})
PARTIAL = "functools.partial"
# Functions of the standard library that return a mapping, or an object, with the variables.
CONVERTERS = frozenset(
    {
        "collections.ChainMap",
        "collections.OrderedDict",
        "copy.copy",
        "copy.deepcopy",
        "dict",
        "starlette.config.Environ",
        "types.MappingProxyType",
        "types.SimpleNamespace",
    }
)


def unpacked_environ(resolver: Resolver, node: ast.Dict, scopes: Scopes) -> Environ | None:
    """Return the last environment that a dict copies: `{**dotenv_values(), **os.environ}`."""
    values = zip(node.keys, node.values, strict=True)
    return _last_copied(resolver, (value for key, value in values if key is None), scopes)


def united_environ(resolver: Resolver, node: ast.BinOp, scopes: Scopes) -> Environ | None:
    """Return the environment in a union of mappings: `os.environ | defaults`."""
    if not isinstance(node.op, ast.BitOr):
        return None
    return _last_copied(resolver, (node.left, node.right), scopes)


def _last_copied(resolver: Resolver, nodes: Iterable[ast.expr], scopes: Scopes) -> Environ | None:
    copied = None
    for node in nodes:
        ref = resolver.nested().resolve(node, scopes)
        if isinstance(ref, Environ):
            copied = ref._replace(is_copy=True)
    return copied


def result_of_call(
    resolver: Resolver, function: Ref | None, node: ast.Call, scopes: Scopes
) -> Ref | None:
    """Return what the result of a call refers to, such as a copy of the environment; else None.

    Args:
        resolver: The resolver of the module.
        function: The function, as resolved.
        node: The call.
        scopes: The scopes around it, from the module to the innermost.
    """
    if isinstance(function, Library):
        if function.path in CONVERTERS:
            return _last_copied(resolver, _mappings(node), scopes)
        result = _result_of_library(resolver, function.path, node, scopes)
        if result:
            return result
    return _converted_by_app(resolver, node, scopes)


def _result_of_library(resolver: Resolver, path: str, node: ast.Call, scopes: Scopes) -> Ref | None:
    if path in DOTENV_FUNCTIONS:
        return Environ(DOTENV_LABEL, is_copy=True)
    if path in DYNACONF:
        return _dynaconf_settings(resolver, node, scopes)
    if path == "getattr":
        return _attribute_by_name(resolver, node, scopes)
    if path == PARTIAL and node.args:
        return _partial(resolver, node, scopes)
    if path in IMPORTERS and node.args:
        module = resolver.constant_text(node.args[0], scopes)
        return Library(module) if module else None
    return None


def _dynaconf_settings(resolver: Resolver, node: ast.Call, scopes: Scopes) -> Environ | None:
    """Return the settings that dynaconf loads; None if their prefix is computed."""
    prefix: str | None = DYNACONF_PREFIX
    for keyword in node.keywords:
        if keyword.arg == "envvar_prefix":
            text = resolver.constant_text(keyword.value, scopes)
            if isinstance(keyword.value, ast.Constant) and not keyword.value.value:
                prefix = ""  # envvar_prefix=False loads all variables
            elif text:
                prefix = f"{text}_"
            else:
                prefix = None
    return None if prefix is None else Environ(DYNACONF_LABEL, is_copy=True, prefix=prefix)


def loaded_module(resolver: Resolver, node: ast.Subscript, scopes: Scopes) -> Ref | None:
    """Return the module that `sys.modules["os"]` refers to."""
    base = resolver.nested().resolve(node.value, scopes)
    if base != Library("sys.modules"):
        return None
    name = resolver.constant_text(node.slice, scopes)
    return Library(name) if name else None


def value_of_parameter(
    resolver: Resolver, name: str, bindings: Sequence[Binding], scopes: Scopes
) -> Ref | None:
    """Return what a parameter refers to by its annotation, or by a name such as `environ`."""
    if not all(binding is OPAQUE for binding in bindings):
        return None
    annotation = _annotation(name, scopes)
    if annotation is not None:
        factory = resolver.nested().resolve(annotation, scopes[:1])
        if isinstance(factory, Factory):
            return EnvObject(factory.label)
    return Environ(name, is_copy=True, is_guessed=True) if name in PARAMETERS else None


def _annotation(name: str, scopes: Scopes) -> ast.expr | None:
    """Return the class in the annotation of a parameter, without `Optional` and quotes."""
    for scope in reversed(scopes):
        if isinstance(scope, (ast.FunctionDef, ast.AsyncFunctionDef)):
            arguments = scope.args
            for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
                if argument.arg == name:
                    return _class_in(argument.annotation)
    return None


def _class_in(annotation: ast.expr | None) -> ast.expr | None:
    """Return the class in `Env`, `"Env"`, `Env | None` and `Optional[Env]`."""
    text = string_constant(annotation)
    if text is not None:
        return _class_in(parse_expression(text))
    if isinstance(annotation, ast.BinOp):
        return _class_in(annotation.left)
    if isinstance(annotation, ast.Subscript):
        return _class_in(annotation.slice)
    return annotation


def instance_of(
    resolver: Resolver, factory: Factory, node: ast.Call, scopes: Scopes
) -> EnvObject | None:
    """Return the instance that a call of a class creates, with its prefix.

    Returns:
        None if the instance reads a mapping of the app instead of the environment.
    """
    for keyword in node.keywords:
        if factory.label == "starlette" and keyword.arg == "environ":
            # https://www.starlette.dev/config/
            if not isinstance(resolver.nested().resolve(keyword.value, scopes), Environ):
                return None
    prefix: str | None = ""
    for keyword in node.keywords:
        if keyword.arg in {"env_prefix", "prefix"}:
            prefix = resolver.constant_text(keyword.value, scopes)
            break
    defaults = NO_DEFAULTS
    if factory.label == "django-environ":
        defaults = schema_defaults(resolver, node, scopes)
    return EnvObject(factory.label, prefix or "", prefix is None, defaults)


def _mappings(node: ast.Call) -> list[ast.expr]:
    """Return the arguments of a call that can be mappings, with those after `**`."""
    unpacked = [keyword.value for keyword in node.keywords if keyword.arg is None]
    return [*node.args, *unpacked]


def _attribute_by_name(resolver: Resolver, node: ast.Call, scopes: Scopes) -> Ref | None:
    """Return the result of `getattr(os, "environ")`."""
    if len(node.args) < 2:
        return None
    base = resolver.nested().resolve(node.args[0], scopes)
    name = resolver.constant_text(node.args[1], scopes)
    return attribute(base, name) if base and name else None


def _partial(resolver: Resolver, node: ast.Call, scopes: Scopes) -> Ref | None:
    """Return the reader in a call of `partial`, unless the call binds the variable's name."""
    reader = resolver.nested().resolve(node.args[0], scopes)
    if not isinstance(reader, Reader):
        return None
    binds_name = any(keyword.arg == reader.name_keyword for keyword in node.keywords)
    return None if len(node.args) > 1 or binds_name else reader


def _converted_by_app(resolver: Resolver, node: ast.Call, scopes: Scopes) -> Environ | None:
    """Return the environment that a function of the app converts: `nested(os.environ)`."""
    if len(node.args) != 1 or not isinstance(node.func, ast.Name):
        return None
    bindings = resolver.module.lookup(node.func.id, scopes)
    if not any(isinstance(b, (Imported, ast.FunctionDef, ast.ClassDef)) for b in bindings):
        return None
    environ = resolver.nested().resolve(node.args[0], scopes)
    return environ._replace(is_copy=True) if isinstance(environ, Environ) else None
