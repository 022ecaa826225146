from __future__ import annotations

import ast
import sys

import pytest

from shield_ai.model.errors import SourceError
from shield_ai.project.newer_syntax import to_older_syntax
from shield_ai.project.python_source import parse_python
from shield_ai.scan.python.app_scan import scan_files

NEWER = [
    pytest.param("try:\n    a()\nexcept OSError, KeyError:\n    b()\n", (3, 14), id="except"),
    pytest.param(
        "try:\n  a()\nexcept (A, B):\n  b()\nexcept C, d.E , F :\n  c()\n", (3, 14), id="2"
    ),
    pytest.param("def first[T: list[int]](x: T) -> T:\n    return x\n", (3, 12), id="function"),
    pytest.param("class A[T]:\n    async def b[**P, *Q](self): ...\n", (3, 12), id="class"),
    pytest.param("type Names = list[str]\n", (3, 12), id="alias"),
    pytest.param("type Pair[T] = tuple[T, T]\n", (3, 12), id="generic alias"),
    pytest.param("""x = f"{a["b"]}" + f'{", ".join(c)}'\n""", (3, 12), id="quotes"),
    pytest.param("""x = f"{'\\n'.join(a)} {b["c"]!r:>{d["e"]}}"\n""", (3, 12), id="backslash"),
    pytest.param("""x = rf"\\d{a["b"]}" if f"" else f'{{{a}}}'\n""", (3, 12), id="raw"),
]


@pytest.mark.parametrize(("code", "version"), NEWER)
def test_newer_syntax_is_parsed_with_the_same_positions(code, version):
    older = to_older_syntax(code)
    assert list(map(len, older.split("\n"))) == list(map(len, code.split("\n")))
    found = {(node.lineno, node.col_offset) for node in _names(parse_python("a.py", code))}
    in_older = {(node.lineno, node.col_offset) for node in _names(ast.parse(older))}
    if sys.version_info >= version:  # also has the names in type parameters
        assert in_older <= found
    else:
        assert in_older == found


def _names(tree):
    return [node for node in ast.walk(tree) if isinstance(node, (ast.Call, ast.Subscript))]


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("x = [a, b]\ntype(x)\nclass A(B[C]): ...\n", id="plain"),
        pytest.param("""x = f"{a['b']}" + f'{{"c"}}' + "{" + f"\\"{d}"\n""", id="f-strings"),
        pytest.param('x = f"' + '{a["b"]}' * 300 + '"\n', id="long line"),
    ],
)
def test_other_code_is_unchanged(code):
    assert to_older_syntax(code) == code


def test_the_error_is_that_of_the_original_code():
    with pytest.raises(SourceError, match=r"a\.py: not parsed, line"):
        parse_python("a.py", "type A = int\n\ndef (\n")


def test_reads_in_a_file_with_newer_syntax_can_be_moved():
    code = b"import os\ntry:\n    a()\nexcept A, B:\n    pass\nX = os.environ['API_KEY']\n"
    [(finding, site)] = scan_files("shop", ["shop/settings.py"], lambda _: code).sites
    assert (finding.line, site.reason) == (6, None)
