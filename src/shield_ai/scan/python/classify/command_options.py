"""Find the reads that replace an option of a Django command, such as the password of a new user.

    password = options["password"] or os.environ.get("DJANGO_USER_PASSWORD")

Such a variable belongs to one call of the command. A secret that is always there would be used in
each call.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from shield_ai.model.site import Shape
from shield_ai.model.skip import SkipId
from shield_ai.model.words import word_set, words
from shield_ai.scan.python.readers.ast_walk import descend

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from shield_ai.scan.python.classify.candidates import Candidate

PASSWORDS = word_set("PASSWORD PASSWD")
# A password with one of these words in its name is one of the app.
OF_SERVERS = word_set("DB DATABASE POSTGRES MYSQL REDIS SMTP EMAIL LDAP")


def mark_command_options(tree: ast.Module, candidates: Sequence[Candidate]) -> None:
    """Skip the reads that are alternatives to an option with the password of a user.

    Args:
        tree: The module.
        candidates: Its candidates.
    """
    reads: dict[ast.AST, Candidate] = {
        candidate.node: candidate for candidate in candidates if candidate.shape is Shape.READ
    }
    options = _names_of_options(tree) if reads else set()
    if not options:
        return
    for node in descend(tree):
        for part in _alternatives(node, options):
            read = reads.get(part)
            if read and not read.reason:
                read.reason = SkipId.COMMAND_OPTION.reason()


def _names_of_options(tree: ast.Module) -> set[str]:
    """Return the names of the options in `def handle(self, *args, **options)`."""
    names = set()
    for node in descend(tree):
        if isinstance(node, ast.FunctionDef) and node.name == "handle" and node.args.kwarg:
            names.add(node.args.kwarg.arg)
    return names


def _alternatives(node: ast.AST, options: set[str]) -> Iterator[ast.expr]:
    """Yield the alternatives to an option: other operands of `or`, or a read with it as default."""
    if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or):
        parts, others = node.values, node.values
    elif isinstance(node, ast.IfExp):
        parts = others = [node.body, node.orelse]
    elif isinstance(node, ast.Call):
        parts, others = node.args, [node]
    else:
        return
    if any(_is_password(part, options) for part in parts):
        yield from others


def _is_password(node: ast.expr, options: set[str]) -> bool:
    """Return whether an expression is `options["password"]` or `options.get("password")`."""
    key: ast.expr | None = None
    if isinstance(node, ast.Subscript):
        key, container = node.slice, node.value
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
        key, container = node.args[0], node.func.value
    if not isinstance(key, ast.Constant) or not isinstance(container, ast.Name):
        return False
    parts = set(words(str(key.value)))
    return container.id in options and bool(parts & PASSWORDS) and not parts & OF_SERVERS
