from __future__ import annotations

from contextlib import closing
from urllib.parse import quote

import psycopg
import pytest
from bed import PostgresBed
from hypothesis import given
from hypothesis import strategies as st

from shield_ai.rotator.errors import SetupError
from shield_ai.rotator.url import is_database_url, parse_database_url, with_password

PLAIN = "postgres://u:p@h/d"
NAMES = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param(PLAIN, {"engine": "postgres", "username": "u", "password": "p", "host": "h", "database": "d"}, id="plain"),
        pytest.param("postgresql+psycopg2://u:p@h:5433/d", {"engine": "postgres", "port": 5433}, id="SQLAlchemy's"),
        pytest.param("mysql2://u:p@h/d", {"engine": "mysql"}, id="MySQL"),
        pytest.param("postgres://u%40x:a%2Fb%3Ac@h/d%20e", {"username": "u@x", "password": "a/b:c", "database": "d e"}, id="quoted"),
        pytest.param("postgres://u:a@b:c@h/d", {"username": "u", "password": "a@b:c", "host": "h"}, id="unquoted"),
        pytest.param("postgres://u:p@[::1]:5432/d", {"host": "::1", "port": 5432}, id="IPv6"),
        pytest.param("postgres://u:p@h/d?sslmode=require&x=1", {"sslmode": "require"}, id="TLS"),
        pytest.param(" postgres://u:p@h/d\n", {"database": "d"}, id="white space around it"),
        pytest.param("POSTGRES://u:p@H/d", {"engine": "postgres", "host": "h"}, id="capitals"),
    ],
)  # fmt: skip
def test_parses_urls(text, found):
    assert is_database_url(text)
    assert parse_database_url(text).items() >= found.items()
    changed = with_password(text, "n&w/")
    assert parse_database_url(changed) == {**parse_database_url(text), "password": "n&w/"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "{}",
        '{"url": "postgres://u:p@h/d"}',
        "redis://u:p@h/0",
        "sqlite:///d",
        "https://u:p@h/",
    ],
)
def test_other_secrets_are_not_database_urls(text):
    assert not is_database_url(text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("postgres://h/d", id="no login"),
        pytest.param("postgres://u@h/d", id="no password"),
        pytest.param("postgres:///d", id="no host"),
        pytest.param("postgres://u:p@h1,h2/d", id="two hosts"),
        pytest.param("postgres://u:p@h/d?password=q", id="a password in the query"),
        pytest.param("postgres://u:p@h:x/d", id="invalid port"),
        pytest.param("postgres://u:a/b@h/d", id="a slash in the password"),
        pytest.param("postgres://u:a\t\t\t\tb@h/d", id="tabs in the password"),
        pytest.param("postgres://u:a\nb@h/d", id="a line feed in the password"),
    ],
)
def test_invalid_urls(text):
    with pytest.raises(SetupError) as caught:
        parse_database_url(text)
    assert "p@" not in str(caught.value)
    assert caught.value.__cause__ is None


@given(NAMES, NAMES, NAMES, NAMES, st.sampled_from(["", "?sslmode=disable", "?a=%20&b=", "#x"]))
def test_replaces_only_the_password(user, old, new, name, end):
    head = f"postgres://{quote(user, safe='')}:"
    tail = f"@db.example.com:5432/{quote(name, safe='')}{end}"
    changed = with_password(head + quote(old, safe="") + tail, new)
    assert changed == head + quote(new, safe="") + tail
    assert parse_database_url(changed)["password"] == new
    assert parse_database_url(changed)["username"] == user


@pytest.fixture
def bed(aws, postgres):
    bed = PostgresBed(aws, postgres, "single-user")
    yield bed
    bed.client.put_secret_value(SecretId=bed.secret, SecretString='{"username": "%s"}' % bed.user)
    with bed.connect() as superuser:
        bed.run(superuser, "DROP DATABASE {} WITH (FORCE)", bed.database)
        for name in (bed.other_user[0], bed.admin[0], bed.user):
            bed.run(superuser, "DROP ROLE {}", name)


def test_rotates_a_url(bed):
    login = bed.document()
    url = f"postgres://{bed.user}:{quote(login['password'], safe='')}@{login['host']}:{login['port']}/{bed.database}?sslmode=disable"
    bed.client.put_secret_value(SecretId=bed.secret, SecretString=url)
    bed.environ = {**bed.environ, "ROTATION_STRATEGY": "single-user"}
    for _ in range(2):
        old = bed.value()
        bed.rotate()
        assert bed.value() != old
        assert with_password(bed.value(), "") == with_password(old, "")
        with closing(psycopg.connect(bed.value())):
            pass
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(old)
    bed.environ |= {"ROTATION_STRATEGY": "alternating-users", "ROTATION_ADMIN": "x"}
    with pytest.raises(SetupError, match="require a JSON secret"):
        bed.rotate()
