from __future__ import annotations

from manifest_samples import GOOD

from shield_ai.model.manifest_parser import parse


def test_find_variable():
    manifest = parse(GOOD)
    database = manifest.secret[1]
    assert manifest.find_variable("DB_USER") == (database, "username")
    assert manifest.find_variable("SECRET_KEY") == (manifest.secret[0], "")
    assert manifest.find_variable("OTHER") is None
