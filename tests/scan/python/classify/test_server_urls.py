from __future__ import annotations

import pytest

READ = "EVENTS_URL = os.environ['EVENTS_URL']\n"


@pytest.mark.parametrize(
    ("text", "is_moved"),
    [
        pytest.param(f"{READ}kombu.Connection(EVENTS_URL)", True, id="name"),
        pytest.param(
            f"{READ}print(EVENTS_URL)\nkombu.Connection(EVENTS_URL)", True, id="another use"
        ),
        pytest.param(
            f"{READ}class Queue:\n    def run(self):\n        kombu.Connection(settings.EVENTS_URL)",
            True,
            id="attribute",
        ),
        pytest.param(
            "EVENTS_URL = os.environ.get('EVENTS_URL') or None\nkombu.Connection(EVENTS_URL)",
            True,
            id="alternative",
        ),
        pytest.param(
            "def f():\n    url = os.environ['EVENTS_URL']\n    return kombu.Connection(url)",
            True,
            id="local name",
        ),
        pytest.param(
            "def f():\n    url = os.environ['EVENTS_URL']\n    return url\n"
            "def g(url):\n    return kombu.Connection(url)",
            False,
            id="local name of another function",
        ),
        pytest.param(f"{READ}print(EVENTS_URL)", False, id="another function"),
    ],
)
def test_a_value_that_connects_to_a_server_is_a_secret(sites, text, is_moved):
    assert sites(f"import kombu, os\n{text}\n") == [("read", "EVENTS_URL", "")] * is_moved
