"""Code outside reports/ compares no text with prose: a reworded sentence changes no behavior."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

SOURCES = Path(__file__).parents[2] / "src"
PROSE = re.compile(r"\w \w")  # two words
METHODS = {"startswith", "endswith", "find", "index", "count", "removesuffix", "removeprefix"}
# Texts that other programs write, and that have no code or type of their own. By file.
FOREIGN = {
    # "The role defined for the function cannot be assumed by Lambda."
    "shield_ai/aws/live/functions.py": {"cannot be assumed"},
    # msgspec's ValidationError
    "shield_ai/model/manifest_parser.py": {"unknown field"},
    "shield_ai/scan/rules/loader.py": {"unknown field", "enum value"},
    # SHOW GRANTS
    "shield_ai/rotator/mysql_alternating.py": {
        "GRANT OPTION",
        "SET DEFAULT ROLE",
        "WITH GRANT OPTION",
    },
    # pg8000's InterfaceError
    "shield_ai/rotator/postgres.py": {"Server refuses SSL"},
    # the log of postgres
    "shield_ai/sandbox/postgres.py": {"could not bind"},
    # errors of database drivers without a SQLSTATE
    "shield_runtime/rotation_retry.py": {"authentication failed"},
}


def compared_texts(tree: ast.AST) -> set[str]:
    """Return the prose that a module compares with, searches for, or cuts off."""
    found = set()
    for node in ast.walk(tree):
        operands: list[ast.expr] = []
        if isinstance(node, ast.Compare):
            operands = [node.left, *node.comparators]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            operands = node.args if node.func.attr in METHODS else []
        elif isinstance(node, ast.MatchValue):
            operands = [node.value]
        for operand in operands:
            found |= {text for text in constants(operand) if PROSE.search(text)}
    return found


def constants(operand: ast.expr) -> set[str]:
    """Return the texts of an operand; without the arguments of calls, which are not compared."""
    if isinstance(operand, ast.Constant) and isinstance(operand.value, str):
        return {operand.value}
    if isinstance(operand, ast.Tuple | ast.List | ast.Set):
        return {text for item in operand.elts for text in constants(item)}
    if isinstance(operand, ast.JoinedStr):
        return {text for item in operand.values for text in constants(item)}
    return set()


@pytest.mark.parametrize(
    "code",
    [
        'x == "not tried"',
        'x != "not tried"',
        'if "no TLS" in error: pass',
        'x in {"no schedule", "ok"}',
        'x.startswith("not tried")',
        'x == f"{name} can be read"',
        'match x:\n    case "no schedule": pass',
    ],
)
def test_recognizes_comparisons_with_prose(code):
    assert compared_texts(ast.parse(code))


@pytest.mark.parametrize(
    "code", ['x == "due"', 'x in " ,;"', 'print("not tried")', 'x == f("a b")']
)
def test_ignores_other_texts(code):
    assert compared_texts(ast.parse(code)) == set()


def test_no_code_compares_a_text_with_prose():
    found = {}
    for path in sorted(SOURCES.rglob("*.py")):
        name = path.relative_to(SOURCES).as_posix()
        if name.startswith("shield_ai/reports/"):
            continue
        texts = compared_texts(ast.parse(path.read_text("utf-8"))) - FOREIGN.get(name, set())
        if texts:
            found[name] = texts
    assert found == {}


def test_every_exception_is_needed():
    for name, texts in FOREIGN.items():
        tree = ast.parse((SOURCES / name).read_text("utf-8"))
        assert texts <= compared_texts(tree), name
