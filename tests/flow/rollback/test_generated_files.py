from __future__ import annotations

import json

import pytest

from shield_ai.aws.desired.iam import policy_document
from shield_ai.flow.rollback.generated_files import is_generated
from shield_ai.model.manifest import App, Manifest, Secret
from shield_ai.project.secret_map import SecretMap
from shield_ai.rewrite.project.iam_policy import PATH as POLICY
from shield_ai.rewrite.project.map_style import MapStyle
from shield_ai.rewrite.project.map_text import map_text
from shield_ai.rewrite.project.stamp import stamp

PAGE = stamp("docs", "md", "# Secrets\n").encode()
OTHER_PAGE = stamp("docs", "md", "# Secrets\n\ngeo-api-key\n").encode()
STYLE = MapStyle(uses_bandit=True, uses_detect_secrets=True)
MAP = map_text("shop", SecretMap({"mail-key": "MAIL_KEY"}), STYLE).encode()
NEW_ENTRIES = {"mail-key": "MAIL_KEY", "db-password": "DB_PASSWORD"}
OTHER_MAP = map_text("shop", SecretMap(NEW_ENTRIES, ("mail-key",)), STYLE).encode()


def policy(*names):
    manifest = Manifest(app=App(name="shop"), secret=tuple(Secret(name=n, env="A") for n in names))
    return json.dumps(policy_document(manifest, "123456789012"), indent=2).encode() + b"\n"


@pytest.mark.parametrize(
    ("path", "applied", "now", "expected"),
    [
        pytest.param("docs/a.md", PAGE, OTHER_PAGE, True, id="page"),
        pytest.param("docs/a.md", PAGE, OTHER_PAGE + b"mine\n", False, id="edited page"),
        pytest.param("docs/a.md", PAGE, PAGE.replace(b"\n", b"\n\n"), True, id="formatted page"),
        pytest.param("docs/a.md", PAGE, b"<!-- mine -->\n" + OTHER_PAGE, False, id="license"),
        pytest.param("a.py", MAP, OTHER_MAP, True, id="map"),
        pytest.param("a.py", MAP, OTHER_MAP.replace(b"\n", b"\r\n"), True, id="line ends"),
        pytest.param("a.py", MAP, OTHER_MAP + b"# mine\n", False, id="edited map"),
        pytest.param(
            "a.py", MAP, OTHER_MAP.replace(b'"MAIL_KEY",', b'"MAIL_KEY",  # mine'), False, id="note"
        ),
        pytest.param("a.py", MAP, b"", False, id="empty"),
        pytest.param("a.py", b"x = 1\n", b"x = 2\n", False, id="other code"),
        pytest.param(POLICY, policy("a"), policy("a", "b"), True, id="policy"),
        pytest.param(
            POLICY, policy("a"), policy("a").replace(b"GetSecret", b"PutSecret"), False, id="action"
        ),
        pytest.param(POLICY, policy("a"), policy("a") + b"\n", False, id="other format"),
        pytest.param(POLICY, policy("a"), b"{", False, id="no JSON"),
    ],
)
def test_recognizes_generated_files(path, applied, now, expected):
    assert is_generated(path, applied, now) is expected
