"""`shield local`: which code its rotation functions may contain."""

from __future__ import annotations

import os

import boto3
import pytest

from shield_ai.__main__ import main
from shield_ai.cli import emulated_values
from shield_ai.sandbox.emulator import server


@pytest.mark.parametrize("command", [[], ["true"]], ids=["foreground", "command"])
@pytest.mark.parametrize("options", [[], ["--run-hooks"]], ids=["default", "with hooks"])
def test_hooks_run_only_with_the_option(monkeypatch, options, command):
    started = []

    def start(_class, _port, *, runs_hooks):
        started.append(runs_hooks)
        raise KeyboardInterrupt

    monkeypatch.setattr(server.LocalAws, "start", classmethod(start))
    assert main(["local", *options, *command]) == 130
    assert started == [bool(options)]


def test_says_what_to_do_with_the_exports(monkeypatch, capsys):
    def serve(show, port, *, runs_hooks, on_start):
        show("export A=b")
        on_start()

    monkeypatch.setattr("shield_ai.sandbox.emulator.server.serve_forever", serve)
    assert main(["local"]) == 0
    shown = capsys.readouterr()
    assert shown.out == "export A=b\n"
    assert "run these lines in another terminal before you run shield there" in shown.err


@pytest.fixture
def environ(monkeypatch):
    """Replace the process's environment by a copy, with another endpoint that takes precedence."""
    monkeypatch.setattr(os, "environ", dict(os.environ))
    # boto3's default session would keep the copy for all later tests.
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    os.environ["AWS_ENDPOINT_URL_SECRETS_MANAGER"] = "http://127.0.0.1:1"


@pytest.mark.parametrize(
    ("answer", "saved"), [pytest.param(True, "new", id="yes"), pytest.param(False, "old", id="no")]
)
@pytest.mark.usefixtures("environ")
def test_offers_to_save_new_values(aws, monkeypatch, capsys, tmp_path, answer, saved):
    client = aws.client("secretsmanager")
    for name in ("mail-key", "other"):
        client.create_secret(Name=name, SecretString="old")
    client.put_secret_value(SecretId="mail-key", SecretString="new")
    monkeypatch.setattr(emulated_values, "can_ask", lambda: True)
    monkeypatch.setattr(emulated_values, "ask", lambda _question: answer)
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("MAIL_KEY=old\n")
    (tmp_path / "settings.py").write_text("DEBUG = True\n")
    (tmp_path / "shield.toml").write_text(
        '[app]\nname = "shop"\n[[secret]]\nname = "mail-key"\nenv = "MAIL_KEY"\n'
    )
    emulated_values.offer_to_save(aws)
    assert "discards the new values of mail-key now" in capsys.readouterr().err
    assert (tmp_path / ".env").read_text() == f"MAIL_KEY={saved}\n"


@pytest.mark.usefixtures("environ")
def test_asks_again_if_the_values_cannot_be_saved(aws, monkeypatch, capsys, tmp_path):
    aws.client("secretsmanager").create_secret(Name="mail-key", SecretString="old")
    aws.client("secretsmanager").put_secret_value(SecretId="mail-key", SecretString="new")
    answers = iter([True, False])
    monkeypatch.setattr(emulated_values, "can_ask", lambda: True)
    monkeypatch.setattr(emulated_values, "ask", lambda _question: next(answers))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "secret.env").write_text("")
    (tmp_path / ".env").symlink_to("secret.env")
    (tmp_path / "shield.toml").write_text(
        '[app]\nname = "shop"\n[[secret]]\nname = "mail-key"\nenv = "MAIL_KEY"\n'
    )
    emulated_values.offer_to_save(aws)
    assert "error: .env is a symbolic link" in capsys.readouterr().err
    assert next(answers, None) is None


def test_says_that_the_emulator_exited(capsys):
    with server.LocalAws.start() as aws:
        pass
    emulated_values.offer_to_save(aws)
    expected = "error: the AWS emulator does not answer: it may have exited\n"
    assert capsys.readouterr().err == expected


def test_says_nothing_without_new_values(aws, capsys):
    aws.client("secretsmanager").create_secret(Name="mail-key", SecretString="x")
    emulated_values.offer_to_save(aws)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("region", "is_named"), [("eu-west-1", True), ("us-east-1", False), ("nowhere", False)]
)
@pytest.mark.parametrize("command", [[], ["true"]], ids=["foreground", "command"])
def test_names_the_region_of_the_app(monkeypatch, capsys, tmp_path, command, region, is_named):
    def serve(_show, _port, *, runs_hooks, on_start):
        on_start()

    monkeypatch.setattr(server, "serve_forever", serve)
    monkeypatch.setattr(server, "run_beside", lambda *_, **__: 0)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shield.toml").write_text(f'[app]\nname = "shop"\nregion = "{region}"\n')
    assert main(["local", *command]) == 0
    note = f"the secrets are in {region}: set AWS_REGION={region} for the app"
    assert (note in capsys.readouterr().err) == is_named
