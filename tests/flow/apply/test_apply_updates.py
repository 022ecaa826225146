"""Update the values and settings of existing secrets, and roll the updates back."""

from __future__ import annotations

import json
import os
import secrets

import boto3
import pytest
from fault_proxy import FaultProxy
from psycopg import sql
from shield_helpers import make_app, run

from shield_ai.aws.live.account import Account
from shield_ai.aws.live.session import Session
from shield_ai.cli import prompts
from shield_ai.flow.journal.log import Journal
from shield_ai.model.hidden import Hidden
from shield_ai.model.manifest_parser import parse_manifest

NAME = "mail-api-key"


def apply(app, *options, value=None, code=0):
    if value:
        text = (app / ".env").read_text()
        (app / ".env").write_text(
            "".join(
                f"MAIL_API_KEY={value}\n" if line.startswith("MAIL_API_KEY") else f"{line}\n"
                for line in text.splitlines()
            )
        )
    done = run("apply", "--env-file", ".env", "--only", "aws", "--yes", *options, cwd=app)
    assert done.code == code, done.text
    if value:
        assert value not in done.text
    return done.text


def undo(app, code=0):
    done = run("rollback", "--only", "aws", "--yes", cwd=app)
    assert done.code == code, done.text
    return done.text


def plan(app, *options):
    return run("plan", "--env-file", ".env", "--only", "aws", *options, cwd=app).out


def edit(app, old, new):
    path = app / "shield.toml"
    path.write_text(path.read_text().replace(old, new, 1))


def value():
    return boto3.client("secretsmanager").get_secret_value(SecretId=NAME)["SecretString"]


def state():
    return Account(Session("us-east-1")).secrets.state(NAME)


@pytest.fixture
def app(tmp_path, aws):
    make_app(tmp_path)
    run("draft", cwd=tmp_path)
    apply(tmp_path, value="first")
    return tmp_path


def test_keeps_a_different_value_unless_told_to_replace_it(app):
    kept = apply(app, value="second")
    assert "nothing to do" in kept
    assert "AWS has another value for mail-api-key, which is kept: --conflict replace" in kept
    assert value() == "first"
    assert "keep (value differs)" in plan(app)
    assert "updated" in apply(app, "--conflict", "replace")
    assert value() == "second"
    assert "nothing to do" in apply(app, "--conflict", "replace")
    assert "updated" in apply(app, "--conflict", "replace", value="first")
    assert value() == "first"
    undo(app)
    assert value() == "second"
    undo(app)
    assert value() == "first"
    undo(app)
    assert state().deleted


def test_a_value_stored_by_others_is_unknown(app):
    boto3.client("secretsmanager").put_secret_value(SecretId=NAME, SecretString="theirs")
    assert "keep (value not compared)" in plan(app)
    apply(app)
    assert value() == "theirs"
    apply(app, "--conflict", "replace")
    assert value() == "first"
    undo(app)
    assert value() == "theirs"


def test_the_same_value_stored_by_others_is_not_replaced(app):
    boto3.client("secretsmanager").put_secret_value(SecretId=NAME, SecretString="second")
    version = state().current
    assert "nothing to do" in apply(app, value="second")
    assert "keep (value not compared)" in plan(app)
    assert "nothing to do" in apply(app, "--conflict", "replace")
    assert state().current == version
    assert "updated" in apply(app, "--conflict", "replace", value="first")


def test_rollback_keeps_a_value_that_changed_since(app):
    apply(app, "--conflict", "replace", value="second")
    boto3.client("secretsmanager").put_secret_value(SecretId=NAME, SecretString="theirs")
    assert "its value was changed since" in undo(app, code=6)
    assert value() == "theirs"


def rotate_by_hand(client):
    client.put_secret_value(SecretId=NAME, SecretString="theirs")


def edit_tag(client):
    client.tag_resource(SecretId=NAME, Tags=[{"Key": "team", "Value": "theirs"}])


def delete(client):
    client.delete_secret(SecretId=NAME)


CHANGES_SINCE = [
    pytest.param((rotate_by_hand,), (6, 0, 0), "theirs", id="rotated"),
    pytest.param((rotate_by_hand, edit_tag), (6, 0, 0), "theirs", id="rotated-and-edited"),
    pytest.param((edit_tag,), (6, 0, 0), "", id="edited"),
    pytest.param((delete,), (6, 0, 0), "", id="deleted"),
]


@pytest.mark.parametrize(("changes", "codes", "left"), CHANGES_SINCE)
def test_a_kept_secret_does_not_block_older_applies(app, changes, codes, left):
    """The first rollback reports what it keeps; the next ones undo the older applies, and end."""
    edit(app, "[app]\n", '[app]\ntags = { team = "web" }\n')
    apply(app, "--conflict", "replace", value="second")
    for change in changes:
        change(boto3.client("secretsmanager"))
    for code in codes:
        done = run("rollback", "--yes", cwd=app)
        assert done.code == code, done.text
    assert Account(Session("us-east-1")).secrets.state("django-secret-key").deleted
    assert state().deleted == (not left)
    if left:
        assert "it copies the current values of 1 secret," in run("rollback", cwd=app).err
        assert value() == left
        assert state().tags.get("team") == ("theirs" if edit_tag in changes else None)
        assert f"nothing left to roll back except {NAME}" in done.err
        delete(boto3.client("secretsmanager"))
        done = run("rollback", "--yes", cwd=app)
        assert "already deleted" in done.err
    assert "nothing to undo" in undo(app)


def test_rollback_restores_an_update_after_its_deleted_secret_is_back(app):
    before = value()
    apply(app, "--conflict", "replace", value="second")
    client = boto3.client("secretsmanager")
    delete(client)
    text = undo(app, code=6)
    assert "it was deleted since apply" in text
    assert f"aws secretsmanager restore-secret --secret-id {NAME} --region us-east-1" in text
    client.restore_secret(SecretId=NAME)
    undo(app)  # and the apply that created the secret
    client.restore_secret(SecretId=NAME)
    assert value() == before


def test_rollback_names_an_update_whose_secret_aws_no_longer_has(app):
    apply(app, "--conflict", "replace", value="second")
    client = boto3.client("secretsmanager")
    client.delete_secret(SecretId=NAME, ForceDeleteWithoutRecovery=True)
    assert "AWS no longer has its value" in undo(app, code=6)


def test_a_rotated_secret_is_kept_and_its_settings_are_restored(app):
    """An apply that changes only settings is undone even if the value was rotated since."""
    before = state().settings
    edit(app, "[app]\n", '[app]\ntags = { team = "web" }\n')
    apply(app)
    rotate_by_hand(boto3.client("secretsmanager"))
    assert "restored" in undo(app)
    assert (state().settings, value()) == (before, "theirs")
    assert "its value was changed since" in undo(app, code=6)
    assert value() == "theirs"
    text = undo(app)
    assert f"nothing left to roll back except {NAME}" in text
    assert "not undone" not in text


def test_apply_works_after_a_rollback_that_keeps_a_secret(app):
    before = value()
    rotate_by_hand(boto3.client("secretsmanager"))
    undo(app, code=6)
    assert "2 secrets restored" in apply(app)
    assert value() == "theirs" != before
    assert "scheduled for deletion" in undo(app)
    assert value() == "theirs"


def test_updates_and_restores_settings(app):
    before = state()
    edit(app, "[app]\n", '[app]\ntags = { team = "web" }\nkms_key = "alias/shop"\n')
    edit(app, 'kms_key = "aws/secretsmanager"\n', "")
    text = plan(app)
    assert "+ tags.team: web" in text
    assert "+ kms_key: alias/shop" in text
    apply(app)
    assert state().tags == {**before.tags, "team": "web"}
    assert state().settings["kms_key"] == "alias/shop"
    assert value() == "first"
    assert "nothing to do" in apply(app)
    undo(app)
    assert state() == before


def test_keeps_manual_settings_unless_told_to_replace_them(app):
    right = state().settings
    boto3.client("secretsmanager").update_secret(SecretId=NAME, Description="by hand")
    assert "manual change, kept" in plan(app)
    apply(app)
    assert state().settings["description"] == "by hand"
    apply(app, "--conflict", "replace")
    assert state().settings == right


STORED = [
    pytest.param("hunter2-hunter2", "is not a JSON object in AWS", id="text"),
    pytest.param('["a"]', "is not a JSON object in AWS", id="list"),
    pytest.param(
        '{"username": "u", "password": null}',
        "has no value in AWS for the field password",
        id="field",
    ),
]


@pytest.mark.parametrize(("stored", "problem"), STORED)
def test_a_value_without_the_fields_of_shield_toml_is_a_conflict(app, stored, problem):
    """Apply neither keeps nor certifies a value that the app can't read; the hint repairs it."""
    name = "database-credentials"
    client = boto3.client("secretsmanager")
    client.put_secret_value(SecretId=name, SecretString=stored)
    refused = run("plan", "--env-file", ".env", cwd=app)
    assert refused.code == 4
    assert f"error: secret {name} {problem}" in refused.err
    assert "--conflict replace" in refused.err
    assert problem in apply(app, code=4)
    assert "name a file that has DATABASE" in run("plan", cwd=app).err
    checks = run("verify", "--only", "aws", cwd=app)
    assert "shield apply --conflict ask --env-file FILE" in checks.text
    apply(app, "--conflict", "replace")
    assert set(json.loads(client.get_secret_value(SecretId=name)["SecretString"])) >= {"password"}
    assert "nothing to do" in apply(app)


def test_stores_the_value_of_an_exported_secret(app):
    """Templates from `shield export` create secrets without a value."""
    undo(app)
    client, name_of_app = (
        boto3.client("secretsmanager"),
        parse_manifest((app / "shield.toml").read_text()).app.name,
    )
    for name in (NAME, "django-secret-key"):
        client.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)
        tags = [{"Key": "app", "Value": name_of_app}, {"Key": "managed-by", "Value": "shield-ai"}]
        client.create_secret(Name=name, Tags=tags)
    assert f"~ {NAME:<46} update from .env" in plan(app)
    apply(app)
    assert value() == "first"
    assert client.get_secret_value(SecretId="django-secret-key")["SecretString"]
    assert "nothing to do" in apply(app)
    assert "its value stays, because AWS can't remove the only version" in undo(app)
    assert value() == "first"
    assert "nothing to undo" in undo(app)


def test_conflict_ask_needs_a_terminal(app):
    assert "--conflict ask requires a terminal" in apply(app, "--conflict", "ask", code=2)


def test_replicates_secrets(app):
    edit(app, "[app]\n", '[app]\nreplicas = ["eu-west-1"]\n')
    assert "+ replicas: eu-west-1" in plan(app)
    apply(app)
    assert state().settings["replicas"] == ["eu-west-1"]
    assert "nothing to do" in apply(app)
    undo(app)
    assert state().settings["replicas"] == []


def change_password(postgres, role, password):
    with postgres.connect() as connection:
        connection.execute(
            sql.SQL("ALTER ROLE {} PASSWORD {}").format(
                sql.Identifier(role), sql.Literal(password.reveal())
            )
        )


def test_rollback_does_not_restore_a_login_that_fails(app, postgres):
    """Rollback tests a database login before it makes the login current."""
    role, old, new = (
        f"r_{secrets.token_hex(4)}",
        Hidden(secrets.token_hex(8)),
        Hidden(secrets.token_hex(8)),
    )
    postgres.create_role_and_database(role, old, role)
    client = boto3.client("secretsmanager")

    def document(password):
        login = {
            "username": role,
            "password": password.reveal(),
            "host": "127.0.0.1",
            "port": postgres.port,
            "database": role,
        }
        return json.dumps({**login, "engine": "postgres", "sslmode": "disable"})

    edit(app, "[app]\n", '[app]\ntags = { team = "web" }\n')
    client.put_secret_value(SecretId="database-credentials", SecretString=document(old))
    apply(app, "--conflict", "replace")
    change_password(postgres, role, new)
    assert "the database rejects the user and password" in undo(app, code=6)
    change_password(postgres, role, old)
    undo(app)
    assert client.get_secret_value(SecretId="database-credentials")["SecretString"] == document(old)


EVERY = [("*", number) for number in range(1, 60)]


def first_only(app):
    """Return whether only the first apply has open steps: the refused one began none."""
    journal = Journal(app).load()
    return len([run_ for run_ in journal.run_ids() if journal.open_aws_steps(run_)]) == 1


def test_apply_or_rollback_recovers_when_refused_at_any_call(app, aws, monkeypatch):
    """An update takes up to five calls per secret; a refused call leaves no partial update.

    Refuses two of them; `make test-kill` refuses each.
    """
    every = bool(os.environ.get("SHIELD_KILL_MATRIX"))
    before = (value(), state().settings)
    edit(app, "[app]\n", '[app]\ntags = { team = "web" }\n')
    wanted = {**before[1], "tags": {**before[1]["tags"], "team": "web"}}
    for end in (apply, undo):
        for operation, number in EVERY if every else (("PutSecretValue", 1), ("TagResource", 1)):
            with FaultProxy(aws.url) as proxy:
                monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
                proxy.answer(operation, "AccessDeniedException", at=number)
                text = (app / ".env").read_text()
                (app / ".env").write_text(text.replace("MAIL_API_KEY=first", "MAIL_API_KEY=second"))
                done = run(
                    "apply",
                    "--env-file",
                    ".env",
                    "--only",
                    "aws",
                    "--yes",
                    "--conflict",
                    "replace",
                    cwd=app,
                )
                call = (
                    proxy.calls[number - 1].operation
                    if every and number <= len(proxy.calls)
                    else operation
                )
            monkeypatch.setenv("AWS_ENDPOINT_URL", aws.url)
            if done.code == 0:
                break
            if end is apply:
                apply(app, "--conflict", "replace")
                assert (value(), state().settings) == ("second", wanted), number
            if not first_only(app):
                undo(app)
            assert (value(), state().settings) == before, number
            # for the output of make test-kill
            print(f"refused at call {number:>2}, {call:<24} then {end.__name__}: recovered")
        if every:
            assert number > 8
            undo(app)
        assert (value(), state().settings) == before


def test_restores_a_deleted_secret_with_its_value_in_aws(app):
    apply(app)
    client = boto3.client("secretsmanager")
    value = client.get_secret_value(SecretId=NAME)["SecretString"]
    client.delete_secret(SecretId=NAME)
    done = run("apply", "--only", "aws", "--yes", cwd=app)
    assert done.code == 0, done.text
    assert "1 secret restored" in done.text
    assert client.get_secret_value(SecretId=NAME)["SecretString"] == value
    assert "scheduled for deletion" in undo(app)
    assert Account(Session("us-east-1")).secrets.state(NAME).deleted


def test_a_missing_secret_without_a_value_is_an_error(app):
    apply(app)
    client = boto3.client("secretsmanager")
    client.delete_secret(SecretId="django-secret-key", ForceDeleteWithoutRecovery=True)
    done = run("apply", "--only", "aws", "--yes", cwd=app)
    assert done.code == 2, done.text
    assert "no value for django-secret-key (SECRET_KEY)" in done.text
    assert "--env-file" in done.text
    assert run("apply", "--only", "aws", "--yes", "--allow-missing", cwd=app).code == 0


@pytest.fixture
def questions(monkeypatch):
    """Answer each question from a list, and collect the texts of the questions."""
    asked = []
    answers = []

    def prompt(text, **_options):
        asked.append(text)
        return answers.pop(0) if "SECRET_KEY" in text else ""

    prompts.prompt_for_value.cache_clear()
    monkeypatch.setattr("shield_ai.cli.prompts.can_ask", lambda: True)
    monkeypatch.setattr("shield_ai.cli.prompts.click.prompt", prompt)
    monkeypatch.setattr(
        "shield_ai.cli.prompts.click.confirm", lambda *_, **__: asked.append("?") or True
    )
    yield asked, answers
    prompts.prompt_for_value.cache_clear()


def test_prompts_only_for_missing_values_before_the_confirmation(app, questions):
    asked, answers = questions
    apply(app)
    client = boto3.client("secretsmanager")
    client.delete_secret(SecretId="django-secret-key", ForceDeleteWithoutRecovery=True)
    value = secrets.token_hex(16)
    answers.append(value)
    done = run("apply", "--only", "aws", "--prompt", cwd=app)
    assert done.code == 0, done.text
    assert (asked.count("Value of SECRET_KEY (Enter to skip)"), asked[-1]) == (1, "?")
    assert client.get_secret_value(SecretId="django-secret-key")["SecretString"] == value


def test_a_prompt_without_an_answer_is_a_missing_value(app, questions):
    asked, answers = questions
    apply(app)
    client = boto3.client("secretsmanager")
    client.delete_secret(SecretId="django-secret-key", ForceDeleteWithoutRecovery=True)
    answers.append("")
    done = run("apply", "--only", "aws", "--prompt", cwd=app)
    assert done.code == 2, done.text
    assert "no value for django-secret-key (SECRET_KEY)" in done.text
    assert "?" not in asked


def test_prompts_for_optional_secrets_which_need_no_answer(app, questions):
    asked, answers = questions
    apply(app)
    client = boto3.client("secretsmanager")
    client.delete_secret(SecretId="django-secret-key", ForceDeleteWithoutRecovery=True)
    manifest = app / "shield.toml"
    text = manifest.read_text()
    key = 'env = "SECRET_KEY"\n'
    assert key in text
    manifest.write_text(text.replace(key, f"{key}optional = true\n"))
    answers.append("")
    done = run("apply", "--only", "aws", "--prompt", cwd=app)
    assert done.code == 0, done.text
    assert "Value of SECRET_KEY (Enter to skip)" in asked
    assert "optional, and has no value" in done.text
    value = secrets.token_hex(16)
    prompts.prompt_for_value.cache_clear()
    answers.append(value)
    assert run("apply", "--only", "aws", "--prompt", cwd=app).code == 0
    assert client.get_secret_value(SecretId="django-secret-key")["SecretString"] == value
