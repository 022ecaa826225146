from __future__ import annotations

import pytest

from shield_ai.project.python_source import Source
from shield_ai.rewrite.python.accessor_names import accessor_names

IMPORT = "from shop.secrets import get_secret"


@pytest.mark.parametrize(
    ("text", "accessor_import", "get", "has"),
    [
        pytest.param("", IMPORT, "get_secret", "has_secret", id="free names"),
        pytest.param("", f"{IMPORT} as s_get_secret", "s_get_secret", "s_has_secret", id="alias"),
        pytest.param("get_secret = 1\n", IMPORT, "aws_get_secret", "aws_has_secret", id="assigned"),
        pytest.param("def f(get_secret): ...\n", IMPORT, "aws_get_secret", "aws_has_secret", id="parameter"),
        pytest.param("print(get_secret)\n", IMPORT, "get_secret", "has_secret", id="only used"),
        pytest.param("get_secret = aws_get_secret = 1\n", IMPORT, "shield_get_secret", "shield_has_secret", id="first alias taken"),
        pytest.param("get_secret = aws_get_secret = shield_get_secret = 1\n", IMPORT, "shield_get_secret", "shield_has_secret", id="all taken"),
        pytest.param(f"{IMPORT} as read\n", IMPORT, "read", "has_secret", id="imported with an alias"),
    ],
)  # fmt: skip
def test_names_of_the_functions(text, accessor_import, get, has):
    names = accessor_names(Source.from_bytes("shop/a.py", text.encode()), accessor_import)
    assert (names.module, names.get, names.has) == ("shop.secrets", get, has)


@pytest.mark.parametrize(
    ("text", "client", "imported"),
    [
        pytest.param("", "client", [], id="free name"),
        pytest.param("client = 1\n", "secrets_client", [], id="taken name"),
        pytest.param("from shop.secrets import client as c\n", "c", ["client"], id="imported"),
    ],
)
def test_name_of_the_client(text, client, imported):
    source = Source.from_bytes("shop/a.py", text.encode())
    names = accessor_names(source, IMPORT, client="client")
    assert (names.client, sorted(names.imported)) == (client, imported)
