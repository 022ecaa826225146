from __future__ import annotations

import html
import json
import os
import pty
import re
import secrets
import subprocess
import sys
from collections import Counter

import boto3
import pytest
from fault_proxy import FaultProxy
from shield_helpers import make_app
from trail_helpers import export, record, role, user

MANIFEST = """
[app]
name = "shop"
role = "Shop"

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


def test_before_and_after_apply(tmp_path, aws, shield):
    app = tmp_path / "app"
    app.mkdir()
    make_app(app)
    page = tmp_path / "report.html"
    done = shield("report", "-o", str(page), cwd=app)
    assert done.code == 0, done.err
    before = page.read_text()
    assert "Changes that shield apply would make to each file" in before
    assert "not in AWS" in before
    assert shield("apply", "--env-file", ".env", "--yes", cwd=app).code == 0
    export(tmp_path / "trail.json", [record("GetSecretValue", KEY, user("bob"))])
    done = shield("report", "--trail", str(tmp_path / "trail.json"), cwd=app)
    assert "Changes that shield apply made to each file" in done.out
    assert "Secrets Manager</span>" in done.out
    assert "-SECRET_KEY = os.environ[" in done.out
    assert re.search(r"total</th><td[^>]*>\$\d+\.\d\d<", done.out)
    assert "user/<wbr>bob" in done.out
    done = shield("report", "-o", str(tmp_path / "comment.md"), cwd=app)
    assert (tmp_path / "comment.md").read_text().startswith("### Secrets of app")
    assert "comment.md" in done.err


@pytest.mark.parametrize("arguments", [[], ["--format", "html"]], ids=" ".join)
def test_html_is_not_printed_on_a_terminal(app, arguments):
    command = [sys.executable, "-m", "shield_ai", "report", "--only", "code", *arguments]
    controller, terminal = pty.openpty()
    done = subprocess.run(
        command,
        cwd=app,
        stdout=terminal,
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
        check=False,
    )
    os.close(terminal)
    os.close(controller)
    assert (done.returncode, done.stderr.splitlines()) == (
        2,
        [
            "error: the HTML report is not readable on a terminal",
            "",
            "hint: use -o report.html, or --format markdown to read a summary here",
        ],
    )
    piped = subprocess.run(command, cwd=app, capture_output=True, text=True, check=True)
    assert piped.stdout.startswith("<!doctype html>")


@pytest.mark.parametrize(
    ("monitoring", "reason"),
    [
        pytest.param("", "no alarms in shield.toml", id="none configured"),
        pytest.param(
            '\n[monitoring]\nemail = ["ops@example.com"]\n', "AWS not checked", id="configured"
        ),
    ],
)
def test_alarms_without_aws(app, shield, monitoring, reason):
    with (app / "shield.toml").open("a") as manifest:
        manifest.write(monitoring)
    out = shield("report", "--only", "code", cwd=app).out
    section = out.partition('id="alarms"')[2].partition("</section>")[0]
    step = out.partition("Set up alarms")[2].partition("</li>")[0]
    assert reason[1:] in section
    assert reason in step


@pytest.mark.parametrize(
    ("line", "state", "text"),
    [
        pytest.param(
            'KEY = os.environ["SECRET_KEY"]',
            "shown",
            "no hardcoded values above low severity, 1 read of an environment variable remains",
            id="read",
        ),
        pytest.param(
            'KEY = os.environ.get("SECRET_KEY", "dev")',
            "not shown",
            "1 hardcoded value above low severity in 1 file",
            id="constant default",
        ),
    ],
)
def test_reads_are_not_hardcoded_values(tmp_path, shield, line, state, text):
    (tmp_path / "settings.py").write_text(f"import os\nSECRET_{line}\n")
    done = shield("report", "--only", "code", "--format", "json", cwd=tmp_path)
    control = json.loads(done.out)["controls"][0]
    assert (control["state"], control["evidence"][0].startswith(text)) == (state, True)


def test_says_why_aws_was_not_checked(tmp_path, shield):
    make_app(tmp_path)
    done = shield("report", cwd=tmp_path)
    assert done.code == 0, done.err
    assert "AWS was not checked: no AWS credentials." in done.out


def test_lists_alarms_in_aws(tmp_path, aws, shield):
    make_app(tmp_path)
    assert shield("draft", cwd=tmp_path).code == 0
    manifest = tmp_path / "shield.toml"
    manifest.write_text(manifest.read_text() + '\n[monitoring]\nemail = ["ops@example.com"]\n')
    assert "✕</span> missing" in shield("report", cwd=tmp_path).out
    assert shield("apply", "--env-file", ".env", "--yes", "--allow-dirty", cwd=tmp_path).code == 0
    out = shield("report", cwd=tmp_path).out
    assert "is scheduled for deletion by" in out
    assert "✕</span> missing" not in out


@pytest.mark.parametrize(
    "operation", ["LookupEvents", "DescribeAlarms", "DescribeSecret", "GetCallerIdentity"]
)
def test_leaves_out_what_is_denied(tmp_path, aws, shield, monkeypatch, operation):
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
        "LookupEvents": "No CloudTrail events",
        "DescribeAlarms": "alarms could not be read",
        "DescribeSecret": "not checked</span>",
        "GetCallerIdentity": "AWS was not checked: AWS denied sts:GetCallerIdentity",
    }
    assert words[operation] in done.out


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
    done = shield("report", *options, cwd=app)
    assert "<h1>shop (staging)</h1>" in done.out
    assert "shop/staging/django-secret-key" in done.out
    done = shield("report", "--environment", "stagin", cwd=app)
    assert (done.code, 'did you mean "staging"?' in done.err) == (2, True)


def test_findings_and_the_control_are_those_of_scan(tmp_path, shield):
    make_app(tmp_path)
    (tmp_path / "deploy.yaml").write_text(f"api_token: {secrets.token_hex(20)}\n")
    found = json.loads(shield("scan", "--format", "json", cwd=tmp_path).out)["findings"]
    assert "deploy.yaml" in {finding["path"] for finding in found}
    page = shield("report", cwd=tmp_path).out
    listed = re.findall(r'<li id="f-(\w+)"', page)
    assert sorted(listed) == sorted(finding["fingerprint"] for finding in found)
    comment = shield("report", "--format", "markdown", cwd=tmp_path).out
    above_low = [finding["rule"] for finding in found if finding["severity"] != "low"]
    reads = above_low.count("CSEC34.environ-read")
    row = re.search(
        r"\| No hardcoded secrets in .* \| not shown \| (\d+) hardcoded values? above .*, (\d+) reads? of",
        comment,
    )
    assert row
    assert (int(row[1]), int(row[2])) == (len(above_low) - reads, reads)


def test_evidence_formats(app, tmp_path, aws, shield):
    trail = tmp_path / "trail.json"  # the account's own trail grows with each report
    export(trail, [record("GetSecretValue", KEY, user("bob"))])
    for form in ("oscal", "asff", "ocsf"):
        output = tmp_path / f"{form}.json"
        command = ("report", "--trail", str(trail), "--format", form)
        done = shield(*command, "-o", str(output), cwd=app)
        assert done.code == 0, done.err
        again = shield(*command, cwd=app).out
        assert without_times(again) == without_times(output.read_text())
    findings = json.loads((tmp_path / "asff.json").read_text())
    states = Counter(finding["Compliance"]["Status"] for finding in findings)
    assert states["NOT_AVAILABLE"] > 0
    events = json.loads((tmp_path / "ocsf.json").read_text())
    passed = sum(event["compliance"]["status"] == "Pass" for event in events)
    assert passed == states["PASSED"]
    document = json.loads((tmp_path / "oscal.json").read_text())["assessment-results"]
    (result,) = document["results"]
    assert len(result["findings"]) == states["PASSED"] + states["FAILED"]


def without_times(text):
    return re.sub(r"\d{4}-\d\d-\d\d[T ][\d:]+|\d{13}", "", text)


def test_asff_needs_the_account(app, shield):
    done = shield("report", "--only", "code", "--format", "asff", cwd=app)
    assert (done.code, done.out) == (2, "")
    assert "error: --format asff needs the AWS account: --only code was given" in done.err
    assert "hint: run the report with AWS credentials" in done.err


def test_names_the_key_that_aws_uses(app, aws, shield):
    boto3.client("secretsmanager").create_secret(Name=KEY, SecretString="x")
    manifest = app / "shield.toml"
    manifest.write_text(manifest.read_text().replace("role =", 'kms_key = "alias/shop"\nrole ='))
    out = shield("report", cwd=app).out
    assert "encrypted with aws/secretsmanager" in out
    assert "encrypted with alias/shop" not in out


def test_the_diff_shows_the_names_of_secrets_and_fields(tmp_path, shield):
    make_app(tmp_path)
    assert shield("apply", "--only", "code", "--yes", "--no-proof", cwd=tmp_path).code == 0
    page = html.unescape(shield("report", "--only", "code", cwd=tmp_path).out)
    text = re.sub(r"<[^>]+>", "", page)
    assert 'get_secret("database-credentials:password"' in text
    assert 'get_secret("•••' not in text


def test_findings_in_ignored_dotenv_files_are_only_counted(tmp_path, shield):
    (tmp_path / "settings.py").write_text("DEBUG = True\n")
    (tmp_path / ".env").write_text("DB_PASSWORD=Kj83hf7Hs91qLp04\n")
    (tmp_path / ".gitignore").write_text(".env\n")
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    done = shield("report", "--only", "code", "--format", "json", cwd=tmp_path)
    report = json.loads(done.out)
    assert (report["findings"], report["in_ignored_files"]) == ([], 1)
    control = next(c for c in report["controls"] if c["id"] == "no-hardcoded-secrets")
    assert control["state"] == "shown"
