from __future__ import annotations

import pytest

from shield_ai.model.manifest import Secret
from shield_ai.scan.deployment.finder import find_deployment

SECRETS = (Secret(name="url", env="BROKER_URL"), Secret(name="password", env="DB_PASSWORD"))
WEB = {"BROKER_URL": "redis://:changeme@redis:6379/0", "DB_PASSWORD": "tr0ub4dor"}
REDIS = "  redis:\n    image: redis:7\n"
DB = "  db: {image: 'docker.io/library/postgres:16', environment: [POSTGRES_PASSWORD=tr0ub4dor]}\n"
SERVERS = REDIS + DB
COMMAND = "    command: gunicorn shop.wsgi -b 0.0.0.0:8000\n"


def compose(*, servers=SERVERS, web="    build: .\n", **changes):
    lines = "".join(f"      {name}: {value}\n" for name, value in {**WEB, **changes}.items())
    return f"services:\n  web:\n{web}    environment:\n{lines}{servers}"


def own(root, text, name="docker-compose.yml"):
    (root / name).write_text(text)
    found = find_deployment(root, SECRETS).variables
    assert {item.form.value for item in found} == {"literal"}
    return {item.variable for item in found if item.is_own_login and item.unit == "web"}


BOTH = {"BROKER_URL", "DB_PASSWORD"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(compose(), BOTH, id="both"),
        pytest.param(compose(web="    image: shop\n" + COMMAND), BOTH, id="gunicorn"),
        pytest.param(compose(servers=REDIS), {"BROKER_URL"}, id="URL"),
        pytest.param(compose(servers=DB), {"DB_PASSWORD"}, id="password"),
        pytest.param(compose(servers=REDIS.replace("redis:7", "shop/api")), set(), id="no server"),
        pytest.param(compose(BROKER_URL="redis://:changeme@redis.example.com/0"), {"DB_PASSWORD"}, id="another host"),
        pytest.param(compose(DB_PASSWORD="another-1"), {"BROKER_URL"}, id="another password"),
        pytest.param(compose(web="    ports: ['80:8000']\n"), set(), id="public port"),
        pytest.param(compose(DEBUG="0"), set(), id="debug off"),
        pytest.param(compose(web="    env_file: [prod.env]\n"), set(), id="env file for production"),
    ],
)  # fmt: skip
def test_logins_of_servers_in_the_file(tmp_path, text, expected):
    (tmp_path / "prod.env").write_text("")
    assert own(tmp_path, text) == expected


def test_a_file_that_is_named_for_production_says_so(tmp_path):
    assert own(tmp_path, compose(), "docker-compose.prod.yml") == set()
