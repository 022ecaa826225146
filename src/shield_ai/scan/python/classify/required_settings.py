"""Find the reads without a default that set the app's signing key or its main database.

    app.config["SECRET_KEY"] = os.environ.get("SECRET_KEY")
    engine = create_engine(os.environ.get("DATABASE_URL"))

Flask, SQLAlchemy and the app start or work only with a value, so such a secret is not optional.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from shield_ai.model.site import Shape
from shield_ai.scan.python.classify.conditions import is_empty_literal
from shield_ai.scan.python.readers.ast_walk import descend, name_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from shield_ai.scan.python.classify.candidates import Candidate

KEY_SETTING = "SECRET_KEY"
KEY_VARIABLES = frozenset({"SECRET_KEY", "APP_SECRET_KEY", "FLASK_SECRET_KEY"})
DATABASE_SETTING = "SQLALCHEMY_DATABASE_URI"
ENGINES = frozenset({"create_engine", "create_async_engine"})


def mark_required_settings(tree: ast.Module, candidates: Iterable[Candidate]) -> None:
    """Mark each read of a value that the app can't do without, or generates if it is missing.

    Args:
        tree: The module.
        candidates: Its reads.
    """
    reads = list(filter(_may_be_empty, candidates))
    if not reads:
        return
    urls = set(_engine_urls(tree))
    targets = _targets_by_value(tree)
    replaced = set(_replaced_targets(tree))
    generated = set(_generated_targets(tree))
    for read in reads:
        target = targets.get(read.node, "")
        read.is_generated = target in generated
        if read.node in urls or (target in urls and read.scope == id(tree)):
            read.is_demanded = True
        elif target and target not in replaced:
            read.is_demanded = read.is_demanded or _is_required_setting(read)


def _may_be_empty(candidate: Candidate) -> bool:
    """Return whether a read may be empty, and nothing shows that this is intended."""
    if candidate.shape is not Shape.READ or not candidate.optional:
        return False
    default = candidate.default
    if default is not None and not (isinstance(default, ast.Constant) and not default.value):
        return False
    has_reason = (
        candidate.is_guarded or candidate.has_alternative_branch or candidate.in_script_block
    )
    return (
        not has_reason and not candidate.possible_variables and not candidate.has_default_from_env
    )


def _is_required_setting(read: Candidate) -> bool:
    name = read.innermost_name.upper()
    if name == KEY_SETTING:
        return read.variable in KEY_VARIABLES
    return name == DATABASE_SETTING


def _targets_by_value(tree: ast.Module) -> dict[ast.AST, str]:
    """Map the value of each assignment to the text of its target."""
    found: dict[ast.AST, str] = {}
    for node in descend(tree):
        if isinstance(node, ast.Assign):
            found[node.value] = ast.unparse(node.targets[0])
        elif isinstance(node, ast.AnnAssign) and node.value:
            found[node.value] = ast.unparse(node.target)
    return found


def _replaced_targets(tree: ast.Module) -> Iterator[str]:
    """Yield the targets that are set if they are empty: `if not KEY: KEY = make_key()`."""
    for node in descend(tree):
        if isinstance(node, ast.If):
            test = ast.unparse(node.test)
            for statement in node.body:
                if isinstance(statement, ast.Assign):
                    target = ast.unparse(statement.targets[0])
                    if target in test:
                        yield target


def _generated_targets(tree: ast.Module) -> Iterator[str]:
    """Yield the targets that get the result of a call if they are empty, also in production.

    A constant in place of the call can be a value for development.
    """
    for node in descend(tree):
        if isinstance(node, ast.If) and _generates(node.body, _missing_target(node.test)):
            yield _missing_target(node.test)


def _generates(body: Sequence[ast.stmt], target: str) -> bool:
    """Return whether statements assign the result of a call to a target, and never raise."""
    values = [
        statement.value
        for statement in body
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == target
    ]
    if not any(isinstance(value, ast.Call) for value in values):
        return False
    return not any(isinstance(part, ast.Raise) for node in body for part in descend(node))


def _missing_target(test: ast.expr) -> str:
    """Return what a condition tests for being empty or None; "" for another condition."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return ast.unparse(test.operand)
    if isinstance(test, ast.Compare) and isinstance(test.ops[0], (ast.Is, ast.Eq)):
        if len(test.ops) == 1 and is_empty_literal(test.comparators[0]):
            return ast.unparse(test.left)
    return ""


def _engine_urls(tree: ast.Module) -> Iterator[ast.AST | str]:
    """Yield the URLs that engines are created with: expressions, and the names of variables."""
    for node in descend(tree):
        if not isinstance(node, ast.Call):
            continue
        if name_of(node.func) in ENGINES:
            values = [keyword.value for keyword in node.keywords if keyword.arg == "url"]
            for value in [*node.args[:1], *values]:
                yield value.id if isinstance(value, ast.Name) else value
