"""Secrets that were renamed in shield.toml after their value changed in AWS."""

from __future__ import annotations

import json
import re
import shutil

import boto3
import pytest
from shield_helpers import make_app, run

OLD = "mail-api-key"
NEW = "postman-key"
JOINED = '[[secret]]\nname = "mail"\nfields = {token = "MAIL_API_KEY"}\n'


def client():
    return boto3.client("secretsmanager")


def value(name):
    return client().get_secret_value(SecretId=name)["SecretString"]


def edit(app, old, new):
    path = app / "shield.toml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def apply(app, *options):
    done = run("apply", "--env-file", ".env", "--yes", "--no-proof", *options, cwd=app)
    assert done.code == 0, done.text
    return done.text


@pytest.fixture
def app(tmp_path, aws):
    make_app(tmp_path)
    apply(tmp_path)
    client().put_secret_value(SecretId=OLD, SecretString="rotated")
    return tmp_path


def entry(app):
    """Return the text of the entry of the old secret in shield.toml."""
    entries = (app / "shield.toml").read_text().split("[[secret]]")
    return next("[[secret]]" + text for text in entries if OLD in text)


def test_a_renamed_secret_keeps_its_value_in_aws(app):
    edit(app, OLD, NEW)
    assert f"create from {OLD} in AWS" in apply(app)
    assert value(NEW) == "rotated"
    assert "nothing to do" in apply(app)


def test_the_policy_file_allows_the_former_secret_until_it_is_deleted(app):
    policy = app / "aws/iam-policy-secrets-manager.json"
    edit(app, OLD, NEW)
    assert "keep it in the policy of the app's role" in apply(app)
    assert f":{OLD}-" in policy.read_text()
    checks = json.loads(run("verify", "--json", cwd=app).out)["checks"]
    assert next(c["status"] for c in checks if c["id"] == "policy-minimal") == "ok"
    client().delete_secret(SecretId=OLD)
    apply(app)
    assert f":{OLD}-" not in policy.read_text()


def test_other_machines_keep_the_former_secret_in_the_policy_file(app):
    policy = app / "aws/iam-policy-secrets-manager.json"
    edit(app, OLD, NEW)
    apply(app)
    shutil.rmtree(app / ".shield")
    checks = json.loads(run("verify", "--json", cwd=app).out)["checks"]
    assert next(c["status"] for c in checks if c["id"] == "policy-minimal") == "ok"
    assert "nothing to do" in apply(app)
    assert f":{OLD}-" in policy.read_text()
    client().delete_secret(SecretId=OLD)
    apply(app)
    assert f":{OLD}-" not in policy.read_text()


def test_the_policy_file_does_not_depend_on_the_journal(app):
    """On a machine without the journal, shield can't know a secret that the file does not have."""
    policy = app / "aws/iam-policy-secrets-manager.json"
    edit(app, OLD, NEW)
    apply(app)
    document = json.loads(policy.read_text())
    arns = document["Statement"][0]["Resource"]
    document["Statement"][0]["Resource"] = [arn for arn in arns if OLD not in arn]
    policy.write_text(json.dumps(document))
    assert "nothing to do" in apply(app)


def test_the_policy_file_keeps_no_secret_of_another_app(app):
    client().create_secret(Name="other-app-key", SecretString="of another app")
    policy = app / "aws/iam-policy-secrets-manager.json"
    policy.write_text(policy.read_text().replace(OLD, "other-app-key"))
    apply(app)
    assert "other-app-key" not in policy.read_text()


def test_a_secret_that_becomes_a_field_keeps_its_value_in_aws(app):
    edit(app, entry(app), JOINED)
    apply(app)
    assert json.loads(value("mail")) == {"token": "rotated"}


def test_a_plan_file_renames_a_secret(app):
    edit(app, OLD, NEW)
    assert run("plan", "--env-file", ".env", "-o", "plan.json", cwd=app).code == 0
    done = run("apply", "plan.json", "--yes", "--no-proof", cwd=app)
    assert done.code == 0, done.text
    assert value(NEW) == "rotated"


def test_a_plan_file_copies_no_other_secret(app):
    edit(app, OLD, NEW)
    run("plan", "--env-file", ".env", "-o", "plan.json", cwd=app)
    path = app / "plan.json"
    path.write_text(path.read_text().replace(f"former:{OLD}#", "former:django-secret-key#"))
    done = run("apply", "plan.json", "--yes", cwd=app)
    assert "unknown source of a value" in done.err


def test_a_deleted_secret_is_no_source(app):
    client().delete_secret(SecretId=OLD)
    edit(app, OLD, NEW)
    apply(app)
    assert value(NEW) in (app / ".env").read_text()


def test_plan_and_verify_name_the_old_secret(app):
    edit(app, OLD, NEW)
    assert f"AWS still has {OLD}, which is not in shield.toml" in " ".join(apply(app).split())
    for command in ("plan", "verify"):
        out = run(command, cwd=app).out
        assert f"delete-secret --region us-east-1 --secret-id {OLD}" in " ".join(out.split())
    client().delete_secret(SecretId=OLD)
    apply(app)  # removes it from the file with the policy
    for command in ("plan", "verify"):
        assert OLD not in run(command, cwd=app).out


def test_a_changed_prefix_keeps_all_values(app):
    path = app / "shield.toml"
    path.write_text(path.read_text().replace("[app]\n", '[app]\nprefix = "team/"\n', 1))
    assert f"create from {OLD} in AWS" in apply(app)
    assert value(f"team/{OLD}") == "rotated"
    assert "nothing to do" in apply(app)
    edit(app, '"team/"', '"team/shop/"')
    apply(app)
    assert value(f"team/shop/{OLD}") == "rotated"


def set_prefix(app, prefix):
    path = app / "shield.toml"
    lines = [line for line in path.read_text().splitlines() if not line.startswith("prefix")]
    position = lines.index("[app]") + 1
    path.write_text("\n".join([*lines[:position], f'prefix = "{prefix}"', *lines[position:]]))


@pytest.mark.parametrize("deleted", [False, True])
def test_a_prefix_that_is_added_after_a_rename_keeps_the_values(app, deleted):
    edit(app, OLD, NEW)
    apply(app)
    client().put_secret_value(SecretId="django-secret-key", SecretString="rotated key")
    if deleted:
        client().delete_secret(SecretId=OLD)
    set_prefix(app, "team/")
    apply(app)
    assert value("team/django-secret-key") == "rotated key"
    assert value(f"team/{NEW}") == "rotated"


def test_a_prefix_that_is_changed_again_keeps_the_values(app):
    for prefix in ("team/", "", "c/"):
        set_prefix(app, prefix)
        apply(app)
        client().put_secret_value(SecretId=prefix + OLD, SecretString=f"rotated {prefix}")
    set_prefix(app, "d/")
    apply(app)
    assert value(f"d/{OLD}") == "rotated c/"


def test_a_prefix_that_is_added_in_another_clone_keeps_the_values(app):
    shutil.rmtree(app / ".shield")
    set_prefix(app, "team/")
    apply(app)
    assert value(f"team/{OLD}") == "rotated"


def test_a_prefix_that_is_changed_before_the_code_is_rewritten_keeps_the_values(tmp_path, aws):
    make_app(tmp_path)
    run("draft", cwd=tmp_path)
    for prefix in ("", "team/", "c/"):
        set_prefix(tmp_path, prefix)
        apply(tmp_path, "--only", "aws")
        client().put_secret_value(SecretId=prefix + OLD, SecretString=f"rotated {prefix}")
    set_prefix(tmp_path, "d/")
    apply(tmp_path, "--only", "aws")
    assert value(f"d/{OLD}") == "rotated c/"


def test_a_plan_names_existing_secrets_that_keep_another_value(app):
    set_prefix(app, "team/")
    apply(app)
    client().put_secret_value(SecretId=f"team/{OLD}", SecretString="rotated again")
    set_prefix(app, "")
    out = " ".join(run("plan", "--env-file", ".env", cwd=app).out.split())
    assert re.search(
        rf"AWS already has [\w, -]*{OLD}[\w, -]*: apply does not copy the current", out
    )
    assert f"team/{OLD}" in out.partition("current value of")[2].partition("which the code")[0]
    apply(app)
    assert "AWS already has" not in run("plan", cwd=app).out


def test_a_changed_prefix_of_an_environment_in_another_clone_is_explained(app):
    path = app / "shield.toml"
    path.write_text(
        path.read_text().replace(
            "[[secret]]", '[environments.live]\nprefix = "live/"\n\n[[secret]]', 1
        )
    )
    apply(app, "--environment", "live")
    edit(app, '"live/"', '"production/"')
    shutil.rmtree(app / ".shield")
    out = run("plan", "--environment", "live", "--env-file", ".env", cwd=app).out
    assert "this folder has no record of an apply" in " ".join(out.split())


def test_a_changed_prefix_of_an_environment_keeps_all_values(app):
    path = app / "shield.toml"
    path.write_text(
        path.read_text().replace(
            "[[secret]]", '[environments.live]\nprefix = "live/"\n\n[[secret]]', 1
        )
    )
    apply(app, "--environment", "live")
    client().put_secret_value(SecretId=f"live/{OLD}", SecretString="rotated again")
    edit(app, '"live/"', '"production/"')
    apply(app, "--environment", "live")
    assert value(f"production/{OLD}") == "rotated again"
    listed = run("verify", "--environment", "live", cwd=app).out
    assert f"live/{OLD}" in listed


def test_a_changed_prefix_and_name_keep_the_value(app):
    edit(app, OLD, NEW)
    path = app / "shield.toml"
    path.write_text(path.read_text().replace("[app]\n", '[app]\nprefix = "team/"\n', 1))
    apply(app)
    assert value(f"team/{NEW}") == "rotated"


def test_a_secret_of_another_app_is_no_source(app):
    client().create_secret(Name="other-app-key", SecretString="of another app")
    edit(app, OLD, NEW)
    mapping = next(app.glob("*/aws_secrets.py"))
    mapping.write_text(mapping.read_text().replace(OLD, "other-app-key"))
    apply(app)
    assert value(NEW) in (app / ".env").read_text()


def test_the_tags_show_that_an_old_secret_is_of_the_app(app):
    shutil.rmtree(app / ".shield")
    edit(app, OLD, NEW)
    apply(app)
    assert value(NEW) == "rotated"


def policy_names():
    iam = boto3.client("iam")
    (attached,) = iam.list_attached_role_policies(RoleName="shop")["AttachedPolicies"]
    arn = attached["PolicyArn"]
    version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    document = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
    arns = document["Statement"][0]["Resource"]
    return {arn.rpartition(":")[2].removesuffix("-??????") for arn in arns}


@pytest.mark.parametrize("other_machine", [False, True])
def test_the_role_may_read_the_old_secret_until_it_is_deleted(app, other_machine):
    boto3.client("iam").create_role(RoleName="shop", AssumeRolePolicyDocument="{}")
    path = app / "shield.toml"
    path.write_text(path.read_text().replace("[app]\n", '[app]\nrole = "shop"\n', 1))
    apply(app)
    edit(app, OLD, NEW)
    out = " ".join(apply(app).split())
    assert "the policy of the role keeps the permission to read it" in out
    assert {OLD, NEW} <= policy_names()
    if other_machine:
        shutil.rmtree(app / ".shield")
    assert "nothing to do" in apply(app)
    out = " ".join(run("verify", "-v", cwd=app).out.split())
    assert f"the policy of the role keeps {OLD} until deleted" in out
    client().delete_secret(SecretId=OLD)
    apply(app)
    assert NEW in policy_names()
    assert OLD not in policy_names()


def test_the_policy_keeps_no_secret_of_another_app(app):
    boto3.client("iam").create_role(RoleName="shop", AssumeRolePolicyDocument="{}")
    path = app / "shield.toml"
    path.write_text(path.read_text().replace("[app]\n", '[app]\nrole = "shop"\n', 1))
    client().create_secret(Name="other-app-key", SecretString="of another app")
    mapping = next(app.glob("*/aws_secrets.py"))
    mapping.write_text(mapping.read_text().replace(OLD, "other-app-key"))
    apply(app)
    assert "other-app-key" not in policy_names()
