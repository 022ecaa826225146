"""The expressions of a file: which setting takes the value of which."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from shield_ai.scan.python.ast_walk import children
from shield_ai.scan.python.literals import literal_text, looks_secret
from shield_ai.scan.python.readers import Accessor, Factory
from shield_ai.scan.python.statements import Statements

if TYPE_CHECKING:
    from shield_ai.scan.python.bindings import Module
    from shield_ai.scan.python.project import Project
    from shield_ai.scan.python.statement_filter import Telling

CASTS = frozenset(
    {
        "str",
        "bytes",
        "Secret",
        "SecretStr",
        "loads",
        "strip",
        "encode",
        "decode",
        "b64decode",
        "replace",
    }
)
# what these are given is no part of the value
ON_TEXT = frozenset({"strip", "encode", "decode", "replace"})
TO_BOOL = frozenset(
    {"strtobool", "str2bool", "str_to_bool", "to_bool", "parse_bool", "is_true", "asbool"}
)
TRUTH = frozenset({"true", "false", "1", "0", "yes", "no", "on", "off", "y", "n", "t", "f"})
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)


class Expressions(Statements):
    """The part of a walk that knows expressions; what is noted of them, its heir says."""

    def __init__(self, project: Project, module: Module, telling: Telling | None = None) -> None:
        super().__init__(project, module, telling)
        self._database = ""  # the dict of a database that we are in
        self._truth = False  # only whether it says yes or no is of interest

    def read(self, node: ast.Call | ast.Subscript, path: tuple[str, ...], *, direct: bool) -> bool:
        """Note a read, and tell whether it is one."""
        raise NotImplementedError

    def guarded(self, node: ast.BoolOp, path: tuple[str, ...], *, direct: bool) -> bool:
        """Note a read together with what stands for it where there is none."""
        raise NotImplementedError

    def literal(self, node: ast.expr, path: tuple[str, ...], *, direct: bool) -> None:
        """Note a value that stands in the code."""
        raise NotImplementedError

    def presence(self, node: ast.Compare) -> bool:
        """Note a question for a variable, and tell whether it is one."""
        raise NotImplementedError

    def accessor(self, node: ast.Call, path: tuple[str, ...]) -> None:
        """Walk a call of the runtime."""
        raise NotImplementedError

    def value_object(self, node: ast.Call, function: object, path: tuple[str, ...]) -> bool:
        """Note an object that reads a variable later, and tell whether it is one."""
        raise NotImplementedError

    def visit(self, node: ast.expr, path: tuple[str, ...], *, direct: bool) -> None:
        """Walk one expression.

        Args:
            node: The expression.
            path: What takes its value.
            direct: It takes the value as it is.
        """
        if isinstance(node, ast.Attribute):
            self.visit(node.value, path, direct=False)
        elif isinstance(node, ast.Constant):
            if literal_text(node) is not None:
                self.literal(node, path, direct=direct)
        elif not isinstance(node, ast.Name):  # these three are most of a tree
            self._visit(node, path, direct=direct)

    def _visit(self, node: ast.expr, path: tuple[str, ...], *, direct: bool) -> None:
        if isinstance(node, ast.Call):
            self._call(node, path, direct=direct)
        elif isinstance(node, ast.Subscript):
            if not self.read(node, path, direct=direct):
                self.visit(node.value, path, direct=False)
            self.visit(node.slice, (), direct=False)
        elif isinstance(node, ast.Compare) and self._compare(node):
            pass
        elif isinstance(node, ast.Dict):
            self._dict(node, path)
        elif isinstance(node, ast.Lambda):
            self._defaults(node.args)
            self._within(node, [node.body])
        elif isinstance(node, ast.JoinedStr):
            self._joined(node, path, direct=direct)
        elif isinstance(node, COMPREHENSIONS):
            self._comprehend(node, path)
        elif literal_text(node) is not None:
            self.literal(node, path, direct=direct)
        else:
            self._inside(node, path, direct=direct)

    def _compare(self, node: ast.Compare) -> bool:
        """Walk a comparison with nothing but its left side of interest, and tell whether it is one."""
        truth = _asks_for_truth(node)
        if truth:
            self._for_truth([node.left])
        return truth or self.presence(node)

    def _for_truth(self, nodes: list[ast.expr]) -> None:
        before, self._truth = self._truth, True
        for node in nodes:
            self.visit(node, (), direct=False)
        self._truth = before

    def _inside(self, node: ast.expr, path: tuple[str, ...], *, direct: bool) -> None:
        if isinstance(node, ast.BoolOp):
            for value in [] if self.guarded(node, path, direct=direct) else node.values:
                self.visit(value, path, direct=direct)
        elif isinstance(node, ast.IfExp):
            self.visit(node.test, (), direct=False)
            self.visit(node.body, path, direct=direct)
            self.visit(node.orelse, path, direct=direct)
        elif isinstance(node, ast.NamedExpr):
            self.visit(node.value, (node.target.id,), direct=True)
        elif isinstance(node, (ast.List, ast.Tuple, ast.Set)):
            for i, element in enumerate(node.elts):
                self.visit(element, (*path, str(i)), direct=direct)
        else:
            for child in children(node):
                if isinstance(child, ast.expr):
                    self.visit(child, path, direct=False)

    def _dict(self, node: ast.Dict, path: tuple[str, ...]) -> None:
        keys = [self.resolver.constant(key, self.scopes) if key else None for key in node.keys]
        before = self._database
        if "PASSWORD" in keys and ("ENGINE" in keys or {"NAME", "USER"} <= set(keys)):
            self._database = path[-1] if path else "default"
        for original, key, value in zip(node.keys, keys, node.values, strict=True):
            if original is not None:
                self.visit(original, (), direct=False)
            self.visit(
                value,
                (*path, key or "?") if original is not None else path,
                direct=original is not None,
            )
        self._database = before

    def _comprehend(self, node: ast.expr, path: tuple[str, ...]) -> None:
        before = self._comprehension
        for name, value in ast.iter_fields(node):
            parts = value if isinstance(value, list) else [value]
            for i, part in enumerate(parts):
                if isinstance(part, ast.comprehension):
                    self._comprehension = before or i > 0
                    self.visit(part.iter, (), direct=False)
                    self._comprehension = True
                    for test in part.ifs:
                        self.visit(test, (), direct=False)
                elif isinstance(part, ast.expr):
                    self._comprehension = True
                    self.visit(part, (*path, "?") if name != "key" else (), direct=False)
        self._comprehension = before

    def _joined(self, node: ast.JoinedStr, path: tuple[str, ...], *, direct: bool) -> None:
        if direct and looks_secret(path, node):
            self.literal(node, path, direct=direct)
            return
        self._strings.append(node)
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                self.visit(part.value, path, direct=False)
                if isinstance(part.format_spec, ast.JoinedStr):
                    self._joined(part.format_spec, path, direct=False)
        self._strings.pop()

    def _call(self, node: ast.Call, path: tuple[str, ...], *, direct: bool) -> None:
        function = self.resolver.resolve(node.func, self.scopes)
        if isinstance(function, Accessor):
            self.accessor(node, path)
            return
        if getattr(node.func, "attr", getattr(node.func, "id", "")) in TO_BOOL:
            self._for_truth(node.args)
            return
        cast = (
            node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        )
        read = bool(function) and (
            self.read(node, path, direct=direct) or self.value_object(node, function, path)
        )
        if not read and isinstance(node.func, ast.Attribute):
            self.visit(node.func.value, path, direct=direct and cast in CASTS)
        for i, argument in enumerate(node.args):
            self.visit(
                argument, path, direct=direct and not i and cast in CASTS - ON_TEXT and not read
            )
        for keyword in node.keywords:
            inner = path if read or not keyword.arg else (*path, keyword.arg)
            # which takes types, defaults
            given = bool(keyword.arg) and not read and not isinstance(function, Factory)
            self.visit(keyword.value, inner, direct=given)


def _asks_for_truth(node: ast.Compare) -> bool:
    """Tell a comparison with "true", "1" and the like."""
    if len(node.comparators) != 1:
        return False
    words = node.comparators[0]
    parts = words.elts if isinstance(words, (ast.Tuple, ast.List, ast.Set)) else [words]
    texts = [literal_text(part) for part in parts]
    return bool(texts) and all(text is not None and text.lower() in TRUTH for text in texts)
