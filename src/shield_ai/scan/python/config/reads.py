"""Find the reads of secrets from configuration objects and parsed files in a Python file."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

from shield_ai.model.name_meaning import Meaning
from shield_ai.model.words import word_set, words
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.python.config.config_objects import COMMAND_LINE, Origin, origin_of
from shield_ai.scan.python.config.config_read import ConfigRead
from shield_ai.scan.python.config.imports import imported_names
from shield_ai.scan.python.config.keys import Keys
from shield_ai.scan.python.config.names import (
    is_ambiguous,
    is_config_function,
    is_consumer_key,
    is_getter,
    is_getter_method,
    key_meaning,
    returns_number,
)
from shield_ai.scan.python.config.read_marks import lines_with_reads
from shield_ai.scan.python.config.receivers import Receivers
from shield_ai.scan.python.config.scopes import find_scopes
from shield_ai.scan.python.config.statement_reads import copied_reads, declared_reads
from shield_ai.scan.python.config.statements import dotted_name, own_expressions
from shield_ai.scan.text.pattern_search import has_match

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from shield_ai.project.python_source import Source
    from shield_ai.scan.python.config.config_objects import Names

    FoundReads = dict[tuple[int, str], ConfigRead]  # by line and key

READS = (ast.Subscript, ast.Attribute, ast.Call)
# The class, or its methods and arguments, for a parser that another module creates.
PARSER_MARK = regex(rb"(?i)configparser|\.get(?:boolean|int|float)\(|\bfallback=")
# Alembic's template of env.py, in which most apps replace the options:
# https://github.com/sqlalchemy/alembic/blob/main/alembic/templates/generic/env.py
ALEMBIC_MARK = regex(rb"\bdef run_migrations_offline\b")
ALEMBIC_GETTERS = frozenset({"get_main_option", "get_section_option"})
MAX_KEYS = 4  # of a path such as get_config("services", "smtp", "password")
# At the end of the first argument of get(): the second argument is a default, not a key.
KINDS = word_set("TYPE TYPES KIND MODE METHOD GRANT")
# Functions that return a value of a configuration if they take a section and a key.
SECTION_GETTERS = frozenset({"get_value", "get_option", "get_param", "get_parameter"})

# As of decouple, if a script gets the function from code that is not known.
VARIABLE_GETTERS = frozenset({"config", "conf"})


class _Found(NamedTuple):
    key: str
    origin: Origin
    container: str  # the code of the object


def find_config_reads(source: Source, app_modules: Collection[str]) -> list[ConfigRead]:
    """Return the reads of secrets from configuration objects and parsed files.

    Args:
        source: The file.
        app_modules: The names of the modules and packages of the app, alone and as PARENT/NAME.
    """
    lines = lines_with_reads(source.raw)
    finder = _Finder(source)
    found: FoundReads = {}
    tests: FoundReads = {}
    for statements, names in find_scopes(
        source.tree, imported_names(source.tree, app_modules), lines
    ):
        for statement in filter(lines.touch, statements):
            reads = tests if isinstance(statement, (ast.If, ast.While)) else found
            for read in finder.reads_in(statement, names):
                reads.setdefault((read.line, read.key), read)
    nodes = {read.node for read in found.values()}
    for read in declared_reads(source, app_modules):
        if read.node not in nodes:
            found.setdefault((read.line, read.key), read)
    return _without_consumer_keys([*found.values(), *_only_tested(tests, found)])


def _only_tested(tests: FoundReads, found: FoundReads) -> list[ConfigRead]:
    keys = {key for _, key in found}
    return [read for read in tests.values() if read.key not in keys]


def _without_consumer_keys(reads: list[ConfigRead]) -> list[ConfigRead]:
    """Return the reads in order, except those of the public parts of pairs for OAuth."""
    keys = {read.key for read in reads}
    private = [read for read in reads if not is_consumer_key(read.key, keys)]
    return sorted(private, key=lambda read: (read.line, read.key))


def _create_read(node: ast.expr, read: _Found) -> ConfigRead:
    is_certain = read.origin.is_file and key_meaning(read.key) is not Meaning.IDENTIFIER
    is_certain = is_certain and not is_ambiguous(read.key, read.container)
    return ConfigRead(node, read.key, read.origin, is_certain)


class _Finder:
    """Finds the reads in a file."""

    def __init__(self, source: Source) -> None:
        self._keys = Keys(source.tree)
        self._has_sections = has_match(PARSER_MARK, source.raw)
        self._has_arguments = "argparse" in source.text
        self._is_alembic = has_match(ALEMBIC_MARK, source.raw)

    def reads_in(self, statement: ast.stmt, names: Names) -> Iterator[ConfigRead]:
        """Yield the reads of secrets in the expressions of a statement."""
        receivers = Receivers(statement)
        methods: set[ast.AST] = set()  # a call comes before its function
        for node in own_expressions(statement):
            if isinstance(node, ast.Call):
                methods.add(node.func)
            if not isinstance(node, READS) or node in methods:
                continue
            read = self._find(node, names)
            if not read or key_meaning(read.key) is Meaning.HARMLESS:
                continue
            if not receivers.is_harmless(node):
                yield _create_read(node, read)
        yield from copied_reads(statement, names)

    def _find(self, node: ast.expr, names: Names) -> _Found | None:
        if isinstance(node, ast.Call):
            return self._call_read(node, names) if node.args else None
        if not isinstance(node, (ast.Subscript, ast.Attribute)):
            return None
        return self._item_read(node, names) if isinstance(node.ctx, ast.Load) else None

    def _item_read(self, node: ast.Subscript | ast.Attribute, names: Names) -> _Found | None:
        """Return the read of `config[key]` or `config.key`."""
        if isinstance(node, ast.Attribute):
            found = _read_from(node.attr, node.value, names)
            if found and self._has_attribute(node.attr, found.origin):
                return found
            return _section_read(node, names)
        found = _read_from(self._keys.text(node.slice), node.value, names)
        # The arguments of argparse are attributes; parsers of requests return a dict.
        return found if found and found.origin is not COMMAND_LINE else None

    def _has_attribute(self, name: str, origin: Origin) -> bool:
        if origin.has_constants:
            return name.isupper()
        return origin.has_attributes and (origin is not COMMAND_LINE or self._has_arguments)

    def _call_read(self, node: ast.Call, names: Names) -> _Found | None:
        if isinstance(node.func, ast.Name) and node.func.id == "getattr" and len(node.args) > 1:
            return _read_from(self._keys.text(node.args[1]), node.args[0], names)
        if returns_number(dotted_name(node.func).rpartition(".")[2]):
            return None
        return self._method_read(node, names) or self._function_read(node, names)

    def _method_read(self, node: ast.Call, names: Names) -> _Found | None:
        """Return the read of `config.get(key)` or `config.get(section, key)`."""
        if not isinstance(node.func, ast.Attribute) or not is_getter_method(node.func.attr):
            return None
        if node.func.attr in ALEMBIC_GETTERS and self._is_alembic:
            return None
        # The second argument of dict.get() is a default.
        count = MAX_KEYS if node.func.attr != "get" or self._takes_section(node, names) else 1
        keys = self._keys.secrets(node.args[:count])
        return _read_from(keys[0], node.func.value, names) if keys else None

    def _takes_section(self, node: ast.Call, names: Names) -> bool:
        """Return whether the arguments of `config.get()` are a section and a key."""
        if not KINDS.isdisjoint(words(self._keys.text(node.args[0]))[-1:]):
            return False
        if self._has_sections or not isinstance(node.func, ast.Attribute):
            return self._has_sections
        origin = origin_of(node.func.value, names)
        return bool(origin and origin.has_sections)

    def _function_read(self, node: ast.Call, names: Names) -> _Found | None:
        """Return the read of a function such as `get_config("services", "smtp", "password")`."""
        dotted = dotted_name(node.func)
        name = dotted.rpartition(".")[2]
        origin = names.get(dotted)
        if not origin and self._is_getter(name, node):
            origin = Origin(f"{name}()", is_value=True)
        if not origin or not origin.is_value:
            return None
        # The second argument after the name of a variable is a default.
        count = 1 if self._keys.text(node.args[0]).isupper() else MAX_KEYS
        keys = self._keys.secrets(node.args[:count])
        return _Found(keys[-1], origin, dotted) if keys else None

    def _is_getter(self, name: str, node: ast.Call) -> bool:
        has_section = len(node.args) > 1 and bool(self._keys.text(node.args[0]))
        if name in VARIABLE_GETTERS and isinstance(node.func, ast.Name):
            return self._keys.text(node.args[0]).isupper()
        return is_config_function(name) or (has_section and name in SECTION_GETTERS)


def _section_read(node: ast.Attribute, names: Names) -> _Found | None:
    """Return the read of `get_settings().section.key`."""
    section = node.value
    if not isinstance(section, ast.Attribute) or not isinstance(section.value, ast.Call):
        return None
    origin = origin_of(section.value, names)
    if not origin or is_getter(node.attr):
        return None
    return _Found(f"{section.attr}.{node.attr}", origin, ast.unparse(section))


def _read_from(key: str, container: ast.expr, names: Names) -> _Found | None:
    origin = origin_of(container, names) if key else None
    return _Found(key, origin, ast.unparse(container)) if origin else None
