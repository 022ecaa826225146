from __future__ import annotations

import pytest
from shield_helpers import reason_of

from shield_ai.scan.python.visit.pydantic_fields import MAX_NESTED_FIELDS

NEEDS_SOURCE = "pydantic reads it when the settings are created: it needs a settings source"


@pytest.mark.parametrize("value", ["None", "''", "f'redis://{HOST}:6379'", "'k3y-of-a-test'"])
def test_the_default_of_a_field_is_never_moved(sites, value):
    """A secret in the class body would be part of the schema, which APIs publish."""
    [found, *literals] = sites(f"class S(BaseSettings):\n    REDIS_TOKEN: str | None = {value}")
    assert found == ("read", "REDIS_TOKEN", NEEDS_SOURCE)
    assert [literal[2] for literal in literals] == [NEEDS_SOURCE] * len(literals)


SCHEMA = "default of a pydantic field, which is part of the schema"


@pytest.mark.parametrize(
    "field",
    [
        "password: str = {}",
        "password: SecretStr = SecretStr({})",
        "options: dict = {{'db_password': {}}}",
    ],
)
def test_the_default_of_a_model_is_never_moved(sites, field):
    text = "from pydantic import BaseModel, SecretStr\nclass Base(BaseModel):\n    pass\nclass M(Base):\n    "
    [(shape, _, reason)] = sites(text + field.format("'k3y-of-a-test'"))
    assert (shape, reason) == ("literal", SCHEMA)


def test_a_field_without_a_value_is_a_read(scanned):
    text = "from pydantic_settings import BaseSettings\nclass S(BaseSettings):\n    A_TOKEN: str = ''\n    B_TOKEN: str\n"
    found = [(f.rule, f.env) for f, _ in scanned({"config.py": text}).sites]
    assert found == [("CSEC34.environ-read", "A_TOKEN"), ("CSEC34.environ-read", "B_TOKEN")]


@pytest.mark.parametrize(
    ("field", "found"),
    [
        pytest.param("a_token: str = ''", [("field", "A_TOKEN", "")], id="nothing"),
        pytest.param("a_token: str | None = None", [("field", "A_TOKEN", "")], id="None"),
        pytest.param(
            "a_tokens: list[str] = ['k3y-of-a-test']",
            [
                ("field", "A_TOKENS", ""),
                (
                    "literal",
                    "A_TOKENS",
                    "the default of A_TOKENS: move the value to .env, then remove it here",
                ),
            ],
            id="a list, which pydantic reads as JSON",
        ),
        pytest.param(
            "model_config = {'env_prefix': 'shop_'}\n    a_token: str = 'k3y-of-a-test'",
            [
                ("field", "SHOP_A_TOKEN", ""),
                (
                    "literal",
                    "A_TOKEN",
                    "the default of SHOP_A_TOKEN: move the value to .env, then remove it here",
                ),
            ],
            id="a secret under a prefix",
        ),
        pytest.param(
            "db_url: str = Field(default='postgres://user:k3y@db.example/x')",
            [
                ("field", "DB_URL", ""),
                (
                    "literal",
                    "DB_URL_DEFAULT",
                    "the default of DB_URL: move the value to .env, then remove it here",
                ),
            ],
            id="a secret in Field",
        ),
        pytest.param(
            "db_url: AnyUrl = AnyUrl('postgres://db.example/x')",
            [("field", "DB_URL", "")],
            id="a URL",
        ),
    ],
)
def test_a_settings_source_serves_fields_with_a_default(sites, field, found):
    head = "from pydantic import Field\nfrom pydantic_settings import BaseSettings\n"
    assert sites(f"{head}\nclass S(BaseSettings):\n    {field}\n") == found


def test_finds_the_hook_of_a_chat_service(sites):
    text = "from pydantic_settings import BaseSettings\nclass S(BaseSettings):\n    slack_hook_ops: str\n"
    assert sites(text, {"shop/config.py": text}) == [("field", "SLACK_HOOK_OPS", "")]


def test_reads_the_prefix_of_a_settings_class_from_a_keyword(sites):
    text = "from pydantic_settings import BaseSettings\n\nclass S(BaseSettings, env_prefix='shop_'):\n    a_token: str\n"
    assert sites(text) == [("field", "SHOP_A_TOKEN", "")]


DEFAULT = "the default of SHOP_A_TOKEN: move the value to .env, then remove it here"


@pytest.mark.parametrize(
    ("field", "found"),
    [
        pytest.param("a_token: str", [("field", "SHOP_A_TOKEN", "")], id="no default"),
        pytest.param("a_token: str = ''", [("field", "SHOP_A_TOKEN", "")], id="nothing"),
        pytest.param(
            "a_token: str = Field('', env='B_TOKEN')",
            [("field", "B_TOKEN", "")],
            id="a variable without the prefix",
        ),
        pytest.param(
            "a_token: str = 'k3y-of-a-test'",
            [("field", "SHOP_A_TOKEN", ""), ("literal", "A_TOKEN", DEFAULT)],
            id="a secret",
        ),
        pytest.param(
            "a_token: SecretStr = SecretStr('k3y-of-a-test')",
            [("field", "SHOP_A_TOKEN", ""), ("literal", "A_TOKEN", DEFAULT)],
            id="a secret as SecretStr",
        ),
    ],
)
def test_reads_the_prefix_of_pydantic_1(sites, field, found):
    head = "from pydantic import BaseSettings, Field, SecretStr\n"
    config = "    class Config:\n        env_prefix = 'shop_'\n"
    assert sites(f"{head}class S(BaseSettings):\n    {field}\n{config}") == found


@pytest.mark.parametrize(
    "kind",
    [
        "Literal['redis', 'amqp']",
        "Optional[Literal['x']]",
        "bool",
        "int | None",
        "timedelta",
        "FileUrl",
    ],
)
def test_ignores_fields_that_cannot_hold_a_text(sites, kind):
    text = f"from pydantic_settings import BaseSettings\nclass S(BaseSettings):\n    celery_broker: {kind}\n    a_token: str\n"
    assert sites(text) == [("field", "A_TOKEN", "")]


@pytest.mark.parametrize(
    "field",
    [
        pytest.param("a_token: Literal['gif', 'fortune'] = 'gif'", id="one of two texts"),
        pytest.param("a_token: Optional[Literal['gif', 'png']] = 'gif'", id="one of two, or None"),
        pytest.param("a_token: Mode = 'gif'", id="an enum with a text"),
        pytest.param("a_token: Mode | None = Mode.GIF", id="an enum"),
        pytest.param("a_token: Mode", id="an enum without a default"),
        pytest.param("a_token_n: str = '1000'", id="a number"),
    ],
)
@pytest.mark.parametrize("library", ["pydantic", "pydantic_settings"])
def test_a_choice_or_a_number_is_not_a_secret(sites, library, field):
    text = f"import enum\nfrom {library} import BaseSettings\nclass Mode(str, enum.Enum):\n    GIF = 'gif'\n"
    assert sites(f"{text}class S(BaseSettings):\n    {field}\n") == []


def test_a_literal_with_one_text_may_be_a_secret(sites):
    text = "API_KEY: Literal['k3y-of-a-test'] = 'k3y-of-a-test'"
    assert sites(text) == [("literal", "API_KEY", "")]


def test_advises_to_keep_the_variable_of_a_field_that_is_not_migrated(scanned):
    method = "    @classmethod\n    def settings_customise_sources(cls): ...\n"
    files = {
        "shop/__init__.py": "",
        "shop/config.py": f"from pydantic_settings import BaseSettings\nclass S(BaseSettings):\n    a_token: str\n{method}",
        "shop/mail.py": "import os\nA = os.environ['A_TOKEN']\n",
    }
    reasons = {f.path: reason_of(site) for f, site in scanned(files).sites}
    assert reasons["shop/mail.py"] == ""
    assert reasons["shop/config.py"].endswith(
        "add the secret to it; keep the variable A_TOKEN set for it"
    )


def test_a_default_that_reads_another_variable_is_no_field(sites):
    text = "import os\nfrom pydantic import SecretStr\nfrom pydantic_settings import BaseSettings\nclass S(BaseSettings):\n"
    text += "    password: SecretStr = SecretStr(os.environ['DB_PASSWORD'])\n    tokens: list[str] = [os.environ['A_TOKEN']]\n"
    assert [site[:2] for site in sites(text)] == [("read", "DB_PASSWORD"), ("read", "A_TOKEN")]


SAME_VARIABLE = "import os\nfrom pydantic_settings import BaseSettings\n"


@pytest.mark.parametrize(
    ("text", "filled_by", "reason"),
    [
        pytest.param(
            "class S(BaseSettings):\n    A_TOKEN: str = os.environ['A_TOKEN']",
            "pydantic",
            "",
            id="subscript",
        ),
        pytest.param(
            "class S(BaseSettings):\n    a_token: str = os.getenv('A_TOKEN') or str(object())",
            "pydantic",
            "",
            id="part of the default",
        ),
        pytest.param(
            "class S(BaseSettings):\n    token: str = os.getenv('A_TOKEN')\n    model_config = {'env_prefix': 'a_'}",
            "pydantic",
            "",
            id="prefix",
        ),
        pytest.param(
            "class Mixin:\n    A_TOKEN: str = os.environ['A_TOKEN']\nclass S(Mixin, BaseSettings):\n    debug: bool = False",
            "pydantic",
            "",
            id="mixin",
        ),
        pytest.param(
            "from pydantic import BaseSettings\nclass S(BaseSettings):\n    A_TOKEN = os.environ['A_TOKEN']\n    class Config:\n        env_prefix = ''",
            "pydantic_v1",
            "",
            id="pydantic 1",
        ),
        pytest.param(
            "class S(BaseSettings):\n    token: str = os.environ['A_TOKEN']",
            "",
            "",
            id="other name",
        ),
        pytest.param(
            "class S(BaseSettings):\n    a_token: str = os.environ['A_TOKEN']\n    model_config = {'case_sensitive': True}",
            "",
            "",
            id="case",
        ),
        pytest.param(
            "class S:\n    A_TOKEN: str = os.environ['A_TOKEN']", "", "", id="plain class"
        ),
        pytest.param(
            "class S(BaseSettings): A_TOKEN: str = os.environ['A_TOKEN']",
            "pydantic",
            "the class is defined on one line",
            id="one line",
        ),
        pytest.param(
            "class S(BaseSettings):\n    A_TOKEN: str = os.environ['A_TOKEN']\n    @classmethod\n    def settings_customise_sources(cls, *sources):\n        return sources",
            "pydantic",
            "the class already has settings_customise_sources(): add the secret to it",
            id="own sources",
        ),
    ],
)
def test_a_default_that_reads_the_fields_variable_needs_a_source(scanned, text, filled_by, reason):
    """pydantic reads the variable first, so that a default from AWS would not be used."""
    head = "import os\n" if text.startswith("from ") else SAME_VARIABLE
    files = {"shop/__init__.py": "", "shop/settings.py": f"{head}{text}\n"}
    [(_, site)] = scanned(files).sites
    assert (str(site.shape), site.filled_by) == ("read", filled_by)
    assert reason_of(site) == reason
    assert site.is_settings_field == bool(filled_by)
    assert (site.settings_start >= 0) == bool(filled_by)


NESTED = """\
from pydantic import BaseModel
from pydantic_settings import BaseSettings, SettingsConfigDict

class Database(BaseModel):
    password: str = "k3y-of-a-test"

class Settings(BaseSettings):
    model_config = SettingsConfigDict({config})
    {fields}
"""
FIRST = "the default of {}: move the value to .env, then remove it here"


@pytest.mark.parametrize(
    ("config", "fields", "variable", "reason"),
    [
        pytest.param("env_nested_delimiter='__'", "db: Database", "DB__PASSWORD", "", id="nested"),
        pytest.param("env_nested_delimiter='__', env_prefix='a_'", "db: Database | None = None", "A_DB__PASSWORD", "", id="prefix"),
        pytest.param("", "db: Database", "", "as part of the JSON", id="without a delimiter"),
        pytest.param("env_nested_delimiter=SEPARATOR", "db: Database", "", "computes the names", id="computed"),
        pytest.param("env_nested_delimiter='__'", "db: Database\n    replica: Database", "", "several settings fields", id="twice"),
        pytest.param("env_nested_delimiter='__'", "db: list[Database]", "", "as part of the JSON", id="list"),
        pytest.param("env_nested_delimiter='__'", "db: Annotated[Database | None, 'x'] = None", "DB__PASSWORD", "", id="annotated"),
        pytest.param("env_nested_delimiter='__'", "db: Database\n\nclass Prod(Settings):\n    debug: bool = False", "DB__PASSWORD", "", id="subclass"),
        pytest.param("env_nested_delimiter='__'", "db: Database\n\nclass Prod(Settings):\n    model_config = SettingsConfigDict(env_prefix='a_')", "", "several settings fields", id="subclass with another prefix"),
        pytest.param("env_nested_delimiter='__'", "db: Database = Field(alias='x')", "", "as part of the JSON", id="alias"),
    ],
)  # fmt: skip
def test_a_nested_model_is_read_from_the_variable_of_its_parents(
    sites, config, fields, variable, reason
):
    [field, literal] = sites(NESTED.format(config=config, fields=fields))
    assert field[1] == variable
    assert reason in field[2] if reason else not field[2]
    assert literal[0] == "literal"
    assert literal[2]


@pytest.mark.parametrize(
    ("parent", "field", "variables"),
    [
        pytest.param("database", "url: str", ["DATABASE__URL"], id="URL of a database"),
        pytest.param("openai", "key: str", ["OPENAI__KEY"], id="key"),
        pytest.param("store", "address: str = 'redis://h/0'", ["STORE__ADDRESS"], id="URL as default"),
        pytest.param("store", "address: str = 'https://h/0'", [], id="another URL as default"),
        pytest.param("website", "url: str", [], id="another URL"),
        pytest.param("token", "issuer: str", [], id="property of a secret"),
    ],
)  # fmt: skip
def test_the_names_of_the_parents_can_make_a_field_a_secret(sites, parent, field, variables):
    text = NESTED.replace('password: str = "k3y-of-a-test"', field)
    found = sites(text.format(config="env_nested_delimiter='__'", fields=f"{parent}: Database"))
    assert [site[1] for site in found if site[0] == "field"] == variables


def test_the_prefix_may_be_a_constant_of_another_file(scanned):
    files = {
        "shop/__init__.py": "",
        "shop/names.py": 'PREFIX = "SHOP_"\n',
        "shop/constants.py": "from shop.names import PREFIX\n",
        "shop/config.py": "from pydantic import BaseSettings\nfrom shop.constants import PREFIX\nclass S(BaseSettings):\n    db_password: str\n    class Config:\n        env_prefix = PREFIX\n",
    }
    [(found, site)] = scanned(files).sites
    assert (found.env, reason_of(site)) == ("SHOP_DB_PASSWORD", "")
    del files["shop/names.py"]
    [(found, site)] = scanned(files).sites
    assert (found.env, reason_of(site)) == (
        None,
        "the class computes the names of its variables",
    )


@pytest.mark.parametrize("base", ["Enum", "enum.StrEnum", "Kind", "models.TextChoices"])
def test_the_members_of_an_enumeration_are_not_secrets(sites, base):
    text = f"import enum\nfrom enum import Enum\nclass Kind(str, Enum):\n    pass\nclass S({base}):\n    user_password = 'user1-password2'\n"
    assert sites(text) == []


@pytest.mark.parametrize(
    "comment",
    [
        "# noqa: S105",
        "# noqa: E501,S106",
        "# nosec B105",
        "# Not a secret: see the manual",
        "# it isn't secret.",
        "# doesn't need to be secret",
    ],
)
def test_a_reviewed_line_is_not_moved(scanned, comment):
    text = f"API_PASSWORD = 'k3y-of-a-test'  {comment}\n"
    [(found, site)] = scanned({"settings.py": text, "manage.py": ""}).sites
    assert (found.severity.name, reason_of(site)) == (
        "LOW",
        "a comment says that it is not a secret, such as noqa: S105 or nosec",
    )


@pytest.mark.parametrize(
    ("comment", "is_reviewed"),
    [
        pytest.param("# This is *not* a secret:\n# see the manual\n", True, id="directly above"),
        pytest.param("# This is not a secret\n\n", False, id="above an empty line"),
        pytest.param("# Not secret settings\n", False, id="about something else"),
        pytest.param("# noqa: S105\n", False, id="for a linter"),
    ],
)
def test_a_comment_above_a_value_can_say_that_it_is_not_secret(scanned, comment, is_reviewed):
    text = f"{comment}API_PASSWORD = 'k3y-of-a-test'\n"
    [(_, site)] = scanned({"settings.py": text, "manage.py": ""}).sites
    assert (
        reason_of(site) == "a comment says that it is not a secret, such as noqa: S105 or nosec"
    ) == is_reviewed


def test_djangos_key_moves_from_a_reviewed_line(scanned):
    text = "SECRET_KEY = 'k3y-of-a-test'  # noqa: S105\n"
    [(_, site)] = scanned({"settings.py": text, "manage.py": ""}).sites
    assert reason_of(site) == ""


INHERITED = """\
from pydantic import PostgresDsn, SecretBytes, SecretStr
from pydantic_settings import BaseSettings
class Base(
    BaseSettings,
    extra='ignore',
):
    pass
class Client(Base, env_prefix='client_'):
    name: str = 'shop'
"""


@pytest.mark.parametrize(
    ("field", "variables"),
    [
        pytest.param("api_key: str = ''", ["CLIENT_API_KEY"], id="secret by its name"),
        pytest.param("giphy: SecretStr = ''", ["CLIENT_GIPHY"], id="secret by its type"),
        pytest.param("giphy: SecretStr | None = None", ["CLIENT_GIPHY"], id="optional secret"),
        pytest.param("giphy: Optional[pydantic.SecretBytes]", ["CLIENT_GIPHY"], id="secret bytes"),
        pytest.param("main: PostgresDsn", ["CLIENT_MAIN"], id="URL by its type"),
        pytest.param("a: PostgresDsn = PostgresDsn('x://h')", ["CLIENT_A"], id="default in a call"),
        pytest.param("giphy: str = ''", [], id="harmless"),
        pytest.param("report_auth: Optional[str] = None", ["CLIENT_REPORT_AUTH"], id="AUTH"),
        pytest.param("report_auth: str", ["CLIENT_REPORT_AUTH"], id="required AUTH"),
        pytest.param("report_auth: str = 'ldap'", [], id="AUTH with a mode"),
        pytest.param("report_auth: bool", [], id="AUTH with a flag"),
        pytest.param("social_auth: str | None = None", [], id="kind of login"),
        pytest.param("use_report_auth: str = ''", [], id="AUTH after a verb"),
    ],
)
@pytest.mark.parametrize("path", ["shop/settings.py", "shop/constants.py"])
def test_finds_the_fields_of_derived_settings(scanned, path, field, variables):
    found = scanned({"shop/__init__.py": "", path: f"{INHERITED}    {field}\n"}).sites
    assert [f.env for f, _ in found] == variables


def test_the_prefix_of_settings_can_say_that_a_field_is_secret(sites):
    text = INHERITED.replace("client_", "tokens_")
    assert sites(f"{text}    giphy: str = ''\n") == [("field", "TOKENS_GIPHY", "")]


def test_finds_the_fields_of_settings_with_a_base_in_another_file(scanned):
    found = scanned(
        {
            "shop/__init__.py": "",
            "shop/base.py": "from pydantic_settings import BaseSettings\nclass Base(BaseSettings): ...\n",
            "shop/bot.py": "from shop.base import Base\nclass Bot(Base, env_prefix='bot_'):\n    token: str\n",
        }
    ).sites
    assert [f.env for f, _ in found] == ["BOT_TOKEN"]


@pytest.mark.parametrize(
    ("fields", "variables"),
    [
        pytest.param(
            "db_host: str; db_port: int = 5432; db_password: str; db_pool: int = 4",
            ["DB_HOST", "DB_PORT", "DB_PASSWORD"],
            id="with a password",
        ),
        pytest.param("db_host: str; db_port: int = 5432", [], id="without a password"),
        pytest.param("db_host: str; pg_password: str", ["PG_PASSWORD"], id="of another database"),
    ],
)
def test_finds_the_fields_of_one_database(sites, fields, variables):
    head = "from pydantic_settings import BaseSettings\nclass S(BaseSettings):\n"
    lines = "".join(f"    {field}\n" for field in fields.split("; "))
    assert [variable for _, variable, _ in sites(head + lines)] == variables


@pytest.mark.parametrize(
    ("field", "shapes"),
    [
        pytest.param(
            "db_password: str = 'postgres'", ["field", "literal", "field"], id="weak password"
        ),
        pytest.param(
            "db_password: str = 'shop_team'", ["field", "literal", "field"], id="the user's name"
        ),
        pytest.param(
            "db_password: str = 'q7Vd0zLk3PxT'",
            ["field", "literal", "field"],
            id="strong password",
        ),
        pytest.param("a_key: str = 'hunter2-hunter2'", ["field", "literal"], id="weak key"),
        pytest.param(
            "a_dsn: PostgresDsn = PostgresDsn('postgresql://user:pass@localhost/shop')",
            ["field"],
            id="weak password in a URL",
        ),
    ],
)
def test_a_field_with_a_default_is_a_read(sites, field, shapes):
    head = "from pydantic import PostgresDsn\nfrom pydantic_settings import BaseSettings\n"
    text = f"{head}class S(BaseSettings):\n    {field}\n    db_user: str = 'shop_team'\n"
    assert [shape for shape, *_ in sites(text)] == shapes


def test_a_default_that_repeats_the_name_is_no_hardcoded_secret(scanned):
    text = "from pydantic import BaseSettings\nclass S(BaseSettings):\n    postgres_password: str = 'postgres'\n"
    found = scanned({"shop/__init__.py": "", "shop/settings.py": text}).sites
    assert [(f.rule, f.severity) for f, _ in found] == [("CSEC34.environ-read", "medium")]


GENERATED = """\
import os
import secrets
from typing import ClassVar
from uuid import uuid4
from django.core.management.utils import get_random_secret_key
from pydantic import Field, PostgresDsn, SecretStr
from pydantic_settings import BaseSettings
PASSWORD = os.environ["PASSWORD"]
class Policy: ...
class S(BaseSettings):
"""


@pytest.mark.parametrize(
    "field",
    [
        pytest.param("str = secrets.token_urlsafe(32)", id="a call"),
        pytest.param("SecretStr = SecretStr(secrets.token_hex())", id="SecretStr"),
        pytest.param("str = uuid4().hex", id="an attribute of a call"),
        pytest.param("str = str(uuid4())", id="a conversion"),
        pytest.param("str = 'dev-' + secrets.token_hex()", id="an operation"),
        pytest.param("str = get_random_secret_key()", id="a call without arguments"),
        pytest.param("str = Field(secrets.token_urlsafe(32))", id="Field"),
        pytest.param("str = Field(default=secrets.token_hex())", id="a keyword of Field"),
        pytest.param("str = Field(default_factory=secrets.token_hex)", id="a factory"),
        pytest.param("str = Field(default_factory=lambda: secrets.token_hex(9))", id="a lambda"),
    ],
)
@pytest.mark.parametrize("library", ["pydantic", "pydantic_settings"])
def test_a_generated_default_is_for_development(scanned, library, field):
    """Each process would generate another value: production needs the secret."""
    text = f"{GENERATED.replace('pydantic_settings', library)}    SECRET_KEY: {field}\n"
    [site] = [
        site
        for _, site in scanned({"shop/__init__.py": "", "shop/config.py": text}).sites
        if site.variable == "SECRET_KEY"
    ]
    assert (str(site.shape), reason_of(site), site.has_nonempty_default) == ("field", "", True)


@pytest.mark.parametrize(
    ("field", "for_development"),
    [
        pytest.param("API_KEY: str = 'change-me'", True, id="text"),
        pytest.param("API_KEY: SecretStr = SecretStr('change-me')", True, id="SecretStr"),
        pytest.param("API_KEY: SecretStr = Field(SecretStr('change-me'))", True, id="in Field"),
        pytest.param("API_KEY: str = Field(default='change-me')", True, id="keyword"),
        pytest.param("API_KEY: str = ''", False, id="empty"),
        pytest.param("API_KEY: SecretStr = SecretStr('')", False, id="empty SecretStr"),
        pytest.param("API_KEY: SecretStr | None = None", False, id="none"),
        pytest.param("CACHE_URL: RedisDsn = 'redis://cache:6379/0'", False, id="cache"),
        pytest.param(
            "CACHE_URL: RedisDsn = 'redis://:pw@cache:6379/0'", True, id="with a password"
        ),
    ],
)
def test_a_default_text_is_for_development(scanned, field, for_development):
    """With AWS unavailable, production must not start with a value that everybody can read."""
    name = field.partition(":")[0]
    [site] = [
        site
        for _, site in scanned(
            {"shop/__init__.py": "", "shop/config.py": f"{GENERATED}    {field}\n"}
        ).sites
        if site.variable == name and str(site.shape) == "field"
    ]
    needed = site.has_nonempty_default and not site.default_ok_in_production
    assert (needed, site.default_end) == (for_development, 0)


@pytest.mark.parametrize(
    ("field", "optional"),
    [
        pytest.param("str = DEVELOPMENT_KEY", True, id="a name"),
        pytest.param("str = defaults.KEY", True, id="an attribute"),
        pytest.param("str = 'a' if DEBUG else 'b'", True, id="a choice"),
        pytest.param("list[str] = Field(default_factory=list)", True, id="an empty factory"),
        pytest.param("str = Field(default_factory=lambda: '')", True, id="an empty lambda"),
        pytest.param("str = PostgresDsn.build(password=DB_PASSWORD)", True, id="of other secrets"),
        pytest.param("str = Field(...)", False, id="required"),
    ],
)
def test_a_computed_default_is_a_default(scanned, field, optional):
    text = f"{GENERATED}    DB_KEY: {field}\n"
    [site] = [
        site
        for _, site in scanned({"shop/__init__.py": "", "shop/config.py": text}).sites
        if site.variable == "DB_KEY"
    ]
    assert (str(site.shape), site.optional, site.has_nonempty_default) == ("field", optional, False)


@pytest.mark.parametrize(
    "field",
    [
        pytest.param("db_password: ClassVar[str] = secrets.token_hex()", id="no field"),
        pytest.param("_db_password: str = secrets.token_hex()", id="a private attribute"),
        pytest.param("db_password: Policy = Policy()", id="an object"),
        pytest.param("db_password: str = PASSWORD", id="a variable that the file reads"),
        pytest.param("db_password: str = os.environ['PASSWORD']", id="another variable"),
        pytest.param("db_password: int = len(PASSWORD)", id="a number"),
        pytest.param(
            "db_password: str = client.get_secret_value(SecretId='db')['SecretString']", id="AWS"
        ),
    ],
)
def test_a_default_that_is_no_text_or_is_read_is_no_field(sites, field):
    assert "field" not in [shape for shape, *_ in sites(f"{GENERATED}    {field}\n")]


@pytest.mark.parametrize(
    ("field", "variables"),
    [
        pytest.param("github: str | None = Field(None, validation_alias='GITHUB_TOKEN')", ["GITHUB_TOKEN"], id="alias"),
        pytest.param("github: str | None = Field(None, validation_alias='GITHUB_ORG')", [], id="not a secret"),
    ],
)  # fmt: skip
def test_the_alias_of_a_field_tells_whether_it_is_a_secret(scanned, field, variables):
    text = f"from pydantic_settings import BaseSettings\nclass S(BaseSettings):\n    {field}\n"
    found = scanned({"config.py": text}).findings
    assert [f.env for f in found if f.env] == variables


@pytest.mark.parametrize(
    ("alias", "reason"),
    [
        pytest.param("AliasChoices('API_KEY', pydantic.AliasPath('KEY', 0))", "AliasChoices can read another", id="choices and path"),
        pytest.param("pydantic.AliasChoices('API_KEY', AliasPath('KEY', 0))", "AliasChoices can read another", id="module"),
        pytest.param("pydantic.AliasPath('API_KEY', 0)", "part of the JSON", id="path"),
        pytest.param("AliasChoices(pydantic.AliasPath('API_KEY', 0))", "AliasChoices can read another", id="path in choices"),
        pytest.param("name_of('API_KEY')", "computes the name", id="computed"),
    ],
)  # fmt: skip
def test_a_field_with_several_names_is_explained(sites, alias, reason):
    text = f"import pydantic\nfrom pydantic import AliasChoices, Field\nfrom pydantic_settings import BaseSettings\nclass S(BaseSettings):\n    api_key: str = Field(validation_alias={alias})\n"
    [(_, _, explained)] = sites(text)
    assert reason in explained


@pytest.mark.parametrize(
    ("alias", "env", "is_fixable"),
    [
        pytest.param("AliasChoices('CHAT_KEY', 'chat_token')", "CHAT_KEY", True, id="choices"),
        pytest.param("AliasChoices('CHAT_KEY', 'chat_key')", "CHAT_KEY", True, id="same variable"),
        pytest.param("AliasPath('CHAT_KEYS', 'first')", "CHAT_KEYS", False, id="path"),
        pytest.param("AliasChoices('CHAT_KEY', AliasPath('KEYS', 0))", "CHAT_KEY or KEYS", False, id="choices and path"),
        pytest.param("AliasChoices('CHAT_KEY', name_of())", None, False, id="computed"),
    ],
)  # fmt: skip
def test_a_field_with_several_names_names_its_variables(scanned, alias, env, is_fixable):
    text = f"from pydantic import AliasChoices, AliasPath, Field\nfrom pydantic_settings import BaseSettings\nclass S(BaseSettings):\n    api_key: str = Field(validation_alias={alias})\n"
    [finding] = [f for f in scanned({"config.py": text}).findings if f.line == 4]
    assert (finding.env, finding.fixable) == (env, is_fixable)
    assert not env or finding.message.endswith(env)


def test_limits_the_fields_of_models_in_models(scanned):
    files = {
        "settings.py": "from pydantic_settings import BaseSettings\nfrom m3 import M3\n"
        "class S(BaseSettings):\n    model_config = {'env_nested_delimiter': '__'}\n    api_key: str\n    a: M3\n",
        "m0.py": "from pydantic import BaseModel\nclass M0(BaseModel):\n    api_key: str\n",
    }
    for level in range(1, 4):
        fields = "".join(f"    f{number}: M{level - 1}\n" for number in range(12))
        head = f"from pydantic import BaseModel\nfrom m{level - 1} import M{level - 1}\n"
        files[f"m{level}.py"] = f"{head}class M{level}(BaseModel):\n{fields}"
    variables = [site.variable for _, site in scanned(files).sites]
    assert "A__F0__F0__F0__API_KEY" in variables
    assert 12 < len(variables) <= MAX_NESTED_FIELDS


@pytest.mark.parametrize(
    "default",
    ["Field(default_factory=make_string)", "'postgresql+psycopg://shop@localhost/shop'", "''"],
)
def test_a_connection_string_is_a_secret(sites, default):
    fields = f"    DATABASE_STRING: str = {default}\n    DB_REPLICA_STRING: str | None = None\n"
    head = "from pydantic_settings import BaseSettings\nclass S(BaseSettings):\n"
    found = [(shape, variable) for shape, variable, _ in sites(head + fields)]
    assert found == [("field", "DATABASE_STRING"), ("field", "DB_REPLICA_STRING")]
