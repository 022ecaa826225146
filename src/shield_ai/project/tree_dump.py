"""Print the syntax tree of the Python code on standard input as JSON.

A newer Python runs this file, see `newer_python`. It imports only the standard library.
"""

from __future__ import annotations

import ast
import json
import sys
import warnings
from typing import Any

TYPE = "_type"
MAX_BITS = 64
POSITION = ("lineno", "col_offset", "end_lineno", "end_col_offset")


def encode(value: object) -> Any:
    """Return a node, a list of nodes or a constant as JSON.

    Constants that JSON lacks, and very large integers, are objects with the type and a text.
    """
    if isinstance(value, ast.AST):
        names = (*value._fields, *POSITION)
        fields = {name: encode(getattr(value, name)) for name in names if hasattr(value, name)}
        return {TYPE: type(value).__name__, **fields}
    if isinstance(value, list):
        return [encode(item) for item in value]
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, int) and value.bit_length() <= MAX_BITS:  # also every line number
        return value
    return {TYPE: "constant", "text": _text(value)}


def _text(value: object) -> str:
    if isinstance(value, int):
        return hex(value)
    if isinstance(value, (float, complex)):
        return repr(value).replace("inf", "1e999")
    return "..." if value is ... else repr(value)


def main() -> None:
    """Print the tree; the exit code is 1 if the code is invalid or nested too deeply."""
    code = sys.stdin.buffer.read().decode()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            document = json.dumps(encode(ast.parse(code)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        sys.exit(1)
    sys.stdout.write(document)


if __name__ == "__main__":
    main()
