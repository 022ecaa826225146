from __future__ import annotations

import ast
import re

import pytest
from rewrite_helpers import check, map_file, rewritten, rewritten_and_drafted
from shield_helpers import shield

from shield_ai.model.manifest import App, Manifest, Secret

IMPORT = """\
from shop._shield_runtime.pydantic import SecretsManagerSource
from shop.aws_secrets import client
"""
HEAD = "from pydantic_settings import BaseSettings, SettingsConfigDict\n"
NEW_HEAD = """\
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)
"""
SIGNATURE_LINES = """
    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        \"\"\"Read the secrets from AWS before the environment variables.\"\"\"
"""
RETURN = """\
        return (
            init_settings,
            secrets,
            env_settings,
            dotenv_settings,
            file_secret_settings,
        )
"""
CREATED = """\
        secrets = SecretsManagerSource(
            settings_cls, client, [env_settings, dotenv_settings]
        )
"""
METHOD = f"{SIGNATURE_LINES}{CREATED}{RETURN}"


def test_adds_typed_method_at_end_of_class():
    before = f'{HEAD}\n\nclass Settings(BaseSettings):\n    token: str\n    debug: bool = False\n\n\nSETTINGS = "x"\n'
    check(
        before,
        before.replace(HEAD, f"{NEW_HEAD}\n{IMPORT}").replace(
            "    debug: bool = False\n", f"    debug: bool = False\n{METHOD}"
        ),
    )


def test_adds_the_source_for_a_default_that_reads_the_fields_variable():
    """pydantic reads the variable before it uses the default."""
    before = f"import os\n\n{HEAD}\n\nclass Settings(BaseSettings):\n    A_TOKEN: str = os.environ['A_TOKEN']\n    b_token: str | None = os.getenv('B_TOKEN')\n"
    imports = IMPORT.replace("client", "client, get_secret")
    after = f"{NEW_HEAD}\n{imports}\n\nclass Settings(BaseSettings):\n    A_TOKEN: str = get_secret('a-token')\n    b_token: str | None = get_secret('b-token', None)\n{METHOD}"
    check(before, after)


def test_adds_the_source_of_pydantic_1_for_a_default_that_reads_the_fields_variable():
    before = f"import os\n\n{HEAD_1}\n\nclass Settings(BaseSettings):\n    a_token = os.environ['A_TOKEN']\n"
    after, skipped = rewritten(before)
    assert b"    a_token = get_secret('a-token')\n\n    class Config:\n" in after
    assert after.endswith(OWN_1.lstrip("\n").encode())
    assert not skipped


def test_asks_the_method_of_a_base_class():
    files = {"shop/base.py": f"{HEAD}class Base(BaseSettings):\n    debug: bool = False\n".encode()}
    before = "from shop.base import Base\n\n\nclass Own(Base):\n    api_key: str\n"
    method = f"""{SIGNATURE_LINES}        others = super().settings_customise_sources(
            settings_cls,
            init_settings,
            env_settings,
            dotenv_settings,
            file_secret_settings,
        )
        secrets = SecretsManagerSource(settings_cls, client, others)
        return secrets.before_env(others)
"""
    module = "from shop._shield_runtime.pydantic import"
    names = "".join(
        f"    {name},\n"
        for name in ("BaseSettings", "PydanticBaseSettingsSource", "SecretsManagerSource")
    )
    imports = (
        f"{module} (\n{names})\nfrom shop.aws_secrets import client\nfrom shop.base import Base\n"
    )
    check(before, before.replace("from shop.base import Base\n", imports) + method, files)


def test_the_variable_hides_no_import():
    before = f"import secrets\n\n{HEAD}\n\nclass Settings(BaseSettings):\n    api_key: str = secrets.token_hex()\n"
    after, _ = rewritten(before)
    assert b"        aws_secrets = SecretsManagerSource(" in after
    assert b"            aws_secrets,\n" in after


OWN_1 = """
        @classmethod
        def customise_sources(
            cls,
            init_settings: SettingsSourceCallable,
            env_settings: SettingsSourceCallable,
            file_secret_settings: SettingsSourceCallable,
        ) -> "tuple[SettingsSourceCallable, ...]":
            \"\"\"Read the secrets from AWS before the environment variables.\"\"\"
            secrets = SecretsManagerSource(client)
            return init_settings, secrets, env_settings, file_secret_settings
"""
HEAD_1 = "from pydantic import BaseSettings\n"
IMPORT_1 = """\
from shop._shield_runtime.pydantic_v1 import (
    SecretsManagerSource,
    SettingsSourceCallable,
)
from shop.aws_secrets import client
"""


@pytest.mark.parametrize(
    "body", ["", "\n    class Config:\n        env_prefix = 'shop_'\n"], ids=["alone", "Config"]
)
def test_adds_source_of_pydantic_1_to_config(body):
    before = f"{HEAD_1}\n\nclass Settings(BaseSettings):\n    token: bytes = b'1'\n{body}"
    after = OWN_1 if body else f"\n    class Config:{OWN_1}".replace("Config:\n\n", "Config:\n")
    check(before, before.replace(HEAD_1, f"{HEAD_1}\n{IMPORT_1}") + after)


@pytest.mark.parametrize("names", ["annotations", "division, annotations"])
def test_postponed_annotations_of_pydantic_1_have_no_quotes(names):
    head = f"from __future__ import {names}\n\n{HEAD_1}"
    after, _ = rewritten(f"{head}\n\nclass Settings(BaseSettings):\n    api_key: str\n")
    assert b" -> tuple[SettingsSourceCallable, ...]:\n" in after


@pytest.mark.parametrize("head", [HEAD, HEAD_1], ids=["2", "1"])
def test_asks_other_base_classes_if_the_app_customizes_sources(head):
    files = {"shop/vault.py": b"class Vault(X):\n    def settings_customise_sources(cls): ...\n"}
    after, skipped = rewritten(f"{head}\n\nclass Own(BaseSettings):\n    api_key: str\n", files)
    assert b" others = super()." in after
    assert after.endswith(b"return secrets.before_env(others)\n")
    assert not skipped


def test_serves_mixins_and_nested_models_through_the_settings():
    before = f"""\
{NEW_HEAD}from pydantic import BaseModel


class Mail(BaseModel):
    mail_password: str | None = None


class Database(BaseModel):
    password: str = "passwd-change-me"


class Settings(Mail, BaseSettings):
    model_config = SettingsConfigDict(env_nested_delimiter="__", env_prefix="app_")
    database: Database = Database()
"""
    after, skipped, manifest = rewritten_and_drafted(before)
    variables = {variable for secret in manifest.secret for variable in secret.variables()}
    assert variables == {"APP_MAIL_PASSWORD", "APP_DATABASE__PASSWORD"}
    assert b"secrets = SecretsManagerSource(settings_cls, client, others)\n" in after
    assert [skip.name for skip in skipped] == ["password"]


def test_serves_nested_models_of_other_files():
    files = {
        "shop/db.py": b"from pydantic import BaseModel\nfrom shop.pool import Pool\nclass Database(BaseModel):\n    password: str = 'passwd-change-me'\n    api_token: str\n    port: int\n    pool: Pool\n",
        "shop/pool.py": b"from pydantic import BaseModel\nclass Pool(BaseModel):\n    secret: str\n",
    }
    before = f"from shop.db import Database\n{HEAD}\n\nclass Settings(BaseSettings):\n    model_config = SettingsConfigDict(env_nested_delimiter='__')\n    db: Database\n"
    after, skipped, manifest = rewritten_and_drafted(before, files)
    variables = {variable for secret in manifest.secret for variable in secret.variables()}
    assert variables == {"DB__PASSWORD", "DB__API_TOKEN", "DB__POOL__SECRET"}
    assert (after.count(b"@classmethod"), skipped) == (1, ())


def test_a_field_that_calls_the_runtime_needs_no_source():
    """An earlier version moved texts in class bodies."""
    call = "from shop.aws_secrets import get_secret\n"
    before = f"{call}{HEAD}from pydantic import Field, SecretStr\n\n\nclass S(BaseSettings):\n    token: SecretStr = SecretStr(get_secret('token', default='x'))\n    api_key: str = Field(default_factory=lambda: get_secret('api-key'))\n"
    after, skipped = rewritten(before)
    assert (after.decode(), skipped) == (before, ())


@pytest.mark.parametrize(
    ("imports", "after"),
    [
        pytest.param(
            ["BaseSettings as Base", "SettingsConfigDict"],
            ["BaseSettings as Base", "PydanticBaseSettingsSource, SettingsConfigDict"],
            id="an import without an alias",
        ),
        pytest.param(
            ["BaseSettings as Base"],
            ["BaseSettings as Base", "PydanticBaseSettingsSource"],
            id="only an alias",
        ),
    ],
)
def test_an_import_with_an_alias_is_not_extended(imports, after):
    """By default, isort and ruff write an import with an alias on a separate line."""
    head = "".join(f"from pydantic_settings import {names}\n" for names in imports)
    done, _ = rewritten(f"{head}\n\nclass Settings(Base):\n    token: str\n")
    found = re.findall(rb"from pydantic_settings import ([^(\n]+)\n", done)
    assert [names.decode() for names in found] == after


def test_extends_the_import_of_the_map_file():
    head = f"{HEAD}\nfrom shop.aws_secrets import get_secret\n\nT = get_secret('t-key')\n"
    after, _ = rewritten(f"{head}\n\nclass S(BaseSettings):\n    api_key: str\n")
    assert b"\nfrom shop.aws_secrets import client, get_secret\n" in after


def test_breaks_long_entries_of_the_package():
    """Where the runtime is a package, the class lists its secrets."""
    variable = "THE_WORKER_SQS_AWS_SECRET_ACCESS_KEY"
    secret = Secret(
        name="worker-sqs-aws-credentials", kind="json", fields={"secret_access_key": variable}
    )
    manifest = Manifest(app=App(name="shop", runtime="package"), secret=[secret])
    text = f"{HEAD}\n\nclass Settings(BaseSettings):\n    {variable}: str\n"
    after, _ = rewritten(text, None, manifest)
    assert (
        f"""
                "{variable}": (
                    "worker-sqs-aws-credentials",
                    "secret_access_key",
                ),
""".encode()
        in after
    ), after.decode()


@pytest.mark.parametrize(
    ("body", "variable"),
    [
        pytest.param("    api_key: str\n", "API_KEY", id="the field's name"),
        pytest.param(
            "    model_config = SettingsConfigDict(env_prefix='shop_')\n    api_key: str\n",
            "SHOP_API_KEY",
            id="a prefix",
        ),
        pytest.param(
            "    model_config: ClassVar = SettingsConfigDict(env_prefix='shop_')\n    api_key: str\n",
            "SHOP_API_KEY",
            id="a prefix, with a type",
        ),
        pytest.param(
            "    api_key: str\n\n    class Config:\n        env_prefix = 'shop_'\n",
            "SHOP_API_KEY",
            id="nested Config class",
        ),
        pytest.param(
            "    model_config = {'case_sensitive': True}\n    api_key: str\n", "api_key", id="case"
        ),
        pytest.param(
            "    api_key: str = Field(validation_alias='OTHER_KEY')\n", "OTHER_KEY", id="an alias"
        ),
        pytest.param("    api_key: str = Field(default='')\n", "API_KEY", id="a default"),
        pytest.param("    sentry_dsn: HttpUrl | None = None\n", "SENTRY_DSN", id="not a string"),
        pytest.param(
            "    model_config = SettingsConfigDict(env_prefix='a_')\n    api_key: str = ''\n",
            "A_API_KEY",
            id="string with a prefix",
        ),
    ],
)
def test_uses_variable_that_pydantic_reads(body, variable):
    after, skipped, manifest = rewritten_and_drafted(
        f"{HEAD}from pydantic import Field\n\n\nclass Settings(BaseSettings):\n{body}"
    )
    assert [variable for secret in manifest.secret for variable in secret.variables()] == [variable]
    assert not skipped
    assert b"settings_cls, client, [env_settings, dotenv_settings]\n" in after


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param(HEAD_1 + "class S(BaseSettings):\n    api_key: str\n    class Config: a = 1\n", "one line", id="pydantic 1, one line"),
        pytest.param(HEAD_1 + "class S(BaseSettings, env_prefix='a'):\n    api_key: str\n", "not a class Config", id="pydantic 1, keywords"),
        pytest.param(HEAD_1 + "class S(BaseSettings):\n    api_key: str\n    class Config:\n        @classmethod\n        def customise_sources(cls, *args): ...\n", "has customise_sources", id="pydantic 1 with the method"),
        pytest.param(HEAD + "class S(BaseSettings):\n    api_key: str\n    @classmethod\n    def settings_customise_sources(cls): ...\n", "has settings_customise_sources", id="class with the method"),
        pytest.param(HEAD + "class S(BaseSettings):\n    model_config = SettingsConfigDict(env_prefix=P)\n    api_key: str\n", "computes the names of its variables", id="a computed prefix"),
        pytest.param(HEAD + "from pydantic import Field\nclass S(BaseSettings):\n    api_key: str = Field(validation_alias=A)\n", "computes the name of its variable", id="a computed alias"),
        pytest.param(HEAD + "class S(BaseSettings): api_key: str\n", "one line", id="one line"),
    ],
)  # fmt: skip
def test_reports_why_class_is_skipped(text, reason):
    after, [skip] = rewritten(text)
    assert (after, reason in skip.reason) == (text.encode(), True)


def test_follows_base_class_in_another_module():
    files = {
        "shop/base.py": f"from shop.names import PREFIX\n{HEAD}class Base(BaseSettings):\n    model_config = SettingsConfigDict(env_prefix=PREFIX)\n".encode(),
        "shop/names.py": b'PREFIX = "A_"\n',
    }
    _, _, manifest = rewritten_and_drafted(
        "from shop.base import Base\n\n\nclass Own(Base):\n    api_key: str\n", files
    )
    assert "A_API_KEY" in manifest.secrets_by_variable()


def test_apply_keeps_settings_and_updates_names(tmp_path, monkeypatch):
    """The proof of `apply` loads them both ways; a new name in shield.toml is carried into the class."""
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/__init__.py").touch()
    text = f"{HEAD}from pydantic import SecretStr\n\n\nclass Settings(BaseSettings):\n    api_keys: list[str]\n    password: SecretStr\n\n\n"
    (tmp_path / "shop/config.py").write_text(
        text + "S = Settings()\nKEYS = S.api_keys\nPASSWORD = S.password.get_secret_value()\n"
    )
    monkeypatch.setenv("API_KEYS", '["a", "b"]')
    monkeypatch.setenv("PASSWORD", "a b")
    done = shield("apply", "--only", "code", "--yes", cwd=tmp_path)
    assert (done.code, "proved: 1 of 1" in done.err) == (0, True), done.text
    assert "nothing to do" in shield("apply", "--only", "code", "--yes", cwd=tmp_path).err
    scanned = shield("scan", cwd=tmp_path)
    assert (scanned.code, scanned.out.strip()) == (0, "no findings")
    toml = (tmp_path / "shield.toml").read_text()
    (tmp_path / "shield.toml").write_text(
        toml.replace('name = "api-keys"', 'name = "shop/api-keys"')
    )
    done = shield("apply", "--only", "code", "--yes", cwd=tmp_path)
    assert (done.code, "proved: 1 of 1" in done.err) == (0, True), done.text
    assert "client, [env_settings, dotenv_settings]" in (tmp_path / "shop/config.py").read_text()


def test_apply_keeps_settings_of_pydantic_1(tmp_path, monkeypatch):
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/__init__.py").touch()
    (tmp_path / "shop/config.py").write_text("""\
from pydantic.v1 import BaseModel, BaseSettings


class Mail(BaseModel):
    mail_password: str = ""


class Database(BaseModel):
    password: str = "development"


class Settings(Mail, BaseSettings):
    api_keys: list[str] = ["development"]
    database: Database = Database()

    class Config:
        env_prefix = "shop_"
        env_nested_delimiter = "__"


S = Settings()
KEYS = S.api_keys
MAIL_PASSWORD = S.mail_password
DATABASE_PASSWORD = S.database.password
""")
    monkeypatch.setenv("SHOP_API_KEYS", '["a", "b"]')
    monkeypatch.setenv("SHOP_MAIL_PASSWORD", "a b")
    monkeypatch.setenv("SHOP_DATABASE__PASSWORD", "c d")
    done = shield("apply", "--only", "code", "--yes", cwd=tmp_path)
    assert (done.code, "proved: 1 of 1" in done.err) == (0, True), done.text
    toml = (tmp_path / "shield.toml").read_text()
    for variable in ("SHOP_API_KEYS", "SHOP_MAIL_PASSWORD", "SHOP_DATABASE__PASSWORD"):
        assert f'"{variable}"' in toml
    assert "nothing to do" in shield("apply", "--only", "code", "--yes", cwd=tmp_path).err


@pytest.mark.parametrize("head", [HEAD, HEAD_1], ids=["2", "1"])
def test_a_class_inherits_the_method_of_its_base(head):
    text = f"{head}\n\nclass A(BaseSettings):\n    token: str\n\n\nclass B(A):\n    password: str\n"
    after, _, manifest = rewritten_and_drafted(text)
    assert after.count(b"@classmethod") == 1
    assert after.endswith(b"\n\n\nclass B(A):\n    password: str\n")
    again, skipped = rewritten(after, map_file(manifest), manifest)
    assert (again, skipped) == (after, ())


@pytest.mark.parametrize(
    ("head", "imports"), [(HEAD, f"{NEW_HEAD}\n{IMPORT}"), (HEAD_1, f"{HEAD_1}\n{IMPORT_1}")], ids=["2", "1"]
)  # fmt: skip
def test_classes_of_a_file_share_an_added_base(head, imports):
    classes = (
        "# Mail\nclass Mail(BaseSettings):\n    token: str\n\n\nclass Pay({0}):\n    api_key: str\n"
    )
    before = f"{head}\n\n{classes}".replace("{0}", "BaseSettings")
    method = METHOD if head == HEAD else f"\n    class Config:{OWN_1}".replace(":\n\n", ":\n", 1)
    base = f'class AwsSecretsSettings(BaseSettings):\n    """Base class of the settings with secrets."""\n{method}\n\n'
    after = before.replace(head, imports).replace("# Mail", f"{base}# Mail")
    for name in ("Mail", "Pay"):
        after = after.replace(f"class {name}(BaseSettings)", f"class {name}(AwsSecretsSettings)")
    check(before, after)


def test_a_new_class_derives_from_the_added_base():
    classes = "".join(f"\n\nclass {c}(BaseSettings):\n    {c.lower()}_token: str\n" for c in "AB")
    once, _, manifest = rewritten_and_drafted(f"{HEAD}{classes}")
    later = f"{once.decode()}\n\nclass C(BaseSettings):\n    api_key: str\n"
    after, skipped = rewritten(later, map_file(manifest), manifest)
    assert (after.decode(), skipped) == (
        later.replace("C(BaseSettings)", "C(AwsSecretsSettings)"),
        (),
    )


@pytest.mark.parametrize(
    ("second", "methods"),
    [
        pytest.param("class B(Mixin, BaseSettings):\n    api_key: str\n", 2, id="another base"),
        pytest.param("class B(BaseSettings):\n    api_key: str\n{OWN}", 2, id="own sources"),
        pytest.param("if 1:\n    class B(BaseSettings):\n        api_key: str\n", 2, id="nested"),
    ],
)
def test_other_classes_keep_their_base(second, methods):
    second = second.replace("{OWN}", OWN_METHOD)
    before = f"{HEAD}\n\nclass Mixin:\n    pass\n\n\nclass A(BaseSettings):\n    token: str\n\n\n{second}"
    after, skipped = rewritten(before)
    assert (after.count(b"= SecretsManagerSource("), skipped) == (methods, ())
    assert b"AwsSecretsSettings" not in after


OWN_METHOD = """\
    @classmethod
    def settings_customise_sources(cls, settings_cls, init_settings, env_settings, **others):
        return init_settings, env_settings
"""


@pytest.mark.parametrize(
    ("base", "classes", "methods"),
    [
        pytest.param("Base(BaseSettings):\n    debug: bool = False\n", ["A(Base)", "B(Base)"], ["Base"], id="shared"),
        pytest.param("Base(BaseSettings):\n    debug: bool = False\n", ["A(Base)", "B(BaseSettings)"], ["AwsSecretsSettings"], id="one heir"),
        pytest.param("Base(BaseSettings):\n    debug: bool = False\n\n\nclass Mid(Base):\n    on: bool = True\n", ["A(BaseSettings)", "B(Mid)"], ["AwsSecretsSettings"], id="distant heir"),
        pytest.param(f"Base(BaseSettings):\n{OWN_METHOD}", ["A(Base)", "B(BaseSettings)"], ["A", "B"], id="own sources of one"),
        pytest.param("Base(BaseSettings): debug: bool = False\n", ["A(Base)", "B(Base)"], ["A", "B"], id="on one line"),
        pytest.param("Base(BaseModel):\n    debug: bool = False\n", ["A(Base, BaseSettings)", "B(Base, BaseSettings)"], ["A", "B"], id="mixin"),
        pytest.param(f"Base(BaseSettings):\n{OWN_METHOD}", ["A(Base)", "B(Base)"], ["A", "B"], id="own sources"),
    ],
)  # fmt: skip
def test_classes_share_the_method_of_their_common_base(base, classes, methods):
    text = f"{HEAD}from pydantic import BaseModel\n\n\nclass {base}"
    for number, name in enumerate(classes):
        text += f"\n\nclass {name}:\n    token_{number}: str\n"
    after, skipped, manifest = rewritten_and_drafted(text)
    added = [
        node.name
        for node in ast.parse(after).body
        if isinstance(node, ast.ClassDef) and "SecretsManagerSource" in ast.unparse(node)
    ]
    assert (added, skipped) == (methods, ())
    again, _ = rewritten(after, map_file(manifest), manifest)
    assert again == after


def test_a_served_class_needs_no_edit_for_new_fields():
    before = f"{HEAD}\n\nclass Base(BaseSettings):\n    token: str\n"
    once, _, manifest = rewritten_and_drafted(before)
    later = f"{once.decode()}\n\nclass Own(Base):\n    api_key: str\n"
    later = later.replace("    token: str\n", "    token: str\n    password: str\n")
    after, skipped, manifest = rewritten_and_drafted(later, map_file(manifest), manifest)
    assert (after.decode(), skipped) == (later, ())
    assert {"PASSWORD", "API_KEY"} <= {v for s in manifest.secret for v in s.variables()}


SIGNATURE = """
    @classmethod
    def settings_customise_sources(cls, settings_cls, init_settings, env_settings, dotenv_settings, **others):
"""
CLASS = f"{HEAD}\n\nclass Settings(BaseSettings):\n    token: str\n"
OWN = "        secrets = SecretsManagerSource(settings_cls, client, [env_settings])\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            "        return init_settings, env_settings, dotenv_settings\n",
            f"{CREATED}        return init_settings, secrets, env_settings, dotenv_settings\n",
            id="on one line",
        ),
        pytest.param(
            "        return (\n            init_settings,\n            env_settings,\n        )\n",
            f"{OWN}        return (\n            init_settings,\n            secrets,\n            env_settings,\n        )\n",
            id="one per line",
        ),
        pytest.param(
            "        secrets = others\n        return env_settings, secrets\n",
            f"        secrets = others\n{OWN.replace('secrets =', 'aws_secrets =')}        return aws_secrets, env_settings, secrets\n",
            id="the name is taken",
        ),
    ],
)
def test_extends_existing_method(before, after):
    old = f"{CLASS}{SIGNATURE}{before}"
    check(old, old.replace(HEAD, f"{HEAD}\n{IMPORT}").replace(before, after))


@pytest.mark.parametrize(
    "method", ["", f"{SIGNATURE}        return env_settings, dotenv_settings\n"]
)
def test_second_run_changes_nothing(method):
    fields = "    token: str = ''\n    redis_url: str | None = None\n"
    once, _, manifest = rewritten_and_drafted(
        f"{HEAD}\n\nclass Settings(BaseSettings):\n{fields}{method}"
    )
    assert fields.encode() in once
    twice, skipped = rewritten(once.decode(), map_file(manifest))
    assert (twice, skipped) == (once, ())
