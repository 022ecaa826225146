"""What the names of a module stand for: imports, assignments, functions and parameters, by scope."""

from __future__ import annotations

import ast
import bisect
from typing import TYPE_CHECKING, TypeAlias

from shield_ai.scan.python.ast_walk import children

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from shield_ai.project.python_source import Source
    from shield_ai.scan.python.readers import Ref

Scope: TypeAlias = ast.Module | ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef
SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)


class Imported:
    """A name that comes from another module: its dotted path there, with dots in front where it is relative."""

    __slots__ = ("path",)

    def __init__(self, path: str) -> None:
        self.path = path


class Opaque:
    """A name whose value can't be followed: a parameter, a loop variable."""


class Each(Opaque):
    """A loop variable: every element of something, or a part of each."""

    __slots__ = ("of", "part")

    def __init__(self, of: ast.expr, part: int | None = None) -> None:
        self.of = of
        self.part = part  # of an element that is a tuple


OPAQUE = Opaque()
LEAVES = frozenset({ast.Constant, ast.Name})  # neither bind a name nor hold anything that does
BINDERS = frozenset(
    {
        *SCOPES,
        ast.Import,
        ast.ImportFrom,
        ast.ExceptHandler,
        ast.Assign,
        ast.AnnAssign,
        ast.NamedExpr,
        ast.For,
    }
    | {ast.AsyncFor, ast.comprehension, ast.withitem}
)
WITHIN = ("for", "lambda", ":=")  # one of these stands in every expression that binds a name
Binding: TypeAlias = (
    Imported | Opaque | ast.expr | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
)
Table: TypeAlias = dict[str, list[Binding]]


class Module:
    """The names of one file.

    Args:
        source: The file.
        name: Under which it is imported; may be empty.
    """

    def __init__(self, source: Source, name: str) -> None:
        self.source = source
        self.name = name
        self.is_package = source.path.endswith("__init__.py")
        self.stars: list[str] = []
        self.tables: dict[ast.AST, Table] = {}
        self.memo: dict[Binding, Ref | None] = {}  # what the resolver found out
        self.starred: dict[str, Ref | None] = {}  # and of names that come with a star
        self._busy = _busy(source.text)
        self._collect(source.tree, source.tree.body)

    def names(self, scope: Scope) -> Table:
        """Return the names bound in a scope itself; they are collected when somebody asks."""
        if scope not in self.tables:
            self._collect(scope, [scope.body] if isinstance(scope, ast.Lambda) else scope.body)
        return self.tables[scope]

    def lookup(self, name: str, scopes: tuple[Scope, ...]) -> list[Binding]:
        """Find what a name may stand for, seen from the innermost of some scopes."""
        for depth, scope in enumerate(reversed(scopes)):
            if depth and isinstance(scope, ast.ClassDef):
                continue  # a class body's names are not seen from inside its functions
            if found := self.names(scope).get(name):
                return found
        return []

    def _collect(self, scope: Scope, body: Sequence[ast.AST]) -> None:
        table: Table = self.tables.setdefault(scope, {})
        if isinstance(scope, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            for argument in arguments(scope.args):
                table.setdefault(argument.arg, []).append(OPAQUE)
        for node in _own(body, self._busy):
            if node.__class__ in BINDERS:
                self._bind(node, table)

    def _bind(self, node: ast.AST, table: Table) -> None:
        if isinstance(node, ast.Import):
            for alias in node.names:
                bound = alias.asname or alias.name.partition(".")[0]
                table.setdefault(bound, []).append(Imported(alias.name if alias.asname else bound))
        elif isinstance(node, ast.ImportFrom):
            base = self.absolute(node)
            for alias in node.names:
                if alias.name == "*":
                    self.stars.append(base)
                else:
                    table.setdefault(alias.asname or alias.name, []).append(
                        Imported(f"{base}.{alias.name}")
                    )
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            table.setdefault(node.name, []).append(node)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            table.setdefault(node.name, []).append(OPAQUE)
        else:
            for target, value in _assignments(node):
                _assign(target, value, table)
            if isinstance(node, (ast.For, ast.AsyncFor, ast.comprehension)):
                _loop(node.target, node.iter, table)

    def absolute(self, node: ast.ImportFrom) -> str:
        """Return the dotted path of the module that an import names, relative ones resolved."""
        if not node.level:
            return node.module or ""
        parts = self.name.split(".") if self.name else []
        keep = len(parts) - node.level + (1 if self.is_package else 0)
        return ".".join([*parts[: max(0, keep)], *([node.module] if node.module else [])])


def arguments(args: ast.arguments) -> Iterator[ast.arg]:
    """Yield every parameter."""
    yield from args.posonlyargs
    yield from args.args
    yield from args.kwonlyargs
    if args.vararg:
        yield args.vararg
    if args.kwarg:
        yield args.kwarg


def _busy(text: str) -> list[int]:
    """Return the lines with a word that stands in every expression that binds a name, and one after the last."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    places = []
    for word in WITHIN:
        at = text.find(word)
        while at >= 0:
            places.append(at)
            at = text.find(word, at + 1)
    lines, line, done = [], 1, 0
    for at in sorted(places):
        line += text.count("\n", done, at)
        done = at
        lines.append(line)
    return [*lines, text.count("\n") + 3]


def _is_quiet(node: ast.AST, busy: Sequence[int]) -> bool:
    """Whether a node is an expression on lines where nothing binds a name."""
    return isinstance(node, ast.expr) and busy[bisect.bisect_left(busy, node.lineno)] > (
        node.end_lineno or node.lineno
    )


def _own(body: Sequence[ast.AST], busy: Sequence[int]) -> Iterator[ast.AST]:
    """Yield the nodes of a scope, in order, without those of the scopes within it, whose heads still count.

    Args:
        body: Of the scope.
        busy: Lines where an expression may bind a name; without any, each expression is looked into.
    """
    todo: list[ast.AST] = list(reversed(body))
    while todo:
        node = todo.pop()
        yield node
        if isinstance(node, ast.Lambda):
            todo.extend(reversed([*node.args.defaults, *[d for d in node.args.kw_defaults if d]]))
        elif isinstance(node, ast.ClassDef):
            todo.extend(
                reversed([*node.decorator_list, *node.bases, *[k.value for k in node.keywords]])
            )
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            defaults = [*node.args.defaults, *[d for d in node.args.kw_defaults if d]]
            todo.extend(reversed([*node.decorator_list, *defaults]))
        elif isinstance(node, ast.JoinedStr):
            # the places within are often wrong, before Python 3.12
            yield from _own(children(node), ())
        else:
            below = [child for child in children(node) if child.__class__ not in LEAVES]
            todo.extend(
                reversed([child for child in below if not (busy and _is_quiet(child, busy))])
            )


def _assignments(node: ast.AST) -> Iterator[tuple[ast.expr, ast.expr | None]]:
    """Yield what a statement or expression assigns to what."""
    if isinstance(node, ast.Assign):
        for target in node.targets:
            yield target, node.value
    elif isinstance(node, (ast.AnnAssign, ast.NamedExpr)):
        yield node.target, node.value
    elif isinstance(node, ast.withitem) and node.optional_vars:
        yield node.optional_vars, node.context_expr


def _assign(target: ast.expr, value: ast.expr | None, table: Table) -> None:
    if isinstance(target, ast.Name):
        table.setdefault(target.id, []).append(value or OPAQUE)
    elif isinstance(target, (ast.Tuple, ast.List)):
        values = value.elts if isinstance(value, (ast.Tuple, ast.List)) else []
        paired = len(values) == len(target.elts)
        for i, element in enumerate(target.elts):
            _assign(element, values[i] if paired else None, table)
    elif isinstance(target, ast.Starred):
        _assign(target.value, None, table)


def _loop(target: ast.expr, of: ast.expr, table: Table) -> None:
    if isinstance(target, ast.Name):
        table.setdefault(target.id, []).append(Each(of))
    elif isinstance(target, (ast.Tuple, ast.List)) and all(
        isinstance(part, ast.Name) for part in target.elts
    ):
        for i, part in enumerate(target.elts):
            # a name, as asked above
            table.setdefault(part.id, []).append(Each(of, i))  # type: ignore[attr-defined]
    else:
        _assign(target, None, table)
