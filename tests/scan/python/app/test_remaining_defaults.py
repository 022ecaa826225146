from __future__ import annotations

import ast

import pytest

from shield_ai.model.site import Shape
from shield_ai.project.python_source import Source
from shield_ai.project.secret_map import SecretMap
from shield_ai.scan.python.app.remaining_defaults import find_remaining_defaults
from shield_ai.scan.python.app_scan import scan_app

RUNTIME = "from ._shield_runtime import SecretsManagerClient\n"


def found(code, known=None):
    source = Source.from_bytes("s.py", code.encode())
    calls = [
        (n, known)
        for n in ast.walk(source.tree)
        if isinstance(n, ast.Call) and getattr(n.func, "id", "") == "get_secret"
    ]
    return [
        (site.variable, site.shape, code[site.start : site.end])
        for _, site in find_remaining_defaults(source, calls)
    ]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        pytest.param("get_secret('mail-key', 'old')", [("MAIL_KEY", Shape.LITERAL, "'old'")], id="literal"),
        pytest.param("get_secret('x', 'old', env='Y_KEY')", [("Y_KEY", Shape.LITERAL, "'old'")], id="another variable"),
        pytest.param("get_secret('x', b'old')", [("X", Shape.LITERAL, "b'old'")], id="bytes"),
        pytest.param("get_secret('db', lambda: env('PORT', default='5432'), key='port', env='PORT')", [("PORT", Shape.READ, "'5432'")], id="default by keyword"),
        pytest.param("get_secret('db', lambda: int(os.getenv('PORT', '5432')), env='PORT')", [("PORT", Shape.READ, "'5432'")], id="default by position"),
        pytest.param("get_secret('db', default=lambda: env('PORT', '5432'), env='PORT')", [("PORT", Shape.READ, "'5432'")], id="lambda by keyword"),
        pytest.param("get_secret(name='mail-key', default='old')", [("MAIL_KEY", Shape.LITERAL, "'old'")], id="all by keyword"),
        pytest.param("get_secret('x')", [], id="no default"),
        pytest.param("get_secret('x', '')", [], id="empty"),
        pytest.param("get_secret('x', None)", [], id="none"),
        pytest.param("get_secret(name, 'old')", [], id="computed name"),
        pytest.param("get_secret('x', lambda: os.environ['X'])", [], id="a read without default"),
        pytest.param("get_secret('x', lambda: os.getenv('X', ''))", [], id="a read with an empty default"),
    ],
)  # fmt: skip
def test_finds_constant_defaults(code, expected):
    assert found(code) == expected


KNOWN = SecretMap({"mail-key": "MAIL", "db": {"port": "DB_PORT"}})


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        pytest.param("get_secret('mail-key', 'dev')", [("MAIL", Shape.READ, "'dev'")], id="default of a read"),
        pytest.param("get_secret('db:port', '5432')", [("DB_PORT", Shape.READ, "'5432'")], id="default of a field"),
        pytest.param("get_secret('mail-key', default='old')", [("MAIL", Shape.LITERAL, "'old'")], id="literal"),
        pytest.param("get_secret('other', 'old')", [("OTHER", Shape.LITERAL, "'old'")], id="not in the map"),
        pytest.param("get_secret('x', 'old', env='Y')", [("Y", Shape.LITERAL, "'old'")], id="old call"),
        pytest.param("get_secret('mail-key', 5)", [], id="number"),
        pytest.param("get_secret('mail-key', default='')", [], id="empty"),
    ],
)  # fmt: skip
def test_map_file_tells_reads_from_literals(code, expected):
    assert found(code, KNOWN) == expected


def test_map_file_names_the_variables(tmp_path):
    (tmp_path / "settings.py").write_text(
        "import os\nfrom aws_secrets import get_secret\n"
        "PORT = get_secret('db:port', '5432')\n"
        "MAIL_TOKEN = get_secret('mail-key', 'dev')\n"
        "LATER = os.environ['MAIL']\n"
    )
    (tmp_path / "aws_secrets.py").write_text(
        "from _shield_runtime import SecretsManagerClient\n"
        "client = SecretsManagerClient({'mail-key': 'MAIL', 'db': {'port': 'DB_PORT'}})\n"
        "get_secret = client.get_secret\n"
    )
    seen = scan_app(tmp_path, manifest_variables=["MAIL", "DB_PORT"])
    assert [(f.name, f.rule) for f in seen.findings] == [("LATER", "CSEC34.environ-read")]
    assert [(f.name, site.shape) for f, site in seen.constants] == [
        ("DB_PORT", Shape.READ),
        ("MAIL", Shape.READ),
    ]


def test_reports_plain_defaults_only(tmp_path):
    (tmp_path / "settings.py").write_text(
        "import os\nfrom aws_secrets import get_secret\n"
        "MAIL_TOKEN = get_secret('mail-token', 'old and gone')\n"
        "API_TOKEN = get_secret('api-token', lambda: os.getenv('API_TOKEN', 'dev'))\n"
    )
    (tmp_path / "aws_secrets.py").write_text(RUNTIME)
    seen = scan_app(tmp_path)
    assert [(f.rule, f.name, f.fixable) for f in seen.findings] == [
        ("CSEC34.literal-default", "MAIL_TOKEN", False)
    ]
    assert [f.name for f, _ in seen.constants] == ["MAIL_TOKEN", "API_TOKEN"]


def test_ignores_another_function_named_get_secret(tmp_path):
    (tmp_path / "settings.py").write_text(
        "from own import get_secret\nX_TOKEN = get_secret('x-token', 'a default')\n"
    )
    (tmp_path / "own.py").write_text("def get_secret(name, default):\n    return default\n")
    assert scan_app(tmp_path).constants == ()
