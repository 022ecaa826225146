"""What an expression stands for, as far as the environment goes: followed through names, modules and helpers."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from shield_ai.project.layout import is_runtime
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.python.ast_walk import descend
from shield_ai.scan.python.bindings import OPAQUE, Imported, Opaque
from shield_ai.scan.python.readers import (
    ACCESSORS,
    CONSTANTS,
    FILES,
    FROM_FILE,
    Accessor,
    Environ,
    EnvObject,
    Factory,
    Library,
    Reader,
    Ref,
    attribute,
    known,
)
from shield_ai.scan.python.reads import (
    Read,
    arguments_of,
    calls_in,
    is_end_of,
    prefix_of,
)

if TYPE_CHECKING:
    from shield_ai.scan.python.bindings import Binding, Module, Scope
    from shield_ai.scan.python.project import Project

VARIABLE = regex(r"[A-Z][A-Z0-9_]+")
DEPTH = 12  # of names that stand for names; more is a cycle
Scopes = tuple["Scope", ...]


class Resolver:
    """Follows the names of one module.

    Args:
        project: Where imports lead.
        module: The module itself.
        depth: How many names led here.
    """

    def __init__(self, project: Project, module: Module, depth: int = 0) -> None:
        self.project = project
        self.module = module
        self.depth = depth

    def resolve(self, node: ast.AST, scopes: Scopes) -> Ref | None:
        """Say what an expression is; None where it is nothing that we know."""
        if self.depth > DEPTH:
            return None
        if isinstance(node, ast.Name):
            return self.name(node.id, scopes)
        if isinstance(node, ast.Attribute):
            return self._attribute(node, scopes)
        if isinstance(node, ast.Call):
            return self._call(node, scopes)
        if isinstance(node, (ast.BoolOp, ast.IfExp)):
            options = node.values if isinstance(node, ast.BoolOp) else [node.body, node.orelse]
            return next((ref for option in options if (ref := self._deeper(option, scopes))), None)
        if isinstance(node, ast.NamedExpr):
            return self._deeper(node.value, scopes)
        if isinstance(node, ast.Lambda):
            return self._helper(node, scopes)
        return self._spread(node, scopes) if isinstance(node, ast.Dict) else None

    def _spread(self, node: ast.Dict, scopes: Scopes) -> Ref | None:
        """Say what a dict copies: {**dotenv_values(".env"), **os.environ}."""
        spread = (value for key, value in zip(node.keys, node.values, strict=True) if key is None)
        found = [ref for value in spread if isinstance(ref := self._deeper(value, scopes), Environ)]
        return found[-1]._replace(copy=True) if found else None

    def constant(self, node: ast.AST | None, scopes: Scopes) -> str | None:
        """Return the text that an expression always has."""
        if isinstance(node, ast.Constant):
            return node.value if isinstance(node.value, str) else None
        if isinstance(node, ast.Name):
            found = self.module.lookup(node.id, scopes)
            only = found[0] if len(found) == 1 else None
            return (
                only.value
                if isinstance(only, ast.Constant) and isinstance(only.value, str)
                else None
            )
        if isinstance(node, ast.Attribute):
            base = self.resolve(node.value, scopes)
            return CONSTANTS.get(f"{base.path}.{node.attr}") if isinstance(base, Library) else None
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            parts = [self.constant(node.left, scopes), self.constant(node.right, scopes)]
        elif isinstance(node, ast.JoinedStr):
            parts = [
                self.constant(v.value if isinstance(v, ast.FormattedValue) else v, scopes)
                for v in node.values
            ]
        else:
            return None
        return None if None in parts else "".join(part for part in parts if part is not None)

    def _deeper(self, node: ast.AST, scopes: Scopes) -> Ref | None:
        return Resolver(self.project, self.module, self.depth + 1).resolve(node, scopes)

    def name(self, name: str, scopes: Scopes) -> Ref | None:
        """Say what a name is."""
        found = self.module.lookup(name, scopes)
        for binding in reversed(found):
            if ref := self._binding(binding, scopes):
                return ref
        if found:
            return None
        if name not in self.module.starred:
            self.module.starred[name] = None  # so that a circle ends here
            self.module.starred[name] = self._starred(name)
        return self.module.starred[name] or (Library(name) if name in {"getattr", "dict"} else None)

    def _starred(self, name: str) -> Ref | None:
        """Say what a name is that only an import of everything can have brought."""
        guess = None
        for star in reversed(self.module.stars):
            ref = self.path(f"{star}.{name}")
            if isinstance(ref, Reader) and ref.guessed:
                guess = guess or ref
            elif ref and (self.project.find(star) or not isinstance(ref, Library)):
                return ref
        return guess

    def _binding(self, binding: Binding, scopes: Scopes) -> Ref | None:
        if isinstance(binding, (Opaque, ast.ClassDef, ast.AsyncFunctionDef)):
            return None
        memo = self.module.memo
        if binding not in memo:
            memo[binding] = None  # so that a circle ends here
            if isinstance(binding, Imported):
                memo[binding] = self.path(binding.path)
            elif isinstance(binding, ast.FunctionDef):
                memo[binding] = self._helper(binding, scopes)
            else:
                memo[binding] = self._deeper(binding, scopes)
        return memo[binding]

    def path(self, dotted: str) -> Ref | None:
        """Say what a dotted path is, in the app or in a library."""
        if self.depth > DEPTH:
            return None
        where, _, name = dotted.rpartition(".")
        home = self.project.find(where)
        if name in ACCESSORS and (
            is_runtime(home.source.raw) if home else self.project.is_runtime_name(where)
        ):
            return Accessor(name)
        if place := self.project.split(dotted):
            module, inner = place
            head, _, rest = inner.partition(".")
            ref = Resolver(self.project, module, self.depth + 1).name(head, (module.source.tree,))
            return attribute(ref, rest) if ref and rest else ref
        return known(dotted)

    def _attribute(self, node: ast.Attribute, scopes: Scopes) -> Ref | None:
        if self._is_opaque(node, scopes):
            return None
        base = self._deeper(node.value, scopes)
        if isinstance(base, Library) and self.project.split(f"{base.path}.{node.attr}"):
            return self.path(f"{base.path}.{node.attr}")
        if base is None and (path := self._dotted(node, scopes)):
            return self.path(path)
        return attribute(base, node.attr) if base else None

    def _is_opaque(self, node: ast.Attribute, scopes: Scopes) -> bool:
        """Whether an attribute is one of `self`, or of another name that can't be followed: most are."""
        inner: ast.expr = node
        while isinstance(inner, ast.Attribute):
            inner = inner.value
        found = self.module.lookup(inner.id, scopes) if isinstance(inner, ast.Name) else []
        return bool(found) and all(binding is OPAQUE for binding in found)

    def _dotted(self, node: ast.Attribute, scopes: Scopes) -> str | None:
        """Return the dotted path of `module.name`, where the module is one of the app's."""
        parts: list[str] = []
        inner: ast.expr = node
        while isinstance(inner, ast.Attribute):
            parts.insert(0, inner.attr)
            inner = inner.value
        if not isinstance(inner, ast.Name):
            return None
        imported = [b for b in self.module.lookup(inner.id, scopes) if isinstance(b, Imported)]
        return ".".join([imported[-1].path, *parts]) if imported else None

    def _call(self, node: ast.Call, scopes: Scopes) -> Ref | None:
        function = self._deeper(node.func, scopes)
        if isinstance(function, Factory):
            prefix = next(
                (k.value for k in node.keywords if k.arg in {"env_prefix", "prefix"}), None
            )
            text = self.constant(prefix, scopes) if prefix else ""
            return EnvObject(function.label, text or "", computed=text is None)
        if isinstance(function, Environ):  # os.environ.copy
            return function if function.copy else None
        if isinstance(function, Library) and function.path in FILES:
            return Environ(FROM_FILE, copy=True)
        if isinstance(function, Library):
            return self._builtin(function.path, node, scopes)
        if isinstance(node.func, ast.Attribute) and node.func.attr == "prefixed":
            base = self._deeper(node.func.value, scopes)
            return base if isinstance(base, EnvObject) else None
        return None

    def _builtin(self, name: str, node: ast.Call, scopes: Scopes) -> Ref | None:
        if not node.args:
            return None
        first = self._deeper(node.args[0], scopes)
        if (
            name == "getattr"
            and first
            and len(node.args) > 1
            and (text := self.constant(node.args[1], scopes))
        ):
            return attribute(first, text)
        return first._replace(copy=True) if name == "dict" and isinstance(first, Environ) else None

    def _helper(self, node: ast.FunctionDef | ast.Lambda, scopes: Scopes) -> Ref | None:
        """Say what a function of the app reads, where one of its parameters takes the variable's name."""
        names = [argument.arg for argument in [*node.args.posonlyargs, *node.args.args]]
        if isinstance(node, ast.FunctionDef) and not any(
            isinstance(n, ast.Return) and n.value for n in descend(node)
        ):
            return None
        inner = (*scopes, node) if node not in scopes else scopes
        for call in calls_in(node):
            read = Resolver(self.project, self.module, self.depth + 1).read(call, inner)
            if read is None or read.reader.copy:
                continue
            for i, name in enumerate(names):
                prefix = prefix_of(read.argument, name)
                computed = prefix is None and is_end_of(read.argument, name)
                if prefix is not None or computed:
                    whole = read.reader.prefix + (prefix or "")
                    label = getattr(node, "name", "lambda")
                    first = self._asked_first(node, call, name, inner)
                    return Reader(
                        f"{label}()",
                        prefix=whole,
                        computed=computed,
                        position=i,
                        keyword=name,
                        first=first,
                    )
        return None

    def _asked_first(self, node: ast.AST, read: ast.expr, name: str, scopes: Scopes) -> str:
        """Name the app's function whose answer for the same name a helper may return before it reads the variable."""
        before = [n for n in ast.walk(node) if getattr(n, "lineno", read.lineno) < read.lineno]
        returned = [
            part
            for n in before
            if isinstance(n, ast.Return) and n.value
            for part in ast.walk(n.value)
        ]
        names = {part.id for part in returned if isinstance(part, ast.Name)}
        kept = [n.value for n in before if isinstance(n, ast.Assign) and names & set(_targets(n))]
        for call in [*returned, *kept]:
            if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
                continue
            asked = any(
                isinstance(argument, ast.Name) and argument.id == name for argument in call.args
            )
            if (
                asked
                and self.module.lookup(call.func.id, scopes)
                and not self.name(call.func.id, scopes)
            ):
                return f"{call.func.id}()"
        return ""

    def read(self, node: ast.expr, scopes: Scopes) -> Read | None:
        """Say what a call or subscript reads, if it reads a variable."""
        if isinstance(node, ast.Subscript):
            base = self.resolve(node.value, scopes)
            if isinstance(base, Environ) and isinstance(node.ctx, ast.Load):
                return Read(Reader(f"{base.label}[]", default=-1, copy=base.copy), node.slice, None)
            return None
        if not isinstance(node, ast.Call):
            return None
        reader = self.resolve(node.func, scopes)
        if isinstance(reader, EnvObject):
            reader = Reader(
                reader.label, prefix=reader.prefix, computed=reader.computed, keyword="var"
            )
        if not isinstance(reader, Reader):
            return None
        argument, default = arguments_of(node, reader)
        if argument is None and not reader.fixed:
            return None
        if reader.guessed and not VARIABLE.fullmatch(self.constant(argument, scopes) or ""):
            return None
        return Read(reader, argument, default)


def _targets(node: ast.Assign) -> list[str]:
    return [target.id for target in node.targets if isinstance(target, ast.Name)]
