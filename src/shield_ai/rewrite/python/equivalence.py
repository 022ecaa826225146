"""Check a rewritten file: without the wrapping it must be what it was, and it must compile."""

from __future__ import annotations

import ast
import warnings
from typing import TYPE_CHECKING

from shield_ai.model.errors import SourceError
from shield_ai.project.pydantic_sources import METHOD
from shield_ai.project.python_source import Source, parse
from shield_ai.rewrite.python.imports import pydantic_module

if TYPE_CHECKING:
    from collections.abc import Collection

GET = "get_secret"
HAS = "has_secret"
REMOVED = "removed"


def differs(source: Source, after: bytes, module: str, removed: Collection[str] = ()) -> str:
    """Say what is wrong with a rewritten file; empty where nothing is.

    Args:
        source: The file before.
        after: Its bytes afterwards.
        module: Where the runtime is imported from.
        removed: Secrets whose literals were taken out; in the file before, the text "removed" stands for each.
    """
    try:
        changed = Source.from_bytes(source.path, after)
        tree = changed.tree
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(tree, source.path, "exec", dont_inherit=True)
    except (SourceError, SyntaxError, ValueError):
        return "the rewritten file would not compile"
    before, now = Plain(source, module, removed), Plain(changed, module, removed)
    same = len(before.body) == len(now.body)
    for one, other, node in zip(before.body, now.body, now.nodes, strict=same):
        if one != other:
            old = parse("", one).body
            new = [node] if len(old) == 1 else parse("", other).body  # several on one line
            same = same and before.of(old) == now.of(new)
    return "" if same else "the rewritten file would not mean the same"


class Plain(ast.NodeTransformer):
    """Takes the wrapping off the statements of a file; `body` has the lines of each, and equal lines mean the same."""

    def __init__(self, source: Source, module: str, removed: Collection[str] = ()) -> None:
        self.module = module
        self.removed = removed
        ours = [node for node in source.tree.body if self._ours(node)]
        # _ours has looked
        names = (alias for node in ours for alias in node.names)  # type: ignore[attr-defined]
        self.names = {alias.asname or alias.name: alias.name for alias in names}
        self.nodes = [node for node in source.tree.body if node not in ours]
        self.body = [_text(source, node) for node in self.nodes]

    def of(self, body: list[ast.stmt]) -> str:
        """Return statements without any wrapping, as text. They are changed on the way."""
        return "".join(ast.dump(self.visit(node)) for node in body)

    def _ours(self, node: ast.stmt) -> bool:
        modules = {self.module, pydantic_module(self.module)}
        return isinstance(node, ast.ImportFrom) and node.module in modules and not node.level

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:  # the base class names it
        """Take out the method that adds our settings source."""
        node.body = [
            n for n in node.body if not isinstance(n, ast.FunctionDef) or not _adds_source(n)
        ]
        return self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:  # as above
        """Take our settings source out of a method that was there before."""
        made = [n for n in node.body if node.name == METHOD and _makes_source(n)]
        # _makes_source has looked
        names = {target.id for n in made for target in n.targets if isinstance(target, ast.Name)}  # type: ignore[attr-defined]
        node.body = [n for n in node.body if n not in made]
        last = node.body[-1].value if made and isinstance(node.body[-1], ast.Return) else None
        if isinstance(last, ast.Tuple):
            last.elts = [
                part for part in last.elts if not (isinstance(part, ast.Name) and part.id in names)
            ]
        return self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> ast.AST:  # the base class names it
        """Replace `get_secret("name", lambda: x)` by x."""
        self.generic_visit(node)
        if (
            isinstance(node.func, ast.Name)
            and self.names.get(node.func.id) == GET
            and self._removed(node)
        ):
            return ast.Constant(value=REMOVED)
        # a name and a default
        if not isinstance(node.func, ast.Name) or len(node.args) < 2:
            return self._asked(node)
        if self.names.get(node.func.id) != GET:
            return node
        default = node.args[1]
        if isinstance(default, ast.Lambda) and all(
            isinstance(d, ast.Name) for d in default.args.defaults
        ):
            return default.body
        return default

    def _removed(self, node: ast.Call) -> bool:
        first = node.args[0] if node.args else None
        return isinstance(first, ast.Constant) and first.value in self.removed

    def _asked(self, node: ast.Call) -> ast.AST:
        """Replace `has_secret(…)` by what stands for any presence test."""
        if isinstance(node.func, ast.Name) and self.names.get(node.func.id) == HAS:
            return ast.Constant(value="presence")
        return node

    def visit_Compare(self, node: ast.Compare) -> ast.AST:  # as above
        """Replace `"X" in os.environ` by what stands for any presence test."""
        self.generic_visit(node)
        text = isinstance(node.left, ast.Constant) and isinstance(node.left.value, str)
        if len(node.ops) != 1 or not (text or ast.unparse(node.comparators[0]).endswith("environ")):
            return node
        if isinstance(node.ops[0], ast.NotIn):
            return ast.UnaryOp(op=ast.Not(), operand=ast.Constant(value="presence"))
        return ast.Constant(value="presence") if isinstance(node.ops[0], ast.In) else node


def _makes_source(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign) and ast.unparse(node.value).startswith(
        "SecretsManagerSource("
    )


def _adds_source(node: ast.FunctionDef) -> bool:
    return node.name == METHOD and "SecretsManagerSource(args[0], " in ast.unparse(node)


def _text(source: Source, node: ast.stmt) -> str:
    first = min(
        [node.lineno, *(decorator.lineno for decorator in getattr(node, "decorator_list", ()))]
    )
    return b"".join(raw for _, raw in source.lines[first - 1 : node.end_lineno]).decode(
        source.encoding
    )
