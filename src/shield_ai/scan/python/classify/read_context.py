"""Classify reads of environment variables by the code around them, such as conditions."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, TypeGuard

from shield_ai.model.site import Shape
from shield_ai.scan.python.classify.alternative_reads import mark_alternatives
from shield_ai.scan.python.classify.command_options import mark_command_options
from shield_ai.scan.python.classify.conditions import (
    is_empty_literal,
    reads_in,
    required_parts,
)
from shield_ai.scan.python.classify.demanded_reads import mark_demanded_reads
from shield_ai.scan.python.classify.feature_reads import mark_feature_reads
from shield_ai.scan.python.classify.handled_reads import mark_handled_reads
from shield_ai.scan.python.classify.masked_reads import mark_masked_reads
from shield_ai.scan.python.classify.overwritten_reads import mark_overwritten_reads
from shield_ai.scan.python.classify.required_settings import mark_required_settings
from shield_ai.scan.python.classify.secret_uses import mark_secret_uses
from shield_ai.scan.python.classify.stage_branches import mark_other_stages
from shield_ai.scan.python.classify.url_or_fields import mark_optional_urls, mark_urls_or_fields
from shield_ai.scan.python.readers.ast_walk import descend, name_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from shield_ai.scan.python.classify.candidates import Candidate


def mark_reads_by_context(
    tree: ast.Module, candidates: Sequence[Candidate], urls: Iterable[ast.expr]
) -> None:
    """Mark the reads that the code around them makes secret, optional, required or only tested.

    Args:
        tree: The module.
        candidates: Its candidates.
        urls: The arguments with the URL of a server: see `mark_secret_uses`.
    """
    if not candidates:
        return
    mark_secret_uses(tree, candidates, urls)
    mark_guarded_reads(tree, candidates)
    mark_alternative_reads(tree, candidates)
    mark_urls_or_fields(tree, candidates)
    mark_overwritten_reads(tree, candidates)
    mark_feature_reads(tree, candidates)
    mark_handled_reads(tree, candidates)
    mark_optional_urls(tree, candidates)
    mark_tested_reads(tree, candidates)
    mark_script_block_reads(tree, candidates)
    mark_function_reads(tree, candidates)
    mark_demanded_reads(tree, candidates)
    mark_required_settings(tree, candidates)
    mark_masked_reads(tree, candidates)
    mark_command_options(tree, candidates)
    mark_other_stages(tree, candidates)


def mark_guarded_reads(tree: ast.Module, candidates: Sequence[Candidate]) -> None:
    """Mark each read that runs only if its variable is set, or that is a fallback.

    A fallback follows `or`, or is the default of another read: `get("A", get("B", "x"))`.
    A condition is skipped if its `else` can give a development value. This is any `else` or `elif`
    of an `if` statement, and a value of a conditional expression other than None, "" and the like.
    """
    reads = _reads_by_node(candidates)
    tests = reads | _presence_tests(candidates)
    if len(tests) < 2:
        return
    _mark_defaults(reads)
    for node in descend(tree):
        if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or):
            _mark_fallbacks(node, reads)
        elif isinstance(node, (ast.If, ast.IfExp)) and not _has_alternative(node):
            tested = [tests[part] for part in required_parts(node.test) if part in tests]
            if tested:
                _mark_guarded(node, tested, reads)


def _reads_by_node(candidates: Iterable[Candidate]) -> dict[ast.AST, Candidate]:
    return {candidate.node: candidate for candidate in candidates if candidate.shape is Shape.READ}


def _presence_tests(candidates: Iterable[Candidate]) -> dict[ast.AST, Candidate]:
    return {candidate.node: candidate for candidate in candidates if _is_presence(candidate)}


def mark_alternative_reads(tree: ast.Module, candidates: Sequence[Candidate]) -> None:
    """Mark the reads in the branches of an `if … elif …` as alternatives.

    The app needs the secrets of only one branch. A final `else` is ignored. For example,
    `if "DATABASE_URL" in os.environ: … elif "DB_NAME" in os.environ: …`.
    """
    reads = _reads_by_node(candidates)
    if not reads:
        return
    tests = _presence_tests(candidates).keys() | reads.keys()
    for condition in _choices(tree):
        chosen = (branch for branch in condition if _requires(branch, tests))
        mark_alternatives([list(reads_in(branch.body, reads)) for branch in chosen])


def _choices(tree: ast.Module) -> Iterator[list[ast.If]]:
    """Yield the `if` and `elif` branches, without `else`, of each `if` with at least one `elif`."""
    later: set[ast.AST] = set()  # the branches after the first one of a condition
    for node in descend(tree):
        if isinstance(node, ast.If) and node not in later:
            branches = list(_branches(node))
            later.update(branches)
            if len(branches) > 1:
                yield branches


def _branches(node: ast.If) -> Iterator[ast.If]:
    """Yield an `if` and each `elif` after it."""
    yield node
    while len(node.orelse) == 1 and isinstance(node.orelse[0], ast.If):
        node = node.orelse[0]
        yield node


def _requires(node: ast.If, tests: Collection[ast.AST]) -> bool:
    return any(part in tests for part in required_parts(node.test))


def mark_tested_reads(tree: ast.Module, candidates: Iterable[Candidate]) -> None:
    """Mark each read that is only tested: `if os.environ.get("X"): …`, `x = get("X") is None`."""
    reads = {candidate.node: candidate for candidate in candidates}
    for node in descend(tree):
        if isinstance(node, (ast.If, ast.IfExp, ast.While)):
            conditions = [node.test]
        elif isinstance(node, ast.Call) and name_of(node.func) == "bool":
            conditions = node.args
        elif isinstance(node, ast.UnaryOp) or _tests_presence(node):
            conditions = [node]
        else:
            continue
        for condition in conditions:
            for operand in _operands(condition):
                if operand in reads:
                    reads[operand].is_only_tested = True


def mark_script_block_reads(tree: ast.Module, candidates: Iterable[Candidate]) -> None:
    """Mark each read in `if __name__ == "__main__": …`, which no import runs."""
    blocks = [node for node in tree.body if isinstance(node, ast.If) and _is_script_test(node.test)]
    if not blocks:
        return
    reads: dict[ast.AST, Candidate] = {candidate.node: candidate for candidate in candidates}
    for block in blocks:
        for read in reads_in(block.body, reads):
            read.in_script_block = True


def mark_function_reads(tree: ast.Module, candidates: Iterable[Candidate]) -> None:
    """Mark each read in the body of a function, which the import of the module does not run."""
    reads: dict[ast.AST, Candidate] = {candidate.node: candidate for candidate in candidates}
    if not reads:
        return
    for node in descend(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            for read in reads_in(node.body, reads):
                read.in_function = True


def _is_script_test(test: ast.expr) -> bool:
    """Return whether a condition is `__name__ == "__main__"`."""
    if not isinstance(test, ast.Compare) or not isinstance(test.ops[0], ast.Eq):
        return False
    sides = (ast.unparse(test.left), ast.unparse(test.comparators[0]))
    return sorted(sides) == ["'__main__'", "__name__"]


def _operands(test: ast.expr) -> Iterator[ast.expr]:
    """Yield the parts of a condition that are only tested."""
    if isinstance(test, ast.BoolOp):
        yield test  # a read with its default: os.environ.get("X") or ""
        for value in test.values:
            yield from _operands(value)
    elif isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        yield from _operands(test.operand)
    elif _tests_presence(test):
        yield test.left
    elif isinstance(test, ast.Call) and isinstance(test.func, ast.Attribute):
        yield from _operands(test.func.value) if test.func.attr == "strip" else [test]
    else:
        yield test


def _tests_presence(node: ast.AST) -> TypeGuard[ast.Compare]:
    """Return whether an expression is a test such as `os.environ.get("X") is None`."""
    return isinstance(node, ast.Compare) and all(map(is_empty_literal, node.comparators))


def _has_alternative(node: ast.If | ast.IfExp) -> bool:
    if isinstance(node, ast.If):
        return bool(node.orelse)
    return not is_empty_literal(node.orelse)


def _is_presence(candidate: Candidate) -> bool:
    return candidate.shape is Shape.PRESENCE and not candidate.negated


def _mark_guarded(
    node: ast.If | ast.IfExp, tested: list[Candidate], reads: dict[ast.AST, Candidate]
) -> None:
    body = node.body if isinstance(node, ast.If) else [node.body]
    for statement in body:
        for part in descend(statement):
            read = reads.get(part)
            if read and any(read.has_variable_of(test) for test in tested):
                read.is_guarded = True


def _mark_fallbacks(node: ast.BoolOp, reads: dict[ast.AST, Candidate]) -> None:
    """Mark the reads that run only if the one before them is empty: `get("A") or environ["B"]`."""
    found = [reads[value] for value in node.values if value in reads]
    for read in found[1:]:
        read.is_guarded = read.is_guarded or not read.has_variable_of(found[0])


def _mark_defaults(reads: dict[ast.AST, Candidate]) -> None:
    """Mark the reads that are the default of another read, unless they fail without a value."""
    for outer in reads.values():
        read = reads.get(outer.default) if outer.default else None
        if read and read.optional:
            read.is_guarded = read.is_guarded or not read.has_variable_of(outer)
