"""A literal stays if another class of its family reads the setting from the environment."""

from __future__ import annotations

import pytest

from shield_ai.model.site import Shape
from shield_ai.model.skip import SkipId
from shield_ai.scan.python.app_scan import scan_files

LITERAL = 'DATABASE_URI = "postgresql://shop:Zk8vR2q1Lm4x@db:5432/shop"'
READ = 'DATABASE_URI = os.environ["DATABASE_URL"]'


def reason(*classes):
    body = "\n\n".join(f"class {head}:\n    {line}" for head, line in classes)
    text = f"import os\n\n\n{body}\n".encode()
    literals = [
        site.reason
        for _, site in scan_files("shop", ["config.py"], {"config.py": text}.get).sites
        if site.shape is Shape.LITERAL
    ]
    assert len(literals) == 1
    return literals[0].id if literals[0] else None


@pytest.mark.parametrize(
    ("classes", "stays"),
    [
        pytest.param([("Config", LITERAL), ("Production(Config)", READ)], True, id="subclass"),
        pytest.param(
            [("Config", LITERAL), ("Server(Config)", "A = 1"), ("Production(Server)", READ)],
            True,
            id="two levels",
        ),
        pytest.param(
            [("Config", "A = 1"), ("Default(Config)", LITERAL), ("Production(Config)", READ)],
            True,
            id="siblings",
        ),
        pytest.param([("Config", READ), ("Local(Config)", LITERAL)], True, id="base class"),
        pytest.param([("Config", READ), ("Production(Config)", LITERAL)], False, id="production"),
        pytest.param([("Config", READ), ("Product(Config)", LITERAL)], True, id="product"),
        pytest.param([("Shop", LITERAL), ("Billing", READ)], False, id="not related"),
        pytest.param([("Config", LITERAL), ("Other(Config)", "A = 1")], False, id="no read"),
        pytest.param([("Config(Config)", LITERAL), ("Other(Config)", READ)], True, id="itself"),
    ],
)
def test_a_literal_that_production_replaces_stays(classes, stays):
    expected = SkipId.DEVELOPMENT_VALUE_IN_FILE if stays else None
    assert reason(*classes) == expected


@pytest.mark.parametrize(
    ("text", "stays"),
    [
        pytest.param(
            "def uri(hide):\n    db_password = load()\n    if hide:\n        db_password = {}\n",
            True,
            id="assigned twice",
        ),
        pytest.param("def uri(db_password):\n    db_password = {}\n", True, id="parameter"),
        pytest.param("async def uri():\n    for db_password in x: pass\n    db_password = {}\n", True, id="loop"),
        pytest.param("def uri():\n    db_password = {}\n", False, id="once"),
    ],
)  # fmt: skip
def test_one_of_several_values_of_a_local_variable_stays(text, stays):
    raw = text.format("'Zk8vR2q1Lm4x'").encode()
    [(_, site)] = scan_files("shop", ["config.py"], {"config.py": raw}.get).sites
    assert bool(site.reason) == stays
    assert not stays or site.reason.id is SkipId.SEVERAL_VALUES
