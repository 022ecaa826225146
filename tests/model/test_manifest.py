from __future__ import annotations

from manifest_samples import GOOD

from shield_ai.model.manifest_parser import parse_manifest


def test_secrets_by_variable():
    manifest = parse_manifest(GOOD)
    database = manifest.secret[1]
    found = manifest.secrets_by_variable()
    assert found["DB_USER"] == (database, "username")
    assert found["SECRET_KEY"] == (manifest.secret[0], "")
    assert "OTHER" not in found
