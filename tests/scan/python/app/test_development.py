from __future__ import annotations

import pytest
from shield_helpers import reason_of

from shield_ai.model.skip import SkipId
from shield_ai.scan.python.app.development import explain_literals
from shield_ai.scan.python.app_scan import scan_files

READ = b"import os\nX = os.environ['DB_PASSWORD']\nY = os.environ['DB_HOST']\n"
BASE = b"import os\nY = os.environ['DB_HOST']\nKEY = os.environ['API_KEY']\n"


def reasons(files, manifest_variables=()):
    found = scan_files("shop", list(files), files.get, manifest_variables).sites
    return {(f.path, f.env): reason_of(site) for f, site in found}


@pytest.mark.parametrize(
    ("variable", "reason"),
    [
        ("DEV_DATABASE_URL", SkipId.DEVELOPMENT_NAME.text),
        ("TEST_DATABASE_URL", SkipId.DEVELOPMENT_NAME.text),
        ("SHOP_DEV_DATABASE_URL", SkipId.DEVELOPMENT_NAME.text),
        ("STRIPE_TEST_SECRET_KEY", SkipId.DEVELOPMENT_NAME.text),
        ("CANARY_TESTING_SECRET_KEY", SkipId.DEVELOPMENT_NAME.text),
        ("DEV_TOKEN", SkipId.DEVELOPMENT_NAME.text),
        ("CYPRESS_TOKEN", SkipId.DEVELOPMENT_NAME.text),
        ("E2E_USER_PASSWORD", SkipId.DEVELOPMENT_NAME.text),
        ("GOOGLE_ADS_DEV_TOKEN", ""),
        ("DEV_TO_API_KEY", ""),
        ("TESTING_API_KEY", ""),
        ("CONTEST_API_KEY", ""),
        ("SITE_AB_TESTING_API_KEY", ""),
    ],
)
def test_a_variable_named_for_development_stays_in_the_environment(variable, reason):
    files = {"config.py": f"import os\nX = os.environ.get('{variable}', 'sqlite://')\n".encode()}
    assert reasons(files) == {("config.py", variable): reason}
    assert reasons(files, {variable}) == {("config.py", variable): ""}


@pytest.mark.parametrize(
    ("path", "production", "is_development"),
    [
        ("shop/settings/local.py", "shop/settings/production.py", True),
        ("shop/settings/test.py", "shop/settings/prod.py", True),
        ("config/dev.py", "config/production.py", True),
        ("shop/settings_dev.py", "shop/settings_prod.py", True),
        pytest.param("shop/settings/local.py", "shop/settings/base.py", False, id="no production"),
        pytest.param("shop/local_settings.py", "shop/settings_prod.py", False, id="overrides"),
        pytest.param("shop/settings/live.py", "shop/settings/production.py", False, id="live"),
    ],
)
def test_a_read_in_development_settings_stays_in_the_environment(path, production, is_development):
    base = "shop/settings/common.py"
    files = {path: READ, production: b"", base: BASE}
    found = reasons(files)
    assert found[path, "DB_PASSWORD"] == (SkipId.DEVELOPMENT_FILE.text if is_development else "")
    # Without a password to move, the host is not part of a secret.
    assert ((base, "DB_HOST") in found) is not is_development
    assert found[base, "API_KEY"] == ""
    both = reasons({**files, production: READ})
    # Tests and local.py never read AWS; other developers may, so the reads of their settings move.
    test = f"{SkipId.DEVELOPMENT_STAGE.text}; keep the variable DB_PASSWORD set for it"
    stages = {"test.py": test, "local.py": SkipId.LOCAL_STAGE.text if is_development else ""}
    assert both[path, "DB_PASSWORD"] == stages.get(path.rpartition("/")[2], "")


def test_the_reads_of_test_settings_stay_after_the_others_have_moved():
    calls = b"from shop.utils.secrets import get_secret\nX = get_secret('db-password')\n"
    path = "shop/settings/test.py"
    files = {path: READ, "shop/settings/production.py": calls}
    reason = reasons(files, {"DB_PASSWORD"})[path, "DB_PASSWORD"]
    assert reason.startswith(SkipId.DEVELOPMENT_STAGE.text)
    files["shop/settings/production.py"] = b""
    assert reasons(files, {"DB_PASSWORD"})[path, "DB_PASSWORD"] == ""


@pytest.mark.parametrize(
    ("setting", "manifest_variables", "is_for_tests"),
    [
        pytest.param("TEST_BACKENDS", set(), True, id="named for tests"),
        pytest.param("TEST_BACKENDS", {"MAIL_TOKEN"}, True, id="moved for another setting"),
        pytest.param("LATEST_BACKENDS", set(), False, id="another word"),
    ],
)
def test_a_setting_named_for_tests_reads_no_secret_of_production(
    setting, manifest_variables, is_for_tests
):
    test = f"import os\n{setting} = {{'TOKEN': os.environ.get('MAIL_TOKEN')}}\n".encode()
    files = {"base.py": test, "prod.py": b"import os\nTOKEN = os.environ['MAIL_TOKEN']\n"}
    found = reasons(files, manifest_variables)
    assert found["base.py", "MAIL_TOKEN"].startswith(SkipId.DEVELOPMENT_STAGE.text) is is_for_tests
    assert found["prod.py", "MAIL_TOKEN"] == ""
    del files["prod.py"]
    is_skipped = is_for_tests and not manifest_variables
    expected = SkipId.DEVELOPMENT_NAME.text if is_skipped else ""
    assert reasons(files, manifest_variables)["base.py", "MAIL_TOKEN"] == expected


@pytest.mark.parametrize(
    ("command", "is_for_tests"),
    [
        ("insert_testing_data", True),
        ("demo_users", True),
        ("send_test_email", False),
        ("load_data", False),
    ],
)
def test_a_secret_that_only_a_command_for_test_data_reads_stays(command, is_for_tests):
    path = f"shop/management/commands/{command}.py"
    files = {path: b"import os\nX = os.environ['SHOP_TOKEN']\n", "manage.py": b""}
    files["shop/settings.py"] = files["shop/__init__.py"] = b""
    expected = SkipId.DEVELOPMENT_NAME.text if is_for_tests else ""
    assert reasons(files) == {(path, "SHOP_TOKEN"): expected}
    assert reasons(files, {"SHOP_TOKEN"}) == {(path, "SHOP_TOKEN"): ""}
    files["shop/settings.py"] = files[path]
    assert reasons(files)[path, "SHOP_TOKEN"] == ""


def test_a_presence_test_stays_with_its_read():
    test = b"X = 'DB_PASSWORD' in os.environ\n"
    files = {"settings/test.py": READ + test, "settings/prod.py": READ + test}
    found = scan_files("shop", list(files), files.get).sites
    sites = [site for f, site in found if f.path == "settings/test.py"]
    assert {reason_of(site).partition(";")[0] for site in sites if site} == {
        SkipId.DEVELOPMENT_STAGE.text
    }


def test_a_pair_moves_although_tests_read_it_too():
    pair = (
        b"import os\nID = os.environ['GITHUB_CLIENT_ID']\nX = os.environ['GITHUB_CLIENT_SECRET']\n"
    )
    found = reasons({"settings/test.py": pair, "settings/prod.py": pair})
    assert found["settings/prod.py", "GITHUB_CLIENT_ID"] == ""
    assert found["settings/test.py", "GITHUB_CLIENT_ID"].startswith(SkipId.DEVELOPMENT_STAGE.text)


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("shop/settings/test.py", SkipId.TEST_VALUE.text),
        ("shop/settings/local.example.py", SkipId.EXAMPLE_VALUE.text),
        ("shop/settings/docker-development.py", SkipId.TEST_VALUE.text),
        ("shop/settings/dev.py", SkipId.TEST_VALUE.text),
        ("shop/settings/local.py", ""),
        ("shop/settings/devices.py", ""),
    ],
)
def test_a_literal_of_settings_for_tests_stays(path, reason):
    files = {
        "pytest.ini": b"[pytest]\nDJANGO_SETTINGS_MODULE = shop.settings.test\n",
        "shop/settings/base.py": b"",
        path: b"MAIL_TOKEN = 'should-not-be-used'\n",
    }
    assert reasons(files) == {(path, None): reason}
    assert reasons(files, {"MAIL_TOKEN"}) == {(path, None): ""}


def test_a_literal_of_test_settings_stays_beside_one_in_shield_toml():
    files = {
        "shop/settings/base.py": b"MAIL_TOKEN = 'k3y-of-a-shop'\n",
        "shop/settings/test.py": b"MAIL_TOKEN = 'k3y-of-a-test'\n",
        "pytest.ini": b"[pytest]\nDJANGO_SETTINGS_MODULE = shop.settings.test\n",
    }
    found = {path: reason for (path, _), reason in reasons(files, {"MAIL_TOKEN"}).items()}
    assert found == {
        "shop/settings/base.py": "",
        "shop/settings/test.py": SkipId.TEST_VALUE.text,
    }


def test_a_literal_of_an_example_moves_without_other_settings():
    path = "shop/settings.example.py"
    assert reasons({path: b"MAIL_TOKEN = 'k3y-of-a-test'\n"}) == {(path, None): ""}


def test_a_default_for_development_needs_no_variable():
    path = "shop/settings/test.py"
    files = {
        path: b"import os\nX = os.getenv('DB_PASSWORD', 'not-used-live')\n",
        "shop/settings/production.py": READ,
    }
    assert reasons(files)[path, "DB_PASSWORD"] == SkipId.DEVELOPMENT_STAGE.text


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        pytest.param("shop/settings/test.py", (), id="test settings"),
        pytest.param("shop/settings/local.py", (), id="development settings"),
        pytest.param("shop/settings/production.py", ("DB_PASSWORD",), id="production settings"),
        pytest.param("manage.py", ("DB_PASSWORD",), id="script"),
    ],
)
def test_production_does_not_need_a_variable_that_only_other_settings_set(path, kept):
    files = {
        "shop/settings/production.py": b"",
        "shop/settings/base.py": READ,
        path: b"import os\nos.environ.setdefault('DB_PASSWORD', '')\n",
    }
    assert scan_files("shop", list(files), files.get).kept == kept


@pytest.mark.parametrize(
    ("path", "is_development"),
    [
        pytest.param("settings/dev.py", True, id="dev"),
        pytest.param("settings/dev_local.v2.py", True, id="more words"),
        pytest.param("settings/base.development.py", True, id="after a dot"),
        pytest.param("settings/device.py", False, id="another word"),
        pytest.param(f"dev{'_a' * 40}/settings.py", False, id="long folder"),
    ],
)
def test_literals_of_settings_for_development(path, is_development):
    assert (path in explain_literals({path, "settings/base.py"}, ())) is is_development


def test_the_literals_of_development_count_if_only_tests_have_other_settings():
    settings = ["config/dev.py", "config/testing.py"]
    assert explain_literals(settings, ["config/testing.py"]).keys() == {"config/testing.py"}
