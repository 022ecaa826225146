"""Collect the reads of secrets, hardcoded secrets and get_secret calls of one Python file."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from shield_ai.model.site import Shape
from shield_ai.model.skip import SkipId
from shield_ai.scan.python.classify.candidates import Candidate
from shield_ai.scan.python.classify.literals import (
    explain_not_secret,
    has_secret_like_name,
    is_key_name,
    is_reviewed,
    is_secret_literal,
    literal_text,
)
from shield_ai.scan.python.classify.read_context import mark_reads_by_context
from shield_ai.scan.python.readers.known_readers import Environ, Library
from shield_ai.scan.python.readers.library_reads import connection_url
from shield_ai.scan.python.settings_classes.stage_classes import StageClasses
from shield_ai.scan.python.visit.accessor_calls import AccessorCallVisitor
from shield_ai.scan.python.visit.fstrings import find_span
from shield_ai.scan.python.visit.lambda_safety import (
    explain_not_lambda_safe,
    names_to_bind,
    unused_quote,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from shield_ai.model.skip import SkipReason
    from shield_ai.scan.python.readers.bindings import Module
    from shield_ai.scan.python.readers.project import Project
    from shield_ai.scan.python.visit.statement_filter import StatementFilter


FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
COPY_REASONS = frozenset(
    {SkipId.ENVIRONMENT_COPY, SkipId.READS_PARAMETER, SkipId.TESTS_ENVIRONMENT_COPY}
)
DJANGO_KEY = ("SECRET_KEY",)  # a secret, even if a comment says that it is not


class SecretVisitor(AccessorCallVisitor):
    """Visits one file, and collects its candidates.

    Args:
        project: The modules of the app.
        module: The file.
        statement_filter: Selects the statements to visit; by default, all are visited.
    """

    def __init__(
        self, project: Project, module: Module, statement_filter: StatementFilter | None = None
    ) -> None:
        super().__init__(project, module, statement_filter)
        self.candidates: list[Candidate] = []
        self._truth_tests: list[Candidate] = []  # reads as booleans
        self.assigned_settings: set[str] = set()  # settings with a value that is not constant
        self._connection_urls: set[ast.expr] = set()  # arguments with the URL of a server
        self._stage_classes: StageClasses | None = None  # of the module, at the first class
        # the file assigns to os.environ, in which the runtime passes values to expressions
        self._replaces_environ = False

    def run(self) -> list[Candidate]:
        """Visit the file, and return the candidates in order."""
        self.visit_body(self.source.tree.body)
        self._add_truth_tests_of_secrets()
        mark_reads_by_context(self.source.tree, self.candidates, self._connection_urls)
        self._skip_by_statement(self.candidates)
        for candidate in self.candidates:
            if candidate.shape in {Shape.READ, Shape.PRESENCE} and not candidate.reason:
                candidate.reason = self._explain_written(candidate)
        self._skip_copied_variables()
        self._drop_enumerated_calls()
        return self.candidates

    def _drop_enumerated_calls(self) -> None:
        """Drop the calls that only name a variable if a read with possible names covers it."""
        known = {name for candidate in self.candidates for name in candidate.possible_variables}
        self.candidates = [
            candidate
            for candidate in self.candidates
            if candidate.variable not in known or not _is_unsupported(candidate)
        ]

    def _skip_copied_variables(self) -> None:
        """Skip all reads of a variable from copies of the environment if one can't be migrated."""
        reasons = {
            candidate.variable: candidate.reason
            for candidate in self.candidates
            if candidate.reason and candidate.reason.id in COPY_REASONS
        }
        for candidate in self.candidates:
            if candidate.environ and not candidate.reason:
                candidate.reason = reasons.get(candidate.variable)

    def _explain_written(self, candidate: Candidate) -> SkipReason | None:
        if self._replaces_environ:
            return SkipId.REPLACES_ENVIRON.reason()
        variables = {candidate.variable, *candidate.possible_variables}
        if variables & self._written:
            return SkipId.SET_IN_FILE.reason()
        if variables & self._computed_writes:
            return SkipId.SET_UNDER_COMPUTED_NAME.reason()
        return None

    def visit_statement(self, node: ast.stmt) -> None:
        """Visit a statement, and record the environment variables that it deletes or extends."""
        if isinstance(node, ast.AugAssign):
            if isinstance(node.target, ast.Subscript):
                self._record_environ_change(node.target.value, node.target.slice)
        elif isinstance(node, ast.Delete):
            for target in node.targets:
                if isinstance(target, ast.Subscript):
                    self._record_environ_change(target.value, target.slice)
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            function = node.value.func
            if isinstance(function, ast.Attribute) and function.attr == "pop" and node.value.args:
                self._record_environ_change(function.value, node.value.args[0])
        super().visit_statement(node)

    def visit_assignment(self, targets: Sequence[ast.expr], value: ast.expr) -> None:
        """Visit an assignment to settings, or to environment variables."""
        first = len(self.candidates)
        for target in targets:
            if isinstance(target, ast.Name) and not isinstance(self.scopes[-1], FUNCTIONS):
                if _sets_new_value(target.id, value):
                    self.assigned_settings.add(target.id)
        super().visit_assignment(targets, value)
        self.fill_fields(self.candidates[first:], targets[0], value)
        for target in targets:
            if isinstance(target, ast.Attribute):
                self._record_replaced_environ(target)
            elif isinstance(target, ast.Subscript):
                if self._record_environ_change(target.value, target.slice):
                    self._mark_written(self.candidates[first:], value)

    def _record_replaced_environ(self, target: ast.Attribute) -> None:
        is_environ = isinstance(self.resolver.resolve(target, self.scopes), Environ)
        owner = self.resolver.resolve(target.value, self.scopes) if is_environ else None
        self._replaces_environ = self._replaces_environ or isinstance(owner, Library)

    @staticmethod
    def _mark_written(candidates: Sequence[Candidate], value: ast.expr) -> None:
        """Add a reason to the reads, and to the literal, in a value of an environment variable."""
        for candidate in candidates:
            is_read = candidate.shape is Shape.READ
            if is_read or (candidate.node is value and candidate.shape is Shape.LITERAL):
                candidate.reason = candidate.reason or SkipId.SETS_VARIABLE.reason()

    def _record_environ_change(self, container: ast.expr, name: ast.expr) -> bool:
        """Record that a variable is set or deleted, and return whether the container is os.environ.

        Args:
            container: A dictionary.
            name: The key in it.
        """
        environ = self.resolver.resolve(container, self.scopes)
        if not isinstance(environ, Environ) or environ.is_guessed:
            return False
        variable = self.resolver.constant_text(name, self.scopes)
        if variable is None:
            self._add_computed_write(name)
        else:
            self._written.add(variable)
        return True

    def visit_or_default(self, node: ast.BoolOp, path: tuple[str, ...], *, direct: bool) -> bool:
        """Visit `read or constant`, and return whether the expression has this form.

        An empty constant becomes the default of the read. So do a text for SECRET_KEY and a
        hardcoded secret, which must not be used in production. Other constants remain in the code.
        """
        if not isinstance(node.op, ast.Or) or len(node.values) != 2:
            return False
        read, default = node.values
        if not isinstance(default, ast.Constant) or not isinstance(read, (ast.Call, ast.Subscript)):
            return False
        count = len(self.candidates)
        if not self.visit_read(read, path, direct=direct):
            return False
        for argument in _arguments(read):
            self.visit(argument, path, direct=False)
        added = self.candidates[count:]
        if added and added[0].node is read and _is_read_default(default, path):
            self._include_default(added[0], node, default)
        return True

    def _include_default(self, candidate: Candidate, node: ast.BoolOp, default: ast.expr) -> None:
        """Extend the candidate of a read to the whole expression `read or default`."""
        candidate.node = node
        candidate.default = candidate.default or default
        candidate.optional = True
        candidate.span = self._span(node)
        if candidate.span is None:
            candidate.reason = SkipId.POSITION_UNKNOWN.reason()

    def visit_literal(self, node: ast.expr, path: tuple[str, ...], *, direct: bool) -> None:
        """Visit a string in the code, and add a candidate if it is a secret."""
        if not direct or self._enclosing_calls or self._is_in_enumeration():
            return  # the defaults of get_secret calls are findings of another rule
        if self.is_backend_option(path):
            self.add_backend_secret(node, path)
            return
        text = literal_text(node)
        if text is not None and "://" not in text and not has_secret_like_name(path):
            return  # true for most strings
        scope = self.scopes[-1]
        body = scope.body if isinstance(scope, (ast.Module, ast.ClassDef)) else ()
        if not is_secret_literal(path, node) or is_key_name(body, path, text or ""):
            reason = explain_not_secret(path, node)
            if reason:
                self.not_secrets.append((node, ".".join(path), reason))
            return
        candidate = Candidate(node=node, shape=Shape.LITERAL, path=path, direct=direct)
        candidate.reason, candidate.overridden_by = self.kept_texts.get(node, (None, ""))
        if is_reviewed(self.source, node) and path != DJANGO_KEY:
            candidate.is_reviewed = True
            candidate.reason = candidate.reason or SkipId.REVIEWED.reason()
        self._set_database_field(candidate)
        self.add(candidate)

    def visit_library_call(self, node: ast.Call, function: object) -> None:
        """Record the variable or the URL that a function of a library uses to connect."""
        super().visit_library_call(node, function)
        url = connection_url(node, function)
        if isinstance(url, ast.Name):
            values = self.module.lookup(url.id, self.scopes)
            self._connection_urls.update(value for value in values if isinstance(value, ast.expr))
        elif url is not None:
            self._connection_urls.add(url)

    def add(self, candidate: Candidate) -> None:
        """Add a candidate, with its position and the reason why it cannot be migrated."""
        candidate.span = self._span(candidate.node)
        candidate.scope = id(self.scopes[-1])
        candidate.reason = candidate.reason or self.overridden.get(candidate.node)
        if not candidate.reason:
            candidate.reason = self._explain_stage(candidate)
        if not candidate.reason:
            candidate.reason = self._explain_not_wrappable(candidate)
        if candidate.shape is Shape.READ:
            candidate.binds = self._names_to_bind(candidate.node)
        self.candidates.append(candidate)

    def add_truth_test(self, candidate: Candidate) -> None:
        """Add a read as a boolean, which counts if the variable turns out to be a secret."""
        self.add(candidate)
        self._truth_tests.append(self.candidates.pop())

    def _add_truth_tests_of_secrets(self) -> None:
        """Add the reads as booleans of variables that the file also reads as secrets.

        If only the latter were migrated, is_true(os.environ.get("SENTRY_DSN", "False")) would
        become false.
        """
        secrets = {read.variable for read in self._migratable_reads() if read.is_secret_read()}
        tests = [test for test in self._truth_tests if test.variable in secrets]
        for test in tests:
            test.is_guarded = True  # its default is a boolean, not a value for development
        nodes = {test.node for test in tests}
        self.not_secrets = [entry for entry in self.not_secrets if entry[0] not in nodes]
        self.candidates += tests

    def _migratable_reads(self) -> Iterator[Candidate]:
        for candidate in self.candidates:
            if candidate.shape is Shape.READ and not candidate.reason:
                yield candidate

    def _explain_stage(self, candidate: Candidate) -> SkipReason | None:
        """Return the reason to skip a value in a class that is not for production, or None."""
        scope = self.scopes[-1]
        if not isinstance(scope, ast.ClassDef):
            return None
        if self._stage_classes is None:
            self._stage_classes = StageClasses(self.source.tree)
        return self._stage_classes.explain(candidate, scope)

    def _names_to_bind(self, node: ast.expr) -> tuple[str, ...]:
        """Return the names of the class and of the loops that a lambda must bind as defaults."""
        scope = self.scopes[-1]
        if isinstance(scope, ast.ClassDef) and not self._in_comprehension:
            return names_to_bind(node, self._loop_names, self.module.names(scope))
        return names_to_bind(node, self._loop_names)

    def _span(self, node: ast.expr) -> tuple[int, int] | None:
        if self._fstrings:
            return find_span(self.source, self._fstrings[0], node)
        return self.source.span(node)

    def _explain_not_wrappable(self, candidate: Candidate) -> SkipReason | None:
        """Explain why an expression cannot move into a lambda; None if it can."""
        if self._in_annotation:
            return SkipId.IN_ANNOTATION.reason()
        if candidate.span is None:
            return SkipId.POSITION_UNKNOWN.reason()
        if len(self._fstrings) > 1:
            return SkipId.NESTED_FSTRING.reason()
        if self._fstrings:
            start, end = candidate.span
            expression = self.source.raw[start:end].decode(self.source.encoding)
            candidate.quote = unused_quote(expression, self.source.segment(self._fstrings[0]))
            if not candidate.quote:
                return SkipId.FSTRING_QUOTE.reason()
        return explain_not_lambda_safe(candidate.node)


def _is_unsupported(candidate: Candidate) -> bool:
    return candidate.reason is not None and candidate.reason.id is SkipId.UNSUPPORTED_READ


def _sets_new_value(name: str, value: ast.expr) -> bool:
    """Return whether a value is neither a constant nor the same setting of another module."""
    if isinstance(value, ast.Call) and len(value.args) > 1:
        if ast.unparse(value.func) == "getattr":
            return literal_text(value.args[1]) != name
    if isinstance(value, ast.Constant) or literal_text(value) is not None:
        return False
    return not isinstance(value, ast.Attribute) or value.attr != name


def _arguments(node: ast.Call | ast.Subscript) -> list[ast.expr]:
    """Return the arguments of a call; none for a subscript."""
    if isinstance(node, ast.Subscript):
        return []
    return [*node.args, *(keyword.value for keyword in node.keywords)]


def _is_read_default(default: ast.Constant, path: tuple[str, ...]) -> bool:
    """Return whether the constant in `read or constant` becomes the default of the read."""
    if not default.value:
        return True
    if path[-1:] == ("SECRET_KEY",) and isinstance(default.value, str):
        return True
    return is_secret_literal(path, default)
