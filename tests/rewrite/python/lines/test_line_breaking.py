from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shield_ai.rewrite.python.lines.line_breaking import LineStyle, rewrite_line
from shield_ai.rewrite.python.lines.tracked_text import Insert


def applied(line, inserts, width):
    out, at = "", 0
    for change in rewrite_line(line, inserts, LineStyle(width)):
        out += line[at : change.start] + change.text
        at = change.end
    return out + line[at:]


def wrapped(line, inner, width, before="get(", after=")"):
    start = line.index(inner)
    return applied(line, [Insert(start, start + len(inner), before, after)], width)


@pytest.mark.parametrize(
    ("line", "result"),
    [
        pytest.param("x = READ", "x = get(READ)", id="fits"),
        pytest.param("x_of_a_length = READ", "x_of_a_length = get(\n    READ\n)", id="opened"),
        pytest.param("    x_of_a_length = READ", "    x_of_a_length = get(\n        READ\n    )", id="indented"),
        pytest.param("\tx_of_a_length = READ", "\tx_of_a_length = get(\n\t\tREAD\n\t)", id="tabs"),
        pytest.param('D = {"d": READ, }   ', 'D = {\n    "d": get(READ),\n}   ', id="the outermost bracket"),
        pytest.param('f("a, (b", READ, "c"*9)', 'f(\n    "a, (b",\n    get(READ),\n    "c"*9,\n)', id="one per line"),
        pytest.param("    [f(READ) for a in b]", "    [\n        f(get(READ))\n        for a in b\n    ]", id="a comprehension on its line"),
        pytest.param("x = [f(READ) for a, b in c if d]", "x = [\n    f(get(READ))\n    for a, b in c\n    if d\n]", id="a comprehension"),
        pytest.param("x = [a for a in READ.split(b)]", "x = [\n    a\n    for a in get(\n        READ\n    ).split(b)\n]", id="a clause"),
        pytest.param("x = f(READ, a if b else c)", "x = f(\n    get(READ),\n    a if b else c,\n)", id="conditional argument"),
        pytest.param("x = READ or 'something'", "x = (\n    get(READ)\n    or 'something'\n)", id="or"),
        pytest.param("x = READ + 'something'", "x = (\n    get(READ)\n    + 'something'\n)", id="sum"),
        pytest.param("x = f(READ + a_n, b, c)", "x = f(\n    get(READ) + a_n,\n    b,\n    c,\n)", id="sum in a call"),
        pytest.param("if READ and this_one:", "if (\n    get(READ)\n    and this_one\n):", id="a condition"),
        pytest.param("if READ != 'something':", "if (\n    get(READ)\n    != 'something'\n):", id="comparison"),
        pytest.param("if this_one == READ:", "if this_one == get(\n    READ\n):", id="comparison with a call"),
        pytest.param("f(READ or y, 'a or b')", "f(\n    get(READ) or y,\n    'a or b',\n)", id="short or"),
        pytest.param("f(READ or this_one_or)", "f(\n    get(READ)\n    or this_one_or\n)", id="or in brackets"),
        pytest.param("x = this_one or READ", "x = this_one or get(\n    READ\n)", id="or before a call"),
        pytest.param("x = READ or this_one()", "x = (\n    get(READ)\n    or this_one()\n)", id="or before an empty call"),
        pytest.param("x = f(READ) or g(some_one)", "x = f(\n    get(READ)\n) or g(some_one)", id="last bracket that fits"),
        pytest.param("x = a if READ else 'b_c'", "x = (\n    a\n    if get(READ)\n    else 'b_c'\n)", id="conditional expression"),
        pytest.param("x = READ or this_one; y", "x = get(\n    READ\n) or this_one; y", id="two statements"),
        pytest.param("x = READ or this_one, {", "x = get(\n    READ\n) or this_one, {", id="unclosed bracket after the read"),
        pytest.param("x = READ or this_one \\", "x = get(\n    READ\n) or this_one \\", id="continued line"),
        pytest.param("x = READ or this  # (or", "x = get(\n    READ\n) or this  # (or", id="a comment after it"),
        pytest.param("long_name[READ] = value_x", "long_name[\n    get(READ)\n] = value_x", id="subscript"),
        pytest.param('    "KEY_IS": {"x": READ,', '    "KEY_IS": {"x": get(\n        READ\n    ),', id="unclosed bracket"),
        pytest.param("x = READ  # (a comment", "x = get(\n    READ\n)  # (a comment", id="comment"),
        pytest.param("x = READ  # noqa: E1", "x = get(READ)  # noqa: E1", id="pragma does not count"),
        pytest.param(
            "x_of_a_length = READ  # noqa", "x_of_a_length = get(  # noqa\n    READ\n)", id="pragma stays on its line"
        ),
        pytest.param(
            "x_of_a_length = READ # NOSONAR", "x_of_a_length = get(READ) # NOSONAR", id="scanner pragma"
        ),
        pytest.param("x = f'{a}{READ}:{b}/{c}'", "x = (\n    f'{a}'\n    f'{get(READ)}:'\n    f'{b}/{c}'\n)", id="an f-string"),
        pytest.param("xy = f'{READ:>99}aaaaaa'", "xy = f'{get(READ):>99}aaaaaa'", id="an f-string with one field"),
        pytest.param("x_of_some_length = 'READ'", "x_of_some_length = (\n    'get(READ)'\n)", id="in a string"),
    ],
)  # fmt: skip
def test_breaks_line(line, result):
    assert wrapped(line, "READ", 21) == result


def test_breaks_line_in_brackets_before_or():
    [first, last] = rewrite_line(
        "'k': READ or 'thing',", [Insert(5, 9, "get(", ")")], LineStyle(21), in_brackets=True
    )
    assert (first.text, last.text) == ("get(", ")\n")


def test_breaks_an_fstring_in_brackets():
    line = "    f'{{a}}{READ}{b}{c:>{d}}',"
    [first, last, cut] = rewrite_line(
        line, [Insert(12, 16, "get(", ")")], LineStyle(28), in_brackets=True
    )
    assert (first.text, last.text) == ("get(", ")")
    assert (line[cut.start :], cut.text) == ("{c:>{d}}',", "'\n    f'")


def test_breaks_line_in_brackets_at_commas():
    line = "'name', READ"
    [first, last] = rewrite_line(
        line, [Insert(8, 12, "get('the name', ", ")")], LineStyle(25), in_brackets=True
    )
    assert (first.text, last.text) == ("\nget('the name', ", "),")


def test_breaks_call_of_the_app_only_if_necessary():
    assert wrapped("x = f('some text')", "f('some text')", 21, "get(n, lambda: ") == (
        "x = get(\n    n,\n    lambda: f(\n        'some text'\n    ),\n)"
    )


def test_nests_inserts():
    inserts = [Insert(4, 11, "a(", ")"), Insert(6, 10, "b(", ")")]
    assert applied("x = f(READ)", inserts, 99) == "x = a(f(b(READ)))"


def test_replaces_text():
    assert (
        applied("if 'X' in e: y", [Insert(3, 11, "has(x)", "", replaces=True)], 99)
        == "if has(x): y"
    )


@given(
    names=st.lists(
        st.sampled_from(["READ", "a", "'b, ('", "f(c, d)", "[1, 2]", "{'k': v}"]),
        min_size=1,
        max_size=6,
    ),
    width=st.integers(10, 60),
)
def test_keeps_meaning(names, width):
    line = f"x = g({', '.join(['READ', *names])})"
    after = wrapped(line, "READ", width)
    assert ast.dump(ast.parse(after)) == ast.dump(ast.parse(line.replace("READ", "get(READ)", 1)))


def test_a_very_long_line_is_not_split():
    line = f"x = READ{' or y' * 2000}"
    assert wrapped(line, "READ", 20) == line.replace("READ", "get(READ)")
