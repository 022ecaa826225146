from __future__ import annotations

import pytest
from shield_helpers import reason_of

from shield_ai.scan.python.app_scan import scan_files


def test_fields_of_a_database_come_with_its_password(scanned):
    text = """\
import os
DATABASES = {"default": {
    "ENGINE": "django.db.backends.postgresql",
    "NAME": os.environ["SHOP_DB"], "USER": os.environ["U"], "PASSWORD": os.environ["DB_PASSWORD"], "OPTIONS": {},
}}
PORT = os.environ["DB_PORT"]
"""
    found = scanned(
        {"settings.py": text, "other.py": "import os\nname = os.environ['SHOP_DB']\n"}
    ).sites
    parts = {(f.path, f.env): site.field for f, site in found}
    assert parts == {
        ("settings.py", "SHOP_DB"): "database",
        ("settings.py", "U"): "username",
        ("settings.py", "DB_PASSWORD"): "password",
        ("settings.py", "DB_PORT"): "port",
        ("other.py", "SHOP_DB"): "database",
    }
    assert {str(f.severity) for f, _ in found if f.env == "SHOP_DB"} == {"low"}


CLIENT = "import os\nSECRET = os.environ['GITHUB_CLIENT_SECRET']\n"


LOGIN = CLIENT + "ID = os.environ['GITHUB_CLIENT_ID']\n"


def test_an_identifier_comes_with_its_secret(sites, scanned):
    read = [("read", "GITHUB_CLIENT_SECRET", ""), ("read", "GITHUB_CLIENT_ID", "")]
    assert sites(LOGIN) == read
    assert sites("import os\nID = os.environ['GITHUB_CLIENT_ID']\n") == []
    test = ("presence", "GITHUB_CLIENT_ID", "")
    assert sites(LOGIN + "if 'GITHUB_CLIENT_ID' in os.environ: pass\n") == [*read, test]
    found = scanned(
        {"settings.py": LOGIN, "views.py": "import os\nx = os.environ['GITHUB_CLIENT_ID']\n"}
    ).findings
    assert [(f.path, str(f.severity)) for f in found if f.env == "GITHUB_CLIENT_ID"] == [
        ("settings.py", "low"),
        ("views.py", "low"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("e = {**os.environ}\nID = e['GITHUB_CLIENT_ID']\n", id="in an earlier copy of the environment"),
        pytest.param("ID = os.environ['GITHUB_CLIENT_ID']\ne = {**os.environ}\nX = e['GITHUB_CLIENT_ID']\n", id="there as well"),
        pytest.param("ID = os.environ['GITHUB_CLIENT_ID']\nfor k in ['GITHUB_CLIENT_ID']:\n    print(os.environ[k])\n", id="under a computed name"),
        pytest.param("ID = os.environ['GITHUB_CLIENT_ID']\nfor k in ['GITHUB_CLIENT_ID', 'A_TOKEN']:\n    print(os.environ[k])\n", id="in a loop, beside a secret"),
        pytest.param("ID = os.environ['GITHUB_CLIENT_ID']\ne = {**os.environ}\nif 'GITHUB_CLIENT_ID' in e: pass\n", id="asked for in a copy"),
    ],
)  # fmt: skip
def test_ignores_an_identifier_that_cannot_be_migrated(sites, text):
    assert sites(CLIENT + text)[0] == ("read", "GITHUB_CLIENT_SECRET", "")
    assert "GITHUB_CLIENT_ID" not in {variable for _, variable, _ in sites(CLIENT + text)}


def test_the_secret_key_has_no_identifier(sites):
    text = "import os\nSECRET_KEY = os.environ['SHOP_APP_SECRET']\nID = os.environ['SHOP_APP_ID']\n"
    assert sites(text) == [("read", "SHOP_APP_SECRET", "")]


def test_ignores_an_identifier_if_its_secret_cannot_be_migrated(sites):
    text = LOGIN + "for k in ['GITHUB_CLIENT_SECRET'] + KEYS:\n    print(os.environ[k])\n"
    [(_, variable, reason)] = sites(text)
    assert (variable, "computed" in reason) == ("GITHUB_CLIENT_SECRET", True)


def test_ignores_an_identifier_read_outside_the_app(scanned):
    files = {
        "manage.py": "",
        "shop/settings.py": LOGIN,
        "tools/x.py": "import os\nx = os.environ['GITHUB_CLIENT_ID']\n",
    }
    found = scanned(files).sites
    assert [f.env for f, _ in found] == ["GITHUB_CLIENT_SECRET"]


def test_an_identifier_comes_with_a_secret_that_stays_set_for_the_same_file(scanned):
    reads = "x = os.environ['GITHUB_CLIENT_ID'], os.environ['GITHUB_CLIENT_SECRET']\n"
    files = {"manage.py": "", "shop/settings.py": LOGIN, "tools/x.py": f"import os\n{reads}"}
    found = [(finding.path, finding.env, reason_of(site)) for finding, site in scanned(files).sites]
    keep = "outside the packages that can import the runtime; keep the variable {} set for it"
    assert sorted(found) == [
        ("shop/settings.py", "GITHUB_CLIENT_ID", ""),
        ("shop/settings.py", "GITHUB_CLIENT_SECRET", ""),
        ("tools/x.py", "GITHUB_CLIENT_ID", keep.format("GITHUB_CLIENT_ID")),
        ("tools/x.py", "GITHUB_CLIENT_SECRET", keep.format("GITHUB_CLIENT_SECRET")),
    ]


def test_finds_a_presence_test_for_a_database_field(sites):
    text = "import os\nif 'DB_HOST' in os.environ:\n    X = os.environ['DB_HOST'], os.environ['DB_PASSWORD']\n"
    assert sites(text)[0] == ("presence", "DB_HOST", "")
    assert sites("import os\nX = 'DB_HOST' in os.environ\n") == []


def test_a_presence_test_for_a_database_field_is_migrated(scanned):
    text = (
        "import os\nif 'RDS_HOST' in os.environ and 'LANG' in os.environ:\n"
        "    D = {'NAME': 'x', 'USER': 'x', 'HOST': os.environ['RDS_HOST'], 'PASSWORD': os.environ['RDS_PASSWORD']}"
    )
    found = [
        (str(site.shape), site.variable) for _, site in scanned({"shop/settings.py": text}).sites
    ]
    assert found == [("presence", "RDS_HOST"), ("read", "RDS_HOST"), ("read", "RDS_PASSWORD")]
    alone = "import os\nX = 'RDS_HOST' in os.environ"
    assert not scanned({"shop/settings.py": alone}).sites


def test_the_name_of_the_test_database_is_not_a_database_field(scanned):
    text = """\
import os
DATABASES = {
    'default': {
        'ENGINE': 'x',
        'NAME': os.environ['SHOP_NAME'],
        'PASSWORD': os.environ['SHOP_PASSWORD'],
        'TEST': {'NAME': os.environ['SHOP_TEST_NAME']},
    }
}
"""
    assert [f.env for f, _ in scanned({"shop/settings.py": text}).sites] == [
        "SHOP_NAME",
        "SHOP_PASSWORD",
    ]


@pytest.mark.parametrize(
    ("text", "ignored"),
    [
        pytest.param(LOGIN, "GITHUB_CLIENT_SECRET", id="pair"),
        pytest.param(
            "import os\nU = os.environ['DB_USER']\nP = os.environ['DB_PASSWORD']\n",
            "DB_PASSWORD",
            id="database",
        ),
    ],
)
def test_nothing_is_related_to_an_ignored_secret(text, ignored):
    found = scan_files("app", ["settings.py"], lambda _: text.encode(), ignored=[ignored]).sites
    assert [f.env for f, _ in found] == [ignored]
