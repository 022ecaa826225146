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


HELPER = """\
import os
def conf(key, other=None):
    return os.environ.get(key) or other and os.environ.get(other)
"""


@pytest.mark.parametrize(
    ("variables", "reserved"),
    [
        pytest.param((), ["API_KEY", "OTHER_KEY"], id="new"),
        pytest.param(("API_KEY",), ["OTHER_KEY"], id="in shield.toml"),
    ],
)
def test_a_variable_that_a_helper_can_read_instead_stays(variables, reserved):
    text = f"{HELPER}A = conf('API_KEY')\nB = conf('OTHER_KEY', 'API_KEY')\n"
    files = {"shop/settings.py": text.encode()}
    found = scan_files("shop", list(files), files.get, variables).sites
    stays = [site.variable for _, site in found if "can read another variable" in reason_of(site)]
    assert stays == reserved
