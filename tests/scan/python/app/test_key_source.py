from __future__ import annotations

import pytest

from shield_ai.project.python_source import Source
from shield_ai.scan.python.app.key_source import (
    find_executed_settings,
    find_key_source,
    find_missing_includes,
)

FILE, GENERATED = "key-from-file", "key-generated"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("SECRET_KEY = open('x').read()\n", [FILE], id="open"),
        pytest.param("SECRET_KEY: str = Path('x').read_text().strip()\n", [FILE], id="path"),
        pytest.param("with open('x') as f:\n    SECRET_KEY = f.read()\n", [FILE], id="with"),
        pytest.param("key = open('x').read()\nSECRET_KEY = key\n", [FILE], id="name"),
        pytest.param(
            "def load():\n    with open('x') as f:\n        return f.readline()\n\n\nSECRET_KEY = load()\n",
            [FILE],
            id="function",
        ),
        pytest.param(
            "try:\n    SECRET_KEY = open('x').read()\nexcept OSError:\n"
            "    SECRET_KEY = get_random_secret_key()\n",
            [FILE, GENERATED],
            id="file or generated",
        ),
        pytest.param("SECRET_KEY = utils.get_random_secret_key()\n", [GENERATED], id="Django's"),
        pytest.param("SECRET_KEY = secrets.token_hex(50)\n", [GENERATED], id="secrets"),
        pytest.param("class A(B):\n    SECRET_KEY = os.urandom(9)\n", [GENERATED], id="class"),
        pytest.param("SECRET_KEY = 'x'\nY = open('x').read()\n", [], id="literal"),
        pytest.param("SECRET_KEY = os.environ['SECRET_KEY']\n", [], id="variable"),
        pytest.param("SECRET_KEY = SECRET_KEY + KEY\n", [], id="recursive"),
        pytest.param("SECRET_KEY_FILE = open('x').read()\n", [], id="other name"),
    ],
)
def test_find_key_source(text, found):
    source = Source.from_bytes("settings.py", text.encode())
    assert [skip.id for skip in find_key_source(source)] == found


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("try:\n    exec(open('local_settings.py').read())\nexcept OSError:\n    pass\n", [2]),
        ("X = 1\nexec(compile(text, 'x', 'exec'))\n", [2]),
        ("cursor.execute('x')\nexecutor = 1\n", []),
    ],
)
def test_find_executed_settings(text, lines):
    source = Source.from_bytes("settings.py", text.encode())
    assert [skip.line for skip in find_executed_settings(source)] == lines


@pytest.mark.parametrize(
    ("call", "found"),
    [
        pytest.param(
            "include('base.py', 'local_settings.py')", ["local_settings.py"], id="missing"
        ),
        pytest.param("include(optional('local.py'))", ["local.py"], id="optional"),
        pytest.param("include('base.py', 'env/{0}.py'.format(ENV), 'env/*.py')", [], id="patterns"),
        pytest.param("other('local.py')", [], id="another function"),
    ],
)
def test_find_missing_includes(call, found):
    text = f"from split_settings.tools import include, optional\n{call}\n"
    source = Source.from_bytes("shop/settings/__init__.py", text.encode())
    includes = find_missing_includes(source, {"shop/settings/base.py"})
    assert includes == [(f"shop/settings/{name}", 2) for name in found]
