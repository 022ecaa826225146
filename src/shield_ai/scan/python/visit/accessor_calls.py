"""Collect the get_secret calls of one Python file, and other references to secrets by name."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from shield_ai.model.naming import env_var_name
from shield_ai.model.site import Shape
from shield_ai.scan.python.classify.candidates import Candidate
from shield_ai.scan.python.classify.literals import literal_text
from shield_ai.scan.python.readers.possible_names import possible_texts
from shield_ai.scan.python.visit.named_reads import NamedReadVisitor
from shield_ai.scan.python.visit.secret_call import (
    PRESENCE,
    SecretCall,
    create_call,
    default_of,
    name_argument,
)

if TYPE_CHECKING:
    from shield_ai.project.secret_map import SecretMap
    from shield_ai.scan.python.readers.bindings import Module
    from shield_ai.scan.python.readers.known_readers import RuntimeFunction
    from shield_ai.scan.python.readers.project import Project
    from shield_ai.scan.python.readers.reads import Read
    from shield_ai.scan.python.visit.statement_filter import StatementFilter

# Options of shield's database backends: their values name secrets.
BACKEND_SECRET = "SECRET"
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
BACKEND_OPTIONS = frozenset({BACKEND_SECRET, "SECRET_FIELDS"})


class AccessorCallVisitor(NamedReadVisitor):
    """Visits the calls of the runtime; the subclass collects the candidates."""

    def __init__(
        self, project: Project, module: Module, statement_filter: StatementFilter | None = None
    ) -> None:
        super().__init__(project, module, statement_filter)
        # get_secret() calls, each with the map file that defines get_secret; None: another module
        self.accessor_calls: list[tuple[ast.Call, SecretMap | None]] = []
        # these calls, and settings of database backends that name a secret
        self.secret_calls: list[SecretCall] = []
        self.called_variables: set[str] = set()  # of the secrets that get_secret() calls read

    @property
    def migrated(self) -> set[str]:
        """The variables that are read through the runtime."""
        return self.called_variables | self.served

    def visit_accessor_call(
        self, node: ast.Call, path: tuple[str, ...], accessor: RuntimeFunction, *, direct: bool
    ) -> None:
        """Visit a get_secret() call.

        The variable of the secret is migrated; reads in its default are not.
        """
        secret_map = self.resolver.project.secret_map(accessor.module)
        default_variables = self._default_variables(node)
        variables = self._current_variables(
            self._accessor_variables(node, secret_map), default_variables, secret_map
        )
        self._enclosing_calls.append(variables)
        self.accessor_calls.append((node, secret_map))
        names = self._secret_names(node, variables, secret_map)
        if names or not variables:
            call = create_call(self.source.path, node, names, accessor.name, secret_map)
            lacks_default = accessor.name != PRESENCE and self._lacks_default(node)
            call = call._replace(
                lacks_default=lacks_default,
                variables=default_variables,
                in_function=any(isinstance(scope, FUNCTIONS) for scope in self.scopes),
            )
            self.secret_calls.append(call)
        self.called_variables.update(variables)
        if variables and accessor.name != PRESENCE:
            self._add_migrated_read(node, path, variables[0], direct=direct)
        defaults = [keyword.value for keyword in node.keywords if keyword.arg == "default"]
        for argument in (*node.args[1:], *defaults):
            self._visit_argument(argument, path)
        self._enclosing_calls.pop()

    def _visit_argument(self, argument: ast.expr, path: tuple[str, ...]) -> None:
        """Visit an argument of a get_secret() call; a constant contains no reads."""
        if isinstance(argument, ast.Lambda):
            self._visit_parameter_defaults(argument.args)
            self._visit_scope(argument, [argument.body])
        elif literal_text(argument) is None:
            self.visit(argument, path, direct=False)

    def _lacks_default(self, node: ast.Call) -> bool:
        """Return whether a get_secret call has no default, or its default is a read without one."""
        default = default_of(node)
        if default is None:
            return True
        original = default.body if isinstance(default, ast.Lambda) else default
        read = self.resolver.find_read(original, self.scopes)
        if read is None:
            return False
        return not self._read_candidate(original, read, self._read_name(read), ()).optional

    @staticmethod
    def _current_variables(
        variables: tuple[str, ...], default_variables: tuple[str, ...], secret_map: SecretMap | None
    ) -> tuple[str, ...]:
        """Return the variables of a call, even if one was renamed only in the code.

        If the map file names another variable than the one that the default reads, the variable was
        renamed in the code, and not in the map file yet.

        Args:
            variables: The variables according to the map file.
            default_variables: The variables that the default of the call reads, outermost first.
            secret_map: The map file; None for other modules.
        """
        is_renamed = len(variables) == 1 and variables[0] not in default_variables
        if secret_map and default_variables and is_renamed:
            return default_variables[:1]
        return variables

    def _default_variables(self, node: ast.Call) -> tuple[str, ...]:
        """Return the variables that the default of a get_secret() call reads, outermost first."""
        expression = default_of(node)
        if not isinstance(expression, ast.Lambda):
            return ()
        found: dict[str, None] = {}
        for part in ast.walk(expression.body):
            read = None
            if isinstance(part, ast.expr):
                read = self.resolver.find_read(part, self.scopes)
            if read:
                found[self._read_candidate(node, read, self._read_name(read), ()).variable] = None
        return tuple(filter(None, found))

    def _read_name(self, read: Read) -> str | None:
        """Return the variable that a read names, or the fixed variable of its reader."""
        if read.argument is None:
            return read.reader.fixed
        return self.resolver.name_text(read.argument, self.scopes)

    def _add_migrated_read(
        self, node: ast.Call, path: tuple[str, ...], variable: str, *, direct: bool
    ) -> None:
        read = Candidate(node=node, shape=Shape.READ, path=path, variable=variable, direct=direct)
        read.default = default_of(node)
        read.scope = id(self.scopes[-1])
        read.is_always_secret = True
        self.migrated_reads.append(read)

    def _secret_names(
        self, node: ast.Call, variables: tuple[str, ...], secret_map: SecretMap | None
    ) -> tuple[str, ...]:
        """Return the names of secrets that a get_secret() call may read; empty if computed."""
        name = name_argument(node)
        if name is None:
            return secret_map.references(variables) if secret_map else ()
        return tuple(possible_texts(self.resolver, name, self.scopes) or ())

    def _accessor_variables(self, node: ast.Call, secret_map: SecretMap | None) -> tuple[str, ...]:
        """Return the variables of the secrets that a get_secret call may read."""
        name = name_argument(node)
        if isinstance(name, ast.Dict):
            texts = (self.resolver.constant_text(key, self.scopes) for key in name.keys)
            return tuple(filter(None, texts))
        variable = self._keyword_text(node, "env")
        if variable:
            return (variable,)
        if name is None:
            return self._computed_variables(node, secret_map)
        names = possible_texts(self.resolver, name, self.scopes) or ()
        field = self._keyword_text(node, "key")
        return tuple(_variable_of(name, field, secret_map) for name in names)

    def _computed_variables(self, node: ast.Call, secret_map: SecretMap | None) -> tuple[str, ...]:
        """Return the variables of secrets that the argument `env`, a computed name, can name."""
        values = [keyword.value for keyword in node.keywords if keyword.arg == "env"]
        if not values or secret_map is None:
            return ()
        texts = possible_texts(self.resolver, values[0], self.scopes) or ()
        variables = secret_map.variables()
        return tuple(text for text in texts if text in variables)

    def _keyword_text(self, call: ast.Call, name: str) -> str | None:
        value = next((keyword.value for keyword in call.keywords if keyword.arg == name), None)
        return self.resolver.constant_text(value, self.scopes)

    def add_backend_secret(self, node: ast.expr, path: tuple[str, ...]) -> None:
        """Collect the name of a secret in the options of a database backend."""
        text = literal_text(node)
        if text and BACKEND_SECRET in path:
            self.secret_calls.append(SecretCall(self.source.path, node.lineno, (text,)))

    def is_backend_option(self, path: tuple[str, ...]) -> bool:
        """Return whether a path leads to an option that names a secret."""
        is_database = self._database_alias or path[:1] == ("DATABASES",)
        return bool(is_database) and not BACKEND_OPTIONS.isdisjoint(path)


def _variable_of(name: str, field: str | None, secret_map: SecretMap | None) -> str:
    """Return the variable in the map file, or else derive it from the name of the secret."""
    reference = name if field is None else f"{name}:{field}"
    variable = secret_map.variable(reference) if secret_map else ""
    return variable or env_var_name(name.partition(":")[0])
