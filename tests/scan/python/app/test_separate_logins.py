from __future__ import annotations

import pytest
from shield_helpers import reason_of

from shield_ai.scan.python.app_scan import scan_files

READS = """\
import os
LOG = {
    "es_url": os.environ["AUDIT_ES_URL"],
    "es_username": os.environ["AUDIT_ES_USERNAME"],
    "es_password": os.environ["AUDIT_ES_PASSWORD"],
}
"""


def reason(text, variable, manifest_variables=()):
    raws = {"settings.py": text.encode()}
    found = scan_files("shop", list(raws), raws.get, manifest_variables).sites
    [text] = {reason_of(site) for _, site in found if site.variable == variable}
    return text


def test_a_url_beside_its_login_is_no_secret():
    expected = "a URL without a login: the app reads AUDIT_ES_PASSWORD separately"
    assert reason(READS, "AUDIT_ES_URL") == expected
    assert reason(READS, "AUDIT_ES_PASSWORD") == ""
    assert reason(READS, "AUDIT_ES_URL", {"AUDIT_ES_URL"}) == ""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("AUDIT_ES_PASSWORD", "OTHER_PASSWORD", id="password of another server"),
        pytest.param("AUDIT_ES_USERNAME", "OTHER_USERNAME", id="no user name"),
        pytest.param('    "es_u', "\n" * 12 + '    "es_u', id="far away"),
        pytest.param(
            '["AUDIT_ES_URL"]', '.get("AUDIT_ES_URL", "http://a:b@es")', id="login in a default"
        ),
    ],
)
def test_another_url_may_have_a_login(old, new):
    assert reason(READS.replace(old, new), "AUDIT_ES_URL") == ""


def test_the_url_of_a_database_is_an_alternative():
    text = READS.replace("AUDIT_ES", "AUDIT_DB")
    assert reason(text, "AUDIT_DB_URL") == ""
