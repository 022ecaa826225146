"""Find the secrets that are named in an expression that uses the environment as a whole.

Examples are `itemgetter("DB_PASSWORD")(os.environ)`, `"{DB_PASSWORD}".format(**os.environ)` and
`map(os.getenv, ("API_TOKEN", "DB_PASSWORD"))`. Such reads are reported, but not rewritten.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from shield_ai.model.name_meaning import is_secret
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.python.readers.ast_walk import children, descend
from shield_ai.scan.python.readers.possible_names import possible_items

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shield_ai.scan.python.readers.bindings import Scope
    from shield_ai.scan.python.readers.resolve import Resolver

    Scopes = tuple[Scope, ...]

# Names and attributes under which code refers to the environment.
ENVIRON_NAMES = frozenset({"environ", "environb", "getenv", "getenvb"})
VARIABLE = regex(r"[A-Z_][A-Z0-9_]*")
# $NAME, ${NAME}, {NAME}, {0[NAME]}, %(NAME)s
PLACEHOLDER = regex(r"\$\{?([A-Za-z_]\w*)|\{(?:\w*\[)?([A-Za-z_]\w*)|%\(([A-Za-z_]\w*)\)")
SHELL_VARIABLE = regex(r"\$\{?([A-Z_][A-Z0-9_]*)")
# Functions that change the environment, such as update(), set_env() and setenv(); not set().
WRITES = regex(
    r"(?:^|_)(?:clear|del|delete|patch|pop|popitem|update|set(?=[_A-Z])"
    r"|(?:del|set)(?:attr|default|env|item))(?:_|[A-Z]|$)"
)
DISPLAYS = (ast.List, ast.Tuple, ast.Set)
# Expressions that contain the environment, or a method of it.
PASSED_ON = (ast.Attribute, ast.BoolOp, ast.NamedExpr, ast.IfExp, ast.keyword, ast.Starred)


class EnvironUse:
    """The use of the environment in a statement.

    Args:
        resolver: The resolver of the module.
        scopes: The scopes around the statement, from the module to the innermost.
        statement: The statement.
    """

    def __init__(self, resolver: Resolver, scopes: Scopes, statement: ast.stmt) -> None:
        self._resolver = resolver
        self._scopes = scopes
        self._parents = _parents_in(statement)
        self._is_argument = False  # the environment is passed to a function
        self._names: dict[str, None] = {}  # in order

    def find(self, environ: ast.expr) -> tuple[ast.expr, tuple[str, ...]]:
        """Return the outermost expression that uses the environment, and the secrets it names.

        Args:
            environ: The reference to the environment.
        """
        node: ast.AST = environ
        outermost = environ
        while node in self._parents:
            parent = self._parents[node]
            if not self._add_parent(node, parent):
                break
            node = parent
            if isinstance(node, ast.expr):
                outermost = node
        return outermost, tuple(self._names)

    def _add_parent(self, node: ast.AST, parent: ast.AST) -> bool:
        """Add the secrets that a parent names.

        Returns:
            Whether to continue with the parent of the parent.
        """
        if isinstance(parent, ast.Call):
            return self._add_call(node, parent)
        if isinstance(parent, ast.Subscript):
            if parent.value is not node or not isinstance(parent.ctx, ast.Load):
                return False
            self._add_names(parent.slice)
        elif isinstance(parent, (ast.BinOp, ast.Compare)):
            for operand in children(parent):
                if operand is not node:
                    self._add_names(operand)
        elif isinstance(parent, ast.Dict):
            return _is_unpacked(node, parent)
        elif isinstance(parent, (ast.For, ast.AsyncFor, ast.comprehension)):
            self._add_compared(parent)
            return False
        elif isinstance(parent, ast.Match):
            self._add_patterns(parent)
            return False
        return isinstance(parent, (*PASSED_ON, ast.BinOp, ast.Compare, ast.Subscript))

    def _add_call(self, node: ast.AST, call: ast.Call) -> bool:
        name = ast.unparse(call.func).rpartition(".")[2]
        if WRITES.search(name) or (self._is_argument and node is not call.func):
            return False
        values = [*call.args, *(keyword.value for keyword in call.keywords)]
        if node is not call.func:
            self._is_argument = True
            self._add_function(call.func)
        for value in values:
            if value is not node:
                self._add_names(value)
        return True

    def _add_function(self, function: ast.expr) -> None:
        """Add the names in `"{NAME}".format`, `Template("$NAME").get`, `itemgetter("NAME")`."""
        if isinstance(function, ast.Attribute):
            function = function.value
            self._add_names(function)
        if isinstance(function, ast.Name):
            bindings = self._resolver.module.lookup(function.id, self._scopes)
            calls = [binding for binding in bindings if isinstance(binding, ast.Call)]
        else:
            calls = [function] if isinstance(function, ast.Call) else []
        for call in calls:
            for argument in call.args:
                self._add_names(argument)

    def _add_names(self, node: ast.AST) -> None:
        """Add the secrets that a text, or the elements of a list, name."""
        text = self._resolver.name_text(node, self._scopes)
        if text is not None:
            self._names.update(dict.fromkeys(secret_names(text)))
        elif isinstance(node, (*DISPLAYS, ast.Name)):
            for item in possible_items(self._resolver, node, self._scopes):
                self._names.update(dict.fromkeys(secret_names(item)))

    def _add_compared(self, loop: ast.For | ast.AsyncFor | ast.comprehension) -> None:
        """Add the texts that conditions in a loop compare with its variables."""
        targets = {part.id for part in ast.walk(loop.target) if isinstance(part, ast.Name)}
        for node in descend(loop):
            if isinstance(node, ast.Compare):
                operands = [node.left, *node.comparators]
                if any(isinstance(part, ast.Name) and part.id in targets for part in operands):
                    for operand in operands:
                        self._add_names(operand)

    def _add_patterns(self, match: ast.Match) -> None:
        for case in match.cases:
            for node in ast.walk(case.pattern):
                if isinstance(node, ast.MatchMapping):
                    for key in node.keys:
                        self._add_names(key)


def _parents_in(statement: ast.stmt) -> dict[ast.AST, ast.AST]:
    """Map the nodes of a statement, without the statements in it, to their parents."""
    parents: dict[ast.AST, ast.AST] = {}
    stack: list[ast.AST] = [statement]
    while stack:
        node = stack.pop()
        for child in children(node):
            if not isinstance(child, (ast.stmt, ast.Constant)):
                parents[child] = node
                stack.append(child)
    return parents


def _is_unpacked(node: ast.AST, mapping: ast.Dict) -> bool:
    """Return whether a dict display contains a node after `**`."""
    pairs = zip(mapping.keys, mapping.values, strict=True)
    return any(key is None and value is node for key, value in pairs)


def secret_names(text: str) -> Iterator[str]:
    """Yield the secret-like names in a text that is a name, or has placeholders for names."""
    if VARIABLE.fullmatch(text):
        if is_secret(text):
            yield text
        return
    for match in PLACEHOLDER.finditer(text):
        name = next(filter(None, match.groups()))
        if is_secret(name):
            yield name
