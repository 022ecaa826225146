"""The walk over one Python file: every place where a secret is read, asked for or written down."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from shield_ai.model.finding import Shape
from shield_ai.model.naming import env_var_name, harmless_word, is_secret
from shield_ai.scan.python.alternatives import alternatives
from shield_ai.scan.python.bindings import Opaque
from shield_ai.scan.python.candidates import Candidate
from shield_ai.scan.python.cross_file import collection_texts
from shield_ai.scan.python.django_configurations import value_read
from shield_ai.scan.python.fstrings import locate
from shield_ai.scan.python.lambda_safety import free_quote, hindrance
from shield_ai.scan.python.literals import (
    explain_not_secret,
    has_secret_like_name,
    is_secret_literal,
    literal_text,
)
from shield_ai.scan.python.pydantic_fields import Fields
from shield_ai.scan.python.readers import FROM_FILE, Environ, EnvObject

if TYPE_CHECKING:
    from shield_ai.scan.python.bindings import Module
    from shield_ai.scan.python.project import Project
    from shield_ai.scan.python.reads import Read
    from shield_ai.scan.python.statement_filter import StatementFilter

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

    def __init__(
        self, project: Project, module: Module, statement_filter: StatementFilter | None = None
    ) -> None:
        super().__init__(project, module, statement_filter)
        self.candidates: list[Candidate] = []
        self.accessor_calls: list[ast.Call] = []  # that read a secret through the runtime
        self.computed_writes: set[str] = (
            set()
        )  # variables that the code may set under a computed name
        self.has_computed_read = False  # a variable is read under a name that is not known
        self.computed_names: set[str] = (
            set()
        )  # variables that are read under computed names, and stay so
        self.not_secrets: list[
            tuple[ast.expr, str, str]
        ] = []  # what sounds like a secret: where, its name, why it is none
        # settings that are given something other than a value in the code
        self.assigned_settings: set[str] = set()
        self._migrated_stack: list[
            tuple[str, ...]
        ] = []  # variables of the get_secret calls that we are in

    def run(self) -> list[Candidate]:
        """Walk, and return what was seen in the order of the file."""
        self.visit_body(self.source.tree.body)
        for candidate in self.candidates:
            if candidate.shape is Shape.READ and candidate.variable in self.computed_writes:
                candidate.reason = (
                    candidate.reason or "the code writes the variable under a computed name"
                )
        return self.candidates

    def visit_assignment(self, target: ast.expr, value: ast.expr) -> None:
        """Walk the value of an assignment, and note what is set otherwise than by a constant."""
        before = len(self.candidates)
        if isinstance(target, ast.Name) and len(self.scopes) == 1 and _is_own(target.id, value):
            self.assigned_settings.add(target.id)
        super().visit_assignment(target, value)
        if isinstance(target, ast.Subscript) and isinstance(
            self.resolver.resolve(target.value, self.scopes), Environ
        ):
            if self.resolver.constant(target.slice, self.scopes) is None:
                self.computed_writes |= collection_texts(self.source.tree)
            for candidate in self.candidates[before:]:
                if candidate.node is value and candidate.shape is Shape.LITERAL:
                    candidate.reason = (
                        "it is written into the environment, from where others read it"
                    )

    def visit_accessor_call(self, node: ast.Call, path: tuple[str, ...]) -> None:
        """Leave what stands in a get_secret call alone, but not what else is read there."""
        variables = self._variables(node)
        self._migrated_stack.append(variables)
        self.accessor_calls.append(node)
        self.migrated.update(variables)
        for argument in node.args[1:]:
            if isinstance(argument, ast.Lambda):
                self._visit_parameter_defaults(argument.args)
                self._visit_scope(argument, [argument.body])
            elif literal_text(argument) is None and not isinstance(argument, ast.JoinedStr):
                self.visit(argument, path, direct=False)
        self._migrated_stack.pop()

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
        return (variable,) if variable else tuple(env_var_name(name) for name in names or ())

    def visit_or_default(self, node: ast.BoolOp, path: tuple[str, ...], *, direct: bool) -> bool:
        """Take `read or ""` as one; and `SECRET_KEY = read or "a constant"`, which must never serve production.

        Another constant after a read stays as it is, like a default.
        """
        if not isinstance(node.op, ast.Or) or len(node.values) != 2:
            return False
        first, last = node.values
        if not isinstance(last, ast.Constant) or not isinstance(first, (ast.Call, ast.Subscript)):
            return False
        count = len(self.candidates)
        if not self.read(first, path, direct=direct):
            return False
        if isinstance(first, ast.Call):
            for argument in [*first.args, *(keyword.value for keyword in first.keywords)]:
                self.visit(argument, path, direct=False)
        stays = last.value and (path[-1:] != ("SECRET_KEY",) or not isinstance(last.value, str))
        if not stays and len(self.candidates) > count and self.candidates[count].node is first:
            candidate = self.candidates[count]
            candidate.node, candidate.default, candidate.optional = (
                node,
                candidate.default or last,
                True,
            )
            candidate.span = self._span(node)
            if candidate.span is None:
                candidate.reason = "its place within the f-string can't be told"
        return True

    def visit_literal(self, node: ast.expr, path: tuple[str, ...], *, direct: bool) -> None:
        """Note a value that stands in the code, unless it is a default that a secret wins over."""
        if (
            not direct
            or self._migrated_stack
            or (self._database_alias and {"SECRET", "SECRET_FIELDS"} & set(path))
        ):
            return  # the database backends of ours name a secret so
        text = literal_text(node)
        if text is not None and "://" not in text and not has_secret_like_name(path):
            return  # most texts: neither a secret, nor one by its name
        if not is_secret_literal(path, node):
            if reason := explain_not_secret(path, node):
                self.not_secrets.append((node, ".".join(path), reason))
            return
        candidate = Candidate(node=node, shape=Shape.LITERAL, path=path, direct=direct)
        if node in self.overridden_defaults:
            candidate.reason = (
                f"a value for development: pydantic reads {self.overridden_defaults[node]} first"
            )
        self._part(candidate)
        self.add(candidate)

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
        if self._in_boolean_context or _is_switch(node, read):
            if name and is_secret(name):
                self.not_secrets.append((node, name, "read as a truth value, so no secret"))
            return True
        candidate = self._read_spot(node, read, name, path)
        candidate.direct = direct
        if self._is_moved(candidate):
            return True
        self._part(candidate)
        candidate.reason = self._unsure(candidate, read)
        if candidate.variable or candidate.is_secret_read():
            self.add(candidate)
        if not candidate.is_secret_read() and (word := harmless_word(candidate.variable)):
            self.not_secrets.append((node, candidate.variable, f"by its name no secret: {word}"))
        return True

    def _part(self, candidate: Candidate) -> None:
        """Note which field of a database something is; what stands deeper, as in TEST, is none."""
        inside = (
            self._database_alias
            and candidate.path[-1:]
            and candidate.path[-2:-1] in {(), (self._database_alias,)}
        )
        if inside and candidate.path[-1] in DATABASE_KEYS:
            candidate.group, candidate.field = (
                self._database_alias,
                DATABASE_KEYS[candidate.path[-1]],
            )

    def _read_spot(
        self, node: ast.expr, read: Read, name: str | None, path: tuple[str, ...]
    ) -> Candidate:
        prefix, known = self._prefix(read)
        candidate = Candidate(
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
            candidate.variable = candidate.variable.upper()
        candidate.follows = read.default is not None and self._follows(read.default)
        if not candidate.variable and not prefix and known:
            self._computed(candidate, read.argument)
        return candidate

    def _follows(self, default: ast.expr) -> bool:
        """Tell a default that another variable gives, here or by the name of what was made from one."""
        parts = [default]
        for name in (n.id for n in ast.walk(default) if isinstance(n, ast.Name)):
            parts += [b for b in self.module.lookup(name, self.scopes) if isinstance(b, ast.expr)]
        calls = [
            n for part in parts for n in ast.walk(part) if isinstance(n, (ast.Call, ast.Subscript))
        ]
        return any(self.resolver.read(call, self.scopes) for call in calls)

    def _computed(self, candidate: Candidate, argument: ast.expr | None) -> None:
        """Note the variables that a computed name may be, where it can be written twice."""
        if self._fstrings or not isinstance(argument, (ast.Name, ast.JoinedStr, ast.BinOp)):
            return
        names = alternatives(self.resolver, argument, self.scopes) or ()
        candidate.variables = tuple(name for name in names if candidate.sure or is_secret(name))
        candidate.others = tuple(name for name in names if name not in candidate.variables)
        candidate.name_expr = self.source.segment(argument) if candidate.variables else ""

    def _note_unknown(self, candidate: Candidate, argument: ast.expr | None) -> None:
        """Keep in the environment what a computed name may be, unless it may be a secret that we know."""
        if not candidate.variables:
            self.has_computed_read = self.has_computed_read or not (
                candidate.others or self._is_parameter(argument)
            )
            self.computed_names.update(candidate.others)

    def _unsure(self, candidate: Candidate, read: Read) -> str:
        """Say why a read may give something else than the variable; empty where it can't."""
        if read.reader.label.startswith(FROM_FILE):
            return "dotenv_values() reads the file and not the environment: call load_dotenv(), and read os.environ"
        if read.reader.copy:
            return "it is read from a copy of the environment, made earlier"
        if read.reader.first:
            return (
                f"{read.reader.label} asks {read.reader.first} first, which may have another value"
            )
        if not candidate.variable and not candidate.variables:
            self._note_unknown(candidate, read.argument)
            return "the variable's name is computed"
        return ""

    def visit_configurations_value(
        self, node: ast.Call, function: object, path: tuple[str, ...]
    ) -> bool:
        """Note a setting of django-configurations, which reads its variable when the class is set up."""
        if not isinstance(self.scopes[-1], ast.ClassDef) or len(path) != 1:
            return False
        candidate = value_read(
            node, function, path, lambda part: self.resolver.constant(part, self.scopes)
        )
        if (
            candidate
            and candidate.variable
            and not any(candidate.variable in moved for moved in self._migrated_stack)
        ):
            self.add(candidate)
        return candidate is not None

    def _is_parameter(self, node: ast.expr | None) -> bool:
        """Whether a name comes from the function's caller, so that the calls say which variables are read."""
        names = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)} if node else set()
        bound = (
            self.module.names(scope).get(name, []) for name in names for scope in self.scopes[1:]
        )
        return any(isinstance(binding, Opaque) for bindings in bound for binding in bindings)

    def _prefix(self, read: Read) -> tuple[str, bool]:
        prefix, known = read.reader.prefix, not read.reader.computed
        for label, text in self._env_prefixes:
            if label == read.reader.label:
                prefix, known = prefix + (text or ""), known and text is not None
        return prefix, known

    def visit_presence_test(self, node: ast.Compare) -> bool:
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
        candidate = Candidate(
            node=node,
            shape=Shape.PRESENCE,
            label=base.label,
            negated=isinstance(node.ops[0], ast.NotIn),
        )
        candidate.reason = "it asks a copy of the environment, made earlier" if base.copy else ""
        if name is not None:
            candidate.variable = name
        else:
            self._computed(candidate, node.left)
            self._note_unknown(candidate, node.left)
            if not self.source.segment(place).endswith("environ"):
                candidate.reason = "the variable's name is computed"
        asked = bool(candidate.variable or candidate.variables)
        if asked and not self._is_moved(candidate):
            self.add(candidate)
        return asked

    def _is_moved(self, candidate: Candidate) -> bool:
        """Tell whether we are in a call of the runtime that shows the variable."""
        names = {candidate.variable, *candidate.variables, *candidate.others} - {""}
        moved = {variable for variables in self._migrated_stack for variable in variables}
        if moved & names:
            self.computed_names |= names - moved
        return bool(moved & names)

    def add(self, candidate: Candidate) -> None:
        """Take in what was seen, and say why it can't be moved."""
        candidate.span = self._span(candidate.node)
        candidate.scope = id(self.scopes[-1])
        if not candidate.reason:
            candidate.reason = self._why_not(candidate)
        if (
            isinstance(self.scopes[-1], ast.ClassDef)
            and not self._in_comprehension
            and candidate.shape is Shape.READ
        ):
            own = self.module.names(self.scopes[-1])
            used = (
                n.id
                for n in ast.walk(candidate.node)
                if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)
            )
            candidate.binds = tuple(dict.fromkeys(name for name in used if name in own))
        self.candidates.append(candidate)

    def _span(self, node: ast.expr) -> tuple[int, int] | None:
        if not self._fstrings:
            return self.source.span(node)
        return locate(self.source, self._fstrings[0], node)

    def _why_not(self, candidate: Candidate) -> str:
        """Say why an expression can't be put into a lambda."""
        if self._in_annotation:
            return "it stands in a type annotation"
        if candidate.span is None:
            return "its place within the f-string can't be told"
        if self._fstrings:
            if len(self._fstrings) > 1:
                return "it stands in an f-string within an f-string"
            candidate.quote = free_quote(
                self.source.raw[slice(*candidate.span)].decode(self.source.encoding), self._outer()
            )
            if not candidate.quote:
                return "no quote is free in this f-string on Python before 3.12"
        return hindrance(candidate.node)

    def _outer(self) -> str:
        start, end = self.source.span(self._fstrings[0])
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
