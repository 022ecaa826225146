from __future__ import annotations

import pytest
from shield_helpers import reason_of

from shield_ai.model.skip import SkipId

NAME = "GOOGLE_SERVICE_ACCOUNT"
SETTINGS = f"import os\n{NAME} = os.getenv('{NAME}')\n"


@pytest.mark.parametrize(
    ("code", "case"),
    [
        pytest.param("C.from_service_account_info(json.loads(config.X))", None, id="key"),
        pytest.param("C.from_service_account_file(config.X)", SkipId.HARMLESS_PATH, id="file"),
        pytest.param("load(filename=config.X)", SkipId.HARMLESS_PATH, id="filename"),
        pytest.param("open(settings.X).read()", SkipId.HARMLESS_PATH, id="open"),
        pytest.param("run(service_account=config.X)", SkipId.HARMLESS_LABEL, id="email"),
    ],
)
def test_a_service_account_is_a_secret_unless_it_is_a_path_or_an_email(scanned, code, case):
    files = {"shop/config.py": SETTINGS, "shop/sheets.py": f"y = {code}\n".replace("X", NAME)}
    [site] = [site for finding, site in scanned(files).sites if finding.env == NAME]
    assert reason_of(site) == (case.text if case else "")


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("shop@my-project.iam.gserviceaccount.com", SkipId.HARMLESS_LABEL.text),
        ("{}", ""),
    ],
)
def test_an_example_with_an_email_address_is_no_secret(scanned, value, reason):
    files = {"shop/config.py": SETTINGS, ".env.example": f"{NAME}={value}\n"}
    [site] = [site for finding, site in scanned(files).sites if finding.env == NAME]
    assert reason_of(site) == reason
