from __future__ import annotations

import pytest

REASON = "a placeholder: to move a real value, read it from a variable"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param(
            "CITYSDK_API = {'USERNAME': 'admin', 'PASSWORD': 'defaultCitySDKPassword'}",
            REASON,
            id="default and the names",
        ),
        pytest.param("MAIL_PASSWORD = 'your-mail-password-here'", REASON, id="your"),
        pytest.param("MAIL_API_KEY = 'NO-API-KEY-DEFINED'", REASON, id="not defined"),
        pytest.param("SHOP_API_TOKEN = 'change-this-api-token-1'", REASON, id="change this"),
        pytest.param("PAY_SECRET = 'change-me-in-production'", REASON, id="change me"),
        pytest.param("PAY_SECRET = 'SET-ME-PLEASE'", REASON, id="set me"),
        pytest.param("MAIL_PASSWORD = 'NOTREAL'", REASON, id="not real"),
        pytest.param("MAIL_PASSWORD = 'XXXX'", REASON, id="mask"),
        pytest.param("S3_SECRET_ACCESS_KEY = 'not-a-secret'", REASON, id="not a secret"),
        pytest.param("S3_SECRET_ACCESS_KEY = 'no_key_needed'", REASON, id="no key"),
        pytest.param("S3_SECRET_ACCESS_KEY = 'not-a-secret-Tr0ub4dor'", "", id="and another word"),
        pytest.param("MAIL_PASSWORD = 'default-tr0ub4dor-mail'", "", id="another word"),
        pytest.param("MAIL_PASSWORD = 'mail-horse-password'", "", id="no marker"),
        pytest.param("AUTH_CLIENT_SECRET = 'supersecretclientsecret'", REASON, id="of a client"),
        pytest.param("AUTH_CLIENT_SECRET = 'hT7-tr0ub4dor-9xQ'", "", id="random"),
        pytest.param("SIGNING_SECRET = 'supersecretsigningsecret'", "", id="of the app"),
        pytest.param("SECRET_KEY = 'default-secret-key-0123456789'", "", id="Django's key"),
        pytest.param(
            "DATABASES = {'default': {'ENGINE': 'x', 'PASSWORD': 'default-password'}}",
            "",
            id="database",
        ),
    ],
)
def test_placeholders_stay_in_the_code(sites, text, reason):
    [found] = {site[2] for site in sites(text) if site[0] == "literal"}
    assert found == reason
