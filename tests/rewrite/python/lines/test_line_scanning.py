from __future__ import annotations

import pytest

from shield_ai.rewrite.python.lines.line_scanning import (
    code_positions,
    comment_start,
    element_positions,
    operator_positions,
    parenthesizable_span,
    top_level_positions,
)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        pytest.param("a 'b' c", "a  c", id="string"),
        pytest.param('a """b"c""" d', "a  d", id="triple-quoted string"),
        pytest.param(r"a 'b\'c' d", "a  d", id="escaped quote"),
        pytest.param("a # b", "a ", id="comment"),
    ],
)
def test_code_is_outside_strings_and_comments(text, code):
    assert "".join(text[at] for at in code_positions(text)) == code


def test_comment_start():
    assert comment_start("x = '#'  # y") == 9
    assert comment_start("x = 1") == 5


@pytest.mark.parametrize(
    ("text", "top_level"),
    [
        pytest.param("a(b)c", "a)c", id="call"),
        pytest.param("a(b", "", id="unclosed bracket"),
        pytest.param("a)b(c)", "", id="unopened bracket"),
    ],
)
def test_top_level_positions(text, top_level):
    assert "".join(text[at] for at in top_level_positions(text)) == top_level


@pytest.mark.parametrize(
    ("text", "positions"),
    [
        pytest.param("a or b and c", [1, 6], id="boolean operators"),
        pytest.param("a or b if c else d", [6, 11], id="conditional before boolean"),
        pytest.param("a == b + c", [1], id="comparison before sum"),
        pytest.param("a not in b", [1], id="not in"),
        pytest.param("a is not b", [1], id="is not"),
        pytest.param("a == b and c", [6], id="boolean before comparison"),
        pytest.param("f(a == b)", [], id="comparison in brackets"),
        pytest.param("(a or b)", [], id="in brackets"),
        pytest.param("a or b \\", [], id="continued line"),
        pytest.param("a for b in c if d", [], id="comprehension"),
    ],
)
def test_operator_positions(text, positions):
    assert operator_positions(text) == positions


@pytest.mark.parametrize(
    ("text", "commas", "clauses"),
    [
        pytest.param("a, f(b, c), d", [2, 11], [], id="elements"),
        pytest.param("a for b, c in d if e", [8], [1, 15], id="comprehension"),
        pytest.param("a if b else c", [], [], id="conditional expression"),
    ],
)
def test_element_positions(text, commas, clauses):
    assert element_positions(text) == (commas, clauses)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        pytest.param("x = a or b", "a or b", id="value"),
        pytest.param("x['y = z'] = a", "a", id="value of an item"),
        pytest.param("if a or b:", "a or b", id="condition"),
        pytest.param("if a or b: c", None, id="condition with a statement"),
        pytest.param("x = a; b", None, id="two statements"),
        pytest.param("x = a  # b", None, id="comment"),
        pytest.param("f = lambda x = 1: a", None, id="lambda"),
    ],
)
def test_parenthesizable_span(text, part):
    span = parenthesizable_span(text)
    assert (span and text[slice(*span)]) == part
