from __future__ import annotations

import pytest
from shield_helpers import reason_of

from shield_ai.model.skip import SkipId
from shield_ai.scan.python.app.cross_file import RESERVED
from shield_ai.scan.python.app_scan import scan_files

IGNORED = (False, "ignored in shield.toml", ())


def test_a_value_is_for_development_if_another_file_reads_the_variable(scanned):
    found = scanned(
        {
            "shop/settings/base.py": "SECRET_KEY = 'k3y-of-a-test'\n",
            "shop/settings/prod.py": "import os\nfrom .base import *\nSECRET_KEY = os.environ['SECRET_KEY']\n",
        }
    ).sites
    reasons = {f.path: reason_of(site) for f, site in found}
    assert reasons["shop/settings/base.py"].startswith("development value")
    assert reasons["shop/settings/prod.py"] == ""


def test_a_class_of_another_file_can_set_the_value(scanned):
    found = scanned(
        {
            "shop/settings/base.py": "class Base(Configuration):\n    SECRET_KEY = 'change-me-4'\n",
            "shop/settings/prod.py": (
                "import os\nclass Prod(Base):\n    SECRET_KEY = os.environ['DJANGO_SECRET_KEY']\n"
            ),
        }
    ).sites
    reasons = {f.path: reason_of(site) for f, site in found}
    text = "development value: shop/settings/prod.py sets SECRET_KEY to another value"
    assert reasons == {"shop/settings/base.py": text, "shop/settings/prod.py": ""}


@pytest.mark.parametrize(
    ("value", "movable"),
    [
        ("configuration.SECRET_KEY", True),
        ("getattr(configuration, 'SECRET_KEY', '')", True),
        ("configuration.OTHER_KEY", False),
        ("getattr(configuration, 'OTHER_KEY')", False),
        ("make_key()", False),
    ],
)
def test_a_setting_copied_from_another_module_is_not_a_new_value(scanned, value, movable):
    found = scanned(
        {
            "shop/configuration.py": "SECRET_KEY = 'k3y-of-a-test'",
            "shop/settings.py": f"from shop import configuration\nSECRET_KEY = {value}",
        }
    ).sites
    [site] = [site for _, site in found]
    assert reason_of(site) == (
        "" if movable else "development value: shop/settings.py sets SECRET_KEY to another value"
    )


def test_a_test_of_a_variable_that_a_function_loads_by_its_prefix(sites):
    found = sites(
        "import os\napp.config.from_prefixed_env()\nif 'FLASK_API_KEY' in os.environ:\n    f()\n"
        "X = os.environ.get('FLASK_API_KEY', '')\n"
    )
    assert found[0] == ("presence", "FLASK_API_KEY", "no read of FLASK_API_KEY can be migrated")
    assert "from_prefixed_env() reads the variable itself" in found[1][2]


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        pytest.param("init(debug=True)", "sentry_sdk.init() reads the variable", id="no dsn"),
        pytest.param("init(dsn=X)", "", id="dsn"),
        pytest.param("init(X)", "", id="positional dsn"),
        pytest.param("init(**options)", "", id="unknown arguments"),
    ],
)
def test_a_variable_that_a_library_reads_stays(sites, call, reason):
    text = f"import os\nfrom sentry_sdk import init\nX = os.environ['SENTRY_DSN']\n{call}\n"
    [(_, variable, why)] = sites(text)
    assert variable == "SENTRY_DSN"
    assert why.startswith(reason)
    assert bool(why) is bool(reason)


@pytest.mark.parametrize(
    ("path", "is_left"),
    [
        pytest.param("shop/llm.py", True, id="in the app"),
        pytest.param("monke/client/llm.py", False, id="in a tool beside the app"),
    ],
)
def test_only_libraries_in_the_app_keep_their_variables(scanned, path, is_left):
    client = (
        "import os\nfrom openai import OpenAI\nif os.getenv('OPENAI_API_KEY'):\n    X = OpenAI()\n"
    )
    read = "import os\nKEY = os.environ['OPENAI_API_KEY']\n"
    found = scanned({"shop/__init__.py": "", "shop/settings.py": read, path: client})
    [reason] = [reason_of(site) for f, site in found.sites if f.path == "shop/settings.py"]
    text = "openai.OpenAI() reads the variable itself: pass the value as an argument first"
    assert reason == (f"{text} ({path}:4)" if is_left else "")
    advice = f"{text}; keep the variable OPENAI_API_KEY set for it"
    outside = [skip.path for skip in found.skipped if (skip.line, skip.reason) == (4, advice)]
    assert outside == ([] if is_left else [path])
    assert found.kept == (() if is_left else ("OPENAI_API_KEY",))


def test_a_presence_test_without_a_read_cannot_be_migrated(sites):
    assert sites("import os\nX = 'API_KEY' in os.environ") == [
        ("presence", "API_KEY", "no read of API_KEY can be migrated")
    ]


@pytest.mark.parametrize(
    ("text", "moves"),
    [
        pytest.param("if os.environ.get('API_KEY'): init()", False, id="a condition"),
        pytest.param("if DEBUG and not os.environ.get('API_KEY'): init()", False, id="a part"),
        pytest.param("X = bool(os.environ.get('API_KEY'))", False, id="bool()"),
        pytest.param("if os.environ.get('API_KEY') is None: raise ValueError", False, id="is None"),
        pytest.param("if os.environ.get('API_KEY', '') == '': raise ValueError", False, id="empty"),
        pytest.param("X = 1 if os.environ.get('API_KEY') else 2", False, id="an expression"),
        pytest.param("if os.environ.get('API_KEY') == 'x': init()", True, id="a comparison"),
        pytest.param("if (key := os.environ.get('API_KEY')): init(key)", True, id="a named value"),
        pytest.param("X = os.environ.get('API_KEY') or None", True, id="a default"),
        pytest.param(
            "if os.environ.get('API_KEY'): init(os.environ['API_KEY'])", True, id="and a use"
        ),
    ],
)
def test_a_variable_that_is_only_tested_is_not_migrated(sites, text, moves):
    """A library, such as the agent of New Relic, may read it."""
    reasons = {why for _, _, why in sites(f"import os\n{text}")}
    assert reasons == ({""} if moves else {"no read of API_KEY can be migrated"})


@pytest.mark.parametrize("variable", sorted(RESERVED))
@pytest.mark.parametrize(
    "code",
    [
        pytest.param("X = os.environ['{}']", id="read"),
        pytest.param("for name in ['{}', 'DEBUG']:\n    x = os.getenv(name)", id="in a loop"),
    ],
)
def test_a_variable_of_the_platform_is_not_migrated(code, variable):
    text = f"import os\n{code.format(variable)}\n"
    for manifest_variables, reason in [((), RESERVED[variable].text), ({variable}, "")]:
        found = scan_files("app", ["a.py"], lambda _: text.encode(), manifest_variables).sites
        sites = [site for finding, site in found if finding.env == variable]
        assert [reason_of(site) for site in sites] == [reason]


def scan_ignoring(text, *ignored):
    found = scan_files("app", ["settings.py"], lambda _: text.encode(), ignored=ignored).sites
    return {site.variables: (f.fixable, reason_of(site), site.other_variables) for f, site in found}


@pytest.mark.parametrize(
    ("code", "found"),
    [
        pytest.param("T = os.environ['DEBUG_TOKEN']", {("DEBUG_TOKEN",): IGNORED}, id="read"),
        pytest.param("DEBUG_TOKEN = 'k3y-of-a-test'", {("DEBUG_TOKEN",): IGNORED}, id="literal"),
        pytest.param(
            "T = 'DEBUG_TOKEN' in os.environ", {("DEBUG_TOKEN",): IGNORED}, id="presence test"
        ),
        pytest.param(
            "K = 'A_TOKEN' if LIVE else 'DEBUG_TOKEN'\nT = os.environ[K]",
            {("A_TOKEN",): (True, "", ("DEBUG_TOKEN",))},
            id="one of two names",
        ),
        pytest.param(
            "T = os.environ['OTHER_TOKEN']", {("OTHER_TOKEN",): (True, "", ())}, id="another one"
        ),
    ],
)
def test_ignored_variables_stay_in_the_environment(code, found):
    assert scan_ignoring(f"import os\n{code}\n", "DEBUG_TOKEN") == found


@pytest.mark.parametrize(
    ("variable", "use", "reason"),
    [
        pytest.param(
            "SENTRY_DSN",
            "sentry_sdk.init(debug=True)",
            SkipId.READ_BY_LIBRARY.reason(function="sentry_sdk.init").text
            + " (shop/settings.py:3)",
            id="Sentry",
        ),
        pytest.param(
            "AWS_ACCESS_KEY_ID",
            "boto3.Session()",
            SkipId.SIGNS_IN.text,
            id="boto3",
        ),
        pytest.param(
            "GS_CREDENTIALS",
            "open(os.environ['GS_CREDENTIALS'])",
            SkipId.HARMLESS_PATH.text,
            id="path",
        ),
        pytest.param(
            "API_KEY", "f()", SkipId.NO_READ_MOVED.reason(variable="API_KEY").text, id="other"
        ),
    ],
)
def test_explains_why_no_read_of_a_tested_variable_is_moved(sites, variable, use, reason):
    text = f"import boto3, os, sentry_sdk\nif '{variable}' in os.environ:\n    X = {use}\n"
    assert sites(text) == [("presence", variable, reason)]
