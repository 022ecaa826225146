"""Collect the names of a module by scope: imports, assignments, functions and parameters."""

from __future__ import annotations

import ast
import bisect
from typing import TYPE_CHECKING, TypeAlias

from shield_ai.scan.python.readers.ast_walk import children

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from shield_ai.project.python_source import Source
    from shield_ai.scan.python.readers.known_readers import Ref

Scope: TypeAlias = ast.Module | ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef


class Imported:
    """An imported name, with the dotted path of the object."""

    __slots__ = ("path",)

    def __init__(self, path: str) -> None:
        self.path = path


class Opaque:
    """A name with an unknown value, such as a parameter."""


class LoopVariable(Opaque):
    """A loop variable: an element of an iterable, or one item of an element that is unpacked."""

    __slots__ = ("index", "iterable")

    def __init__(self, iterable: ast.expr, index: int | None = None) -> None:
        self.iterable = iterable
        self.index = index  # of the item; None for the whole element


class Parameter(Opaque):
    """A parameter with a default that is not a constant, and so may be os.environ."""

    __slots__ = ("default",)

    def __init__(self, default: ast.expr) -> None:
        self.default = default


OPAQUE = Opaque()
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
SCOPES = (*FUNCTIONS, ast.Lambda, ast.ClassDef)
LOOPS = (ast.For, ast.AsyncFor, ast.comprehension)
MAX_BINDINGS = 250  # of a name in a scope; the values of the first ones are then unknown
LEAVES = frozenset({ast.Constant, ast.Name})  # nodes that bind no name, without such children
BINDERS = frozenset(
    {
        *SCOPES,
        *LOOPS,
        ast.Import,
        ast.ImportFrom,
        ast.ExceptHandler,
        ast.Assign,
        ast.AnnAssign,
        ast.NamedExpr,
        ast.withitem,
        ast.Expr,
    }
)
BINDING_WORDS = ("for", "lambda", ":=")  # every expression that binds a name contains one
Binding: TypeAlias = (
    Imported | Opaque | ast.expr | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
)
Table: TypeAlias = dict[str, list[Binding]]
AssignedValues: TypeAlias = dict[str, list[tuple[ast.expr, tuple[Scope, ...]]]]


class Module:
    """The names of one file.

    Args:
        source: The file.
        name: The dotted name under which it is imported; may be empty.
    """

    def __init__(self, source: Source, name: str) -> None:
        self.source = source
        self.name = name
        self.is_package = source.path.endswith("__init__.py")
        self.star_imports: list[str] = []
        self.tables: dict[ast.AST, Table] = {}
        self.resolved: dict[Binding, Ref | None] = {}  # the resolver's cache
        self.resolved_stars: dict[str, Ref | None] = {}  # the same for names from star imports
        self.members: dict[tuple[ast.ClassDef, str], Ref | None] = {}  # the same for attributes
        self.self_values: dict[ast.ClassDef, AssignedValues] = {}  # by class and attribute
        self._binding_lines = _find_binding_lines(source.text)
        self._collect(source.tree, source.tree.body)

    def names(self, scope: Scope) -> Table:
        """Return the names bound in a scope, collected on first use.

        `env.prefix = value` binds the name "env.prefix", because django-environ adds the prefix to
        the name of each variable.
        """
        if scope not in self.tables:
            body = [scope.body] if isinstance(scope, ast.Lambda) else scope.body
            self._collect(scope, body)
        return self.tables[scope]

    def lookup(self, name: str, scopes: tuple[Scope, ...]) -> list[Binding]:
        """Return the bindings of a name that are visible from the innermost scope."""
        for depth, scope in enumerate(reversed(scopes)):
            if depth and isinstance(scope, ast.ClassDef):
                continue  # functions in a class do not see the names of its body
            found = self.names(scope).get(name)
            if found:
                return found
        return []

    def _collect(self, scope: Scope, body: Sequence[ast.AST]) -> None:
        table: Table = self.tables.setdefault(scope, {})
        if isinstance(scope, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            defaults = dict(parameter_defaults(scope.args))
            for parameter in parameters_of(scope.args):
                default = defaults.get(parameter.arg)
                binding = Parameter(default) if default and not _is_constant(default) else OPAQUE
                _add(table, parameter.arg, binding)
        for node in _scope_nodes(body, self._binding_lines):
            if node.__class__ in BINDERS:
                self._bind(node, table)

    def _bind(self, node: ast.AST, table: Table) -> None:
        if isinstance(node, ast.Import):
            _bind_import(node, table)
        elif isinstance(node, ast.ImportFrom):
            self._bind_import_from(node, table)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            _add(table, node.name, node)
        elif isinstance(node, ast.ExceptHandler):
            if node.name:
                _add(table, node.name, OPAQUE)
        elif isinstance(node, (ast.For, ast.AsyncFor, ast.comprehension)):
            _bind_loop(node.target, node.iter, table)
        elif isinstance(node, ast.Expr):
            _bind_updated(node.value, table)
        else:
            for target, value in _assignments(node):
                _bind_target(target, value, table)

    def _bind_import_from(self, node: ast.ImportFrom, table: Table) -> None:
        module = self.absolute(node)
        for alias in node.names:
            if alias.name == "*":
                self.star_imports.append(module)
            else:
                _add(table, alias.asname or alias.name, Imported(f"{module}.{alias.name}"))

    def absolute(self, node: ast.ImportFrom) -> str:
        """Return the absolute dotted path of the module in a from-import."""
        module = node.module or ""
        if not node.level:
            return module
        parts = self.name.split(".") if self.name else []
        stem = self.source.path.rpartition("/")[2].removesuffix(".py")
        # In a file such as base.local.py, the dots of the name are not packages.
        kept = len(parts) - node.level - stem.count(".")
        if self.is_package:
            kept += 1
        package = parts[: max(0, kept)]
        return ".".join([*package, module] if module else package)


def _add(table: Table, name: str, binding: Binding) -> None:
    bindings = table.setdefault(name, [])
    bindings.append(binding)
    if len(bindings) > MAX_BINDINGS:
        bindings[:2] = [OPAQUE]


def parameters_of(args: ast.arguments) -> Iterator[ast.arg]:
    """Yield the parameters of a function."""
    yield from args.posonlyargs
    yield from args.args
    yield from args.kwonlyargs
    if args.vararg:
        yield args.vararg
    if args.kwarg:
        yield args.kwarg


def _is_constant(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant)


def parameter_defaults(args: ast.arguments) -> Iterator[tuple[str, ast.expr]]:
    """Yield the name of each parameter with a default, and the default."""
    positional = [*args.posonlyargs, *args.args]
    with_default = positional[len(positional) - len(args.defaults) :]
    for parameter, default in zip(with_default, args.defaults, strict=True):
        yield parameter.arg, default
    for parameter, keyword_default in zip(args.kwonlyargs, args.kw_defaults, strict=True):
        if keyword_default:
            yield parameter.arg, keyword_default


def _find_binding_lines(text: str) -> list[int]:
    """Return the lines where an expression may bind a name, and a sentinel past the last line."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    offsets = []
    for word in BINDING_WORDS:
        offset = text.find(word)
        while offset >= 0:
            offsets.append(offset)
            offset = text.find(word, offset + 1)
    lines = []
    line = 1
    previous = 0
    for offset in sorted(offsets):
        line += text.count("\n", previous, offset)
        previous = offset
        lines.append(line)
    past_end = text.count("\n") + 3  # past the last line, even if `ast` counts more line breaks
    return [*lines, past_end]


def _binds_nothing(node: ast.AST, binding_lines: Sequence[int]) -> bool:
    """Return whether a node is an expression on lines where nothing binds a name."""
    if not isinstance(node, ast.expr):
        return False
    next_line = binding_lines[bisect.bisect_left(binding_lines, node.lineno)]
    return next_line > (node.end_lineno or node.lineno)


def _scope_nodes(body: Sequence[ast.AST], binding_lines: Sequence[int]) -> Iterator[ast.AST]:
    """Yield the nodes of a scope in order, without the bodies of nested scopes.

    Args:
        body: The scope's body.
        binding_lines: Lines where an expression may bind a name; if empty, all are visited.
    """
    stack: list[ast.AST] = list(reversed(body))
    while stack:
        node = stack.pop()
        yield node
        if isinstance(node, SCOPES):
            stack.extend(reversed(evaluated_outside(node)))
        elif isinstance(node, ast.JoinedStr):
            # before Python 3.12, the positions inside are often wrong
            yield from _scope_nodes(children(node), ())
        else:
            for child in reversed(children(node)):
                if child.__class__ in LEAVES:
                    continue
                if not binding_lines or not _binds_nothing(child, binding_lines):
                    stack.append(child)


def evaluated_outside(
    node: ast.Lambda | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef,
) -> list[ast.expr]:
    """Return the parts of a nested scope that are evaluated in the enclosing scope."""
    if isinstance(node, ast.ClassDef):
        keywords = [keyword.value for keyword in node.keywords]
        return [*node.decorator_list, *node.bases, *keywords]
    defaults = [*node.args.defaults, *filter(None, node.args.kw_defaults)]
    if isinstance(node, ast.Lambda):
        return defaults
    return [*node.decorator_list, *defaults]


def _assignments(node: ast.AST) -> Iterator[tuple[ast.expr, ast.expr | None]]:
    """Yield the targets of a node and their values."""
    if isinstance(node, ast.Assign):
        for target in node.targets:
            yield target, node.value
    elif isinstance(node, (ast.AnnAssign, ast.NamedExpr)):
        yield node.target, node.value
    elif isinstance(node, ast.withitem) and node.optional_vars:
        yield node.optional_vars, node.context_expr


def _bind_import(node: ast.Import, table: Table) -> None:
    for alias in node.names:
        if alias.asname:
            _add(table, alias.asname, Imported(alias.name))
        else:
            package = alias.name.partition(".")[0]
            _add(table, package, Imported(package))


def _bind_target(target: ast.expr, value: ast.expr | None, table: Table) -> None:
    if isinstance(target, ast.Name):
        _add(table, target.id, value or OPAQUE)
    elif isinstance(target, (ast.Tuple, ast.List)):
        values: list[ast.expr] = []
        if isinstance(value, (ast.Tuple, ast.List)):
            values = value.elts
        is_paired = len(values) == len(target.elts)
        for i, element in enumerate(target.elts):
            _bind_target(element, values[i] if is_paired else None, table)
    elif isinstance(target, ast.Starred):
        _bind_target(target.value, None, table)
    elif isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name):
        if target.attr == "prefix":
            _add(table, f"{target.value.id}.prefix", value or OPAQUE)


def _bind_updated(node: ast.expr, table: Table) -> None:
    """Bind the name in `name.update(mapping)` to `{**mapping}`, except for literal dicts."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return
    if node.func.attr == "update" and isinstance(node.func.value, ast.Name):
        values = [*node.args, *(k.value for k in node.keywords if k.arg is None)]
        values = [value for value in values if not isinstance(value, ast.Dict)]
        if values:
            keys: list[ast.expr | None] = [None] * len(values)
            _add(table, node.func.value.id, ast.Dict(keys=keys, values=values))


def _bind_loop(target: ast.expr, iterable: ast.expr, table: Table) -> None:
    if isinstance(target, ast.Name):
        _add(table, target.id, LoopVariable(iterable))
        return
    if isinstance(target, (ast.Tuple, ast.List)):
        names = [part.id for part in target.elts if isinstance(part, ast.Name)]
        if len(names) == len(target.elts):
            for i, name in enumerate(names):
                _add(table, name, LoopVariable(iterable, i))
            return
    _bind_target(target, None, table)
