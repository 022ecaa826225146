from __future__ import annotations

import pytest

HELPER = (
    "import boto3\n"
    "def fetch(name):\n"
    "    return boto3.client('secretsmanager').get_secret_value(SecretId=name)['SecretString']\n"
)
DATABASE = (
    "if ON_AWS:\n    PASSWORD = fetch('db')\nelse:\n    PASSWORD = os.environ['DB_PASSWORD']\n"
)
CACHE = (
    "if ON_AWS:\n    CACHE_URL = 'redis://cache'\nelse:\n    CACHE_URL = os.environ['REDIS_URL']\n"
)
REASON = "in the other branch, fetch() already reads AWS Secrets Manager"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(DATABASE, [REASON], id="other branch"),
        pytest.param(DATABASE + CACHE, [REASON, REASON], id="the same condition"),
        pytest.param(CACHE, [""], id="no read of AWS"),
        pytest.param(DATABASE.replace("else:", "if DEBUG:"), [""], id="no other branch"),
        pytest.param(
            DATABASE + CACHE.replace("ON_AWS", "CACHED"), [REASON, ""], id="another condition"
        ),
        pytest.param(
            DATABASE.replace("fetch('db')", "os.environ['TOKEN'] + fetch('db')"),
            ["", REASON],
            id="branch that reads AWS",
        ),
    ],
)
def test_skips_the_reads_of_branches_without_aws(scanned, text, expected):
    result = scanned({"shop/__init__.py": "", "shop/settings.py": f"import os\n{HELPER}{text}"})
    assert [site.reason.text if site.reason else "" for _, site in result.sites] == expected
