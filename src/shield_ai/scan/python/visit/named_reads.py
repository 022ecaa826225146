"""Visit the reads of secrets that can only be reported, because no fixer can rewrite them."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from shield_ai.model.name_meaning import is_secret
from shield_ai.model.site import Shape
from shield_ai.model.skip import SkipId
from shield_ai.scan.python.classify.candidates import Candidate
from shield_ai.scan.python.readers.app_classes import member
from shield_ai.scan.python.readers.ast_walk import name_of
from shield_ai.scan.python.readers.environ_uses import SHELL_VARIABLE, VARIABLE, EnvironUse
from shield_ai.scan.python.readers.known_readers import (
    DYNACONF_LABEL,
    AppClass,
    Environ,
    Library,
    Reader,
)
from shield_ai.scan.python.readers.library_reads import (
    EXPAND_FUNCTIONS,
    SHELL_FUNCTIONS,
    VARIABLE_KEYWORDS,
    reads_named_variable,
)
from shield_ai.scan.python.readers.value_classes import is_value_class
from shield_ai.scan.python.visit.file_calls import FileCallVisitor

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shield_ai.model.skip import SkipReason

ANSIBLE_READER = "env_fallback"
DISPLAYS = (ast.List, ast.Tuple)


class NamedReadVisitor(FileCallVisitor):
    """Visits uses of the environment that are not calls or subscripts with a variable's name."""

    def visit_environ(self, node: ast.expr) -> None:
        """Add the secrets named in the expression that uses the environment."""
        ref = self.resolver.resolve(node, self.scopes)
        if isinstance(ref, (Environ, Reader)) and not ref.is_guessed:
            use = EnvironUse(self.resolver, self.scopes, self._statement)
            outermost, names = use.find(node)
            self._add_named(outermost, names, SkipId.UNSUPPORTED_READ.reason())

    def visit_attribute(self, node: ast.Attribute) -> None:
        """Add an attribute that is a variable, of a class with `__getattr__` or of a namespace."""
        if not VARIABLE.fullmatch(node.attr) or not is_secret(node.attr):
            return
        base = self.resolver.resolve(node.value, self.scopes)
        prefix = None
        if isinstance(base, Environ) and base.is_copy:
            prefix = base.prefix
        elif isinstance(base, AppClass) and base.is_instance:
            reader = member(self.resolver, base, "__getattr__")
            prefix = reader.prefix if isinstance(reader, Reader) else None
        if prefix is not None:
            reason = SkipId.UNSUPPORTED_READ.reason()
            if isinstance(base, Environ) and base.label == DYNACONF_LABEL:
                reason = SkipId.READ_BY_LIBRARY.reason(function="Dynaconf")
            self._add_named(node, [prefix + node.attr], reason)

    def visit_configurations_value(
        self, node: ast.Call, function: object, path: tuple[str, ...]
    ) -> bool:
        """Visit a call, and return whether it creates a value of a settings library."""
        if super().visit_configurations_value(node, function, path):
            return True
        # A setting in a class: API_KEY = values.StringValue(env_name="ADMIN_KEY")
        is_setting = isinstance(self.scopes[-1], ast.ClassDef) and len(path) == 1
        if self._uses_configurations or not is_setting or not path[0].isupper():
            return False
        if isinstance(function, Library) and is_value_class(function.path):
            self._add_setting(node, function, path[0])
            return True
        return False

    def _add_setting(self, node: ast.Call, function: Library, setting: str) -> None:
        """Add a setting with a secret-like name that is a value of another library."""
        keywords = {keyword.arg: keyword.value for keyword in node.keywords}
        name = keywords.get("env_name", keywords.get("environ_name"))
        variable = self.resolver.constant_text(name, self.scopes) or setting
        if is_secret(variable) or is_secret(setting):
            reader = function.path.rpartition(".")[2]
            self._add_named(node, [variable], SkipId.UNKNOWN_READER.reason(reader=reader))

    def visit_other_call(self, node: ast.Call, function: object) -> None:
        """Add the secrets named in a call that is not itself a read."""
        self.visit_file_call(node)
        path = function.path if isinstance(function, Library) else ""
        if path in EXPAND_FUNCTIONS or path in SHELL_FUNCTIONS:
            for argument in node.args[:1]:
                names = self._placeholders_in(argument)
                self._add_named(node, names, SkipId.UNSUPPORTED_READ.reason())
        if reads_named_variable(function):
            reason = SkipId.READ_BY_LIBRARY.reason(function=name_of(node.func))
            self._add_named(node, self._texts_in(node.args), reason)
        self._visit_named_keywords(node)
        if name_of(node.func) in self.resolver.project.reading_names:
            values = [*node.args, *(keyword.value for keyword in node.keywords)]
            reason = SkipId.UNSUPPORTED_READ.reason()
            self._add_named(node, self._texts_in(values), reason)

    def _visit_named_keywords(self, node: ast.Call) -> None:
        """Add the secrets that keyword arguments such as `envvar` name."""
        for keyword in node.keywords:
            if keyword.arg in VARIABLE_KEYWORDS:
                reason = SkipId.READ_BY_LIBRARY.reason(function=ast.unparse(node.func))
                self._add_named(node, self._texts_in([keyword.value]), reason)
            if keyword.arg == "fallback":
                self._visit_ansible_fallback(node, keyword.value)

    def _visit_ansible_fallback(self, node: ast.Call, value: ast.expr) -> None:
        """Add the secrets in `fallback=(env_fallback, [NAME])`, of a parameter of a module.

        https://docs.ansible.com/ansible/latest/dev_guide/developing_program_flow_modules.html
        """
        parts = value.elts if isinstance(value, ast.Tuple) else []
        if parts and ast.unparse(parts[0]).rpartition(".")[2] == ANSIBLE_READER:
            reason = SkipId.READ_BY_LIBRARY.reason(function=ANSIBLE_READER)
            self._add_named(node, self._texts_in(parts[1:]), reason)

    def _placeholders_in(self, node: ast.expr) -> list[str]:
        """Return the names of secrets in the form `$NAME`, in a text or in a list of texts."""
        names: list[str] = []
        for part in node.elts if isinstance(node, DISPLAYS) else [node]:
            text = self.resolver.name_text(part, self.scopes) or ""
            names.extend(match[1] for match in SHELL_VARIABLE.finditer(text))
        return [name for name in dict.fromkeys(names) if is_secret(name)]

    def _texts_in(self, nodes: Iterable[ast.expr]) -> list[str]:
        """Return the names of secrets among constants, and in lists of constants.

        An element of a list can also be a call with the name: `[Setting("API_KEY", default=None)]`.
        """
        names = []
        for node in nodes:
            for element in node.elts if isinstance(node, DISPLAYS) else [node]:
                part = element
                if isinstance(element, ast.Call) and element is not node and element.args:
                    part = element.args[0]
                text = self.resolver.name_text(part, self.scopes) or ""
                if VARIABLE.fullmatch(text) and is_secret(text):
                    names.append(text)
        return names

    def _add_named(self, node: ast.expr, names: Iterable[str], reason: SkipReason) -> None:
        for name in names:
            candidate = Candidate(
                node=node,
                shape=Shape.READ,
                variable=name,
                reader="os.environ",
                optional=True,
                reason=reason,
            )
            if not self._is_migrated(candidate):
                self.add(candidate)
