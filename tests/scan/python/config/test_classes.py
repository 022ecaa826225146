from __future__ import annotations

import ast

import pytest

from shield_ai.scan.python.config.classes import is_data_module, secret_fields

LOADS = "    def load(cls):\n        for name in dir(cls):\n            setattr(cls, name, read(name))\n"


def fields(text):
    found = secret_fields(ast.parse(text))
    return [(statement.lineno, name, owner) for statement, name, owner in found]


@pytest.mark.parametrize(
    ("text", "name", "line"),
    [
        pytest.param("class MailConfig:\n    password: str\n", "password", 2, id="configuration"),
        pytest.param("class SinkParams(Base):\n    api_key: Optional[str] = None\n", "api_key", 2, id="optional"),
        pytest.param('class DbSettings:\n    password: str | None = ""\n', "password", 2, id="union"),
        pytest.param("class Sync(BaseModel):\n    token: SecretStr\n", "token", 2, id="type of pydantic"),
        pytest.param("class Sync(Base):\n    key: Optional[p.SecretStr] = SecretStr('')\n    api_key: p.SecretStr = p.SecretStr('')\n", "api_key", 3, id="empty secret"),
        pytest.param(f"class C:\n    A = 1\n    BOT_TOKEN = ''\n{LOADS}", "BOT_TOKEN", 3, id="attributes by name"),
        pytest.param("class A(Config):\n    secret_key = key(cast=str, required=True)\n", "secret_key", 2, id="typedconfig"),
        pytest.param("class A(Auth):\n    client_secret = Unicode(config=True)\n", "client_secret", 2, id="traitlets"),
        pytest.param("class A(Auth):\n    client_secret = t.Unicode('').tag(config=True)\n", "client_secret", 2, id="tag of traitlets"),
        pytest.param("class ShopConfig:\n    mail: Optional[Mail]\nclass Mail(BaseModel):\n    smtp: Smtp\nclass Smtp(BaseModel):\n    password: str\n", "password", 6, id="type of a field"),
        pytest.param("class Mail(BaseConfigModel):\n    password: str\n", "password", 2, id="base"),
        pytest.param("class A:\n    class Config:\n        api_key: str\nclass B:\n    class Config:\n        x: int\n", "api_key", 3, id="classes of the same name"),
        pytest.param("class MailConfig:\n    password: constr(min_length=1) = Field(default='x', description='y')\n", "password", 2, id="Field"),
        pytest.param("class FileConfig:\n    aws_access_key_id: str\n", "aws_access_key_id", 2, id="ID of a key"),
        pytest.param("class MongoConfig:\n    url: str\n", "url", 2, id="URL of a service"),
        pytest.param("class ShopConfig:\n    database_url: str\n", "database_url", 2, id="URL"),
        pytest.param("class ModelConfig:\n    key: str = Field(None, description='The API key of the model.')\n", "key", 2, id="described key"),
        pytest.param("class ShopSettings:\n    defaults = {\n        'smtp_password': '',\n        'port': 25,\n    }\n", "smtp_password", 3, id="empty default"),
        pytest.param("class A:\n    class MailOptions:\n        password: str\n", "password", 3, id="nested"),
    ],
)  # fmt: skip
def test_fields_of_configurations(text, name, line):
    assert (line, name) in [found[:2] for found in fields(text)]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("class UserCreate(BaseModel):\n    password: SecretStr\n", id="request"),
        pytest.param("class LoginForm:\n    password: str\n", id="form"),
        pytest.param("class Mailer:\n    password: str\n", id="another class"),
        pytest.param("class MailCredentials:\n    password: str\n    def __init__(self, password): ...\n", id="arguments"),
        pytest.param("class MailConfig:\n    host: str\n    password_reset: bool\n    max_tokens: int\n", id="harmless"),
        pytest.param("class MailConfig:\n    password: str = 'x'\n", id="literal"),
        pytest.param("class ShopConfig:\n    url: str\n    user: UserLogin\nclass UserLogin:\n    password: str\n", id="URL and user"),
        pytest.param("class ShopConfig:\n    key: str = Field(None, description='The key of the row.')\n", id="other key"),
        pytest.param("class ShopSettings:\n    defaults = {'smtp_password': 'x', 'port': ''}\n    labels = {'token': ''}\nclass A:\n    defaults = {'smtp_password': ''}\n", id="other defaults"),
        pytest.param("class JiraConfig:\n    project_key: str\n", id="identifier of a service"),
        pytest.param("class Mail(BaseSettings):\n    password: str\n", id="settings of pydantic"),
        pytest.param("class C:\n    BOT_TOKEN = ''\n", id="no attributes by name"),
        pytest.param("class C:\n    token = Unicode()\n    password = key('x')\n    secret = f().tag()\n    api_token = make(**options)\n", id="other calls"),
        pytest.param(f"class C:\n    token = ''\n    BOT_NAME = ''\n{LOADS}", id="lower case"),
        pytest.param("password: str\ndef f(password: str = ''):\n    token: str\n", id="no class"),
    ],
)  # fmt: skip
def test_other_fields(text):
    assert fields(text) == []


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("api/schemas/user.py", True),
        ("api/schemas/config.py", False),
        ("shop/schema.py", True),
        ("shop/schemata.py", False),
    ],
)
def test_modules_with_data(path, expected):
    assert is_data_module(path) == expected
