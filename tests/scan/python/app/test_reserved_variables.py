from __future__ import annotations

import pytest
from shield_helpers import reason_of

from shield_ai.model.skip import SkipId
from shield_ai.scan.python.app_scan import scan_files

PAIR = (
    "import os\nA = os.environ.get('AWS_ACCESS_KEY_ID')\n"
    "B = os.environ.get('AWS_SECRET_ACCESS_KEY')\n"
)
TOKEN = "C = os.environ.get('AWS_SESSION_TOKEN')\n"
SIGNS_IN = SkipId.SIGNS_IN.text
REASON = "part of temporary credentials, which boto3 reads itself"


@pytest.mark.parametrize(
    ("text", "manifest_variables", "reasons"),
    [
        pytest.param(PAIR + TOKEN, (), [SIGNS_IN, SIGNS_IN, REASON], id="session token"),
        pytest.param(PAIR, (), [SIGNS_IN, SIGNS_IN], id="access key alone"),
        pytest.param(
            PAIR + TOKEN,
            ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
            ["", "", REASON],
            id="in shield.toml",
        ),
    ],
)
def test_an_access_key_with_which_boto3_signs_in_stays(text, manifest_variables, reasons):
    files = {"shop/settings.py": text.encode()}
    found = scan_files("shop", list(files), files.get, manifest_variables).sites
    assert [reason_of(site) for _, site in found] == reasons


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        pytest.param(
            "B = os.environ['DB_SECRET_ARN']\n",
            "the app already reads DB_SECRET_ARN, so AWS manages it",
            id="read",
        ),
        pytest.param(
            "class Settings(BaseSettings):\n    db_secret_arn: str\n",
            "the app already reads DB_SECRET_ARN, so AWS manages it",
            id="field",
        ),
        pytest.param("B = os.environ['DB_SECRET_ARNS']\n", "", id="another name"),
        pytest.param("# DB_SECRET_ARN: not read\n", "", id="comment"),
    ],
)
def test_a_secret_stays_beside_the_variable_with_its_arn(other, reason):
    text = f"import os\nA = os.environ['DB_SECRET']\n{other}"
    files = {"shop/settings.py": text.encode()}
    found = scan_files("shop", list(files), files.get, ()).sites
    assert [reason_of(site) for _, site in found if site.variable == "DB_SECRET"] == [reason]
