from __future__ import annotations

import datetime as dt
import json
import re

import pytest
from fault_proxy import FaultProxy
from shield_helpers import Done, make_app
from trail_helpers import PLAN_EXAMPLE, denied, export, record, role, service_event, user

from shield_ai.__main__ import main

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
def shield(capsys, monkeypatch):
    """Run a command in this process: many of them, and each would load boto3 anew."""

    def run(*arguments, cwd):
        monkeypatch.chdir(cwd)
        code = main(arguments)
        said = capsys.readouterr()
        return Done(code, said.out, said.err)

    return run


@pytest.fixture
def app(tmp_path):
    root = tmp_path / "app"
    root.mkdir()
    (root / "shield.toml").write_text(MANIFEST)
    return root


def test_the_plans_example_is_a_read_by_a_stranger(app, tmp_path, shield):
    export(tmp_path / "trail.json", [PLAN_EXAMPLE])
    done = shield("audit", "--trail", str(tmp_path / "trail.json"), cwd=app)
    assert done.code == 1, done.err
    assert (
        "! outside   django-secret-key\n              session/coco-testai-prod read it but"
        in done.out
    )
    assert "2024-01-15 10:30" in done.out
    assert done.out.endswith("audit: 1 event, 1 secret, 1 principal; 1 needs eyes\n")


def test_the_app_and_its_rotation_are_nothing_to_look_at(app, tmp_path, shield):
    export(
        tmp_path / "trail.json.gz",
        [record("GetSecretValue", KEY, role(name)) for name in ("Shop", "rotation-x")],
    )
    done = shield("audit", "--trail", str(tmp_path), cwd=app)
    assert (done.code, done.err) == (0, "")
    assert done.out.endswith("nothing needs eyes\n")


def test_is_80_columns_wide_and_prints_nothing_odd(app, tmp_path, shield):
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
    assert "note: no event before that time" in done.out


def test_json_says_the_same(app, tmp_path, shield):
    export(tmp_path / "trail.json", [record("DeleteSecret", KEY, user("bob"))])
    (tmp_path / "broken.json").write_text("{")
    done = shield("audit", "--json", "--trail", str(tmp_path), cwd=app)
    assert done.code == 1
    found = json.loads(done.out)
    assert found["accesses"][0]["deeds"] == {"delete": 1}
    assert [alert["kind"] for alert in found["alerts"]] == ["deleted"]
    assert found["unread"][0]["path"].endswith("broken.json")


def test_a_file_that_could_not_be_read_needs_eyes(app, tmp_path, shield):
    (tmp_path / "broken.json").write_text("{")
    done = shield("audit", "--trail", str(tmp_path / "broken.json"), cwd=app)
    assert done.code == 1
    # the line may break anywhere in the path
    assert "broken.json:invalidorincompleteJSON" in "".join(done.out.split())


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["--since", "soon"], "error: invalid --since 'soon'"),
        (["--trail", "nowhere"], "error: nowhere does not exist"),
    ],
)
def test_says_what_is_wrong(app, arguments, error, shield):
    done = shield("audit", *arguments, cwd=app)
    assert done.code == 2
    assert error in done.err
    assert "hint: " in done.err


def test_the_account_itself(tmp_path, aws, shield):
    make_app(tmp_path)
    assert shield("apply", "--env-file", ".env", "--yes", cwd=tmp_path).code == 0
    done = shield("audit", cwd=tmp_path)
    assert done.code == 0, done.text
    assert "django-secret-key\n  user/moto" in done.out
    assert "note: shield.toml names no role: reads by other principals" in done.out


def test_report_of_an_app_before_and_after(tmp_path, aws, shield):
    app = tmp_path / "app"
    app.mkdir()
    make_app(app)
    page = tmp_path / "report.html"
    done = shield("report", "-o", str(page), cwd=app)
    assert done.code == 0, done.err
    before = page.read_text()
    assert "What shield apply would do to each file" in before
    assert "not in AWS" in before
    assert shield("apply", "--env-file", ".env", "--yes", cwd=app).code == 0
    export(tmp_path / "trail.json", [record("GetSecretValue", KEY, user("bob"))])
    done = shield("report", "--trail", str(tmp_path / "trail.json"), cwd=app)
    assert "What shield apply did to each file" in done.out
    assert "Secrets Manager</span>" in done.out
    assert "-SECRET_KEY = os.environ[" in done.out
    assert re.search(r"together</th><td[^>]*>\$\d+\.\d\d<", done.out)
    assert "user/\u200bbob" in done.out
    done = shield("report", "-o", str(tmp_path / "comment.md"), cwd=app)
    assert (tmp_path / "comment.md").read_text().startswith("### Secrets of app")
    assert "comment.md" in done.err


def test_report_says_why_aws_was_not_looked_at(tmp_path, shield):
    make_app(tmp_path)
    done = shield("report", cwd=tmp_path)
    assert done.code == 0, done.err
    assert "AWS was not looked at: no AWS credentials." in done.out


def test_report_says_which_alarms_are_there(tmp_path, aws, shield):
    make_app(tmp_path)
    assert shield("draft", cwd=tmp_path).code == 0
    manifest = tmp_path / "shield.toml"
    manifest.write_text(manifest.read_text() + '\n[monitoring]\nemail = ["ops@example.com"]\n')
    assert "✕</span> missing" in shield("report", cwd=tmp_path).out
    assert shield("apply", "--env-file", ".env", "--yes", "--allow-dirty", cwd=tmp_path).code == 0
    out = shield("report", cwd=tmp_path).out
    assert "is scheduled for deletion, by" in out
    assert "✕</span> missing" not in out


@pytest.mark.parametrize(
    "operation", ["LookupEvents", "DescribeAlarms", "DescribeSecret", "GetCallerIdentity"]
)
def test_report_does_without_what_it_may_not_look_at(tmp_path, aws, shield, monkeypatch, operation):
    make_app(tmp_path)
    assert shield("draft", cwd=tmp_path).code == 0
    manifest = tmp_path / "shield.toml"
    manifest.write_text(manifest.read_text() + '\n[monitoring]\nemail = ["ops@example.com"]\n')
    with FaultProxy(aws.url) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
        proxy.answer(operation, "AccessDeniedException", at=None)
        done = shield("report", cwd=tmp_path)
    assert done.code == 0, done.err
    words = {
        "LookupEvents": "Who did read is not known",
        "DescribeAlarms": "None is known to this run",
        "DescribeSecret": "not looked at</span>",
        "GetCallerIdentity": "AWS was not looked at: AWS denied sts:GetCallerIdentity",
    }
    assert words[operation] in done.out


def test_an_environment_of_its_own(app, tmp_path, shield, aws):
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
    done = shield("report", *options, cwd=app)
    assert "<h1>shop (staging)</h1>" in done.out
    assert "shop/staging/django-secret-key" in done.out
    done = shield("report", "--environment", "stagin", cwd=app)
    assert (done.code, "did you mean staging?" in done.err) == (2, True)
