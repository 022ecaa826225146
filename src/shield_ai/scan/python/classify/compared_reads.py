"""Skip the reads that are compared with the input of a request, and have an empty default.

In `header == os.environ.get("TOKEN")`, a request without the header passes if the variable is not
set. While AWS can't be asked, get_secret() would return the default, and the check would be open.
"""

from __future__ import annotations

import ast
import itertools
from typing import TYPE_CHECKING

from shield_ai.model.site import Shape
from shield_ai.model.skip import SkipId
from shield_ai.scan.python.classify.conditions import is_empty_literal
from shield_ai.scan.python.readers.ast_walk import descend, name_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from shield_ai.scan.python.classify.candidates import Candidate

# Functions that compare two texts in constant time.
COMPARING = frozenset({"compare_digest", "constant_time_compare", "safe_str_cmp"})
MAX_DEPTH = 4  # of calls and texts around a read, such as `f"Bearer {read}".encode()`


def skip_compared_reads(tree: ast.Module, candidates: Sequence[Candidate]) -> None:
    """Give such reads of secrets a reason."""
    reads: dict[ast.AST, Candidate] = {read.node: read for read in candidates if _is_open(read)}
    if not reads:
        return
    tested = _tested_before(tree, reads)
    for node, operands in _comparisons(tree):
        for part in _parts(operands, MAX_DEPTH):
            read = reads.get(part)
            if read and (node, read.variable) not in tested:
                read.reason = SkipId.COMPARED.reason().keeping([read.variable])


def _tested_before(
    tree: ast.Module, reads: Mapping[ast.AST, Candidate]
) -> set[tuple[ast.AST, str]]:
    """Return the operands of `and` beside a read of a variable, each with the variable."""
    found: set[tuple[ast.AST, str]] = set()
    for node in descend(tree):
        if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.And):
            variables = [reads[value].variable for value in node.values if value in reads]
            found.update(itertools.product(node.values, variables))
    return found


def _is_open(candidate: Candidate) -> bool:
    """Return whether a secret is read with an empty default, which is also used in production."""
    if candidate.shape is not Shape.READ or candidate.reason or candidate.is_guarded:
        return False
    if not candidate.optional or candidate.has_schema_default:
        return False
    is_empty = candidate.default is None or is_empty_literal(candidate.default)
    return is_empty and candidate.is_secret_read()


def _comparisons(tree: ast.Module) -> Iterator[tuple[ast.AST, list[ast.expr]]]:
    """Yield each comparison of values, with its operands.

    A comparison with a constant is a switch, or tests whether the variable is set.
    """
    for node in descend(tree):
        operands: list[ast.expr] = []
        if isinstance(node, ast.Compare) and isinstance(node.ops[0], (ast.Eq, ast.NotEq)):
            operands = [node.left, *node.comparators]
        elif isinstance(node, ast.Call) and name_of(node.func) in COMPARING:
            operands = node.args
        if not any(isinstance(operand, ast.Constant) for operand in operands):
            yield node, operands


def _parts(nodes: Iterable[ast.AST], depth: int) -> Iterator[ast.AST]:
    """Yield expressions, and those that their text contains."""
    for node in nodes:
        yield node
        if depth:
            yield from _parts(_inner(node), depth - 1)


def _inner(node: ast.AST) -> list[ast.expr]:
    match node:
        case ast.JoinedStr():
            return node.values
        case ast.FormattedValue():
            return [node.value]
        case ast.Call(func=ast.Attribute(value=owner)):  # read.encode(), "…".format(read)
            return [owner, *node.args]
        case ast.Call():  # str(read)
            return node.args
        case ast.BinOp():
            return [node.left, node.right]
    return []
