"""Find the databases with two alternative logins: a URL, or several variables.

    url = os.environ.get("DATABASE_URL")
    if url:
        return dj_database_url.parse(url)
    return {"PASSWORD": os.environ["DB_PASSWORD"], ...}

The same holds for an `else` branch, and for the handler of the exception for a missing variable.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from shield_ai.model.database_fields import DATABASE_WORDS, database_field
from shield_ai.model.name_meaning import Meaning, meaning
from shield_ai.model.site import Shape
from shield_ai.model.words import words
from shield_ai.scan.python.classify.alternative_reads import mark_alternatives
from shield_ai.scan.python.classify.conditions import catches_missing, required_parts
from shield_ai.scan.python.readers.ast_walk import descend
from shield_ai.scan.python.readers.known_readers import URL_READERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from shield_ai.scan.python.classify.candidates import Candidate

MAX_RETURNS = 10  # in a block; for each, all statements below it are searched
BLOCKS = ("body", "orelse", "finalbody")


def mark_urls_or_fields(tree: ast.Module, candidates: Sequence[Candidate]) -> None:
    """Mark the reads of a URL and of a password that is read only without the URL.

    Args:
        tree: The module.
        candidates: Its reads.
    """
    reads = _Reads(candidates)
    if not reads.have_both():
        return
    for node in descend(tree):
        for first, second in _alternatives(node, reads):
            urls = [read for read in reads.inside(first) if _is_url(read)]
            urls += reads.tested(first)
            fields = reads.inside(second)
            if urls and any(map(_is_password, fields)):
                mark_alternatives([urls, fields])


def _alternatives(
    node: ast.AST, reads: _Reads
) -> Iterator[tuple[Sequence[ast.AST], Sequence[ast.AST]]]:
    """Yield pairs of code with a URL, and of code that runs only without the URL."""
    if isinstance(node, ast.IfExp) and reads.tested([node.test]):
        yield [node.test, node.body], [node.orelse]
    elif isinstance(node, ast.Try):
        for handler in filter(catches_missing, node.handlers):
            yield node.body, handler.body
    for name in BLOCKS:
        block = getattr(node, name, ())
        if isinstance(block, list):
            yield from _alternatives_in(block, reads)


def _alternatives_in(
    block: Sequence[ast.stmt], reads: _Reads
) -> Iterator[tuple[Sequence[ast.AST], Sequence[ast.AST]]]:
    """Yield the alternatives of the conditions on a URL among some statements."""
    returns = 0
    for index, statement in enumerate(block):
        if isinstance(statement, ast.If) and reads.tested([statement.test]):
            is_final = isinstance(statement.body[-1], ast.Return)
            returns += is_final
            rest = block[index + 1 :] if is_final and returns <= MAX_RETURNS else ()
            yield [statement.test, *statement.body], [*_else_branch(statement), *rest]


def _else_branch(node: ast.If) -> Sequence[ast.stmt]:
    """Return the statements of `else`; none for `elif`, which has another condition."""
    is_elif = len(node.orelse) == 1 and isinstance(node.orelse[0], ast.If)
    return () if is_elif else node.orelse


class _Reads:
    """The reads of a module, by their nodes and by the names with their results."""

    def __init__(self, candidates: Iterable[Candidate]) -> None:
        self._tests: dict[ast.AST, Candidate] = {}
        self._reads: dict[ast.AST, Candidate] = {}
        self._results: dict[str, Candidate] = {}
        for candidate in candidates:
            is_read = candidate.shape is Shape.READ
            if is_read or (candidate.shape is Shape.PRESENCE and not candidate.negated):
                self._tests[candidate.node] = candidate
            if is_read:
                self._reads[candidate.node] = candidate
            if is_read and candidate.direct and len(candidate.path) == 1:
                self._results[candidate.path[0]] = candidate

    def have_both(self) -> bool:
        """Return whether the module reads a URL and a password of a database."""
        reads = self._reads.values()
        return any(map(_is_url, reads)) and any(map(_is_password, reads))

    def inside(self, nodes: Iterable[ast.AST]) -> list[Candidate]:
        """Return the reads in some expressions or statements."""
        parts = (part for node in nodes for part in descend(node))
        return [self._reads[part] for part in parts if part in self._reads]

    def tested(self, nodes: Sequence[ast.AST]) -> list[Candidate]:
        """Return the reads of URLs that must be set for a condition to be true.

        Args:
            nodes: The first one is the condition; if it is a statement, there is none.
        """
        found = []
        test = nodes[0]
        for part in required_parts(test) if isinstance(test, ast.expr) else ():
            read = self._tests.get(part)
            if isinstance(part, ast.Name):
                read = self._results.get(part.id)
            if read and _is_url(read):
                found.append(read)
        return found


def _is_url(read: Candidate) -> bool:
    """Return whether a read is of the URL of a database."""
    is_of_database = not DATABASE_WORDS.isdisjoint(words(read.variable))
    return is_of_database and meaning(read.variable) is Meaning.URL


def _is_password(read: Candidate) -> bool:
    _, field = database_field(read.variable) or ("", "")
    return "password" in {field, read.field}


def mark_optional_urls(tree: ast.Module, candidates: Iterable[Candidate]) -> None:
    """Mark each read of a service's URL as optional if other secrets are read without the URL.

    For example, `url = dj_database_url.config()`, and then `if url: … else: …` with a password
    that the `else` branch reads. The read must be a call of one of URL_READERS without a default,
    and the condition must be the bare name of its result.
    """
    reads: dict[ast.AST, Candidate] = {}
    results: dict[str, Candidate] = {}
    for candidate in candidates:
        if candidate.shape is Shape.READ and candidate.is_secret_read():
            reads[candidate.node] = candidate
            if candidate.direct and len(candidate.path) == 1 and candidate.default is None:
                results[candidate.path[0]] = candidate
    if len(reads) < 2 or not results:
        return
    for node in descend(tree):
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name):
            result = results.get(node.test.id)
            if result and result.reader in URL_READERS and _reads_another(node, result, reads):
                result.optional = True


def _reads_another(node: ast.If, result: Candidate, reads: dict[ast.AST, Candidate]) -> bool:
    """Return whether the `else` branch of a condition reads another secret."""
    for statement in node.orelse:
        for part in descend(statement):
            if part in reads and not reads[part].has_variable_of(result):
                return True
    return False
