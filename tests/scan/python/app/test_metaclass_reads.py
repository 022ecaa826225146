from __future__ import annotations

import pytest

RULE = "CSEC34.config-read"
IMPORT = "from flask_env import MetaFlaskEnv\n"
CONFIG = "class Config(metaclass=MetaFlaskEnv):\n    "
FOUND = [(3, "MAIL_PASSWORD", "MAIL_PASSWORD", "medium")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(f"{CONFIG}MAIL_PASSWORD = None\n", FOUND, id="setting"),
        pytest.param(f"{CONFIG}MAIL_PASSWORD: str = ''\n", FOUND, id="annotated"),
        pytest.param(f"{CONFIG}MAIL_HOST = mail_password = None\n", [], id="no secret"),
        pytest.param(
            f"{CONFIG}MAIL_PASSWORD = None\n    ENV_PREFIX = 'SHOP_'\n",
            [(3, "MAIL_PASSWORD", "SHOP_MAIL_PASSWORD", "medium")],
            id="prefix",
        ),
        pytest.param(
            f"{CONFIG}ENV_PREFIX = 'SHOP_'\nclass Live(Config):\n    MAIL_PASSWORD = None\n",
            [(5, "MAIL_PASSWORD", "MAIL_PASSWORD", "medium")],
            id="subclass, which has no prefix",
        ),
        pytest.param(
            "class Config(metaclass=figenv.MetaConfig):\n    MAIL_PASSWORD = None\n",
            FOUND,
            id="figenv",
        ),
        pytest.param("class Config(Base):\n    MAIL_PASSWORD = None\n", [], id="other class"),
        pytest.param(
            "class Config(metaclass=ABCMeta):\n    MAIL_PASSWORD = None\n",
            [],
            id="other metaclass",
        ),
    ],
)
def test_finds_the_settings_that_a_metaclass_fills(scanned, text, expected):
    result = scanned({"shop/__init__.py": "", "shop/config.py": IMPORT + text})
    assert [
        (f.line, f.name, f.env, str(f.severity)) for f in result.findings if f.rule == RULE
    ] == expected
