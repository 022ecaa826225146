"""Check a rewritten file: without the wrapping it must be what it was, and it must compile."""

from __future__ import annotations

import ast
import warnings
from typing import TYPE_CHECKING

from shield_ai.errors import SourceError
from shield_ai.source import Source

if TYPE_CHECKING:
    from collections.abc import Mapping

GET = "get_secret"
HAS = "has_secret"


def differs(source: Source, after: bytes, module: str) -> str:
    """Say what is wrong with a rewritten file; empty where nothing is.

    Args:
        source: The file before.
        after: Its bytes afterwards.
        module: Where the runtime is imported from.
    """
    try:
        changed = Source.from_bytes(source.path, after)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(changed.text, source.path, "exec", dont_inherit=True)
        before, now = Plain(module).plain(source.text), Plain(module).plain(changed.text)
    except (SourceError, SyntaxError, ValueError):
        return "the rewritten file would not compile"
    return "" if before == now else "the rewritten file would not mean the same"


class Plain(ast.NodeTransformer):
    """Takes the wrapping off a syntax tree."""

    def __init__(self, module: str) -> None:
        self.module = module
        self.names: Mapping[str, str] = {}

    def plain(self, text: str) -> str:
        """Return the tree of a file without any wrapping, as text."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
        self.names = {
            alias.asname or alias.name: alias.name
            for node in tree.body
            if self._ours(node)
            for alias in node.names  # type: ignore[attr-defined]  # _ours has looked
        }
        tree.body = [node for node in tree.body if not self._ours(node)]
        return ast.dump(self.visit(tree))

    def _ours(self, node: ast.stmt) -> bool:
        return isinstance(node, ast.ImportFrom) and node.module == self.module and not node.level

    def visit_Call(self, node: ast.Call) -> ast.AST:  # the base class names it
        """Replace `get_secret("name", lambda: x)` by x."""
        self.generic_visit(node)
        if not isinstance(node.func, ast.Name) or len(node.args) < 2:  # noqa: PLR2004  # a name and a default
            return self._asked(node)
        if self.names.get(node.func.id) != GET:
            return node
        default = node.args[1]
        if isinstance(default, ast.Lambda) and all(isinstance(d, ast.Name) for d in default.args.defaults):
            return default.body
        return default

    def _asked(self, node: ast.Call) -> ast.AST:
        """Replace `has_secret(…)` by what stands for any presence test."""
        if isinstance(node.func, ast.Name) and self.names.get(node.func.id) == HAS:
            return ast.Constant(value="presence")
        return node

    def visit_Compare(self, node: ast.Compare) -> ast.AST:  # as above
        """Replace `"X" in os.environ` by what stands for any presence test."""
        self.generic_visit(node)
        if len(node.ops) != 1 or not isinstance(node.left, ast.Constant) or not isinstance(node.left.value, str):
            return node
        if isinstance(node.ops[0], ast.NotIn):
            return ast.UnaryOp(op=ast.Not(), operand=ast.Constant(value="presence"))
        return ast.Constant(value="presence") if isinstance(node.ops[0], ast.In) else node
