"""Collect the reads of environment variables in a file."""

from __future__ import annotations

import ast
import functools
from typing import TYPE_CHECKING

import msgspec

from shield_ai.model.name_meaning import is_secret
from shield_ai.model.site import Shape
from shield_ai.model.skip import SkipId
from shield_ai.model.words import word_set, words
from shield_ai.scan.python.classify.candidates import SERVICE_URL, Candidate
from shield_ai.scan.python.classify.harmless_variables import (
    ValueUses,
    converters_of,
    explain_harmless_type,
)
from shield_ai.scan.python.readers.ast_walk import name_of
from shield_ai.scan.python.readers.computed_secrets import ends_with_name, names_secret
from shield_ai.scan.python.readers.known_readers import DYNACONF_LABEL
from shield_ai.scan.python.readers.library_reads import library_read, reads_named_variable
from shield_ai.scan.python.readers.reads import explain_reader, fallback_name, reads_variable
from shield_ai.scan.python.visit.presence_tests import PresenceTestVisitor

if TYPE_CHECKING:
    from shield_ai.model.skip import SkipReason
    from shield_ai.scan.python.readers.bindings import Module
    from shield_ai.scan.python.readers.known_readers import Reader
    from shield_ai.scan.python.readers.project import Project
    from shield_ai.scan.python.readers.reads import Read
    from shield_ai.scan.python.visit.statement_filter import StatementFilter


# In the name of a function: it also reads other variables, as get_from_secrets_or_env() does.
OTHER_VALUES = word_set("ENV ENVS ENVIRON ENVIRONMENT CONFIG CONF SETTING SETTINGS VARIABLE VAR")


class EnvReadVisitor(PresenceTestVisitor):
    """Visits reads of variables; the subclass collects the candidates."""

    def __init__(
        self, project: Project, module: Module, statement_filter: StatementFilter | None = None
    ) -> None:
        super().__init__(project, module, statement_filter)
        # why a library needs a variable, and the line of the call
        self.library_reads: dict[str, tuple[SkipReason, int]] = {}
        self._written: set[str] = set()  # variables that the file sets
        # with a computed name that no call of a helper tells
        self.unresolved_reads: list[ast.expr] = []
        # with other computed names: a part of the name is that of a secret, or a class computes
        # its attributes
        self.listed_reads: list[ast.expr] = []
        # values with a secret-like name that are not secrets: node, name, reason
        self.not_secrets: list[tuple[ast.expr, str, SkipReason]] = []
        self.migrated_reads: list[Candidate] = []  # in and through get_secret calls

    def visit_read(
        self, node: ast.Call | ast.Subscript, path: tuple[str, ...], *, direct: bool
    ) -> bool:
        """Visit a call or subscript, and return whether it reads a variable."""
        read = self.resolver.find_read(node, self.scopes)
        if read is None:
            return False
        name: str | None = read.reader.fixed
        if read.argument:
            name = self.resolver.name_text(read.argument, self.scopes)
        if read.reader.is_guessed and name is None:
            return False
        converters = converters_of(node, read.reader)
        reason = explain_harmless_type(name or "", converters, read.default)
        if self._in_boolean_context:
            if name and not reason:
                self._visit_truth_test(node, read, name)
            reason = SkipId.HARMLESS_BOOLEAN.reason()
        if name and not reason and _is_secret_like(name, path):
            reason = self._uses.explain(node, name)
        if reason:
            self._add_harmless(node, name, reason)
            return True
        candidate = self._read_candidate(node, read, name, path)
        candidate.direct = direct
        if self._is_migrated(candidate):
            self.migrated_reads.append(candidate)
        else:
            self._add_read(candidate, read)
        return True

    def _visit_truth_test(self, node: ast.expr, read: Read, name: str) -> None:
        candidate = self._read_candidate(node, read, name, ())
        candidate.reason = self._explain_unreliable(candidate, read)
        self.add_truth_test(candidate)

    def add_truth_test(self, candidate: Candidate) -> None:
        """Handle a read as a boolean; subclasses override this."""

    @functools.cached_property
    def _uses(self) -> ValueUses:
        return ValueUses(self.source.tree)

    def add_choice(self, node: ast.Name, variable: str) -> None:
        """Record that a field is not a secret, because it only selects an entry by its name."""
        self._add_harmless(node, variable, SkipId.HARMLESS_CHOICE.reason())

    def _add_harmless(self, node: ast.expr, name: str | None, reason: SkipReason) -> None:
        if name and is_secret(name):
            self.not_secrets.append((node, name, reason))

    def _add_read(self, candidate: Candidate, read: Read) -> None:
        self._set_database_field(candidate)
        candidate.reason = self._explain_unreliable(candidate, read)
        if candidate.variable or candidate.is_secret_read():
            self.add(candidate)
            self._add_fallback(candidate, read)
        elif candidate.reason and candidate.reason.id is SkipId.COMPUTED_NAME:
            self._add_unresolved(candidate, read.argument)
        if not candidate.is_secret_read():
            word = candidate.harmless_word
            if word:
                reason = SkipId.HARMLESS_NAME.reason(word=word)
                self.not_secrets.append((candidate.node, candidate.variable, reason))

    def _add_unresolved(self, candidate: Candidate, name: ast.expr | None) -> None:
        """List a read of an unknown variable, unless the calls of a helper determine it."""
        if not candidate.other_variables and self._names_secret(name):
            self.listed_reads.append(candidate.node)
        elif not candidate.other_variables and not self._depends_on_parameter(name):
            self.unresolved_reads.append(candidate.node)
        elif self._computes_attributes():
            self.listed_reads.append(candidate.node)

    def _names_secret(self, name: ast.expr | None) -> bool:
        if name is None or (self._depends_on_parameter(name) and ends_with_name(name)):
            return False
        return names_secret(self.resolver, name, self.scopes)

    def _add_fallback(self, candidate: Candidate, read: Read) -> None:
        """Add the second variable that a helper around a function of another library reads."""
        fallback = self._fallback_variable(candidate, read)
        if fallback and candidate.reason and candidate.reason.id is SkipId.UNKNOWN_READER:
            self.add(msgspec.structs.replace(candidate, variable=fallback))

    def _fallback_variable(self, candidate: Candidate, read: Read) -> str:
        """Return the variable that a helper reads instead of the first; empty without one."""
        argument = fallback_name(candidate.node, read.reader)
        return self.resolver.constant_text(argument, self.scopes) or ""

    def _set_database_field(self, candidate: Candidate) -> None:
        if self._database_alias:
            candidate.set_database_field(self._database_alias, self._database_engine)

    def _read_candidate(
        self, node: ast.expr, read: Read, name: str | None, path: tuple[str, ...]
    ) -> Candidate:
        reader = read.reader
        prefix = self._prefix(read)
        has_secret_suffix = prefix is None and bool(path and name and is_secret(name))
        candidate = Candidate(
            node=node,
            shape=Shape.READ,
            path=path,
            reader=reader.label,
            optional=_returns_none_if_unset(reader) or _uses_empty_default(node, reader),
            is_always_secret=bool(reader.fixed) or has_secret_suffix or self._is_default_url(path),
            has_secret_helper=_reads_only_secrets(reader.label),
        )
        if name is not None and prefix is not None:
            candidate.variable = _full_name(reader, prefix, name)
            candidate.has_schema_default = candidate.variable in reader.defaults.others
            has_default = (
                candidate.has_schema_default or candidate.variable in reader.defaults.empty
            )
            candidate.optional = candidate.optional or has_default
        self._set_default(candidate, self._innermost_default(read.default, candidate.variable))
        if not candidate.variable and prefix == "":
            self._set_possible_variables(candidate, read.argument)
        return candidate

    def _is_default_url(self, path: tuple[str, ...]) -> bool:
        """Return whether a dict has a URL of a service as the default for its entry `env`."""
        return path[-1:] == ("env",) and bool(SERVICE_URL.match(self._sibling_default))

    def _innermost_default(self, default: ast.expr | None, variable: str) -> ast.expr | None:
        """Return "d" for get("X", get("X", "d")); otherwise, the default itself."""
        inner = self.resolver.find_read(default, self.scopes) if default else None
        if inner is None or not variable:
            return default
        if self.resolver.constant_text(inner.argument, self.scopes) != variable:
            return default
        return inner.default

    def _set_default(self, candidate: Candidate, default: ast.expr | None) -> None:
        candidate.default = default
        if default is not None:
            candidate.optional = True
            candidate.has_default_from_env = reads_variable(self.resolver, default, self.scopes)

    def _prefix(self, read: Read) -> str | None:
        """Return the prefix that a read adds to the name; None if it is computed."""
        if read.reader.has_computed_prefix:
            return None
        prefix = read.reader.prefix
        for label, text in self._env_prefixes:
            if label == read.reader.label:
                if text is None:
                    return None
                prefix += text
        return prefix

    def _explain_unreliable(self, candidate: Candidate, read: Read) -> SkipReason | None:
        """Explain why a read may not return the value of a known variable; None if it does.

        Also record the variables that the read sets, or that its computed name can refer to.
        """
        reader = read.reader
        reason = explain_reader(read) or self._explain_default(candidate, read)
        if reason:
            return reason
        fallback = self._fallback_variable(candidate, read)
        if fallback:
            names = [candidate.variable, fallback]
            return SkipId.SEVERAL_VARIABLES.reason(reader=reader.label).keeping(names)
        if reader.method == "setdefault":
            self._record_setdefault(candidate, read)
            return SkipId.SETS_VARIABLE.reason()
        if reader.is_copy and not self._reads_unchanged_copy(candidate, read):
            case = SkipId.READS_PARAMETER if reader.is_guessed else SkipId.ENVIRONMENT_COPY
            return case.reason()
        if not candidate.variable and not candidate.possible_variables:
            self._record_computed_read(candidate, read.argument)
            return SkipId.COMPUTED_NAME.reason()
        return None

    def _explain_default(self, candidate: Candidate, read: Read) -> SkipReason | None:
        """Explain why a read stays whose default reads another variable itself; else None.

        The other reads of its variable stay, too: production sets the other one.

        dj_database_url.config(default=database_url_from_env("CREDENTIALS"))
        """
        default = read.default
        if not read.reader.fixed or not isinstance(default, ast.Call):
            return None
        if not reads_named_variable(self.resolver.resolve(default.func, self.scopes)):
            return None
        reason = SkipId.READ_BY_LIBRARY.reason(function=name_of(default.func))
        self.library_reads.setdefault(candidate.variable, (reason, default.lineno))
        return reason

    def _record_setdefault(self, candidate: Candidate, read: Read) -> None:
        if candidate.variable or not read.argument:
            self._written.add(candidate.variable)
        else:
            self._add_computed_write(read.argument)

    def visit_library_call(self, node: ast.Call, function: object) -> None:
        """Record the variable that a function of a library reads itself."""
        name, variable = library_read(node, function)
        if variable:
            reason = SkipId.READ_BY_LIBRARY.reason(function=name)
            self.library_reads.setdefault(variable, (reason, node.lineno))


def _is_secret_like(name: str, path: tuple[str, ...]) -> bool:
    """Return whether a variable, or the setting or local name with its value, may be a secret."""
    return is_secret(name) or any(is_secret(part) for part in path[-1:])


def _reads_only_secrets(label: str) -> bool:
    """Return whether a function of the app is named for secrets, and not for all variables."""
    is_named = label.endswith("()") and "secret" in label.lower()
    return is_named and OTHER_VALUES.isdisjoint(words(label))


def _returns_none_if_unset(reader: Reader) -> bool:
    is_function_of_app = reader.label.endswith("()")
    return reader.method in {"get", "pop"} or ("getenv" in reader.label and not is_function_of_app)


def _uses_empty_default(node: ast.expr, reader: Reader) -> bool:
    """Return whether a call of a helper with an empty default passes no other default."""
    if not reader.has_empty_default or not isinstance(node, ast.Call) or node.keywords:
        return False
    return not any(isinstance(argument, ast.Starred) for argument in node.args)


def _full_name(reader: Reader, prefix: str, name: str) -> str:
    if reader.label == "everett":
        # https://everett.readthedocs.io/en/latest/configuration.html
        return (prefix + name).upper()
    if reader.label.startswith(DYNACONF_LABEL):  # https://www.dynaconf.com/envvars/#nested-keys
        return prefix + name.replace(".", "__").upper()
    return prefix + name
