"""Signatures of the runtime's functions, from its source: overloads do not exist at run time."""

from __future__ import annotations

import ast
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Definition = ast.FunctionDef | ast.AsyncFunctionDef
# Annotations that are names of the runtime, or wider than what is meant.
READABLE = {
    "Names": "dict[str, str | tuple[str, str]]",
    "Name": "str | tuple[str, str]",
    "Secret": "str | bytes | dict[str, Any] | Exception",
    "Function": "F",
}
WIDTH = 88


@dataclass
class Parameter:
    """A parameter with the text of its annotation and its default."""

    name: str
    annotation: str
    default: str | None


def definitions(path: Path) -> Iterator[tuple[str, Definition | ast.ClassDef]]:
    """Yield the functions, classes and methods of a module, each with its name in the module."""
    tree = ast.parse(path.read_text("utf-8"))
    for node in _statements(tree):
        if isinstance(node, Definition | ast.ClassDef):
            yield node.name, node
        if isinstance(node, ast.ClassDef):
            for method in _statements(node):
                if isinstance(method, Definition):
                    yield f"{node.name}.{method.name}", method


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the statements of a block, and those that only type checkers see."""
    for child in node.body:
        yield child
        if isinstance(child, ast.If):
            yield from _statements(child)


def overloads(functions: list[Definition]) -> list[Definition]:
    """Return the overloads of a function, or else the function itself."""
    found = [
        function
        for function in functions
        if any(ast.unparse(decorator) == "overload" for decorator in function.decorator_list)
    ]
    return found or functions[-1:]


def parameters(function: Definition) -> Iterator[Parameter]:
    """Yield the parameters of a function; the name of one that takes more includes the stars."""
    arguments = function.args
    positional = [*arguments.posonlyargs, *arguments.args]
    missing = [None] * (len(positional) - len(arguments.defaults))
    for argument, default in zip(positional, [*missing, *arguments.defaults], strict=True):
        if argument.arg not in {"self", "cls"}:
            yield _parameter(argument, default)
    if arguments.vararg:
        yield _parameter(arguments.vararg, None, "*")
    elif arguments.kwonlyargs:
        yield Parameter("*", "", None)
    for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        yield _parameter(argument, default)
    if arguments.kwarg:
        yield _parameter(arguments.kwarg, None, "**")


def _parameter(argument: ast.arg, default: ast.expr | None, stars: str = "") -> Parameter:
    text = None if default is None else ast.unparse(default)
    return Parameter(stars + argument.arg, readable(argument.annotation), text)


def readable(annotation: ast.expr | None) -> str:
    """Return an annotation without the type aliases of the runtime."""
    if annotation is None:
        return ""
    parts = [ast.unparse(annotation)]
    if isinstance(annotation, ast.BinOp):
        parts = [readable(annotation.left), readable(annotation.right)]
    elif isinstance(annotation, ast.Subscript) and isinstance(annotation.slice, ast.Tuple):
        inner = ", ".join(readable(part) for part in annotation.slice.elts)
        parts = [f"{ast.unparse(annotation.value)}[{inner}]"]
    elif isinstance(annotation, ast.List):
        parts = [f"[{', '.join(readable(part) for part in annotation.elts)}]"]
    return " | ".join(READABLE.get(part, part) for part in parts)


def signature(name: str, function: Definition, defaults: dict[str, str]) -> str:
    """Return a signature as Python code, wrapped if it is long.

    Args:
        name: The name of the function for its callers.
        function: The definition; for a class, of its __init__().
        defaults: Values of defaults that the definition leaves out or names, by parameter.
    """
    is_class = function.name == "__init__"
    shown = []
    for parameter in parameters(function):
        default = parameter.default
        if default:
            default = defaults.get(parameter.name, default)
        if default and default.startswith("_"):
            default = "..."  # a private name
        annotation = f": {parameter.annotation}" if parameter.annotation else ""
        equals = " = " if annotation else "="
        shown.append(f"{parameter.name}{annotation}" + (f"{equals}{default}" if default else ""))
    start = "async def " if isinstance(function, ast.AsyncFunctionDef) else "def "
    start = "class " if is_class else start
    returns = "" if is_class else f" -> {_result(function)}"
    text = f"{start}{name}({', '.join(shown)}){returns}: ...".replace("'", '"')
    return _wrap(text, indent=len(start) + len(name) + 1)


def _result(function: Definition) -> str:
    result = readable(function.returns)
    if any(ast.unparse(decorator) == "contextmanager" for decorator in function.decorator_list):
        return result.replace("Iterator", "AbstractContextManager")
    return result


def _wrap(text: str, indent: int) -> str:
    """Break a signature after the commas between its parameters."""
    depth = 0
    joined = []
    for character in text:
        depth += (character in "([{") - (character in ")]}")
        inside = character == " " and (depth != 1 or not joined or joined[-1] != ",")
        joined.append("\0" if inside else character)
    lines = textwrap.wrap(
        "".join(joined), WIDTH, subsequent_indent=" " * indent, break_long_words=False
    )
    return "\n".join(lines).replace("\0", " ")
