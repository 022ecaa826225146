from __future__ import annotations

import pytest
from rewrite_helpers import check, rewritten
from shield_helpers import shield

IMPORT = "from shop.utils._shield_runtime.pydantic import SecretsManagerSource"
HEAD = "from pydantic_settings import BaseSettings, SettingsConfigDict\n"
METHOD = """
    @classmethod
    def settings_customise_sources(cls, *args, **kwargs):
        first, *others = super().settings_customise_sources(*args, **kwargs)
"""


def test_adds_method_at_end_of_class():
    before = f'{HEAD}\n\nclass Settings(BaseSettings):\n    s_key: str\n    debug: bool = False\n\n\nSETTINGS = "x"\n'
    method = f'{METHOD}        return first, SecretsManagerSource(args[0], {{"S_KEY": "s-key"}}, others), *others\n'
    check(
        before,
        before.replace(HEAD, f"{HEAD}\n{IMPORT}\n").replace(
            "    debug: bool = False\n", f"    debug: bool = False\n{method}"
        ),
    )


def test_puts_many_secrets_on_separate_lines():
    fields = "".join(f"    the_long_name_{i}_password: str\n" for i in range(2))
    after, _ = rewritten(f"{HEAD}\n\nclass Settings(BaseSettings):\n{fields}")
    assert (
        b'        secrets = {\n            "THE_LONG_NAME_0_PASSWORD": "the-long-name-0-password",\n'
        in after
    )


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
    after, skipped = rewritten(
        f"{HEAD}from pydantic import Field\n\n\nclass Settings(BaseSettings):\n{body}"
    )
    assert f"'{variable}': '" in after.decode().replace('"', "'")
    assert not skipped


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("from pydantic import BaseSettings\nclass S(BaseSettings):\n    api_key: str\n", "pydantic 1", id="pydantic 1"),
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
        "shop/base.py": f"{HEAD}class Base(BaseSettings):\n    model_config = SettingsConfigDict(env_prefix='A_')\n".encode()
    }
    after, _ = rewritten(
        "from shop.base import Base\n\n\nclass Own(Base):\n    api_key: str\n", files
    )
    assert b'secrets = {\n            "A_API_KEY": "a-api-key",\n        }\n' in after


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
    toml = (tmp_path / "shield.toml").read_text()
    (tmp_path / "shield.toml").write_text(
        toml.replace('name = "api-keys"', 'name = "shop/api-keys"')
    )
    done = shield("apply", "--only", "code", "--yes", cwd=tmp_path)
    assert (done.code, "proved: 1 of 1" in done.err) == (0, True), done.text
    assert '"API_KEYS": "shop/api-keys"' in (tmp_path / "shop/config.py").read_text()


SIGNATURE = """
    @classmethod
    def settings_customise_sources(cls, settings_cls, init_settings, env_settings, dotenv_settings, **others):
"""
CLASS = f"{HEAD}\n\nclass Settings(BaseSettings):\n    s_key: str\n"
OWN = """\
        secrets = SecretsManagerSource(
            settings_cls,
            {
                "S_KEY": "s-key",
            },
            [env_settings],
        )
"""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            "        return init_settings, env_settings, dotenv_settings\n",
            f"{OWN}        return init_settings, secrets, env_settings, dotenv_settings\n",
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
    check(old, old.replace(HEAD, f"{HEAD}\n{IMPORT}\n").replace(before, after))


@pytest.mark.parametrize(
    "method", ["", f"{SIGNATURE}        return env_settings, dotenv_settings\n"]
)
def test_second_run_changes_nothing(method):
    fields = "    token: str = ''\n    redis_url: str | None = None\n"
    once, _ = rewritten(f"{HEAD}\n\nclass Settings(BaseSettings):\n{fields}{method}")
    assert fields.encode() in once
    twice, skipped = rewritten(once.decode())
    assert (twice, skipped) == (once, ())
