"""Recognize helper functions of the app that read the variable named by a parameter.

For example, `def env(name): return os.environ[name]`.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from shield_ai.scan.python.readers.ast_walk import descend
from shield_ai.scan.python.readers.aws_reads import reads_aws
from shield_ai.scan.python.readers.helper_defaults import handles_missing, returns_empty_default
from shield_ai.scan.python.readers.known_readers import Reader
from shield_ai.scan.python.readers.reads import (
    calls_in,
    constant_prefix,
    ends_with_parameter,
)
from shield_ai.scan.python.readers.returned_values import expressions_returned_before

if TYPE_CHECKING:
    from shield_ai.scan.python.readers.bindings import Scope
    from shield_ai.scan.python.readers.reads import Read
    from shield_ai.scan.python.readers.resolve import Resolver

    Scopes = tuple[Scope, ...]
    Function = ast.FunctionDef | ast.Lambda

MAX_READS = 20  # of variables named by a parameter; for each, the whole function is searched


def helper_reader(resolver: Resolver, node: Function, scopes: Scopes) -> Reader | None:
    """Return a reader if a function reads the variable that one of its parameters names.

    Args:
        resolver: The resolver of the module.
        node: The function.
        scopes: The scopes around it, from the module to the innermost.
    """
    if isinstance(node, ast.FunctionDef) and not _returns_value(node):
        return None
    inner = scopes if node in scopes else (*scopes, node)
    found: Reader | None = None
    first: ast.expr | None = None
    count = 0
    for call in calls_in(node):
        read = resolver.nested().find_read(call, inner)
        if read is None or count == MAX_READS:
            continue
        reader = _reader_for_parameter(resolver, node, call, read, inner)
        count += reader is not None
        if found is None or first is None:
            found, first = reader, call
        elif reader:
            found = _with_second_read(found, reader, is_handler=handles_missing(node, first, call))
    return found


def _with_second_read(first: Reader, second: Reader, *, is_handler: bool) -> Reader:
    """Return the reader of a helper that makes a second read.

    Args:
        first: The reader of the first read.
        second: That of the second read.
        is_handler: Whether the helper makes the second read if the first one raises an error.
    """
    if second.name_keyword == first.name_keyword:
        has_empty_default = first.has_empty_default or (is_handler and second.has_empty_default)
        return first._replace(has_empty_default=has_empty_default)
    if first.fallback_keyword:
        return first
    return first._replace(
        fallback_position=second.name_position, fallback_keyword=second.name_keyword
    )


def _reader_for_parameter(
    resolver: Resolver, node: Function, call: ast.expr, read: Read, scopes: Scopes
) -> Reader | None:
    arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    for position, parameter in enumerate(argument.arg for argument in arguments):
        prefix = constant_prefix(read.argument, parameter)
        has_computed_prefix = prefix is None and ends_with_parameter(read.argument, parameter)
        if prefix is None and not has_computed_prefix:
            continue
        name = node.name if isinstance(node, ast.FunctionDef) else "lambda"
        overridden_by = _overriding_function(resolver, node, call, parameter, scopes)
        is_aws = read.reader.reads_aws or reads_aws(resolver.project, resolver.module, node, scopes)
        is_unknown = read.reader.is_guessed and not read.reader.is_copy
        return Reader(
            read.reader.label if is_unknown else f"{name}()",
            prefix=read.reader.prefix + (prefix or ""),
            has_computed_prefix=has_computed_prefix or read.reader.has_computed_prefix,
            name_position=position,
            name_keyword=parameter,
            has_empty_default=returns_empty_default(node, call, read),
            is_copy=read.reader.is_copy,
            is_guessed=read.reader.is_guessed,
            overridden_by=overridden_by,
            reads_aws=is_aws,
        )
    return None


def _overriding_function(
    resolver: Resolver, helper: ast.AST, read: ast.expr, parameter: str, scopes: Scopes
) -> str:
    """Return the function of the app that a helper calls with the name before it reads a variable.

    Returns:
        The function's name with parentheses, or an empty string.
    """
    for call in expressions_returned_before(helper, read.lineno):
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
            continue
        arguments = [argument.id for argument in call.args if isinstance(argument, ast.Name)]
        name = call.func.id
        if parameter not in arguments or not resolver.module.lookup(name, scopes):
            continue
        if not resolver.resolve_name(name, scopes):
            return f"{name}()"
    return ""


def _returns_value(node: ast.FunctionDef) -> bool:
    return any(isinstance(n, ast.Return) and n.value for n in descend(node))
