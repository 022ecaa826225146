"""Code outside reports/ compares no text with prose: a reworded sentence changes no behavior."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

SOURCES = Path(__file__).parents[2] / "src"
PROSE = re.compile(r"^(?!shield [a-z]+$).*\w \w", re.DOTALL)  # two words, but not a command
METHODS = {"startswith", "endswith", "find", "index", "count", "removesuffix", "removeprefix"}
# Texts that other programs write, and that have no code or type of their own. By file.
FOREIGN = {
    # "The role defined for the function cannot be assumed by Lambda."
    "shield_ai/aws/live/kinds/function.py": {"cannot be assumed"},
    # msgspec's ValidationError
    "shield_ai/model/manifest_parser.py": {"unknown field", "Invalid enum value"},
    "shield_ai/scan/rules/loader.py": {"unknown field", "enum value"},
    # Python's SyntaxError
    "shield_ai/project/python_source.py": {"Missing parentheses in call to"},
    # ruff's configuration
    "shield_ai/rewrite/code_style.py": {"from __future__ import annotations"},
    # SHOW GRANTS, and the comment that marks a user in the database
    "shield_ai/rotator/strategies/mysql_alternating_users.py": {"managed by shield-ai"},
    "shield_ai/rotator/mysql_admin_privileges.py": {"GRANT OPTION"},
    "shield_ai/rotator/mysql_grants.py": {
        "GRANT USAGE ON *.* TO ",
        "SET DEFAULT ROLE",
        "WITH GRANT OPTION",
    },
    "shield_ai/rotator/strategies/postgres_alternating_users.py": {"managed by shield-ai"},
    # PyMySQL's OperationalError
    "shield_ai/rotator/mysql.py": {"SSL is required but the server doesn't support it"},
    # pg8000's InterfaceError
    "shield_ai/rotator/postgres.py": {"Server refuses SSL"},
    # the log of postgres
    "shield_ai/sandbox/postgres.py": {"could not bind"},
    # errors of database drivers without a SQLSTATE
    "shield_runtime/rotation_retry.py": {"authentication failed"},
}


def named_sentences() -> dict[str, str]:
    """Return the constants of all modules that hold a sentence, by their names.

    Names that hold something else in another module are left out.
    """
    found: dict[str, str] = {}
    ambiguous = set()
    for path in SOURCES.rglob("*.py"):
        for node in ast.parse(path.read_text("utf-8")).body:
            if not isinstance(node, ast.Assign) or not isinstance(node.targets[0], ast.Name):
                continue
            name = node.targets[0].id
            for text in constants(node.value, {}):
                if found.setdefault(name, text) != text:
                    ambiguous.add(name)
    return {
        name: text for name, text in found.items() if name not in ambiguous and PROSE.search(text)
    }


def compared_texts(tree: ast.AST, names: dict[str, str]) -> set[str]:
    """Return the prose that a module compares with, searches for, or cuts off.

    Args:
        tree: The module.
        names: The constants that hold prose.
    """
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
            found |= {text for text in constants(operand, names) if PROSE.search(text)}
    return found


def constants(operand: ast.expr, names: dict[str, str]) -> set[str]:
    """Return the texts of an operand; without the arguments of calls, which are not compared."""
    if isinstance(operand, ast.Constant) and isinstance(operand.value, str):
        return {operand.value}
    name = ast.unparse(operand) if isinstance(operand, ast.Name | ast.Attribute) else ""
    owner, _, name = name.rpartition(".")
    if name in names and (not owner or owner.islower()):  # not the member of an enum
        return {names[name]}
    if isinstance(operand, ast.Tuple | ast.List | ast.Set):
        return {text for item in operand.elts for text in constants(item, names)}
    if isinstance(operand, ast.JoinedStr):
        return {text for item in operand.values for text in constants(item, names)}
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
        "x.startswith(NOT_TRIED)",
        "x == module.NOT_TRIED",
        'match x:\n    case "no schedule": pass',
    ],
)
def test_recognizes_comparisons_with_prose(code):
    assert compared_texts(ast.parse(code), {"NOT_TRIED": "not tried"})


@pytest.mark.parametrize(
    "code", ['x == "due"', 'x in " ,;"', 'print("not tried")', 'x == f("a b")']
)
def test_ignores_other_texts(code):
    assert compared_texts(ast.parse(code), {}) == set()


def test_no_code_compares_a_text_with_prose():
    found = {}
    names = named_sentences()
    for path in sorted(SOURCES.rglob("*.py")):
        name = path.relative_to(SOURCES).as_posix()
        if name.startswith("shield_ai/reports/"):
            continue
        texts = compared_texts(ast.parse(path.read_text("utf-8")), names) - FOREIGN.get(name, set())
        if texts:
            found[name] = texts
    assert found == {}


def test_every_exception_is_needed():
    for name, texts in FOREIGN.items():
        tree = ast.parse((SOURCES / name).read_text("utf-8"))
        assert texts <= compared_texts(tree, named_sentences()), name
