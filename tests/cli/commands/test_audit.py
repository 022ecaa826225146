from __future__ import annotations

import datetime as dt
import json

import pytest
from shield_helpers import make_app
from trail_helpers import EXAMPLE_RECORD, denied, export, record, role, service_event, user

MANIFEST = """
[app]
name = "shop"
role = "Shop"

[monitoring]
readers = ["role/rotation-*"]

[[secret]]
name = "django-secret-key"
env = "SECRET_KEY"
"""
KEY = "django-secret-key"


@pytest.fixture
def app(tmp_path):
    root = tmp_path / "app"
    root.mkdir()
    (root / "shield.toml").write_text(MANIFEST)
    return root


def test_read_by_an_unauthorized_principal(app, tmp_path, shield):
    export(tmp_path / "trail.json", [EXAMPLE_RECORD])
    done = shield("audit", "--trail", str(tmp_path / "trail.json"), cwd=app)
    assert done.code == 1, done.err
    assert (
        "! outside   django-secret-key\n              session/coco-testai-prod read it but"
        in done.out
    )
    assert "2024-01-15 10:30" in done.out
    assert done.out.endswith("audit: 1 event, 1 secret, 1 principal; 1 item to review\n")


def test_reads_by_the_app_and_its_rotation_are_allowed(app, tmp_path, shield):
    export(
        tmp_path / "trail.json.gz",
        [record("GetSecretValue", KEY, role(name)) for name in ("Shop", "rotation-x")],
    )
    done = shield("audit", "--trail", str(tmp_path), cwd=app)
    assert (done.code, done.err) == (0, "")
    assert done.out.endswith("nothing to review\n")


def test_says_that_there_is_no_manifest(tmp_path, shield):
    export(tmp_path / "trail.json", [record("GetSecretValue", KEY, role("Shop"))])
    empty = tmp_path / "empty"
    empty.mkdir()
    done = shield("audit", "--trail", str(tmp_path / "trail.json"), cwd=empty)
    assert "note: no shield.toml found, so this covers all secrets" in " ".join(done.out.split())
    assert done.code == 0


def test_names_the_folder_of_the_app_around_a_folder(app, shield):
    (app / "shop").mkdir(exist_ok=True)
    done = shield("audit", "--trail", ".", cwd=app / "shop")
    assert done.code == 2
    assert "is inside another app" in done.err
    assert "hint: run shield in ..;" in done.err


def test_is_80_columns_wide_without_control_characters(app, tmp_path, shield):
    hour = dt.timedelta(hours=1)
    records = [
        *[
            record("GetSecretValue", KEY, role("Shop"), hour * i, sourceIPAddress=f"10.0.{i}.7")
            for i in range(90)
        ],
        record("GetSecretValue", KEY, user("x" * 90 + "\x1b[31m")),
        denied("DeleteSecret", KEY, role("a-role-whose-name-is-rather-long-for-a-column")),
        record("DescribeSecret", KEY, user("bob")),
        service_event("RotationFailed", KEY),
        record("RotateSecret", KEY, user("bob"), errorCode="InvalidRequestException"),
    ]
    export(tmp_path / "trail.json", records)
    done = shield(
        "audit", "--trail", str(tmp_path / "trail.json"), "--since", "2026-11-01", cwd=app
    )
    assert done.code == 1
    assert "\x1b" not in done.out
    assert max(len(line) for line in done.out.splitlines() if "xxxxxxxx" not in line) <= 80
    assert "     90      ·      ·      ·  11-24 12:00" in done.out
    assert "1 denied" in done.out
    assert "note: the trail has no earlier events" in done.out


def test_json(app, tmp_path, shield):
    export(tmp_path / "trail.json", [record("DeleteSecret", KEY, user("bob"))])
    (tmp_path / "broken.json").write_text("{")
    done = shield("audit", "--json", "--trail", str(tmp_path), cwd=app)
    assert done.code == 1
    found = json.loads(done.out)
    assert found["accesses"][0]["deeds"] == {"delete": 1}
    assert [alert["kind"] for alert in found["alerts"]] == ["deleted"]
    assert found["unread"][0]["path"].endswith("broken.json")


def test_unreadable_trail_needs_review(app, tmp_path, shield):
    (tmp_path / "broken.json").write_text("{")
    done = shield("audit", "--trail", str(tmp_path / "broken.json"), cwd=app)
    assert done.code == 1
    # the path may be wrapped
    assert "broken.json:invalidorincompleteJSON" in "".join(done.out.split())


@pytest.mark.parametrize(
    ("text", "number"),
    [
        pytest.param({"Events": [{"CloudTrailEvent": '{"eventSource": "secr'}]}, 1, id="incomplete event"),
        pytest.param({"Events": [{"CloudTrailEvent": 1}]}, 1, id="event that is not text"),
        pytest.param({"Records": ["x", 1]}, 2, id="not records"),
        pytest.param({"Records": [record("GetSecretValue", KEY, user("bob"), eventTime=1)]}, 1, id="no time"),
        pytest.param({"name": "shop"}, 1, id="another JSON file"),
        pytest.param({"NextToken": "x", "Events": []}, 1, id="events after another key"),
        pytest.param({"Records": [record("PutObject", "", user("bob"), eventSource="s3.amazonaws.com")]}, 0, id="another service"),
        pytest.param({"Records": [{"digestStartTime": "2026-11-24T12:00:00Z"}]}, 0, id="another file of the trail"),
    ],
)  # fmt: skip
def test_counts_invalid_records(app, tmp_path, shield, text, number):
    (tmp_path / "trail.json").write_text(json.dumps(text))
    done = shield("audit", "--trail", str(tmp_path / "trail.json"), cwd=app)
    assert done.code == bool(number)
    assert (f"CloudTrail: {number} invalid record" in done.out) == bool(number)
    assert ("nothing to review" in done.out) == (not number)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["--since", "soon"], "error: invalid --since 'soon'"),
        (["--trail", "nowhere"], "error: nowhere does not exist"),
    ],
)
def test_invalid_options(app, arguments, error, shield):
    done = shield("audit", *arguments, cwd=app)
    assert done.code == 2
    assert error in done.err
    assert "hint: " in done.err


def test_trail_of_the_account(tmp_path, aws, shield):
    make_app(tmp_path)
    assert shield("apply", "--env-file", ".env", "--yes", cwd=tmp_path).code == 0
    done = shield("audit", cwd=tmp_path)
    assert done.code == 0, done.text
    assert "django-secret-key\n  user/moto" in done.out
    assert "note: shield.toml names no role: no alerts for reads" in done.out


def test_environment(app, tmp_path, shield, aws):
    with (app / "shield.toml").open("a") as manifest:
        manifest.write('\n[environments.staging]\nprefix = "shop/staging/"\nrole = "ShopStaging"\n')
    (app / "settings.py").write_text("DEBUG = True\n")
    names = [f"shop/staging/{KEY}", KEY]
    export(
        tmp_path / "trail.json",
        [record("GetSecretValue", name, role("ShopStaging")) for name in names],
    )
    options = ("--environment", "staging", "--trail", str(tmp_path / "trail.json"))
    done = shield("audit", *options, cwd=app)
    assert done.code == 0, done.text
    assert "shop/staging/django-secret-key\n  role/ShopStaging" in done.out
