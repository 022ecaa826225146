from __future__ import annotations

import pytest

from shield_ai.model.skip import SkipId


@pytest.mark.parametrize(
    ("text", "variable", "reason"),
    [
        ("KEY_X = values.SecretValue()", "DJANGO_KEY_X", ""),
        ("API_KEY = values.Value('', environ_prefix=None)", "API_KEY", ""),
        ("API_KEY = values.Value('', environ_name='THE_API_KEY')", "DJANGO_THE_API_KEY", ""),
        ("DATABASES = values.DatabaseURLValue()", "DATABASE_URL", ""),
    ],
)
def test_django_configurations_has_a_prefix(sites, text, variable, reason):
    found = sites(
        f"from configurations import Configuration, values\nclass Base(Configuration):\n    {text}"
    )
    assert found == [("read", variable, reason)]


IMPORTS = "from configurations import Configuration, values\n"
SUBCLASS = f"{IMPORTS}class OwnSecretValue(values.SecretValue):\n    pass\n"
FROM_LIBRARY = f"{IMPORTS}from shared.values import SecretFileValue\n"


@pytest.mark.parametrize(
    ("text", "variable"),
    [
        pytest.param(f"{SUBCLASS}class Base(Configuration):\n    KEY_X = OwnSecretValue()", "DJANGO_KEY_X", id="subclass"),
        pytest.param(f"{FROM_LIBRARY}class Base(Configuration):\n    KEY_X = SecretFileValue(None)", "DJANGO_KEY_X", id="library"),
        pytest.param(f"{IMPORTS}class Base(Configuration):\n    D = {{'PASSWORD': values.SecretValue(environ_name='PW')}}", "DJANGO_PW", id="item"),
        pytest.param(f"{IMPORTS}init(dsn=values.SecretValue(environ_name='SENTRY_DSN', environ_prefix=None))", "SENTRY_DSN", id="argument"),
    ],
)  # fmt: skip
def test_derived_and_nested_values(sites, text, variable):
    assert sites(text) == [("read", variable, "")]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"{IMPORTS}class Base(Configuration):\n    D = {{'PASSWORD': values.SecretValue()}}", id="item without a name"),
        pytest.param(f"{IMPORTS}class Base(Configuration):\n    REDIS_HOST = values.SecretValue()", id="no secret"),
        pytest.param("from shared.values import TextValue\nclass Field:\n    api_key = TextValue()", id="another library"),
    ],
)  # fmt: skip
def test_other_values(sites, text):
    assert sites(text) == []


@pytest.mark.parametrize(
    ("value", "variable"),
    [
        pytest.param("API_KEY = values.StringValue()", "API_KEY", id="setting"),
        pytest.param("API_KEY = values.StringValue(env_name='ADMIN_KEY')", "ADMIN_KEY", id="variable"),
        pytest.param("API_LABEL = values.StringValue()", "", id="no secret"),
        pytest.param("def f(self):\n        API_KEY = values.StringValue()", "", id="in a method"),
    ],
)  # fmt: skip
def test_values_of_another_library_are_not_moved(sites, value, variable):
    text = f"from env_config import Environment, values\nclass Common(Environment):\n    {value}\n"
    found = sites(text)
    assert [site[:2] for site in found] == ([("read", variable)] if variable else [])
    assert all("not in the app" in site[2] for site in found)


def test_a_literal_beside_a_value_of_another_library_stays(scanned):
    text = (
        "from env_config import Environment, values\n"
        "class Common(Environment):\n    API_KEY = values.StringValue()\n"
        "class EmptyDefaults:\n    API_KEY = 'k3y-for-nothing'\n"
    )
    sites = scanned({"settings.py": text}).sites
    assert [site.reason.id for _, site in sites if site.reason] == [
        SkipId.UNKNOWN_READER,
        SkipId.DEVELOPMENT_VALUE_ALSO_READ,
    ]


def test_the_condition_is_moved_with_the_value(sites):
    text = (
        f"{IMPORTS}import dj_database_url\nclass Base(Configuration):\n"
        "    D = dj_database_url.config() if values.DatabaseURLValue(None) else {}\n"
        "    E = dj_database_url.config()"
        " if values.DatabaseURLValue(None, environ_name='DATABASE_URL') else {}\n"
    )
    reads = [("read", "DATABASE_URL", "")]
    assert sites(text) == 4 * reads


def test_a_placeholder_for_builds_stays(sites):
    text = (
        "from configurations import Configuration, values\n"
        "class Base(Configuration):\n    SECRET_KEY = values.Value(None)\n"
        "class Build(Base):\n    SECRET_KEY = values.Value('not-used')\n"
    )
    assert sites(text) == [
        ("read", "DJANGO_SECRET_KEY", ""),
        (
            "read",
            "DJANGO_SECRET_KEY",
            "in the class Build, which is for builds and has a default",
        ),
    ]


@pytest.mark.parametrize(
    ("default", "serves_production"),
    [
        pytest.param("values.Value(None, environ_name='A_KEY')", True, id="a value"),
        pytest.param(
            "OwnSecretValue(None, environ_name='A_KEY')", True, id="a value of a subclass"
        ),
        pytest.param("os.environ.get('A_KEY')", True, id="a read"),
        pytest.param("make_key()", False, id="another call"),
    ],
)
def test_a_read_as_default_serves_production(scanned, default, serves_production):
    text = (
        f"import os\n{SUBCLASS}class Base(Configuration):\n    B_KEY = OwnSecretValue({default})\n"
    )
    found = scanned({"shop/settings.py": text}).sites
    [site] = [site for _, site in found if site.variable == "DJANGO_B_KEY"]
    assert (site.optional, site.default_ok_in_production) == (True, serves_production)
