"""Mark the reads for optional features, which run only below a test of a switch."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from shield_ai.model.database_fields import database_field
from shield_ai.model.secret_words import STAGES
from shield_ai.model.words import word_set, words
from shield_ai.project.python_source import string_constant
from shield_ai.scan.python.classify.conditions import is_empty_literal, reads_in, required_parts
from shield_ai.scan.python.readers.ast_walk import descend, name_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from shield_ai.scan.python.classify.candidates import Candidate

# Words in the name of a switch for an optional feature, such as USE_S3 or ENABLE_EMAIL.
FEATURE_WORDS = word_set("ENABLE ENABLED USE USES HAS WITH")
# Words in the name of a switch between databases, such as USE_POSTGRES: a database is not optional.
DATABASE_WORDS = word_set("DB DATABASE POSTGRES POSTGRESQL PG MYSQL MARIADB SQL")
# In the name of a variable that tells where the app runs, such as GOOGLE_CLOUD_PROJECT.
STAGE_WORDS = STAGES | word_set("ENV ENVIRONMENT STAGE PROJECT PLATFORM RUNTIME")


def mark_feature_reads(tree: ast.Module, candidates: Iterable[Candidate]) -> None:
    """Mark each read that runs only if an optional feature is on, as in `if USE_S3: …`.

    A test of another variable of the same service is such a switch, too:
    `if os.environ.get("MAIL_SERVER"): …` with `MAIL_TOKEN`. A read is skipped if an `else` branch
    sets the same name, possibly to a development value.
    """
    reads: dict[ast.AST, Candidate] = {candidate.node: candidate for candidate in candidates}
    if not reads:
        return
    for node in descend(tree):
        if not isinstance(node, ast.If):
            continue
        alternatives = _stored_names(node.orelse)
        for read in reads_in(node.body, reads):
            is_set = bool(read.path) and read.path[0] in alternatives
            if not is_set and _is_switch_of(node.test, read):
                read.is_guarded = True


def _is_switch_of(test: ast.expr, read: Candidate) -> bool:
    """Return whether a condition is the switch of the optional feature that a read is for."""
    if _is_feature(test):
        return True
    return any(_is_same_service(read, name) for name in _tested_variables(test))


def _stored_names(statements: Iterable[ast.stmt]) -> set[str]:
    """Return the names that statements assign."""
    names: set[str] = set()
    for statement in statements:
        for part in descend(statement):
            if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
                names.add(part.id)
    return names


def _is_feature(test: ast.expr) -> bool:
    """Return whether a condition requires the switch of an optional feature."""
    for required in required_parts(test):
        for name in _names_in(required):
            parts = set(words(name))
            if parts & FEATURE_WORDS and not parts & DATABASE_WORDS:
                return True
    return False


def _tested_variables(test: ast.expr) -> Iterator[str]:
    """Yield the variables that a condition requires, as in `if env.str("MAIL_SERVER", ""): …`.

    Each is read by a call that returns an empty value if the variable is not set.
    """
    for call in required_parts(test):
        if isinstance(call, ast.Call) and call.args and _returns_empty(call):
            name = string_constant(call.args[0])
            if name is not None:
                yield name


def _returns_empty(call: ast.Call) -> bool:
    """Return whether a call that reads a variable returns an empty value if it is not set."""
    defaults = call.args[1:]
    defaults += [keyword.value for keyword in call.keywords if keyword.arg == "default"]
    if not defaults:
        return name_of(call.func) in {"get", "getenv"}
    return all(map(is_empty_literal, defaults))


def _is_same_service(read: Candidate, tested: str) -> bool:
    """Return whether a read is for the optional service to which a tested variable belongs.

    Their names start with the same word. A variable that names the stage or the platform tells
    where the app runs, and a database is not optional.
    """
    parts = words(tested)
    if read.variable == tested or read.group or database_field(read.variable):
        return False
    if not (STAGE_WORDS | DATABASE_WORDS).isdisjoint(parts):
        return False
    return parts[:1] == words(read.variable)[:1]


def _names_in(test: ast.expr) -> Iterator[str]:
    """Yield the name of a tested setting or variable; nothing for a negated test."""
    if isinstance(test, ast.Name):
        yield test.id
    elif isinstance(test, ast.Attribute):
        yield test.attr
    elif isinstance(test, ast.Call):
        for argument in test.args[:1]:
            name = string_constant(argument)
            if name is not None:
                yield name
