"""Find the reads that run only where the app does not read AWS Secrets Manager.

if ON_ECS:
    PASSWORD = fetch_secret("db")["password"]
else:
    PASSWORD = os.environ["DB_PASSWORD"]
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from shield_ai.model.skip import SkipId
from shield_ai.scan.python.readers.ast_walk import descend, statements_in
from shield_ai.scan.python.readers.aws_reads import SECRETS_MANAGER, AwsCalls

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from shield_ai.scan.python.classify.candidates import Candidate
    from shield_ai.scan.python.readers.resolve import Resolver


def skip_other_branches(resolver: Resolver, candidates: Sequence[Candidate]) -> None:
    """Give the reads in the branches for other places than AWS a reason to stay.

    All statements with the same condition choose between the same places, also those that need no
    secret on AWS.

    Args:
        resolver: The resolver of the module.
        candidates: The candidates of the module.
    """
    if not candidates:
        return
    reads: dict[ast.AST, Candidate] = {candidate.node: candidate for candidate in candidates}
    tree = resolver.module.source.tree
    choices = [node for node in statements_in(tree) if isinstance(node, ast.If) and node.orelse]
    readers = _readers_by_test(resolver, choices)
    for choice in choices:
        reader = readers.get(ast.unparse(choice.test))
        if reader:
            other = f"in the other branch, {reader}"
            reason = SkipId.READS_AWS.reason(reader=other, service=SECRETS_MANAGER)
            for candidate in _reads_in(choice.orelse, reads):
                candidate.reason = candidate.reason or reason


def _reads_in(
    statements: Sequence[ast.stmt], reads: Mapping[ast.AST, Candidate]
) -> Iterator[Candidate]:
    for statement in statements:
        for node in descend(statement):
            if node in reads:
                yield reads[node]


def _readers_by_test(resolver: Resolver, choices: Sequence[ast.If]) -> dict[str, str]:
    """Map each condition under which the app reads AWS to the function that reads it."""
    readers = {}
    calls = AwsCalls(resolver.project, resolver.module)
    for choice in choices:
        for statement in choice.body:
            for _, reader in calls.inside(statement):
                readers[ast.unparse(choice.test)] = reader
    return readers
