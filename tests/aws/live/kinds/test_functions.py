"""Deploy, call, change and delete rotation functions in the AWS emulator."""

from __future__ import annotations

import secrets

import boto3
import pytest

from shield_ai.__main__ import main
from shield_ai.aws.desired.lambda_package import code_sha256
from shield_ai.aws.desired.rotation import rotation_resources
from shield_ai.aws.live.account import Account
from shield_ai.aws.live.kinds.registry import KINDS
from shield_ai.aws.live.session import Session
from shield_ai.model.errors import AwsError
from shield_ai.model.manifest_parser import parse_manifest

ACCOUNT, REGION = "123456789012", "us-east-1"
MANIFEST = """\
[app]
name = "shop"
tags = {{ team = "{team}" }}

[rotation]
log_days = {days}

[[secret]]
name = "token"
env = "TOKEN"
kind = "api-key"
rotate = {{ every = "{every}", hook = "ops/keys.py" }}
"""
HOOK = 'def issue(current, token): return "{mark}-" + token\ndef test(value): pass\ndef revoke(value): pass\n'
SETTINGS = 'import os\nTOKEN = os.environ["TOKEN"]\n'


class App:
    def __init__(self, folder, monkeypatch, capsys):
        self.folder, self.capsys = folder, capsys
        self.client = boto3.client("secretsmanager")
        (folder / "ops").mkdir()
        (folder / "settings.py").write_text(SETTINGS)
        self.write()
        self.hook("one")
        monkeypatch.setenv("TOKEN", secrets.token_hex(12))

    def write(self, every="30 days", days=30, team="web"):
        (self.folder / "shield.toml").write_text(MANIFEST.format(every=every, days=days, team=team))

    def hook(self, mark):
        (self.folder / "ops/keys.py").write_text(HOOK.format(mark=mark))

    def shield(self, command, *arguments):
        code = main([command, str(self.folder), "--only", "aws", *arguments])
        out = self.capsys.readouterr()
        assert code == 0, out.err
        return out.out + out.err

    def value(self):
        return self.client.get_secret_value(SecretId="token")["SecretString"]

    def resources(self):
        """Return the current settings of the manifest's resources, by kind."""
        found = Account(Session(REGION)).resources.read(self.keys)
        return {kind: settings for (kind, _), settings in found.items()}

    @property
    def keys(self):
        manifest = parse_manifest((self.folder / "shield.toml").read_text())
        return [
            r.key
            for r in rotation_resources(
                manifest, ACCOUNT, lambda path: (self.folder / path).read_bytes()
            )
        ]


@pytest.fixture
def app(aws_with_hooks, tmp_path, monkeypatch, capsys):
    return App(tmp_path, monkeypatch, capsys)


def test_hook_needs_consent_in_the_aws_emulator(aws, tmp_path, monkeypatch, capsys):
    app = App(tmp_path, monkeypatch, capsys)
    marker = tmp_path / "marker"
    (tmp_path / "ops/keys.py").write_text(f"open({str(marker)!r}, 'w')\n")
    assert main(["apply", str(tmp_path), "--only", "aws", "--yes"]) == 5
    shown = app.capsys.readouterr().err
    assert "on token: the function contains a hook or other added code\n\nhint: if you" in shown
    assert not marker.exists()


def test_lifecycle_of_a_function(app):
    text = app.shield("apply", "--yes", "--rotate-immediately")
    assert "RotateSecret   rotation started\n  shop-rotate-token rotated" in text
    assert app.value().startswith("one-")
    assert "nothing to do" in app.shield("apply", "--yes")
    first = app.resources()
    assert first["rotation"]["schedule"] == "rate(30 days)"

    app.hook("two")
    text = app.shield("plan")
    assert "~ function shop-rotate-token" in text
    assert "rotation token" not in "".join(line for line in text.splitlines() if "~" in line)
    app.write(every="cron(0 3 1 * ? *)", days=90, team="api")
    app.shield("apply", "--yes")
    changed = app.resources()
    assert [kind for kind in first if first[kind] == changed[kind]] == []
    assert changed["log-group"]["days"] == 90
    assert main(["rotate", "--app", str(app.folder), "token", "--yes"]) == 0
    assert app.value().startswith("two-")
    assert "nothing to do" in app.shield("apply", "--yes")


def test_rollback_deletes_all_resources(app):
    app.shield("apply", "--yes")
    assert None not in app.resources().values()
    app.shield("rollback", "--yes")
    assert set(app.resources().values()) == {None}


def test_exported_code_equals_deployed_code(app):
    out = app.folder / "out"
    main(
        [
            "export",
            str(app.folder),
            "--account",
            ACCOUNT,
            "--rotation-code",
            str(out),
            "-o",
            str(app.folder / "t.yaml"),
        ]
    )
    (code,) = out.iterdir()
    assert code.name == "shop-rotate-token.zip"
    app.shield("apply", "--yes")
    assert app.resources()["function"]["code"] == code_sha256(code.read_bytes())
    assert code.name in (app.folder / "t.yaml").read_text()


def test_resources_no_longer_wanted_are_deleted(app):
    app.shield("apply", "--yes")
    keys = app.keys
    value = app.value()
    text = (app.folder / "shield.toml").read_text()
    (app.folder / "shield.toml").write_text(text.replace("[rotation]\nlog_days = 30\n", ""))
    app.shield("apply", "--yes")
    assert set(Account(Session(REGION)).resources.read(keys).values()) == {None}
    assert app.value() == value


def test_planned_code_that_cannot_be_built(app):
    app.shield("apply", "--yes")
    live = Account(Session(REGION, read=lambda path: (app.folder / path).read_bytes())).resources
    key = next(key for key in app.keys if key[0] == "function")
    settings = live.read([key])[key]
    with pytest.raises(AwsError, match="can't be built from the installed"):
        live.reconcile(*key, {**settings, "code": "another"})
    assert live.read([key])[key] == settings


def test_each_operation_is_idempotent(app):
    """A lost response leads to a second call."""
    read = {"ops/keys.py": b"x = 1\n"}.get
    wanted = list(
        rotation_resources(parse_manifest((app.folder / "shield.toml").read_text()), ACCOUNT, read)
    )
    app.client.create_secret(Name="token", SecretString=secrets.token_hex(12))
    session = Session(REGION, read=read)
    for resource in wanted * 2:
        KINDS[resource.kind](session).upsert(resource.name, resource.settings, None)
    live = Account(session).resources
    assert live.read([r.key for r in wanted]) == {r.key: r.settings for r in wanted}
    for resource in [resource for resource in reversed(wanted) for _ in range(2)]:
        live.reconcile(*resource.key, None)
    assert set(live.read([r.key for r in wanted]).values()) == {None}
