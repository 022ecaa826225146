"""The walk over one Python file: every place where a secret is read, asked for or written down."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from shield_ai.model.finding import Shape
from shield_ai.model.naming import excuse, is_secret, variable_of
from shield_ai.scan.python.alternatives import alternatives
from shield_ai.scan.python.bindings import Opaque
from shield_ai.scan.python.candidates import Candidate
from shield_ai.scan.python.cross_file import listed
from shield_ai.scan.python.django_configurations import value_read
from shield_ai.scan.python.fstrings import locate
from shield_ai.scan.python.lambda_safety import free_quote, hindrance
from shield_ai.scan.python.literals import (
    harmless,
    is_telling,
    literal_text,
    looks_secret,
)
from shield_ai.scan.python.pydantic_fields import Fields
from shield_ai.scan.python.readers import FROM_FILE, Environ, EnvObject

if TYPE_CHECKING:
    from shield_ai.scan.python.bindings import Module
    from shield_ai.scan.python.project import Project
    from shield_ai.scan.python.reads import Read
    from shield_ai.scan.python.statement_filter import Telling

DATABASE_KEYS = {
    "NAME": "database",
    "USER": "username",
    "PASSWORD": "password",
    "HOST": "host",
    "PORT": "port",
}


class SecretVisitor(Fields):
    """One file's walk.

    Args:
        project: Where imports lead.
        module: The file.
        telling: Which of its statements to walk; all by default.
    """

    def __init__(self, project: Project, module: Module, telling: Telling | None = None) -> None:
        super().__init__(project, module, telling)
        self.spots: list[Candidate] = []
        self.accessors: list[ast.Call] = []  # that read a secret through the runtime
        self.written: set[str] = set()  # variables that the code may set under a computed name
        self.computed = False  # a variable is read under a name that is not known
        self.listed: set[str] = set()  # variables that are read under computed names, and stay so
        self.harmless: list[
            tuple[ast.expr, str, str]
        ] = []  # what sounds like a secret: where, its name, why it is none
        # settings that are given something other than a value in the code
        self.assigned: set[str] = set()
        self._moved: list[tuple[str, ...]] = []  # variables of the get_secret calls that we are in

    def run(self) -> list[Candidate]:
        """Walk, and return what was seen in the order of the file."""
        self.block(self.source.tree.body)
        for spot in self.spots:
            if spot.shape is Shape.READ and spot.variable in self.written:
                spot.reason = spot.reason or "the code writes the variable under a computed name"
        return self.spots

    def assign(self, target: ast.expr, value: ast.expr) -> None:
        """Walk the value of an assignment, and note what is set otherwise than by a constant."""
        before = len(self.spots)
        if isinstance(target, ast.Name) and len(self.scopes) == 1 and _is_own(target.id, value):
            self.assigned.add(target.id)
        super().assign(target, value)
        if isinstance(target, ast.Subscript) and isinstance(
            self.resolver.resolve(target.value, self.scopes), Environ
        ):
            if self.resolver.constant(target.slice, self.scopes) is None:
                self.written |= listed(self.source.tree)
            for spot in self.spots[before:]:
                if spot.node is value and spot.shape is Shape.LITERAL:
                    spot.reason = "it is written into the environment, from where others read it"

    def accessor(self, node: ast.Call, path: tuple[str, ...]) -> None:
        """Leave what stands in a get_secret call alone, but not what else is read there."""
        variables = self._variables(node)
        self._moved.append(variables)
        self.accessors.append(node)
        self.moved.update(variables)
        for argument in node.args[1:]:
            if isinstance(argument, ast.Lambda):
                self._defaults(argument.args)
                self._within(argument, [argument.body])
            elif literal_text(argument) is None and not isinstance(argument, ast.JoinedStr):
                self.visit(argument, path, direct=False)
        self._moved.pop()

    def _variables(self, node: ast.Call) -> tuple[str, ...]:
        """Return the variables behind the secrets that a call of the runtime may read."""
        first = node.args[0] if node.args else None
        if isinstance(first, ast.Dict):
            return tuple(
                filter(None, (self.resolver.constant(key, self.scopes) for key in first.keys))
            )
        env = next((k.value for k in node.keywords if k.arg == "env"), None)
        variable = self.resolver.constant(env, self.scopes) if env else None
        names = alternatives(self.resolver, first, self.scopes) if first else None
        return (variable,) if variable else tuple(variable_of(name) for name in names or ())

    def guarded(self, node: ast.BoolOp, path: tuple[str, ...], *, direct: bool) -> bool:
        """Take `read or ""` as one; and `SECRET_KEY = read or "a constant"`, which must never serve production.

        Another constant after a read stays as it is, like a default.
        """
        if not isinstance(node.op, ast.Or) or len(node.values) != 2:
            return False
        first, last = node.values
        if not isinstance(last, ast.Constant) or not isinstance(first, (ast.Call, ast.Subscript)):
            return False
        count = len(self.spots)
        if not self.read(first, path, direct=direct):
            return False
        if isinstance(first, ast.Call):
            for argument in [*first.args, *(keyword.value for keyword in first.keywords)]:
                self.visit(argument, path, direct=False)
        stays = last.value and (path[-1:] != ("SECRET_KEY",) or not isinstance(last.value, str))
        if not stays and len(self.spots) > count and self.spots[count].node is first:
            spot = self.spots[count]
            spot.node, spot.default, spot.optional = node, spot.default or last, True
            spot.span = self._span(node)
            if spot.span is None:
                spot.reason = "its place within the f-string can't be told"
        return True

    def literal(self, node: ast.expr, path: tuple[str, ...], *, direct: bool) -> None:
        """Note a value that stands in the code, unless it is a default that a secret wins over."""
        if (
            not direct
            or self._moved
            or (self._database and {"SECRET", "SECRET_FIELDS"} & set(path))
        ):
            return  # the database backends of ours name a secret so
        text = literal_text(node)
        if text is not None and "://" not in text and not is_telling(path):
            return  # most texts: neither a secret, nor one by its name
        if not looks_secret(path, node):
            if reason := harmless(path, node):
                self.harmless.append((node, ".".join(path), reason))
            return
        spot = Candidate(node=node, shape=Shape.LITERAL, path=path, direct=direct)
        if node in self.before:
            spot.reason = f"a value for development: pydantic reads {self.before[node]} first"
        self._part(spot)
        self.add(spot)

    def read(self, node: ast.Call | ast.Subscript, path: tuple[str, ...], *, direct: bool) -> bool:
        """Note a read, and tell whether it is one."""
        read = self.resolver.read(node, self.scopes)
        if read is None:
            return False
        name = (
            self.resolver.constant(read.argument, self.scopes)
            if read.argument
            else read.reader.fixed
        )
        if self._truth or _is_switch(node, read):
            if name and is_secret(name):
                self.harmless.append((node, name, "read as a truth value, so no secret"))
            return True
        spot = self._read_spot(node, read, name, path)
        spot.direct = direct
        if self._is_moved(spot):
            return True
        self._part(spot)
        spot.reason = self._unsure(spot, read)
        if spot.variable or spot.wanted():
            self.add(spot)
        if not spot.wanted() and (word := excuse(spot.variable)):
            self.harmless.append((node, spot.variable, f"by its name no secret: {word}"))
        return True

    def _part(self, spot: Candidate) -> None:
        """Note which field of a database something is; what stands deeper, as in TEST, is none."""
        inside = self._database and spot.path[-1:] and spot.path[-2:-1] in {(), (self._database,)}
        if inside and spot.path[-1] in DATABASE_KEYS:
            spot.group, spot.field = self._database, DATABASE_KEYS[spot.path[-1]]

    def _read_spot(
        self, node: ast.expr, read: Read, name: str | None, path: tuple[str, ...]
    ) -> Candidate:
        prefix, known = self._prefix(read)
        spot = Candidate(
            node=node,
            shape=Shape.READ,
            path=path,
            variable=prefix + name if name is not None and known else "",
            label=read.reader.label,
            default=read.default,
            optional=read.default is not None
            or read.reader.method in {"get", "pop"}
            or "getenv" in read.reader.label,
            sure=bool(read.reader.fixed) or bool(path and name and not known and is_secret(name)),
        )
        if read.reader.label == "everett":
            # https://everett.readthedocs.io/en/latest/configuration.html
            spot.variable = spot.variable.upper()
        spot.follows = read.default is not None and self._follows(read.default)
        if not spot.variable and not prefix and known:
            self._computed(spot, read.argument)
        return spot

    def _follows(self, default: ast.expr) -> bool:
        """Tell a default that another variable gives, here or by the name of what was made from one."""
        parts = [default]
        for name in (n.id for n in ast.walk(default) if isinstance(n, ast.Name)):
            parts += [b for b in self.module.lookup(name, self.scopes) if isinstance(b, ast.expr)]
        calls = [
            n for part in parts for n in ast.walk(part) if isinstance(n, (ast.Call, ast.Subscript))
        ]
        return any(self.resolver.read(call, self.scopes) for call in calls)

    def _computed(self, spot: Candidate, argument: ast.expr | None) -> None:
        """Note the variables that a computed name may be, where it can be written twice."""
        if self._strings or not isinstance(argument, (ast.Name, ast.JoinedStr, ast.BinOp)):
            return
        names = alternatives(self.resolver, argument, self.scopes) or ()
        spot.variables = tuple(name for name in names if spot.sure or is_secret(name))
        spot.others = tuple(name for name in names if name not in spot.variables)
        spot.name_expr = self.source.segment(argument) if spot.variables else ""

    def _note_unknown(self, spot: Candidate, argument: ast.expr | None) -> None:
        """Keep in the environment what a computed name may be, unless it may be a secret that we know."""
        if not spot.variables:
            self.computed = self.computed or not (spot.others or self._is_parameter(argument))
            self.listed.update(spot.others)

    def _unsure(self, spot: Candidate, read: Read) -> str:
        """Say why a read may give something else than the variable; empty where it can't."""
        if read.reader.label.startswith(FROM_FILE):
            return "dotenv_values() reads the file and not the environment: call load_dotenv(), and read os.environ"
        if read.reader.copy:
            return "it is read from a copy of the environment, made earlier"
        if read.reader.first:
            return (
                f"{read.reader.label} asks {read.reader.first} first, which may have another value"
            )
        if not spot.variable and not spot.variables:
            self._note_unknown(spot, read.argument)
            return "the variable's name is computed"
        return ""

    def value_object(self, node: ast.Call, function: object, path: tuple[str, ...]) -> bool:
        """Note a setting of django-configurations, which reads its variable when the class is set up."""
        if not isinstance(self.scopes[-1], ast.ClassDef) or len(path) != 1:
            return False
        spot = value_read(
            node, function, path, lambda part: self.resolver.constant(part, self.scopes)
        )
        if spot and spot.variable and not any(spot.variable in moved for moved in self._moved):
            self.add(spot)
        return spot is not None

    def _is_parameter(self, node: ast.expr | None) -> bool:
        """Whether a name comes from the function's caller, so that the calls say which variables are read."""
        names = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)} if node else set()
        bound = (
            self.module.names(scope).get(name, []) for name in names for scope in self.scopes[1:]
        )
        return any(isinstance(binding, Opaque) for bindings in bound for binding in bindings)

    def _prefix(self, read: Read) -> tuple[str, bool]:
        prefix, known = read.reader.prefix, not read.reader.computed
        for label, text in self._prefixes:
            if label == read.reader.label:
                prefix, known = prefix + (text or ""), known and text is not None
        return prefix, known

    def presence(self, node: ast.Compare) -> bool:
        """Note `"X" in os.environ`."""
        if len(node.ops) != 1 or not isinstance(node.ops[0], (ast.In, ast.NotIn)):
            return False
        place = node.comparators[0]
        if (
            isinstance(place, ast.Call)
            and isinstance(place.func, ast.Attribute)
            and place.func.attr == "keys"
        ):
            place = place.func.value
        base = self.resolver.resolve(place, self.scopes)
        name = self.resolver.constant(node.left, self.scopes)
        if isinstance(base, EnvObject) and base.label == "django-environ" and not base.prefix:
            base = Environ()
        if not isinstance(base, Environ):
            return False
        spot = Candidate(
            node=node,
            shape=Shape.PRESENCE,
            label=base.label,
            negated=isinstance(node.ops[0], ast.NotIn),
        )
        spot.reason = "it asks a copy of the environment, made earlier" if base.copy else ""
        if name is not None:
            spot.variable = name
        else:
            self._computed(spot, node.left)
            self._note_unknown(spot, node.left)
            if not self.source.segment(place).endswith("environ"):
                spot.reason = "the variable's name is computed"
        asked = bool(spot.variable or spot.variables)
        if asked and not self._is_moved(spot):
            self.add(spot)
        return asked

    def _is_moved(self, spot: Candidate) -> bool:
        """Tell whether we are in a call of the runtime that shows the variable."""
        names = {spot.variable, *spot.variables, *spot.others} - {""}
        moved = {variable for variables in self._moved for variable in variables}
        if moved & names:
            self.listed |= names - moved
        return bool(moved & names)

    def add(self, spot: Candidate) -> None:
        """Take in what was seen, and say why it can't be moved."""
        spot.span = self._span(spot.node)
        spot.scope = id(self.scopes[-1])
        if not spot.reason:
            spot.reason = self._why_not(spot)
        if (
            isinstance(self.scopes[-1], ast.ClassDef)
            and not self._comprehension
            and spot.shape is Shape.READ
        ):
            own = self.module.names(self.scopes[-1])
            used = (
                n.id
                for n in ast.walk(spot.node)
                if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)
            )
            spot.binds = tuple(dict.fromkeys(name for name in used if name in own))
        self.spots.append(spot)

    def _span(self, node: ast.expr) -> tuple[int, int] | None:
        if not self._strings:
            return self.source.span(node)
        return locate(self.source, self._strings[0], node)

    def _why_not(self, spot: Candidate) -> str:
        """Say why an expression can't be put into a lambda."""
        if self._annotation:
            return "it stands in a type annotation"
        if spot.span is None:
            return "its place within the f-string can't be told"
        if self._strings:
            if len(self._strings) > 1:
                return "it stands in an f-string within an f-string"
            spot.quote = free_quote(
                self.source.raw[slice(*spot.span)].decode(self.source.encoding), self._outer()
            )
            if not spot.quote:
                return "no quote is free in this f-string on Python before 3.12"
        return hindrance(spot.node)

    def _outer(self) -> str:
        start, end = self.source.span(self._strings[0])
        return self.source.raw[start:end].decode(self.source.encoding)


def _is_own(name: str, value: ast.expr) -> bool:
    """Whether a setting is given a value other than a constant, or that of the same name in another module."""
    if isinstance(value, ast.Call) and ast.unparse(value.func) == "getattr" and len(value.args) > 1:
        return literal_text(value.args[1]) != name
    return literal_text(value) is None and not (
        isinstance(value, ast.Attribute) and value.attr == name
    )


def _is_switch(node: ast.Call | ast.Subscript, read: Read) -> bool:
    """Whether a read gives a truth value, whatever the variable is called."""
    keywords = node.keywords if isinstance(node, ast.Call) else []
    cast = next((k.value for k in keywords if k.arg == "cast"), None)
    as_bool = isinstance(cast, ast.Name) and cast.id in {"bool", "strtobool"}
    return as_bool or read.reader.method == "bool" or read.reader.label.endswith("bool()")
