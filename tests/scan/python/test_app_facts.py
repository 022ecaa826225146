from __future__ import annotations

import pytest

from shield_ai.scan.python.app_facts import AppFiles, app_name, collect_facts

SETTINGS = b"import os\nSECRET_KEY = os.environ['SECRET_KEY']\n"


@pytest.mark.parametrize(
    ("line", "accessor"),
    [
        pytest.param("x = 1", "get_secret", id="unused"),
        pytest.param("from shop.utils.secrets import get_secret", "get_secret", id="copy"),
        pytest.param("from shield_runtime import get_secret", "get_secret", id="package"),
        pytest.param("from shield_ai import get_secret", "get_secret", id="former package"),
        pytest.param("from corp.vault import get_secret", "aws_get_secret", id="import"),
        pytest.param("def get_secret(name): ...", "aws_get_secret", id="function"),
        pytest.param("get_secret = aws_get_secret = 1", "aws_get_secret", id="variable"),
    ],
)
def test_chooses_an_unused_name_for_the_accessor(line: str, accessor: str) -> None:
    files = {"shop/settings.py": SETTINGS, "shop/vault.py": line.encode()}
    facts = collect_facts("shop", AppFiles(set(files), files.get, {}))
    assert facts.accessor == accessor


@pytest.mark.parametrize(
    ("folder", "name"), [("My Shop", "my-shop"), ("shop_2", "shop-2"), ("__", "app")]
)
def test_derives_the_name_of_an_app_from_its_folder(folder: str, name: str) -> None:
    assert app_name(folder) == name
