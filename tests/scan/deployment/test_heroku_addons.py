from __future__ import annotations

import json

import pytest

from shield_ai.scan.deployment.heroku_addons import addon_notes

VARIABLES = ("SECRET_KEY", "DATABASE_URL", "REDIS_URL", "CLOUDAMQP_URL", "SEARCH_URL")


@pytest.mark.parametrize(
    ("content", "names"),
    [
        pytest.param({"addons": ["heroku-postgresql:mini"]}, ["DATABASE_URL"], id="plan"),
        pytest.param({"addons": ["heroku-redis"]}, ["REDIS_URL"], id="no plan"),
        pytest.param({"addons": [{"plan": "cloudamqp:lemur"}]}, ["CLOUDAMQP_URL"], id="own prefix"),
        pytest.param({"addons": [{"plan": "bonsai", "as": "SEARCH"}]}, ["SEARCH_URL"], id="alias"),
        pytest.param({"addons": []}, [], id="no add-ons"),
        pytest.param({"addons": {"a": 1}}, [], id="not a list"),
        pytest.param([1], [], id="not an object"),
    ],
)
def test_names_the_variables_of_addons(content: object, names: list[str]) -> None:
    files = {"app.json": json.dumps(content).encode()}
    notes = addon_notes(files.get, VARIABLES)
    assert [note.name for note in notes] == names


@pytest.mark.parametrize("content", [None, b"", b"{", b"[" * 100_000, b"\xff"])
def test_unreadable_file_has_no_addons(content: bytes | None) -> None:
    assert addon_notes(lambda _: content, VARIABLES) == []
