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
            "if os.environ.get('API_TOKEN'):\n    X = 1\n", "API_TOKEN", ["medium"], id="only tested"
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
    ],
)  # fmt: skip
def test_severity(scanned, text, variable, severities):
    found = scanned({"settings.py": f"import os\n{text}"})
    assert [str(f.severity) for f in found.findings if f.env == variable] == severities
    # Drafts and plans tell secrets from other variables by this severity.
    assert {str(f.severity) for f, _ in found.sites if f.env == variable} == {"medium"}
