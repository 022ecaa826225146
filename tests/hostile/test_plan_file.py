"""A plan file from somebody else changes no file outside the app and nothing foreign in AWS."""

from __future__ import annotations

import json
import shutil

import boto3
import pytest
from empty_account import use_empty_account
from hostile_git import git
from shield_helpers import make_app, run

from shield_ai.project.python_source import digest

REGION = "us-east-1"


@pytest.fixture(scope="module")
def planned_app(tmp_path_factory, aws_server):
    """An app with shield.toml, which the draft wrote, and a plan for an empty account."""
    folder = tmp_path_factory.mktemp("planned")
    root = folder / "app"
    root.mkdir()
    make_app(root)
    git(root, "init", "-q")
    assert run("draft", cwd=root).code == 0
    with pytest.MonkeyPatch.context() as monkeypatch:
        use_empty_account(aws_server, monkeypatch)
        make_plan(root)
    (folder / "host-file").write_text("SECRET_KEY=of-the-host\n")
    (folder / "folder").mkdir()
    (folder / "folder/a.py").write_text("A = 1\n")
    return folder


@pytest.fixture
def app(tmp_path, aws, planned_app):
    """A copy of the app, and an empty account."""
    shutil.copytree(planned_app, tmp_path, dirs_exist_ok=True)
    return tmp_path / "app"


def read_plan(app):
    return json.loads((app / "plan.json").read_text())


def make_plan(app, *arguments):
    done = run("plan", "--env-file", ".env", "-o", "plan.json", *arguments, cwd=app)
    assert done.code == 0, done.text
    return read_plan(app)


def apply(app, plan, *arguments):
    (app / "plan.json").write_text(json.dumps(plan))
    return run(
        "apply", "plan.json", "--yes", "--no-proof", "--allow-dirty", "--allow-placeholders",
        *arguments, cwd=app,
    )  # fmt: skip


def stored():
    return {
        secret["Name"] for secret in boto3.client("secretsmanager").list_secrets()["SecretList"]
    }


def new_file(path, text="[core]\n"):
    edit = {"path": path, "start": 0, "end": 0, "replacement": text}
    return {"path": path, "before": None, "after": digest(text.encode()), "edits": [edit]}


UNSAFE_PATHS = [
    ".git/config",
    ".GIT/config",
    ".git./config",
    "shop/.git/hooks/pre-commit",
    ".shield/journal.jsonl",
    ".Shield/patterns/x.yaml",
    "../outside.py",
    "shop/../../outside.py",
    "shop/../shop/x.py",
    "/tmp/absolute.py",
    "",
    ".",
    "./x.py",
    "shop//x.py",
    "x\0.py",
    "x\n.py",
    "x\x1b[2J.py",
    "link/a.py",
    "linked.py",
]


@pytest.mark.parametrize("path", UNSAFE_PATHS, ids=ascii)
@pytest.mark.parametrize("part", ["files", "read", "code"])
def test_an_unsafe_path_is_refused(app, path, part):
    (app / "link").symlink_to(app.parent / "folder")
    (app / "linked.py").symlink_to("shop/settings.py")
    plan = read_plan(app)
    if part == "files":
        plan["files"] = [new_file(path)]
    elif part == "read":
        plan["read"] = {path: digest(b"")}
    else:
        plan["changes"][0]["origins"] = [{"locator": f"code:{path}#0-9"}]
    config = (app / ".git/config").read_bytes()
    journal = app / ".shield/journal.jsonl"
    done = apply(app, plan)
    assert done.code == 4, done.text
    assert "\x1b" not in done.text
    assert (app / ".git/config").read_bytes() == config
    assert not journal.exists()
    assert not (app.parent / "outside.py").exists()
    assert stored() == set()


def test_the_edits_of_another_file_are_refused(app):
    plan = read_plan(app)
    file = new_file("shop/new.py")
    file["edits"][0]["path"] = ".git/config"
    plan["files"] = [file]
    assert apply(app, plan).code == 4


@pytest.mark.parametrize("encoding", ["base64", "idna", "nothing", "rot13", "\0"])
def test_an_encoding_that_is_none_is_refused(app, encoding):
    plan = read_plan(app)
    plan["files"] = [{**new_file("shop/new.py"), "encoding": encoding}]
    assert apply(app, plan).code == 4


SOURCES = [
    "dotenv:{host}#SECRET_KEY",
    "dotenv:../host-file#SECRET_KEY",
    "dotenv:link-to-host#SECRET_KEY",
    "dotenv:/proc/self/environ#SECRET_KEY",
    "dotenv:-#SECRET_KEY",
    "dotenv:.git/config#SECRET_KEY",
    "dotenv:.env#DATABASE_PASSWORD",
    "env:AWS_SECRET_ACCESS_KEY",
    "env:PATH",
    "copy:production/other#password",
    "former:other#",
    "file:/etc/passwd",
    "code:shop/settings.py#0-1-2",
]


@pytest.mark.parametrize("locator", SOURCES)
def test_a_foreign_source_of_a_value_is_refused(app, locator):
    (app / "link-to-host").symlink_to(app.parent / "host-file")
    plan = read_plan(app)
    for change in plan["changes"]:
        if change["name"] == "django-secret-key":
            change["origins"] = [{"locator": locator.format(host=app.parent / "host-file")}]
    done = apply(app, plan)
    assert done.code == 4, done.text
    assert stored() == set()


def test_a_named_env_file_outside_the_app_is_allowed(app):
    host = app.parent / "host-file"
    host.write_text((app / ".env").read_text())
    done = run("plan", "--env-file", str(host), "-o", "plan.json", cwd=app)
    assert done.code == 0
    plan = json.loads((app / "plan.json").read_text())
    assert apply(app, plan).code == 4
    done = apply(app, plan, "--env-file", str(host))
    assert done.code == 0, done.text
    assert "django-secret-key" in stored()


def change_secret(**fields):
    def attack(plan):
        for change in plan["changes"]:
            if change["name"] == "mail-api-key":
                change.update(fields)

    return attack


def add_change(**fields):
    return lambda plan: plan["changes"].append(fields)


ADMIN = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}
FOREIGN = "billing-master-key"
ATTACKS = {
    "another secret": change_secret(name=FOREIGN),
    "other settings": change_secret(settings={"description": "", "kms_key": "theirs"}),
    "a secret to delete": add_change(
        action="remove", resource="secret", name=FOREIGN, before={}, version="x"
    ),
    "an admin policy": add_change(
        action="create", resource="policy", name="admin", settings={"document": ADMIN, "tags": {}}
    ),
    "a policy on a secret": add_change(
        action="create", resource="secret-policy", name=FOREIGN, settings={"document": ADMIN}
    ),
    "an attached policy": add_change(
        action="create", resource="policy-attachment", name="Admin", settings={"role": "Admin"}
    ),
    "an unknown kind": add_change(action="create", resource="user", name="x", settings={}),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_a_change_that_planning_does_not_produce_is_refused(app, name):
    boto3.client("secretsmanager").create_secret(Name=FOREIGN, SecretString="theirs")
    plan = make_plan(app, "--only", "aws")
    ATTACKS[name](plan)
    done = apply(app, plan)
    assert done.code == 4, done.text
    assert "shield plan does not make this change" in done.err
    assert stored() == {FOREIGN}
    assert boto3.client("iam").list_policies(Scope="Local")["Policies"] == []


def test_a_subset_of_the_plan_is_allowed(app):
    plan = make_plan(app, "--only", "aws")
    plan["changes"] = [change for change in plan["changes"] if change["name"] == "mail-api-key"]
    done = apply(app, plan)
    assert done.code == 0, done.text
    assert stored() == {"mail-api-key"}


def test_a_large_plan_is_refused(app, monkeypatch):
    monkeypatch.setattr("shield_ai.flow.plan.plan_file.MAX_SIZE", 1000)
    plan = make_plan(app)
    done = apply(app, plan)
    assert done.code == 4
    assert "can't be read: larger than" in done.err


def test_a_plan_with_many_items_is_refused(app, monkeypatch):
    monkeypatch.setattr("shield_ai.flow.plan.plan_check.MAX_ITEMS", 2)
    assert apply(app, make_plan(app)).code == 4


def test_a_literal_moves_only_to_an_untracked_env_file(app):
    plan = make_plan(app, "--only", "code")
    plan["dotenv"] = [{"locator": "code:shop/settings.py#0-9", "field": "X\nUSE_AWS_SECRETS"}]
    assert apply(app, plan, "--only", "code").code == 4
    plan["dotenv"] = [{"locator": "code:shop/settings.py#0-9", "field": "X"}]
    git(app, "add", "-f", ".env")
    done = apply(app, plan, "--only", "code")
    assert done.code == 4
    assert ".env is tracked by git" in done.err
