from __future__ import annotations

import pytest
from scaling import assert_linear

from shield_ai.scan.python.app.header_settings import header_settings_in

READS = """import os, environ
env = environ.Env()
REPORT = env.str("REPORT_AUTH", None)
REPORT_ID = env("REPORT_ID")
API_KEY = env("API_KEY")
"""
SENDS = "shop/api.py sends REPORT_AUTH as the credential of a request"


@pytest.mark.parametrize(
    ("text", "is_found"),
    [
        pytest.param('h = {"Authorization": settings.REPORT}', True, id="setting"),
        pytest.param('h = {\n  "Authorization": settings.REPORT,\n}', True, id="several lines"),
        pytest.param('h = {"Authorization": f"Bearer {settings.REPORT}"}', True, id="f-string"),
        pytest.param('h = {"Authorization": "Bearer " + settings.REPORT}', True, id="sum"),
        pytest.param('h = {"Authorization": "Token %s" % settings.REPORT}', True, id="percent"),
        pytest.param(
            'h = {"Authorization": "Bearer {}".format(settings.REPORT)}', True, id="format"
        ),
        pytest.param('s.headers["Authorization"] = f"Bearer {settings.REPORT}"', True, id="key"),
        pytest.param("h = {'authorization': conf.REPORT}", True, id="lower case"),
        pytest.param("h = {'Authorization': f'Token {REPORT}'}", True, id="imported"),
        pytest.param(
            'h = {"Authorization": f"Token token=\\"{settings.REPORT}\\""}', False, id="escapes"
        ),
        pytest.param("h = {'Authorization': f'Token a=\"{REPORT}\"'}", False, id="in quotes"),
        pytest.param('h = {"Authorization": sign(settings.REPORT)}', False, id="other function"),
        pytest.param('h = {"Authorization": f"{settings.REPORT} {token}"}', False, id="scheme"),
        pytest.param('h = {"Accept": settings.REPORT}', False, id="another header"),
        pytest.param('h = {"Authorization": f"Client-ID {settings.REPORT_ID}"}', False, id="ID"),
        pytest.param('log("Authorization", settings.REPORT)', False, id="argument"),
    ],
)
def test_finds_settings_that_are_sent_as_credentials(scanned, text, is_found):
    found = scanned({"shop/settings.py": READS, "shop/api.py": text})
    messages = {site.variable: finding.message for finding, site in found.sites}
    messages.pop("API_KEY")
    assert messages == ({"REPORT_AUTH": SENDS} if is_found else {})


def test_searches_long_files_in_linear_time():
    part = b'Authorization": f"{A'
    assert_linear(lambda size: list(header_settings_in(b'{"' + part * size)), 5_000)
