from __future__ import annotations

import pytest

MANAGE = "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n"
READ = "import os\nAPI_KEY = os.environ['API_KEY']\nSTAGE = os.environ.get('DJANGO_ENV', 'dev')\n"
IMPORT = "importlib.import_module(f'shop.{STAGE}')\n"


@pytest.mark.parametrize(
    ("files", "stage"),
    [
        pytest.param({}, "AWS_SECRETS_ENV", id="not used"),
        pytest.param({"README.md": "Set DJANGO_ENV."}, "DJANGO_ENV", id="document"),
        pytest.param({"deploy/.env.prod": "DJANGO_ENV=production\n"}, "DJANGO_ENV", id="env file"),
        pytest.param({"compose.yaml": "- DJANGO_ENV=production\n"}, "DJANGO_ENV", id="compose"),
        pytest.param({"README.md": "DJANGO_ENVIRONMENT"}, "AWS_SECRETS_ENV", id="other name"),
        pytest.param(
            {"shop/_shield_runtime/settings.py": READ}, "AWS_SECRETS_ENV", id="copy of the runtime"
        ),
        pytest.param({"shop/settings.py": READ}, "AWS_SECRETS_ENV", id="other values"),
        pytest.param(
            {"shop/settings.py": READ + "DEBUG = STAGE != 'production'\n"},
            "DJANGO_ENV",
            id="production",
        ),
        pytest.param(
            {"shop/settings.py": READ, "shop/a.py": "x = settings.DJANGO_ENV == 'production'"},
            "DJANGO_ENV",
            id="production in another file",
        ),
        pytest.param(
            {"shop/settings.py": READ + "assert STAGE in ('Production', 'Local')\n"},
            "AWS_SECRETS_ENV",
            id="Production",
        ),
        pytest.param(
            {"shop/settings.py": READ + "DEBUG = STAGE != 'Production'\nX = {'production': 1}\n"},
            "AWS_SECRETS_ENV",
            id="production in another use",
        ),
        pytest.param(
            {"shop/settings.py": "X = os.environ['DJANGO_ENV'].upper() == 'PRODUCTION'\n"},
            "DJANGO_ENV",
            id="case is changed",
        ),
        pytest.param(
            {"shop/settings.py": READ, "shop/a.py": "x = 'production'"},
            "AWS_SECRETS_ENV",
            id="another production",
        ),
        pytest.param(
            {"shop/settings.py": READ + IMPORT, "shop/production.py": ""}, "DJANGO_ENV", id="module"
        ),
        pytest.param(
            {
                "shop/settings.py": READ + IMPORT.replace("{", "for_{"),
                "shop/for_production.py": "",
            },
            "DJANGO_ENV",
            id="part of the module's name",
        ),
        pytest.param(
            {"shop/settings.py": READ + IMPORT, "shop/preproduction.py": ""},
            "AWS_SECRETS_ENV",
            id="module with another name",
        ),
        pytest.param(
            {"shop/settings.py": READ, "shop/production.py": ""},
            "AWS_SECRETS_ENV",
            id="module that is not imported by the value",
        ),
        pytest.param({"tests/test_a.py": READ}, "DJANGO_ENV", id="test"),
        pytest.param({"manage.py": "", "shop/config.py": READ}, "AWS_SECRETS_ENV", id="no Django"),
    ],
)
def test_the_stage_is_not_a_variable_with_other_values_in_the_app(scanned, files, stage):
    base = {"manage.py": MANAGE, "shop/__init__.py": "", "shop/settings.py": ""}
    assert scanned({**base, **files}).facts.stage == stage
