from __future__ import annotations

import pytest

READ = "TOKEN = os.environ['API_TOKEN']\n"
KEY = "KEY = os.environ['S3_SECRET_ACCESS_KEY']\n"


@pytest.mark.parametrize(
    ("text", "variable", "severities"),
    [
        pytest.param(READ, "API_TOKEN", ["medium"], id="read"),
        pytest.param(
            f"if os.environ.get('API_TOKEN'):\n    {READ}",
            "API_TOKEN",
            ["low", "medium"],
            id="tested before the read",
        ),
        pytest.param(
            "if os.environ.get('API_TOKEN'):\n    X = 1\n", "API_TOKEN", ["low"], id="only tested"
        ),
        pytest.param(
            f"ID = os.environ['S3_ACCESS_KEY_ID']\n{KEY}", "S3_ACCESS_KEY_ID", ["low"], id="identifier"
        ),
        pytest.param(
            f"ID = os.environ['S3_ACCESS_KEY_ID']\n{KEY}",
            "S3_SECRET_ACCESS_KEY",
            ["medium"],
            id="secret of an identifier",
        ),
        pytest.param(
            "A = os.environ['SOCIAL_AUTH_X_KEY'], os.environ['SOCIAL_AUTH_X_SECRET']\n",
            "SOCIAL_AUTH_X_KEY",
            ["low"],
            id="client",
        ),
        pytest.param(
            "ID = os.environ['S3_ACCESS_KEY_ID']\n",
            "S3_ACCESS_KEY_ID",
            ["medium"],
            id="identifier alone",
        ),
        pytest.param(
            "TOKEN = os.environ['SMS_TEST_AUTH_TOKEN']\n",
            "SMS_TEST_AUTH_TOKEN",
            ["low"],
            id="named for tests",
        ),
        pytest.param(
            f'def run(): ...\nif __name__ == "__main__":\n    {READ}',
            "API_TOKEN",
            ["low"],
            id="main block",
        ),
        pytest.param(
            f"if '__main__' == __name__:\n    with run() as job:\n        {READ}",
            "API_TOKEN",
            ["low"],
            id="main block, other order",
        ),
        pytest.param(
            f'if __name__ == "__main__":\n    X = 1\nelse:\n    {READ}',
            "API_TOKEN",
            ["medium"],
            id="import, not the main block",
        ),
        pytest.param(
            f'if __name__ != "__main__":\n    {READ}', "API_TOKEN", ["medium"], id="negated main block"
        ),
        pytest.param(
            "ES_URL = os.environ['ES_URL']\nES_PASS = os.environ['ELASTIC_PASSWORD']\n",
            "ES_URL",
            ["low"],
            id="URL beside the password of its setting",
        ),
        pytest.param(
            "u = os.environ['SHOP_DB_URL']\np = os.environ['SHOP_DB_PASSWORD']\n",
            "SHOP_DB_URL",
            ["low"],
            id="URL beside its password",
        ),
        pytest.param(
            "u = os.environ['SHOP_PG_URI']\np = os.environ['SHOP_PG_PASSWORD']\n",
            "SHOP_PG_URI",
            ["medium"],
            id="connection URI beside another password",
        ),
        pytest.param(
            "u = os.environ['SHOP_DB_URL']\np = os.environ['MAIL_PASSWORD']\n",
            "SHOP_DB_URL",
            ["medium"],
            id="URL beside another password",
        ),
        pytest.param(
            "A = os.environ['BOT_WEBHOOK_URL']\nB = os.environ['BOT_WEBHOOK_API_KEY']\n",
            "BOT_WEBHOOK_URL",
            ["low"],
            id="URL of a webhook beside its key",
        ),
        pytest.param(
            "A = os.environ['BOT_WEBHOOK_URL']\nB = os.environ['BOT_WEBHOOK_SECRET']\n",
            "BOT_WEBHOOK_URL",
            ["medium"],
            id="URL of a webhook that signs messages",
        ),
        pytest.param(
            "A = os.environ['SLACK_WEBHOOK_URL']\nB = os.environ['SLACK_WEBHOOK_TOKEN']\n",
            "SLACK_WEBHOOK_URL",
            ["medium"],
            id="URL of a chat, with a token",
        ),
        pytest.param(
            "f(project_key=os.environ.get('JIRA_PROJECT_KEY'))\n",
            "JIRA_PROJECT_KEY",
            ["low"],
            id="key of a project",
        ),
        pytest.param(
            "CA_SECRET = os.environ.get('PROXY_CA_SECRET', 'proxy-ca')\n",
            "PROXY_CA_SECRET",
            ["low"],
            id="name of a secret",
        ),
        pytest.param(
            "for name in ('API_TOKEN', 'DB_PASSWORD'):\n"
            "    if not os.getenv(name):\n        print(name)\n",
            "API_TOKEN or DB_PASSWORD",
            ["low"],
            id="names tested in a loop",
        ),
        pytest.param(
            "VALUES = {}\nfor name in ('API_TOKEN', 'DB_PASSWORD'):\n"
            "    VALUES[name] = os.getenv(name)\n",
            "API_TOKEN or DB_PASSWORD",
            ["medium"],
            id="names read in a loop",
        ),
    ],
)  # fmt: skip
def test_severity(scanned, text, variable, severities):
    found = scanned({"settings.py": f"import os\n{text}"})
    assert [str(f.severity) for f in found.findings if f.env == variable] == severities
    # Drafts and plans tell secrets from other variables by this severity.
    assert {str(f.severity) for f, _ in found.sites if f.env == variable} == {"medium"}


@pytest.mark.parametrize(
    ("path", "severity"),
    [
        pytest.param("shop/sync.py", "low", id="module"),
        pytest.param("scripts/sync.py", "medium", id="script"),
        pytest.param("shop/jobs/sync.py", "medium", id="job"),
        pytest.param("shop/scripts/lib/sync.py", "low", id="module of scripts"),
        pytest.param("main.py", "medium", id="main.py"),
        pytest.param("shop/__main__.py", "medium", id="__main__.py"),
        pytest.param("run_server.py", "medium", id="server"),
        pytest.param("settings.py", "low", id="settings"),
        pytest.param("deploy/clean.py", "medium", id="only file of its folder"),
    ],
)
def test_main_block_of_an_entry_point(scanned, path, severity):
    text = f'import os\nif __name__ == "__main__":\n    {READ}'
    others = dict.fromkeys(("manage.py", "shop/__init__.py", "shop/scripts/lib/__init__.py"), "")
    found = scanned({path: text, **others})
    assert [str(f.severity) for f in found.findings if f.env == "API_TOKEN"] == [severity]


@pytest.mark.parametrize(
    ("test", "severity"),
    [
        ("{} is not None", "low"),
        ("{} != ''", "low"),
        ("not {}", "low"),
        ("bool({})", "low"),
        ("bool(({} or '').strip())", "low"),
        ("a or {}", "medium"),
        ("{} == a", "medium"),
        ("{}.strip()", "medium"),
    ],
)
def test_each_test_of_presence_has_the_same_severity(scanned, test, severity):
    expression = test.format("os.environ.get('API_TOKEN')")
    text = f"import os\nhas_key = {expression}\n"
    found = scanned({"shop/__init__.py": "", "shop/mail.py": text}).findings
    assert [str(finding.severity) for finding in found] == [severity]


def test_the_name_of_a_kubernetes_secret_is_no_secret(scanned):
    text = "import os\nAPP_CONFIG_SECRET = os.environ.get('APP_K8S_CONFIG_SECRET', 'shop')\n"
    assert not scanned({"shop/__init__.py": "", "shop/mail.py": text}).findings
