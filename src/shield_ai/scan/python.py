"""The walk over one Python file: every place where a secret is read, asked for or written down."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from shield_ai.model import Shape
from shield_ai.names import Meaning, meaning, variable_of
from shield_ai.scan.bindings import OPAQUE
from shield_ai.scan.literals import literal_text, looks_secret
from shield_ai.scan.readers import Accessor, Environ, EnvObject, Library, late_values
from shield_ai.scan.resolve import Resolver
from shield_ai.scan.spots import Spot
from shield_ai.scan.strings import locate

if TYPE_CHECKING:
    from shield_ai.scan.bindings import Module, Scope
    from shield_ai.scan.project import Project
    from shield_ai.scan.resolve import Read

CASTS = frozenset({"str", "bytes", "Secret", "SecretStr", "loads", "strip", "encode", "decode", "b64decode", "replace"})
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)
DATABASE_KEYS = {"NAME": "database", "USER": "username", "PASSWORD": "password", "HOST": "host", "PORT": "port"}
# Settings of django-configurations that have a variable of their own.
VALUE_VARIABLES = {
    "DatabaseURLValue": "DATABASE_URL",
    "CacheURLValue": "CACHE_URL",
    "EmailURLValue": "EMAIL_URL",
    "SearchURLValue": "SEARCH_URL",
}
LATE = "django-configurations reads it when the class is set up, not here"
PAUSES = (ast.Await, ast.Yield, ast.YieldFrom)
FRAME = frozenset({"super", "locals", "vars", "eval", "exec", "dir"})


class Walk:
    """One file's walk.

    Args:
        project: Where imports lead.
        module: The file.
    """

    def __init__(self, project: Project, module: Module) -> None:
        self.resolver = Resolver(project, module)
        self.module = module
        self.source = module.source
        self.spots: list[Spot] = []
        self.scopes: tuple[Scope, ...] = (module.source.tree,)
        self.accessors: list[ast.Call] = []  # that read a secret through the runtime
        self.moved: set[str] = set()  # all of them
        self.computed = False  # a variable is read under a name that is not known
        self.assigned: set[str] = set()  # settings that are given something other than a value in the code
        self._moved: list[str] = []  # variables of the get_secret calls that we are in
        self._prefixes: list[tuple[str, str | None]] = []
        self._strings: list[ast.JoinedStr] = []
        self._comprehension = False
        self._annotation = False
        self._database = ""

    def run(self) -> list[Spot]:
        """Walk, and return what was seen in the order of the file."""
        self.block(self.source.tree.body)
        return self.spots

    def block(self, body: list[ast.stmt]) -> None:
        """Walk statements."""
        for statement in body:
            self.statement(statement)

    def statement(self, node: ast.stmt) -> None:
        """Walk one statement, knowing what it assigns to."""
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            self._function(node)
        elif isinstance(node, ast.ClassDef):
            self._class(node)
        elif isinstance(node, (ast.With, ast.AsyncWith)):
            self._with(node)
        elif isinstance(node, ast.Assign):
            self._assign(node.targets, node.value)
        elif isinstance(node, ast.AnnAssign):
            self._annotated(node.annotation)
            if node.value:
                self._assign([node.target], node.value)
        elif isinstance(node, ast.AugAssign):
            self.visit(node.value, self._target(node.target), direct=False)
        else:
            for child in ast.iter_child_nodes(node):
                self._child(child)

    def _child(self, node: ast.AST) -> None:
        if isinstance(node, ast.stmt):
            self.statement(node)
        elif isinstance(node, ast.expr):
            self.visit(node, (), direct=False)
        else:
            for child in ast.iter_child_nodes(node):
                self._child(child)

    def _assign(self, targets: list[ast.expr], value: ast.expr) -> None:
        first = targets[0]
        if isinstance(first, ast.Tuple) and isinstance(value, ast.Tuple) and len(first.elts) == len(value.elts):
            for target, element in zip(first.elts, value.elts, strict=True):
                self.visit(element, self._target(target), direct=True)
            return
        for target in targets:
            if isinstance(target, (ast.Subscript, ast.Attribute)):
                for child in ast.iter_child_nodes(target):
                    if isinstance(child, ast.expr):
                        self.visit(child, (), direct=False)
        before = len(self.spots)
        if isinstance(first, ast.Name) and len(self.scopes) == 1 and literal_text(value) is None:
            self.assigned.add(first.id)
        self.visit(value, self._target(first), direct=True)
        if isinstance(first, ast.Subscript) and isinstance(self.resolver.resolve(first.value, self.scopes), Environ):
            for spot in self.spots[before:]:
                if spot.node is value and spot.shape is Shape.LITERAL:
                    spot.reason = "it is written into the environment, from where others read it"

    def _target(self, node: ast.expr) -> tuple[str, ...]:
        if isinstance(node, ast.Name):
            return (node.id,)
        if isinstance(node, ast.Attribute):
            return (node.attr,)
        if isinstance(node, ast.Subscript):
            key = self.resolver.constant(node.slice, self.scopes)
            base = self._target(node.value)
            return (*base, key or "?") if base != ("config",) else (key or "?",)
        return ()

    def _annotated(self, node: ast.expr | None) -> None:
        if node is not None:
            before, self._annotation = self._annotation, True
            self.visit(node, (), direct=False)
            self._annotation = before

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        for decorator in node.decorator_list:
            self.visit(decorator, (), direct=False)
        self._defaults(node.args)
        self._annotated(node.returns)
        self._within(node, node.body)

    def _defaults(self, args: ast.arguments) -> None:
        positional = [*args.posonlyargs, *args.args]
        for argument, default in zip(positional[len(positional) - len(args.defaults) :], args.defaults, strict=True):
            self.visit(default, (argument.arg,), direct=True)
        for argument, maybe in zip(args.kwonlyargs, args.kw_defaults, strict=True):
            if maybe:
                self.visit(maybe, (argument.arg,), direct=True)

    def _class(self, node: ast.ClassDef) -> None:
        for part in [*node.decorator_list, *node.bases, *[k.value for k in node.keywords]]:
            self.visit(part, (), direct=False)
        self._within(node, node.body)

    def _within(self, scope: Scope, body: list[ast.stmt] | list[ast.expr]) -> None:
        before = self.scopes, self._comprehension, self._strings
        self.scopes, self._comprehension = (*self.scopes, scope), False
        for node in body:
            self._child(node)
        self.scopes, self._comprehension, self._strings = before

    def _with(self, node: ast.With | ast.AsyncWith) -> None:
        pushed = 0
        for item in node.items:
            self.visit(item.context_expr, (), direct=False)
            call = item.context_expr
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "prefixed":
                base = self.resolver.resolve(call.func.value, self.scopes)
                if isinstance(base, EnvObject):
                    argument = call.args[0] if call.args else None
                    self._prefixes.append((base.label, self.resolver.constant(argument, self.scopes)))
                    pushed += 1
        self.block(node.body)
        if pushed:
            del self._prefixes[-pushed:]

    def visit(self, node: ast.expr, path: tuple[str, ...], *, direct: bool) -> None:
        """Walk one expression.

        Args:
            node: The expression.
            path: What takes its value.
            direct: It takes the value as it is.
        """
        if isinstance(node, ast.Call):
            self._call(node, path, direct=direct)
        elif isinstance(node, ast.Subscript):
            if not self._read(node, path, direct=direct):
                self.visit(node.value, path, direct=False)
            self.visit(node.slice, (), direct=False)
        elif isinstance(node, ast.Compare) and self._presence(node):
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
            self._literal(node, path, direct=direct)
        else:
            self._inside(node, path, direct=direct)

    def _inside(self, node: ast.expr, path: tuple[str, ...], *, direct: bool) -> None:
        if isinstance(node, ast.BoolOp):
            if self._guarded(node, path, direct=direct):
                return
            for value in node.values:
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
        elif isinstance(node, (ast.Starred, ast.Await)):
            self.visit(node.value, path, direct=False)
        else:
            for child in ast.iter_child_nodes(node):
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
            self.visit(value, (*path, key or "?") if original is not None else path, direct=original is not None)
        self._database = before

    def _comprehend(self, node: ast.expr, path: tuple[str, ...]) -> None:
        before = self._comprehension
        for i, child in enumerate(ast.walk(node)):
            if i and isinstance(child, ast.comprehension):
                break
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
            self._literal(node, path, direct=direct)
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
            self._accessor(node, path)
            return
        cast = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        read = self._read(node, path, direct=direct) or self._value_object(node, function, path)
        if not read and isinstance(node.func, ast.Attribute):
            self.visit(node.func.value, path, direct=direct and cast in CASTS)
        for argument in node.args:
            self.visit(argument, path, direct=direct and cast in CASTS and not read)
        for keyword in node.keywords:
            inner = path if read or not keyword.arg else (*path, keyword.arg)
            self.visit(keyword.value, inner, direct=bool(keyword.arg) and not read)

    def _accessor(self, node: ast.Call, path: tuple[str, ...]) -> None:
        """Leave what stands in a get_secret call alone, but not what else is read there."""
        name = self.resolver.constant(node.args[0], self.scopes) if node.args else None
        env = next((k.value for k in node.keywords if k.arg == "env"), None)
        variable = (self.resolver.constant(env, self.scopes) if env else None) or variable_of(name or "")
        self._moved.append(variable)
        self.accessors.append(node)
        self.moved.add(variable)
        for argument in node.args[1:]:
            if isinstance(argument, ast.Lambda):
                self._defaults(argument.args)
                self._within(argument, [argument.body])
            elif literal_text(argument) is None and not isinstance(argument, ast.JoinedStr):
                self.visit(argument, path, direct=False)
        self._moved.pop()

    def _guarded(self, node: ast.BoolOp, path: tuple[str, ...], *, direct: bool) -> bool:
        """Take `read or ""` as one; and `SECRET_KEY = read or "a constant"`, which must never serve production."""
        if not isinstance(node.op, ast.Or) or len(node.values) != 2:  # noqa: PLR2004
            return False
        first, last = node.values
        if not isinstance(last, ast.Constant) or not isinstance(first, (ast.Call, ast.Subscript)):
            return False
        if last.value and (path[-1:] != ("SECRET_KEY",) or not isinstance(last.value, str)):
            return False
        count = len(self.spots)
        if not self._read(first, path, direct=direct):
            return False
        for child in ast.iter_child_nodes(first):
            if isinstance(child, ast.expr) and len(self.spots) == count:
                self.visit(child, path, direct=False)
        if len(self.spots) > count and self.spots[count].node is first:
            spot = self.spots[count]
            spot.node, spot.default, spot.optional = node, last, True
            spot.span = self._span(node)
            if spot.span is None:
                spot.reason = "its place within the f-string can't be told"
        return True

    def _literal(self, node: ast.expr, path: tuple[str, ...], *, direct: bool) -> None:
        if not direct or self._moved or not looks_secret(path, node):
            return
        spot = Spot(node=node, shape=Shape.LITERAL, path=path, direct=direct)
        if self._database and path and path[-1] in DATABASE_KEYS:
            spot.group, spot.field = self._database, DATABASE_KEYS[path[-1]]
        self._add(spot)

    def _read(self, node: ast.Call | ast.Subscript, path: tuple[str, ...], *, direct: bool) -> bool:
        """Note a read, and tell whether it is one."""
        read = self.resolver.read(node, self.scopes)
        if read is None:
            return False
        name = self.resolver.constant(read.argument, self.scopes) if read.argument else read.reader.fixed
        if read.reader.method == "bool" or read.reader.label.endswith("bool()"):
            return True  # a switch, whatever it is called
        prefix, known = self._prefix(read)
        variable = prefix + name if name is not None and known else ""
        if variable and variable in self._moved:
            return True
        spot = Spot(
            node=node,
            shape=Shape.READ,
            path=path,
            variable=variable,
            label=read.reader.label,
            direct=direct,
            default=read.default,
            optional=read.default is not None or read.reader.method in {"get", "pop"} or "getenv" in read.reader.label,
        )
        if self._database and path and path[-1] in DATABASE_KEYS:
            spot.group, spot.field = self._database, DATABASE_KEYS[path[-1]]
        if read.reader.copy:
            spot.reason = "it is read from a copy of the environment, made earlier"
        elif not variable:
            self.computed = self.computed or not self._is_parameter(read.argument)
            spot.reason = "the variable's name is computed"
        if spot.variable or spot.wanted():
            self._add(spot)
        return True

    def _value_object(self, node: ast.Call, function: object, path: tuple[str, ...]) -> bool:
        """Note a setting of django-configurations, which reads its variable when the class is set up."""
        if not isinstance(function, Library) or not isinstance(self.scopes[-1], ast.ClassDef) or len(path) != 1:
            return False
        module, _, kind = function.path.rpartition(".")
        if module != "configurations.values" or not kind.endswith("Value"):
            return False
        given = {k.arg: k.value for k in node.keywords if k.arg}
        own = VALUE_VARIABLES.get(kind, "")
        name = self.resolver.constant(given["environ_name"], self.scopes) if "environ_name" in given else None
        prefix = "" if own else "DJANGO"
        if "environ_prefix" in given:
            prefix = self.resolver.constant(given["environ_prefix"], self.scopes) or ""
        variable = "_".join(part for part in (prefix.rstrip("_"), name or own or path[0].upper()) if part)
        environ = given.get("environ")
        if (isinstance(environ, ast.Constant) and not environ.value) or variable in self._moved:
            return True
        spot = Spot(
            node=node, shape=Shape.READ, path=path, variable=variable, label="django-configurations", direct=True
        )
        spot.default = given.get("default") or (node.args[0] if node.args else None)
        spot.optional = kind != "SecretValue" and "environ_required" not in given
        if (not name or own or "late_binding" in given) and not late_values():
            spot.reason = LATE
        self._add(spot)
        return True

    def _is_parameter(self, node: ast.expr | None) -> bool:
        """Whether a name comes from the function's caller, so that the calls say which variables are read."""
        names = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)} if node else set()
        return any(OPAQUE in self.module.names(scope).get(name, []) for name in names for scope in self.scopes[1:])

    def _prefix(self, read: Read) -> tuple[str, bool]:
        prefix, known = read.reader.prefix, not read.reader.computed
        for label, text in self._prefixes:
            if label == read.reader.label:
                prefix, known = prefix + (text or ""), known and text is not None
        return prefix, known

    def _presence(self, node: ast.Compare) -> bool:
        """Note `"X" in os.environ`."""
        if len(node.ops) != 1 or not isinstance(node.ops[0], (ast.In, ast.NotIn)):
            return False
        place = node.comparators[0]
        if isinstance(place, ast.Call) and isinstance(place.func, ast.Attribute) and place.func.attr == "keys":
            place = place.func.value
        base = self.resolver.resolve(place, self.scopes)
        name = self.resolver.constant(node.left, self.scopes)
        if isinstance(base, EnvObject) and base.label == "django-environ" and not base.prefix:
            base = Environ()
        if not isinstance(base, Environ):
            return False
        if name is None:
            self.computed = self.computed or not self._is_parameter(node.left)
            return False
        if meaning(name) is not Meaning.HARMLESS and name not in self._moved:
            reason = "it asks a copy of the environment, made earlier" if base.copy else ""
            negated = isinstance(node.ops[0], ast.NotIn)
            self._add(
                Spot(node=node, shape=Shape.PRESENCE, variable=name, label=base.label, negated=negated, reason=reason)
            )
        return True

    def _add(self, spot: Spot) -> None:
        spot.span = self._span(spot.node)
        spot.scope = id(self.scopes[-1])
        if not spot.reason:
            spot.reason = self._why_not(spot)
        if isinstance(self.scopes[-1], ast.ClassDef) and not self._comprehension and spot.shape is Shape.READ:
            own = self.module.names(self.scopes[-1])
            used = (n.id for n in ast.walk(spot.node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load))
            spot.binds = tuple(dict.fromkeys(name for name in used if name in own))
        self.spots.append(spot)

    def _span(self, node: ast.expr) -> tuple[int, int] | None:
        if not self._strings:
            return self.source.span(node)
        return locate(self.source, self._strings[0], node)

    def _why_not(self, spot: Spot) -> str:
        """Say why an expression can't be put into a lambda."""
        if self._annotation:
            return "it stands in a type annotation"
        if spot.span is None:
            return "its place within the f-string can't be told"
        if self._strings:
            if len(self._strings) > 1:
                return "it stands in an f-string within an f-string"
            spot.quote = free_quote(self.source.raw[slice(*spot.span)].decode(self.source.encoding), self._outer())
            if not spot.quote:
                return "no quote is free in this f-string on Python before 3.12"
        for inner in ast.walk(spot.node):
            if isinstance(inner, PAUSES):
                return "it awaits or yields, which a lambda can't"
            if isinstance(inner, ast.NamedExpr):
                return "it assigns with := inside the read"
            if isinstance(inner, ast.Call) and isinstance(inner.func, ast.Name) and inner.func.id in FRAME:
                return f"it calls {inner.func.id}(), which means something else in a lambda"
        return ""

    def _outer(self) -> str:
        start, end = self.source.span(self._strings[0])
        return self.source.raw[start:end].decode(self.source.encoding)


def free_quote(inner: str, outer: str) -> str:
    """Choose the quote that an f-string leaves free, on every Python."""
    opening = outer.lstrip("rRfFbBuU")[:3]
    if opening in {'"""', "'''"}:
        return "'" if opening[0] == '"' else '"'
    used = opening[:1]
    return ("'" if used == '"' else '"') if used not in inner else ""
