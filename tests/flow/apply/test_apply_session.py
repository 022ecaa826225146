"""Plans from files, and the settings that a session refuses."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import boto3
import pytest
from fault_proxy import FaultProxy
from shield_helpers import files_of, make_app, run, shield

NAMES = ["database-credentials", "django-secret-key", "mail-api-key"]


@pytest.fixture
def app(tmp_path, aws):
    root = tmp_path / "app"
    root.mkdir()
    make_app(root)
    run("draft", cwd=root)
    assert run("plan", "--env-file", ".env", "--only", "aws", "-o", "plan.json", cwd=root).code == 0
    return root


def apply(app, *arguments):
    return run("apply", *arguments, "--env-file", ".env", "--yes", cwd=app)


def stored():
    return sorted(
        secret["Name"] for secret in boto3.client("secretsmanager").list_secrets()["SecretList"]
    )


def test_refuses_a_plan_for_another_app(app):
    toml = app / "shield.toml"
    toml.write_text(toml.read_text().replace('name = "app"', 'name = "other"', 1))
    done = apply(app, "plan.json")
    assert done.code == 4
    assert "error: plan.json is for the app app, but this is other\n\nhint: " in done.err
    assert stored() == []


@pytest.mark.parametrize("after", [False, True], ids=["before AWS acts", "after AWS acted"])
def test_finishes_an_interrupted_plan_from_a_file(app, aws, after):
    with FaultProxy(aws.url) as proxy:
        environment = {**aws.environment(os.environ), "AWS_ENDPOINT_URL": proxy.url}
        command = [
            sys.executable,
            "-m",
            "shield_ai",
            "apply",
            "plan.json",
            "--env-file",
            ".env",
            "--yes",
        ]
        child = subprocess.Popen(
            command, cwd=app, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        proxy.call(
            "CreateSecret",
            lambda _: child.send_signal(signal.SIGKILL),
            at=2,
            after=after,
            drop=True,
        )
        assert child.wait() == -signal.SIGKILL
    assert len(stored()) == 1 + after
    done = apply(app, "plan.json")
    assert done.code == 0, done.text
    assert stored() == NAMES
    again = apply(app, "plan.json")
    assert again.code == 4
    assert "which is already as in shield.toml" in again.err
    assert apply(app, "--only", "aws").code == 0
    assert run("rollback", "--only", "aws", "--yes", cwd=app).code == 0
    assert stored() == []


def test_reports_no_proof_without_code_changes(app):
    done = shield("apply", "plan.json", "--env-file", ".env", "--yes", cwd=app)
    assert done.code == 0, done.text
    assert "prove" not in done.text


@pytest.mark.parametrize("command", ["plan", "apply"])
@pytest.mark.parametrize(
    "form",
    ["pre${MAIL_USER}x", '"pre${MAIL_USER}x"', "'pre${MAIL_USER}x'", "pre${MAIL_USER:-x}"],
    ids=["plain", "double quotes", "single quotes", "default"],
)
def test_refuses_a_value_that_only_some_readers_expand(app, command, form):
    before = files_of(app)
    env_file = "A=1\nHOST=${NAME}.example\nMAIL_API_KEY=" + form + "\n"
    arguments = [command, "--env-file", "-", *(["--yes", "--allow-missing"] * (command == "apply"))]
    done = run(*arguments, cwd=app, stdin=env_file)
    assert done.code == 4, done.text
    assert "error: -:3: the value of MAIL_API_KEY contains ${…}, which only some" in done.err
    assert "hint: write the value in full" in done.err
    assert "MAIL_USER" not in done.text
    assert (stored(), files_of(app)) == ([], before)
    unused = env_file.replace("MAIL_API_KEY=", "OTHER=")
    in_full = {"MAIL_API_KEY": "pre${MAIL_USER}x"}
    done = run(*arguments[:3], cwd=app, stdin=unused, env=in_full)
    assert "contains ${" not in done.text


def test_refuses_such_a_value_in_a_file_that_was_edited_after_the_plan(app):
    (app / ".env").write_text((app / ".env").read_text().replace("KEY=", "KEY=${A}"))
    done = apply(app, "plan.json")
    assert done.code == 4, done.text
    assert ".env:1: the value of SECRET_KEY contains ${…}" in done.err
    assert stored() == []


def test_shortens_long_names_as_in_the_plan(app):
    toml = app / "shield.toml"
    toml.write_text(toml.read_text().replace('"mail-api-key"', f'"{"long-" * 20}mail-api-key"'))
    planned = run("plan", "--env-file", ".env", "--only", "aws", cwd=app).out
    done = apply(app, "--only", "aws")
    short = "long-long-long-long-lo…-long-long-mail-api-key"
    assert (done.code, short in planned, short in done.err) == (0, True, True), done.text


@pytest.mark.parametrize(
    ("broken", "code"),
    [
        pytest.param("shop/settings.py", 2, id="Django's"),
        pytest.param("shop/bot/config.py", 0, id="another settings file"),
    ],
)
def test_refuses_only_the_apps_own_settings_if_they_do_not_parse(tmp_path, broken, code):
    texts = {
        "manage.py": "DJANGO_SETTINGS_MODULE = 'shop.settings'\n",
        "shop/__init__.py": "",
        "shop/settings.py": "import os\nSECRET_KEY = os.environ['SECRET_KEY']\n",
        "shop/mail.py": "import os\nTOKEN = os.environ['MAIL_TOKEN']\n",
    }
    for path, text in {**texts, broken: "import os\nA = os.environ[('A_TOKEN']\n"}.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    done = run("apply", "--only", "code", "--yes", cwd=tmp_path)
    assert done.code == code, done.text
    assert f"{broken}" in done.err
    assert ("or run shield with the Python version of the app" in done.err) == bool(code)
    assert ("get_secret" in (tmp_path / "shop/mail.py").read_text()) == (not code)


def test_plan_names_the_secrets_that_come_from_a_file(tmp_path):
    (tmp_path / "settings.py").write_text(
        "import json, os\n"
        "SECRETS = json.load(open('secrets.json'))\n"
        "API_KEY = os.environ['API_KEY']\n"
        "MAIL_PASSWORD = SECRETS['MAIL_PASSWORD']\n"
    )
    done = run("plan", "--only", "code", cwd=tmp_path)
    assert "settings.py:4  MAIL_PASSWORD\n      json.load() reads it from a file" in done.text


@pytest.fixture
def code_app(tmp_path):
    """An app with a plan for its code, and no AWS."""
    root = tmp_path / "app"
    root.mkdir()
    make_app(root)
    assert run("plan", "--only", "code", "-o", "plan.json", cwd=root).code == 0
    return root


def test_applies_a_plan_for_the_code_without_aws(code_app):
    done = apply(code_app, "plan.json", "--no-proof")
    assert done.code == 0, done.text
    assert "get_secret(" in (code_app / "shop/settings.py").read_text()


@pytest.mark.parametrize(
    ("changed", "options", "message"),
    [
        pytest.param({}, ["--only", "aws"], "made with --only code, which excludes", id="option"),
        pytest.param({"only": "aws"}, [], "but contains other changes", id="files in an AWS plan"),
        pytest.param(
            {
                "changes": [{"action": "create", "resource": "secret", "name": "x"}],
            },
            [],
            "but contains other changes",
            id="AWS in a code plan",
        ),
        pytest.param({"only": "all"}, [], "is not a valid plan file", id="unknown"),
        pytest.param({"version": 2}, [], "is not a valid plan file", id="version"),
        pytest.param({"only": ["code"]}, [], "is not a valid plan file", id="list"),
    ],
)
def test_refuses_a_plan_that_contradicts_its_scope(code_app, changed, options, message):
    plan = json.loads((code_app / "plan.json").read_text())
    (code_app / "plan.json").write_text(json.dumps(plan | changed))
    before = (code_app / "shop/settings.py").read_bytes()
    done = apply(code_app, "plan.json", *options)
    assert done.code == 4, done.text
    assert message in done.err
    assert (code_app / "shop/settings.py").read_bytes() == before
