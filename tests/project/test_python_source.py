from __future__ import annotations

import ast
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shield_ai.model.edit import Edit
from shield_ai.model.errors import SourceError
from shield_ai.project import newer_python
from shield_ai.project.python_source import (
    Source,
    apply_edits,
    file_change,
    parse_by_any_python,
    parse_expression,
    source_problem,
    string_constant,
)


def edit(start, end, replacement):
    return Edit(path="a.py", start=start, end=end, replacement=replacement)


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"x = 1\ny = f('K')\n", id="plain"),
        pytest.param(b"x = 1\r\ny = f('K')\r\n", id="crlf"),
        pytest.param(b"x = 1\ry = f('K')\r", id="old mac"),
        pytest.param(b"\xef\xbb\xbfy = f('K')\n", id="bom"),
        pytest.param(
            "# -*- coding: latin-1 -*-\nx = 'é'; y = f('K')\n".encode("latin-1"), id="latin-1"
        ),
        pytest.param("x = 'é€😀'; y = f('K')\n".encode(), id="wide characters before"),
        pytest.param(b"\x0cx = 1\n\x0c\ny = f('K')", id="form feeds, no final newline"),
        pytest.param(b"if x:\n\ty = f('K')\n", id="tabs"),
        pytest.param("x = '\u2028\x85'\ny = f('K')\n".encode(), id="Unicode line separators"),
        pytest.param(b"x = '''a\r\n\r\nb'''; y = f('K')\r\n", id="string over lines"),
        pytest.param(b"x = \\\r\n  2; y = f('K')\n", id="mixed newlines"),
    ],
)
def test_span(raw):
    source = Source.from_bytes("a.py", raw)
    call = next(n for n in ast.walk(source.tree) if isinstance(n, ast.Call))
    start, end = source.span(call)
    assert raw[start:end] == b"f('K')"
    assert source.segment(call) == "f('K')"


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        pytest.param(b"x = 1\0\n", "NUL byte", id="nul"),
        pytest.param("x = 1\n".encode("utf-16"), "NUL byte", id="utf-16"),
        pytest.param(b"x = '\xe9'\n", "encoding", id="latin-1 without a coding line"),
        pytest.param(b"# coding: no-such\nx = 1\n", "encoding", id="unknown encoding"),
        pytest.param(b"# coding: idna\nx = 1\n", "encoding", id="encoding of host names"),
        pytest.param(b"# coding: punycode\nx = 1\n", "encoding", id="punycode"),
        pytest.param(b"# coding: undefined\nx = 1\n", "encoding", id="no encoding at all"),
        pytest.param(b"# coding: utf-7\nx = 1\n", "encoding", id="UTF-7"),
        pytest.param(b"# coding: unicode_escape\nx = 1\n", "encoding", id="escapes"),
        pytest.param(
            b"\xef\xbb\xbf# coding: latin-1\n", "encoding", id="bom and coding line disagree"
        ),
    ],
)
def test_undecodable_files(raw, message):
    with pytest.raises(SourceError, match=message) as caught:
        Source.from_bytes("a.py", raw)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("raw", "line", "newer"),
    [
        pytest.param(b"x = 1\nx = = 2\n", 2, True, id="not Python"),
        pytest.param(b"print 'x'\n", 1, False, id="Python 2"),
        pytest.param(b"for x in y:\nz = 1\n", 2, False, id="indentation"),
        pytest.param(b"x = 1\n\nfuture <=> syntax\n", 3, True, id="future syntax"),
    ],
)
def test_syntax_errors_have_the_line(raw, line, newer):
    with pytest.raises(SourceError, match=f"not parsed, line {line}: ") as caught:
        _ = Source.from_bytes("a.py", raw).tree
    error = caught.value
    assert ("newer Python" in error.hint, "(Python 3." in error.message) == (newer, newer)
    assert ("newer syntax" in source_problem("a.py", error).text) == newer


@pytest.mark.parametrize("installed", [(), ("python3.30",)])
def test_newer_python_is_advised_only_if_none_is_installed(installed, monkeypatch):
    monkeypatch.setattr(newer_python, "newer_pythons", lambda: installed)
    monkeypatch.setattr(newer_python, "_dump", lambda *_: b"")
    with pytest.raises(SourceError) as caught:
        parse_by_any_python("a.py", b"x = = 2\n")
    assert ("newer Python" in caught.value.hint) == (not installed)
    assert ("newer syntax" in source_problem("a.py", caught.value).text) == (not installed)


def test_deep_nesting():
    with pytest.raises(SourceError, match="not parsed"):
        _ = Source.from_bytes("a.py", b"x = " + b"(" * 100_000 + b")" * 100_000).tree


def test_invalid_escapes_give_no_warning():
    assert Source.from_bytes("a.py", b"x = '\\d'\n").tree.body


def test_edits_at_one_offset_keep_their_order():
    edits = [edit(0, 1, "y"), edit(4, 4, "f("), edit(4, 4, "g("), edit(5, 5, "))")]
    assert apply_edits(b"x = 1\n", edits) == b"y = f(g(1))\n"


@pytest.mark.parametrize(
    "edits", [[edit(0, 3, ""), edit(2, 4, "")], [edit(5, 9, "")], [edit(-1, 0, "")]]
)
def test_rejects_overlapping_and_outside_edits(edits):
    with pytest.raises(SourceError, match="overlap"):
        apply_edits(b"x = 1\n", edits)


def test_rejects_characters_that_the_encoding_lacks():
    with pytest.raises(SourceError, match="latin-1"):
        apply_edits(b"x = 1\n", [edit(0, 0, "€")], "latin-1")


@given(raw=st.binary(), cuts=st.lists(st.integers(0, 60), max_size=8), text=st.text(max_size=5))
def test_insertions_are_reversible(raw, cuts, text):
    places = sorted({min(cut, len(raw)) for cut in cuts})
    result = apply_edits(raw, [edit(at, at, text) for at in places])
    size = len(text.encode())
    back = [edit(at + i * size, at + (i + 1) * size, "") for i, at in enumerate(places)]
    assert apply_edits(result, back) == raw


def test_file_change_has_digests():
    change = file_change("a.py", b"x = 1\n", [edit(0, 1, "y")])
    assert change.before == hashlib.sha256(b"x = 1\n").hexdigest()
    assert change.after == hashlib.sha256(b"y = 1\n").hexdigest()
    assert file_change("b.py", None, [edit(0, 0, "")]).before is None


@pytest.mark.parametrize(
    ("raw", "at", "place"), [(b"ab\ncd\n", 4, (2, 2)), ("é x\n".encode(), 3, (1, 3))]
)
def test_position(raw, at, place):
    assert Source.from_bytes("a.py", raw).position(at) == place


@pytest.mark.parametrize(
    ("raw", "newline"), [(b"a\r\nb\r\nc\n", "\r\n"), (b"", "\n"), (b"a\rb\r", "\r")]
)
def test_newline_is_the_most_frequent_one(raw, newline):
    assert Source.from_bytes("a.py", raw).newline == newline


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("'a'", "a", id="text"),
        pytest.param("''", "", id="empty"),
        pytest.param("b'a'", None, id="bytes"),
        pytest.param("f'a'", None, id="f-string"),
        pytest.param("'a' + 'b'", None, id="sum"),
    ],
)
def test_string_constant(text, value):
    assert string_constant(parse_expression(text)) == value
