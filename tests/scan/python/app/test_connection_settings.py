from __future__ import annotations

import pytest

READS = """import os, environ
env = environ.Env()
QUEUE_URL = env.url("SHOP_QUEUE_URL", default=None)
API_KEY = env("API_KEY")
"""
CONNECTS = "shop/queue.py connects to a server with the URL in SHOP_QUEUE_URL"


@pytest.mark.parametrize(
    ("text", "is_found"),
    [
        pytest.param("import kombu\nkombu.Connection(settings.QUEUE_URL)", True, id="connection"),
        pytest.param("import sqlalchemy\nx(create_engine(url=settings.QUEUE_URL))", True, id="key"),
        pytest.param("Connection(settings.QUEUE_URL)", False, id="unknown library"),
        pytest.param("import kombu\nConnection(settings.OTHER_URL)", False, id="another setting"),
        pytest.param(
            "import pymongo\nMongoClient(host=settings.QUEUE_URL)", True, id="URL as a host"
        ),
        pytest.param(
            "import psycopg2\npsycopg2.connect(host=settings.QUEUE_URL)", False, id="host"
        ),
        pytest.param("import kombu\nprint(settings.QUEUE_URL)", False, id="another function"),
        pytest.param(
            "url: ParseResult = settings.QUEUE_URL\nauth = (url.username, url.password)",
            True,
            id="password",
        ),
        pytest.param(
            "url = urlparse(settings.QUEUE_URL)\nlogin(url.password)", True, id="parsed URL"
        ),
        pytest.param("login(settings.QUEUE_URL.password)", True, id="password of a setting"),
        pytest.param("url = settings.QUEUE_URL\nlogin(user.password)", False, id="user"),
    ],
)
def test_finds_settings_with_the_url_of_a_server(scanned, text, is_found):
    found = scanned({"shop/settings.py": READS, "shop/queue.py": text})
    messages = {site.variable: finding.message for finding, site in found.sites}
    messages.pop("API_KEY")
    assert messages == ({"SHOP_QUEUE_URL": CONNECTS} if is_found else {})
