from __future__ import annotations

import pytest

from shield_ai.scan.deployment.hcl import hcl_values


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('var.x ? "a" : "b"', id="quoted at the end"),
        pytest.param('"x" == var.y ? 1 : 2', id="quoted at the start"),
        pytest.param("var.x ? 1 : 2", id="not quoted"),
    ],
)
def test_an_expression_with_several_parts_includes_their_quotes(text):
    raw = f"a = {text}\nb = 1\n".encode()
    value = hcl_values(raw)[0].child("a")
    assert value is not None
    assert value.text == raw[value.start : value.end].decode() == text
    assert not value.quoted


def test_a_quoted_text_excludes_its_quotes():
    value = hcl_values(b'a = "b"\n')[0].child("a")
    assert value == ("b", 5, 6, True, (), (), False)


@pytest.mark.parametrize("word", ["EOF", "-EOF", "END-OF-FILE"])
def test_here_documents(word):
    raw = f'a = <<{word}\nx = "y"\n{word.removeprefix("-")}\nb = 1\n'.encode()
    [root] = hcl_values(raw)
    assert [(key.text, value.text) for key, value in root.pairs] == [
        ("a", 'x = "y"\n'),
        ("b", "1"),
    ]


@pytest.mark.parametrize(("key", "text"), [('("A")', "A"), ("(A)", ""), ('(f("A"))', "")])
def test_keys_in_parentheses(key, text):
    [root] = hcl_values(f'a = {{\n  {key} = "b"\n}}\n'.encode())
    [(found, value)] = root.pairs[0][1].pairs
    assert (found.text, value.text) == (text, "b")
