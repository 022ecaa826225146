from __future__ import annotations

import pytest

READ = "os.environ['REPORT_AUTH']"


@pytest.mark.parametrize(
    ("text", "is_moved"),
    [
        pytest.param(f"h = {{'Authorization': {READ}}}", True, id="dict"),
        pytest.param(f"h = {{'Authorization': 'Bearer ' + {READ}}}", True, id="sum"),
        pytest.param(f"get(headers={{'Authorization': 'Token %s' % {READ}}})", True, id="percent"),
        pytest.param(
            'h = {"Authorization": f"Bearer {os.environ[\'REPORT_AUTH\']}"}', True, id="f-string"
        ),
        pytest.param(f"session.headers['authorization'] = {READ}", True, id="key"),
        pytest.param(
            f"AUTH = {READ}\nh = {{'Authorization': f'Bearer {{AUTH}}'}}", True, id="name"
        ),
        pytest.param(
            f"class A:\n    def f(self):\n        self.auth = {READ}\n"
            "    def g(self):\n        return {'Authorization': self.auth}",
            True,
            id="attribute",
        ),
        pytest.param(f"h = {{'Authorization': sign({READ})}}", False, id="another function"),
        pytest.param(f"h = {{'Authorization': '%s %s' % ({READ}, x)}}", False, id="scheme"),
        pytest.param(f"h = {{'Accept': {READ}}}", False, id="another header"),
        pytest.param(f"AUTH = {READ}\nh = {{'Authorization': OTHER}}", False, id="another name"),
        pytest.param(f"x = {READ}", False, id="unknown use"),
    ],
)
def test_a_value_that_is_sent_as_a_credential_is_a_secret(sites, text, is_moved):
    assert sites(f"import os\n{text}\n") == [("read", "REPORT_AUTH", "")] * is_moved


def test_the_public_id_of_a_client_is_no_secret(sites):
    text = "h = {'Authorization': 'Client-ID ' + os.environ['IMGUR_CLIENT_ID']}"
    assert sites(f"import os\n{text}\n") == []
