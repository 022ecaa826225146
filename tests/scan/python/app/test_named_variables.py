from __future__ import annotations

import pytest

from shield_ai.model.skip import SkipId

ALL_SET = "x = all(getattr(settings, name, None) for name in ['MAIL_HOST', 'MAIL_KEY'])\n"
SETTINGS = "import os\nURL = os.environ['DATABASE_URL']\n"


@pytest.mark.parametrize(
    ("code", "is_named"),
    [
        pytest.param("manager.set('sqlalchemy.url', 'DATABASE_URL', required=True)", True, id="method"),
        pytest.param("require_all(\n    'A',\n    'DATABASE_URL',\n)", True, id="several lines"),
        pytest.param("url = read(lower('x'), 'DATABASE_URL')", True, id="after a call"),
        pytest.param("# url = read('DATABASE_URL')", False, id="comment"),
        pytest.param("settings.get('DATABASE_URL')", False, id="settings"),
        pytest.param("getattr(settings, 'DATABASE_URL')", False, id="attribute"),
        pytest.param("raise ValueError('DATABASE_URL')", False, id="error"),
        pytest.param("config['DATABASE_URL'] = 1", False, id="index"),
        pytest.param("paint('#fff', 'DATABASE_URL')", True, id="hash in a text"),
        pytest.param("x = 'a'  # paint('#', 'DATABASE_URL')", False, id="comment after a text"),
        pytest.param("NAMES = ('A', 'DATABASE_URL')", False, id="tuple"),
        pytest.param("import os\nNAMES = ['DATABASE_URL', 'A']\nenv = os.environ", True, id="list of variables"),
        pytest.param("import os\ndef f(env):\n    return [n for n in ('A', 'DATABASE_URL') if n not in env]\nf(os.environ)", True, id="tuple of variables"),
        pytest.param("import os\nx = {'a': os.environ, 'b': f({'DATABASE_URL': 1})}", False, id="argument"),
        pytest.param("'other environment'\nNAMES = ['DATABASE_URL']", False, id="the word environment"),
        pytest.param("import os\nX = {'DATABASE_URL': settings.DATABASE_URL}\nx = os.environ", False, id="dict of settings"),
        pytest.param("import os\nX = {'DATABASE_URL': 1}\nx = os.environ", True, id="dict"),
        pytest.param("import os\nX = ['DATABASE_URL']\nx = os.getenv('DATABASE_URL')", False, id="list beside a read"),
        pytest.param("@field_validator('DATABASE_URL')\ndef check(x): ...", False, id="validator"),
        pytest.param("set_url(name='DATABASE_URL')", False, id="keyword"),
        pytest.param("has_url: bool = Field(False, validation_alias='DATABASE_URL')", True, id="alias"),
        pytest.param("has_url: bool = Field(False, validation_alias=AliasChoices('A', 'DATABASE_URL'))", True, id="aliases"),
        pytest.param("import os\nx = Field(False, validation_alias=AliasChoices('DATABASE_URL'))\ny = os.getenv('DATABASE_URL')", False, id="aliases beside a read"),
        pytest.param("is_set: bool = Field(\n    False,\n    env = 'DATABASE_URL',\n)", True, id="keyword env"),
        pytest.param("import os\nurl = Option(env='DATABASE_URL')\nx = os.getenv('DATABASE_URL')", False, id="alias beside a read"),
        pytest.param("env = 'DATABASE_URL'", False, id="assignment"),
        pytest.param("manager.set('OTHER_URL')", False, id="another variable"),
        pytest.param("import os\nx = os.getenv('DATABASE_URL')", False, id="known read"),
    ],
)  # fmt: skip
def test_calls_that_name_a_variable(scanned, code, is_named):
    skipped = scanned({"settings.py": SETTINGS, "config.py": f"{code}\n"}).skipped
    found = [(skip.path, skip.name) for skip in skipped if skip.id is SkipId.ALSO_NAMED]
    assert found == ([("config.py", "DATABASE_URL")] if is_named else [])


def test_entries_with_which_the_cdk_injects_values(scanned):
    stack = (
        "from aws_cdk import aws_ecs as ecs\n"
        "secrets = {\n"
        "    'DATABASE_URL': ecs.Secret.from_secrets_manager(secret),\n"
        "    # 'MAIL_KEY': ecs.Secret.from_ssm_parameter(other),\n"
        "    'REGION': ecs.Secret.from_ssm_parameter(parameter(stack, 'REGION')),\n"
        "}\n"
    )
    settings = f"{SETTINGS}KEY = os.environ['MAIL_KEY']\n"
    migrated = (
        "from shield_runtime import get_secret\nURL = get_secret('url', env='DATABASE_URL')\n"
    )
    for text in (settings, migrated):
        skipped = scanned({"settings.py": text, "stack.py": stack}).skipped
        found = [(skip.id, skip.path, skip.line, skip.name) for skip in skipped]
        assert found == [(SkipId.INJECTED, "stack.py", 3, "DATABASE_URL")]


@pytest.mark.parametrize(
    ("code", "is_named"),
    [
        pytest.param("from django.conf import settings\ncheck('MAIL_KEY')\n", False, id="settings"),
        pytest.param(
            "from storages.utils import setting\nX = setting('MAIL_KEY')\n",
            False,
            id="django-storages",
        ),
        pytest.param(
            "from django.conf import settings\nimport os\ncheck('MAIL_KEY')\nx = os.environ\n",
            True,
            id="environment, too",
        ),
        pytest.param(f"import os\n{ALL_SET}x = os.environ\n", False, id="list of settings"),
        pytest.param(
            f"import os\n{ALL_SET.replace('settings', 'x')}os.environ\n", True, id="another list"
        ),
        pytest.param("check('MAIL_KEY')\n", True, id="unknown"),
    ],
)
def test_names_of_settings_in_code_with_settings(scanned, code, is_named):
    files = {"settings.py": "import os\nMAIL_KEY = os.environ['MAIL_KEY']\n", "checks.py": code}
    skipped = scanned(files).skipped
    assert any(skip.id is SkipId.ALSO_NAMED for skip in skipped) is is_named
