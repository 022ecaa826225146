from __future__ import annotations

import pytest

from shield_ai.model.errors import SourceError
from shield_ai.project.repository_list import Repository, parse_repository

TOKEN = "s3cr3tT0ken"


@pytest.mark.parametrize(
    ("text", "name", "url", "credentials"),
    [
        pytest.param("https://h:8/a", "https://h:8/a", "https://h:8/a", "", id="no credentials"),
        pytest.param("HTTPS://{}@h/a", "https://h/a", "https://h/a", "{}", id="upper case"),
        pytest.param("https://u:a@{}@h/a", "https://h/a", "https://h/a", "u:a@{}", id="at sign"),
        pytest.param("Http://u:{}@h", "http://h", "http://h", "u:{}", id="no path"),
        pytest.param("ssh://git:{}@h/a", "ssh://h/a", "ssh://git@h/a", "", id="ssh password"),
        pytest.param("ssh://git%3A{}@h/a", "ssh://h/a", "ssh://git@h/a", "", id="ssh, encoded"),
        pytest.param("git://u:{}@h/a", "git://h/a", "git://h/a", "", id="git protocol"),
        pytest.param("file://u:{}@h/a", "file://h/a", "file://h/a", "", id="file with a host"),
        pytest.param("file:///a@b/c", "file:///a@b/c", "file:///a@b/c", "", id="file"),
        pytest.param("git@h:a/b.git", "git@h:a/b.git", "git@h:a/b.git", "", id="ssh short form"),
    ],
)
def test_separates_credentials_from_a_url(text, name, url, credentials):
    repository = parse_repository(text.format(TOKEN))
    assert repository == Repository(name, url, credentials.format(TOKEN))
    assert TOKEN not in repr(repository)


def test_a_folder_can_have_any_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "me@shop#1").mkdir()
    assert parse_repository("me@shop#1") == Repository("me@shop#1")
    assert parse_repository("/srv/gone") == Repository("/srv/gone")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("https://h/a?private_token={}", id="query"),
        pytest.param("https://h/a?access_token=x@{}", id="query with an at sign"),
        pytest.param("https://h/a#{}", id="fragment"),
        pytest.param("https://u:1/{}@h/a", id="slash in the password"),
        pytest.param("https://u:a?{}@h/a", id="question mark in the password"),
        pytest.param("ssh://u:a#{}@h/a", id="hash in the password"),
        pytest.param("ftp://u:{}@h/a", id="scheme"),
        pytest.param("u:{}@h/a", id="no scheme"),
        pytest.param("h/a?private_token={}", id="query, no scheme"),
        pytest.param("https:/u:{}@h/a", id="one slash"),
        pytest.param("u:{}@h:a", id="password in the ssh short form"),
        pytest.param("git@h:a?{}", id="query in the ssh short form"),
        pytest.param("https::https://u:{}@h/a", id="remote helper"),
    ],
)
def test_does_not_quote_a_url_that_may_contain_a_credential(text):
    with pytest.raises(SourceError) as error:
        parse_repository(text.format(TOKEN))
    assert TOKEN not in f"{error.value.message} {error.value.hint}"
