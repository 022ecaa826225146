from __future__ import annotations

import json

import pytest

from shield_ai.flow.rotate.shared_logins import find_shared_logins
from shield_ai.model.finding import Kind
from shield_ai.model.hidden import Hidden
from shield_ai.model.manifest import Rotation, Secret

URL = "postgres://shop:p%40ss@db.example.com:5432/shop"
SINGLE_USER = Rotation(strategy="single-user")
DOCUMENT = {"username": "shop", "password": "p@ss", "host": "db.example.com"}


def shared(other, *, variable="CELERY_BROKER_URL", url=URL):
    rotated = Secret(name="database-url", kind=Kind.URL, env="DATABASE_URL", rotate=SINGLE_USER)
    secrets = [rotated, Secret(name="other", env=variable)]
    values = {"database-url": Hidden(url), "other": Hidden(other)}
    return [(found.name, found.others) for found in find_shared_logins(secrets, values)]


@pytest.mark.parametrize(
    "other",
    [
        pytest.param("sqla+postgresql://shop:p%40ss@db.example.com/celery", id="broker"),
        pytest.param("db+postgresql://shop:p@ss@DB.example.com:5432/celery", id="result backend"),
        pytest.param(json.dumps(DOCUMENT), id="fields"),
        pytest.param(json.dumps({**DOCUMENT, "port": 5432}), id="number as port"),
        pytest.param('{"username": "shop", "password": "p@ss"}', id="no host"),
        pytest.param(json.dumps({"url": URL}), id="URL in a field"),
    ],
)
def test_finds_the_same_login(other):
    assert shared(other) == [("database-url", ("other",))]


@pytest.mark.parametrize(
    "other",
    [
        pytest.param("sqla+postgresql://shop:p%40ss@other.example.com/celery", id="host"),
        pytest.param("sqla+postgresql://shop:p%40ss@db.example.com:5433/celery", id="port"),
        pytest.param("sqla+postgresql://shop:other@db.example.com/celery", id="password"),
        pytest.param("sqla+postgresql://other:p%40ss@db.example.com/celery", id="user"),
        pytest.param("redis://db.example.com:6379/0", id="no login"),
        pytest.param("amqp://shop:p%40ss@db.example.com//", id="another server"),
        pytest.param("http://[broken", id="invalid URL"),
        pytest.param("p@ss", id="a text that may be another password"),
        pytest.param("[]", id="a list"),
        pytest.param("", id="empty"),
    ],
)
def test_other_logins_differ(other):
    assert shared(other) == []


def test_the_password_of_a_database_is_the_same_login():
    assert shared("p@ss", variable="DB_PASSWORD")
    assert not shared("other", variable="DB_PASSWORD")


def test_names_of_this_machine_are_the_same_host():
    url = "postgres://shop:x@localhost/shop"
    assert shared("sqla+postgresql://shop:x@127.0.0.1/celery", url=url)


def test_a_secret_that_is_not_rotated_in_the_database_shares_nothing():
    secrets = [Secret(name="a", env="A"), Secret(name="b", env="B")]
    values = {"a": Hidden(URL), "b": Hidden(URL)}
    assert list(find_shared_logins(secrets, values)) == []


def test_a_value_that_is_not_known_is_not_compared():
    secret = Secret(name="a", kind=Kind.URL, env="A", rotate=SINGLE_USER)
    other = Secret(name="b", env="B")
    assert list(find_shared_logins([secret, other], {"a": Hidden(URL)})) == []
    assert list(find_shared_logins([secret, other], {"b": Hidden(URL)})) == []


def test_the_text_contains_no_password():
    secrets = [
        Secret(name="a", kind=Kind.URL, env="A", rotate=SINGLE_USER),
        Secret(name="b", env="B"),
        Secret(name="c", env="C"),
    ]
    values = dict.fromkeys(("a", "b", "c"), Hidden(URL))
    (found,) = find_shared_logins(secrets, values)
    assert found.text == (
        "the rotation of a would break b, c, which contain the same login or its password"
    )
    assert "p@ss" not in found.text + found.advice
