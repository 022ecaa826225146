"""Visit the calls of functions that read a secret from elsewhere, before they use a default."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

from shield_ai.model.name_meaning import is_secret
from shield_ai.model.skip import SkipId
from shield_ai.model.words import word_set, words
from shield_ai.scan.python.readers.ast_walk import descend
from shield_ai.scan.python.readers.file_functions import find_app_function, reads_named_file
from shield_ai.scan.python.visit.configurations_values import ConfigurationsValueVisitor

if TYPE_CHECKING:
    from shield_ai.model.skip import SkipReason
    from shield_ai.scan.python.readers.bindings import Module
    from shield_ai.scan.python.readers.project import Project
    from shield_ai.scan.python.visit.statement_filter import StatementFilter

# The first word of a function that reads a secret, such as read_secret().
VERBS = word_set("GET READ LOAD FETCH")
DEFAULT_KEYWORDS = frozenset({"default", "fallback"})
SECRET_WORDS = word_set("SECRET SECRETS PASSWORD CREDENTIAL CREDENTIALS VAULT")


class FileRead(NamedTuple):
    """A secret that a function of the app reads from a file."""

    node: ast.Call
    key: str
    function: str


class FileCallVisitor(ConfigurationsValueVisitor):
    """Visits calls such as `read_secret("api_key", os.getenv("API_KEY"))`."""

    def __init__(
        self, project: Project, module: Module, statement_filter: StatementFilter | None = None
    ) -> None:
        super().__init__(project, module, statement_filter)
        self.file_reads: list[FileRead] = []
        self.overridden: dict[ast.AST, SkipReason] = {}  # the reads that are only a default

    def visit_file_call(self, node: ast.Call) -> None:
        """Record a secret from a file, and the reads of variables that are only its default."""
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if not node.args or VERBS.isdisjoint(words(name)[:1]):
            return
        key = self.resolver.name_text(node.args[0], self.scopes)
        if key:
            self._visit_keyed_call(node, name, key)

    def _visit_keyed_call(self, node: ast.Call, name: str, key: str) -> None:
        label = f"{name}()"
        function = find_app_function(self.resolver, name, self.scopes)
        is_file = function is not None and reads_named_file(function)
        if is_file and is_secret(key):
            self.file_reads.append(FileRead(node, key, label))
        if is_file or not SECRET_WORDS.isdisjoint(words(name)):
            reason = SkipId.OVERRIDDEN.reason(reader=label, other=key)
            defaults = [keyword for keyword in node.keywords if keyword.arg in DEFAULT_KEYWORDS]
            for argument in (*node.args[1:2], *defaults):
                self.overridden.update(dict.fromkeys(descend(argument), reason))
