"""Follow the attributes and keys of settings objects: `settings.mail.get("api_key")`."""

from __future__ import annotations

import ast
from collections import ChainMap, deque
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from shield_ai.model.words import word_set
from shield_ai.scan.python.config.statements import (
    FUNCTIONS,
    SCOPES,
    dotted_name,
    own_expressions,
    own_statements,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

# Methods that return the value of a key, and methods that return the same settings.
GETTERS = word_set("get get_fresh as_str")
SAME = word_set("from_env using_env copy as_dict to_dict")
VALIDATOR = "Validator"
CHAIN = (ast.Attribute, ast.Subscript, ast.Call)


class ObjectPath(NamedTuple):
    """A part of a settings object."""

    prefix: str | None  # of the environment variables; None if it is not known
    keys: tuple[str, ...] = ()

    def below(self, key: str) -> ObjectPath:
        """Return the part with a key, which can have dots."""
        return self._replace(keys=(*self.keys, *key.split(".")))

    @property
    def variable(self) -> str | None:
        """The environment variable: https://www.dynaconf.com/envvars/#nested-keys."""
        return None if self.prefix is None else self.prefix + "__".join(self.keys).upper()


# By the name of the object; None for a name that the scope gives to another value.
Paths: TypeAlias = "ChainMap[str, ObjectPath | None]"


class ObjectReads:
    """Finds the reads of settings objects in a module.

    Args:
        types: The names of their classes, for annotations of parameters.
        create: Returns the object that an expression creates; None for other expressions.
    """

    def __init__(
        self, types: Collection[str], create: Callable[[ast.expr], ObjectPath | None]
    ) -> None:
        self._types = types
        self._create = create

    def find(self, scope: ast.AST, names: Paths) -> Iterator[tuple[ast.expr, ObjectPath]]:
        """Yield the outermost part of each expression that reads a settings object.

        Args:
            scope: A module, class or function.
            names: The objects that it sees; the function adds those that the scope assigns.
        """
        statements = list(own_statements(scope))
        for statement in statements:
            seen: set[ast.AST] = set()  # inner parts of expressions
            for node in own_expressions(statement):
                if isinstance(node, CHAIN) and node not in seen:
                    chain = _chain(node)
                    seen.update(chain)
                    end, path = _follow(chain, names)
                    if path and isinstance(end, CHAIN) and _is_read(end, names):
                        yield end, path
            self._bind(statement, names)
        for statement in statements:
            if isinstance(statement, SCOPES):
                yield from self.find(statement, self._inner_names(statement, names))

    def _inner_names(self, scope: ast.stmt, names: Paths) -> Paths:
        inner = names.new_child()
        if isinstance(scope, FUNCTIONS):
            for argument in (*scope.args.posonlyargs, *scope.args.args, *scope.args.kwonlyargs):
                is_settings = argument.annotation and self._is_settings(argument.annotation)
                inner[argument.arg] = ObjectPath(None) if is_settings else None
            return inner
        for method in own_statements(scope):
            if isinstance(method, FUNCTIONS):
                local = self._inner_names(method, names)
                for statement in own_statements(method):
                    self._bind(statement, local)
                for name, path in local.maps[0].items():
                    if name.startswith("self."):
                        inner[name] = path
        return inner

    def _is_settings(self, annotation: ast.expr) -> bool:
        parts = (part.id for part in ast.walk(annotation) if isinstance(part, ast.Name))
        return any(part in self._types for part in parts)

    def _bind(self, statement: ast.stmt, names: Paths) -> None:
        """Record the settings objects that an assignment gives names to."""
        if isinstance(statement, ast.Assign):
            targets = statement.targets
        elif isinstance(statement, ast.AnnAssign):
            targets = [statement.target]
        else:
            return
        path = statement.value and (self._create(statement.value) or _value(statement.value, names))
        for target in filter(None, map(dotted_name, targets)):
            if path or not target.startswith("self."):
                names[target] = path or None


def _is_read(node: ast.expr, names: Paths) -> bool:
    """Return whether an expression is neither a target nor itself the name of an object."""
    return not isinstance(getattr(node, "ctx", None), ast.Store) and not names.get(
        dotted_name(node)
    )


def _value(node: ast.expr, names: Paths) -> ObjectPath | None:
    """Return the settings object that is the value of an expression; None for other values."""
    chain = _chain(node)
    end, path = _follow(chain, names)
    return path if end is chain[0] else None


def _chain(node: ast.AST) -> list[ast.AST]:
    """Return an expression and the expressions to its left: `a.b.get()`, `a.b.get`, `a.b`, `a`."""
    chain = [node]
    while isinstance(node, CHAIN):
        if not isinstance(node, ast.Call):
            node = node.value
        elif isinstance(node.func, ast.Name) and node.func.id == "getattr" and node.args:
            node = node.args[0]
        else:
            node = node.func
        chain.append(node)
    return chain


def _follow(chain: list[ast.AST], names: Paths) -> tuple[ast.AST | None, ObjectPath | None]:
    """Return the last part of a chain that is a settings object, and its path; None without one."""
    parts = deque(reversed(chain))
    end, path = parts.popleft(), names.get(getattr(chain[-1], "id", ""))
    if getattr(end, "id", "") == "self" and parts:
        end = parts.popleft()
        path = names.get(dotted_name(end))
    while path and parts:
        part = parts.popleft()
        method = part.attr if isinstance(part, ast.Attribute) else ""
        if method and parts and isinstance(parts[0], ast.Call) and parts[0].func is part:
            part = parts.popleft()
        below = _step(path, part, method)
        if below is None:
            break
        end, path = part, below
    return end, path


def _step(path: ObjectPath, part: ast.AST, method: str) -> ObjectPath | None:
    """Return the settings that an attribute, a key or a call of a method returns; else None."""
    if isinstance(part, ast.Attribute):
        return path.below(part.attr)
    if isinstance(part, ast.Subscript):
        return _below(path, part.slice)
    if not isinstance(part, ast.Call) or method in SAME:
        return path if method in SAME else None
    if method in GETTERS or (not method and not path.keys):  # settings.get(key), settings(key)
        return _below(path, part.args[0]) if part.args else None
    is_getattr = isinstance(part.func, ast.Name) and part.func.id == "getattr"
    return _below(path, part.args[1]) if is_getattr and len(part.args) > 1 else None


def _below(path: ObjectPath, key: ast.expr) -> ObjectPath | None:
    text = key.value if isinstance(key, ast.Constant) else None
    return path.below(text) if isinstance(text, str) and text else None


def validated_settings(
    tree: ast.Module, prefix: str | None
) -> Iterator[tuple[ast.expr, ObjectPath]]:
    """Yield each name in `Validator("mail.password")`, as a read of the setting.

    https://www.dynaconf.com/validation/

    Args:
        tree: A module with validators of dynaconf.
        prefix: Of the environment variables; None if it is not known.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and dotted_name(node.func).endswith(VALIDATOR):
            for argument in node.args:
                path = _below(ObjectPath(prefix), argument)
                if path:
                    yield argument, path
