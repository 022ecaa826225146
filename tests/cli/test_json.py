"""The JSON that the commands print is described by their schemas."""

from __future__ import annotations

import json
import subprocess

import boto3
import pytest
from json_documents import document
from shield_helpers import make_app, run

from shield_ai.model.errors import AWS_FAILED, DONE, FINDINGS, PLAN_REJECTED, USAGE

UNICODE = """
import os
GRUSS = os.environ["GRÜSSE_PASSWORD"]
LONE = os.environ["X\\ud800_PASSWORD"]
API_PASSWORD = "Pässwört-\u202e-8f3a9c1d7b"
"""


def empty(_folder):
    """Create nothing."""


def one_file(folder):
    (folder / "app.py").write_text("print(1)\n")


def unicode_names(folder):
    make_app(folder)
    package = folder / "straße \u202e"
    package.mkdir()
    (package / "grüße.py").write_text(UNICODE)


def broken_file(folder):
    make_app(folder)
    (folder / "broken.py").write_text("def (\n")


STATES = [empty, one_file, make_app, unicode_names, broken_file]


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("scan", ["scan", "--format", "json"]),
        ("scan", ["scan", "--all", "--format", "json", "."]),
        ("draft", ["draft", "--json"]),
        ("plan", ["plan", "--only", "code", "--json"]),
        ("plan", ["plan", "--only", "code", "--remove-literals", "--json"]),
        ("cost", ["cost", "--json"]),
        ("verify", ["verify", "--only", "code", "--json"]),
        ("report", ["report", "--only", "code", "--format", "json"]),
        ("export", ["export", "--format", "json", "--account", "000000000000"]),
        ("apply", ["apply", "--only", "code", "--no-proof", "--yes", "--json"]),
        ("rollback", ["rollback", "--yes", "--json"]),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_output_in_each_state(tmp_path, state, name, arguments):
    state(tmp_path)
    done = run(*arguments, cwd=tmp_path)
    if done.code in {DONE, FINDINGS}:
        assert document(name, done.out)["version"] == 1
    else:
        assert (done.code, done.out) == (USAGE, ""), done.err
        assert done.err.startswith("error: ")


def test_scan_of_history_of_files_and_of_repositories(tmp_path):
    app = tmp_path / "app"
    app.mkdir()
    broken_file(app)
    for command in ("init -q", "add -A", "-c user.name=x -c user.email=x@x commit -qm x"):
        subprocess.run(["git", *command.split()], cwd=app, check=True)
    found = document("scan", run("scan", "--history", "--format", "json", cwd=app).out)
    assert {finding["stands"] for finding in found["findings"]} == {True}
    (app / "x.zip").write_bytes(b"PK\x03\x04")
    assert document("scan", run("scan", "--format", "json", cwd=app).out)["skipped"]
    run("scan", "--write-baseline", "baseline.json", cwd=app)
    assert document("baseline", (app / "baseline.json").read_text())["findings"]
    (tmp_path / "repos").write_text(f"{app}\n{tmp_path}/absent\n")
    done = run("scan", "--repos", "repos", "--format", "json", cwd=tmp_path)
    fleet = document("scan-repos", done.out)
    assert fleet["total"]["failed"] == 1
    assert json.loads((tmp_path / "shield-fleet/fleet.json").read_text()) == fleet


def test_rules(tmp_path):
    listed = document("patterns-list", run("patterns", "list", "--json", cwd=tmp_path).out)
    checked = document("patterns-check", run("patterns", "check", "--json", cwd=tmp_path).out)
    assert [one["id"] for one in listed["patterns"]] == [one["id"] for one in checked["patterns"]]
    assert {len(one["failures"]) for one in checked["patterns"]} == {0}
    for rule_id, number in (("CSEC34.literal", 1), ("CSEC34", len(listed["patterns"][0]["rules"]))):
        explained = document("explain", run("explain", rule_id, "--json", cwd=tmp_path).out)
        assert len(explained["rules"]) == number
    folder = tmp_path / ".shield/patterns"
    folder.mkdir(parents=True)
    assert run("explain", "nothing", "--json", cwd=tmp_path).out == ""


def test_draft_tells_what_it_added(tmp_path):
    make_app(tmp_path)
    first = document("draft", run("draft", "--json", cwd=tmp_path).out)
    assert first["changed"]
    assert first["added"] == first["secrets"] != []
    again = document("draft", run("draft", "--json", cwd=tmp_path).out)
    assert (again["changed"], again["added"]) == (False, [])
    assert again["secrets"] == first["secrets"]
    settings = tmp_path / "shop/settings.py"
    settings.write_text(settings.read_text() + 'NEW = os.environ["NEW_API_KEY"]\n')
    assert document("draft", run("draft", "--json", cwd=tmp_path).out)["added"] == ["new-api-key"]


@pytest.mark.usefixtures("aws")
def test_journey_with_aws(tmp_path):
    values = make_app(tmp_path)
    (tmp_path / ".gitignore").write_text(".env\n")

    def step(name, *arguments, code=DONE):
        done = run(*arguments, "--json", cwd=tmp_path)
        assert done.code == code, done.text
        assert not [value for value in values.values() if value in done.text]
        return document(name, done.out)

    step("draft", "draft")
    planned = step("plan", "plan", "--env-file", ".env", "-o", "plan.json")
    assert document("plan", (tmp_path / "plan.json").read_text()) == planned
    applied = step("apply", "apply", "plan.json", "--env-file", ".env", "--yes", "--no-proof")
    assert {one["step"] for one in applied["steps"]} == {"file", "aws"}
    assert applied["settings"] == {
        "modules": [],
        "problems": [],
        "lacks_requirements": False,
        "lacks_project": False,
        "lacks_variables": False,
        "lacks_permission": False,
        "sample_variables": [],
        "sample_modules": [],
        "python_without_boto3": "",
    }
    assert step("apply", "apply", "--yes")["steps"] == []
    assert step("apply", "apply", "--yes")["settings"] is None
    step("plan", "plan")
    assert step("verify", "verify", code=DONE)["checks"]
    step("cost", "cost")
    reported = run("report", "--format", "json", cwd=tmp_path).out
    found = document("report", reported)
    assert found["controls"]
    assert found["verdict"] == "findings-left"  # in .env
    assert not [value for value in values.values() if value in reported]
    assert step("rotate-status", "rotate", "--status")["secrets"]
    assert step("audit", "audit", code=DONE)["events"]
    pulled = step("pull", "pull", "--env-file", ".env", "--yes")
    assert pulled["written"] == []
    assert set(pulled["unchanged"]) == values.keys()
    undone = step("rollback", "rollback", "--yes")
    assert {one["status"] for one in undone["steps"]} == {"undone"}
    assert step("rollback", "rollback", "--yes")["steps"] == []


MANIFEST = """\
[app]
name = "shop"
settings = ["settings.py"]

[[secret]]
name = "token"
env = "TOKEN"
rotate = { every = "1 days", strategy = "random-value" }

[[secret]]
name = "django-secret-key"
kind = "django-secret-key"
env = "SECRET_KEY"
rotate = { every = "1 days" }

[[secret]]
name = "gone"
env = "GONE"
rotate = { every = "1 days", strategy = "random-value" }
"""


@pytest.mark.usefixtures("aws")
def test_rotation(tmp_path):
    (tmp_path / "shield.toml").write_text(MANIFEST)
    (tmp_path / "settings.py").write_text("SECRET_KEY = 1\n")
    client = boto3.client("secretsmanager")
    for name in ("token", "django-secret-key"):
        client.create_secret(Name=name, SecretString="x" * 50)

    def rotate(*arguments, code=DONE):
        done = run("rotate", *arguments, "--yes", "--json", cwd=tmp_path)
        assert done.code == code, done.text
        found = document("rotate", done.out)["secrets"] if done.out else []
        return {one["name"]: one["result"] for one in found}

    assert rotate("--due") == {}
    assert rotate("token") == {"token": "rotated"}
    assert rotate("--cancel", "token") == {"token": "unchanged"}
    assert rotate("django-secret-key") == {"django-secret-key": "restart"}
    assert rotate("--cancel", "django-secret-key") == {"django-secret-key": "canceled"}
    # an error after a rotation: the rotation is reported
    assert rotate("token", "gone", code=USAGE) == {"token": "rotated"}
    assert rotate("gone", code=USAGE) == {}


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["plan", "--json"], AWS_FAILED),
        (["verify", "--json"], USAGE),
        (["plan", "--json", "--only", "code", "absent"], USAGE),
        (["rotate", "--status", "--json"], USAGE),
        (["apply", "plan.json", "--json", "--yes"], PLAN_REJECTED),
        (["audit", "--json", "--since", "soon", "--trail", "."], USAGE),
        (["cost", "--json", "--processes", "-1"], USAGE),
        (["explain", "--json", "NONE"], USAGE),
        (["scan", "--format", "json", "--history", "--staged"], USAGE),
        (["schema", "none"], USAGE),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_errors_leave_stdout_empty(tmp_path, arguments, code):
    make_app(tmp_path)
    (tmp_path / "plan.json").write_text('{"version": 1}')
    done = run(*arguments, cwd=tmp_path)
    assert (done.code, done.out) == (code, "")
    assert done.err.startswith("error: ")


def test_schema_prints_the_schemas(tmp_path):
    default = json.loads(run("schema", cwd=tmp_path).out)
    assert default["$schema"].startswith("http://json-schema.org/draft-04/")
    assert json.loads(run("schema", "shield.toml", cwd=tmp_path).out) == default
    assert json.loads(run("schema", "scan", cwd=tmp_path).out)["title"] == "scan"
