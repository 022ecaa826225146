from __future__ import annotations

import ast
import sys

import pytest

from shield_ai.project.environ_copies import EnvironCopy, find_copies, os_names


def copies(text):
    tree = ast.parse(text)
    return find_copies(tree, os_names(tree))


@pytest.mark.parametrize(
    ("text", "name", "original"),
    [
        pytest.param("import os\nenv = os.environ.copy()", "env", "os.environ", id="copy"),
        pytest.param("import os as o\ne = dict(o.environ)\ne['X']", "e", "o.environ", id="dict"),
        pytest.param(
            "from os import environ\ne = environ.copy()\ny = 'X' in e.keys()",
            "e",
            "environ",
            id="imported",
        ),
    ],
)
def test_finds_copies_that_nothing_changes(text, name, original):
    assert copies(text) == {name: EnvironCopy(original, sys.maxsize)}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("e[x] = 1", id="changed under a computed name"),
        pytest.param("e.update({'X': 1, **y})", id="updated from another dict"),
        pytest.param("e.update(**y)", id="updated with keywords of another dict"),
        pytest.param("e.pop(x)", id="removed under a computed name"),
        pytest.param("e |= y", id="merged"),
        pytest.param("e.update(y)", id="updated"),
        pytest.param("f(e)", id="passed on"),
        pytest.param("def f(e): pass", id="a parameter of the same name"),
        pytest.param("import x as e", id="an import of the same name"),
        pytest.param("class e: pass", id="a class of the same name"),
        pytest.param("for e in y: pass", id="a loop variable of the same name"),
        pytest.param("import e.x", id="a package of the same name"),
        pytest.param("match y:\n  case e: pass", id="a captured value"),
        pytest.param("match y:\n  case [*e]: pass", id="captured values of a list"),
        pytest.param("match y:\n  case {**e}: pass", id="captured values of a dictionary"),
    ],
)
def test_ignores_copies_that_may_differ(text):
    assert copies(f"import os\ne = os.environ.copy()\n{text}") == {}


def test_a_second_copy_changes_nothing():
    found = copies("import os\ne = os.environ.copy()\nf = dict(os.environ)")
    assert [copy.valid_until_line for copy in found.values()] == [sys.maxsize, sys.maxsize]


def test_ignores_a_copy_with_two_names():
    assert copies("import os\ne = f = os.environ.copy()\nf['X'] = '1'") == {}


@pytest.mark.parametrize(
    ("text", "written"),
    [
        pytest.param("e['X'] = e['Y'] + 'z'", {"X"}, id="set"),
        pytest.param("e['X'] += 'z'", {"X"}, id="extended"),
        pytest.param("del e['X']", {"X"}, id="deleted"),
        pytest.param("e.setdefault('X', '1')", {"X"}, id="set by default"),
        pytest.param("e.pop('X', None)", {"X"}, id="removed"),
        pytest.param("e.update({'X': '1'}, Y='2')", {"X", "Y"}, id="updated"),
    ],
)
def test_finds_the_variables_that_a_copy_changes(text, written):
    assert copies(f"import os\ne = os.environ.copy()\n{text}")["e"].written == written


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("import x", id="import"),
        pytest.param("os.environ['X'] = '1'", id="set"),
        pytest.param("os.environ.setdefault('X', '1')", id="set by default"),
        pytest.param("os.environ.__setitem__('X', '1')", id="set by a special method"),
        pytest.param("list(map(os.environ.pop, ['X']))", id="method passed on"),
        pytest.param("os.environb[b'X'] = b'1'", id="set as bytes"),
        pytest.param("environ.Env.read_env()", id="read from a file"),
        pytest.param("f(os.environ)", id="passed on"),
        pytest.param("f(x=os.environ)", id="passed on by name"),
        pytest.param("f(*[os.environ])", id="passed on in a list"),
    ],
)
def test_finds_where_the_environment_may_change(text):
    assert copies(f"import os\ne = os.environ.copy()\ny = 1\n{text}")["e"].valid_until_line == 4


@pytest.mark.parametrize(
    ("text", "line"),
    [
        pytest.param("from boot import f\nE\ny = 1\nf()", 5, id="function"),
        pytest.param("import boot\nE\ny = boot.f()", 4, id="function of a module"),
        pytest.param("from dotenv import load_dotenv as f\nE\nf()", 4, id="other name"),
        pytest.param("import boot\nE\ndef g():\n  boot.f()\ng()", 3, id="in a function"),
    ],
)
def test_an_imported_function_may_change_the_environment(text, line):
    found = copies("import os\n" + text.replace("E", "e = os.environ.copy()"))
    assert found["e"].valid_until_line == line


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("f(dict(os.environ))", id="another copy"),
        pytest.param("f(**os.environ)", id="passed as keywords"),
        pytest.param("x = {**os.environ, 'Y': '1'}", id="copied into a dict"),
        pytest.param("for x in os.environ: pass", id="loop over the names"),
        pytest.param("subprocess.run(y, env=os.environ)", id="passed to a process"),
    ],
)
def test_finds_uses_that_do_not_change_the_environment(text):
    assert copies(f"import os\ne = os.environ.copy()\n{text}")["e"].valid_until_line == sys.maxsize


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("def f():\n  load_dotenv()", id="function"),
        pytest.param("async def f():\n  import x", id="import in a function"),
        pytest.param("f = lambda: os.environ.update(x)", id="lambda"),
        pytest.param("x = os.environ", id="second name"),
        pytest.param("x = y = os.environ", id="two more names"),
        pytest.param("x: dict = os.environ", id="annotated name"),
        pytest.param("f(x := os.environ)", id="name in an expression"),
        pytest.param("x = os.environ or {}", id="second name in a condition"),
        pytest.param("x = os.environ.update", id="name of a method"),
        pytest.param("def f():\n  return os.environ", id="returned"),
        pytest.param("def f():\n  yield os.environ", id="yielded"),
        pytest.param("f = lambda: os.environ", id="returned by a lambda"),
        pytest.param("x = {'env': os.environ}", id="in a dict"),
        pytest.param("for x in [os.environ]: pass", id="loop variable"),
        pytest.param("def f(x=os.environ): pass", id="default"),
        pytest.param("class C:\n  def f(self):\n    os.environ['X'] = '1'", id="method"),
    ],
)
@pytest.mark.parametrize("order", ["{change}\n{copy}", "{copy}\n{change}"])
def test_the_environment_may_change_at_any_time(text, order):
    found = copies("import os\n" + order.format(change=text, copy="e = dict(os.environ)"))
    assert found["e"].valid_until_line == (
        2 if order.startswith("{copy}") else 3 + text.count("\n")
    )


def test_a_loop_may_change_the_environment_before_it_reads():
    text = "import os\ne = dict(os.environ)\nwhile x:\n  y = e['X']\n  load_dotenv()"
    assert copies(text)["e"].valid_until_line == 3
