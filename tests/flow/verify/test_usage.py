from __future__ import annotations

import json

import boto3
import pytest
from shield_helpers import make_app, run

SETTINGS = "shop/settings.py"
UNUSED = '\n[[secret]]\nname = "old-key"\nenv = "OLD_KEY"\n'

SERVED = """
from pydantic_settings import BaseSettings
class S(BaseSettings):
    old_key: int = 1
    @classmethod
    def settings_customise_sources(cls, settings_cls, init_settings, env_settings, **others):
        return init_settings, SecretsManagerSource(settings_cls, {"OLD_KEY": "old-key"}), env_settings
"""


@pytest.fixture
def app(tmp_path, aws):
    make_app(tmp_path)
    assert run("apply", "--env-file", ".env", "--yes", "--no-proof", cwd=tmp_path).code == 0
    return tmp_path


def check(app, check_id, *options):
    checks = json.loads(run("verify", "--json", *options, cwd=app).out)["checks"]
    return next(found for found in checks if found["id"] == check_id)


def append(path, text):
    path.write_text(path.read_text() + text)


def test_every_secret_of_a_migrated_app_is_used_and_held(app):
    assert check(app, "secrets-used")["status"] == "ok"
    assert check(app, "secrets-held")["status"] == "ok"


def test_a_listed_secret_is_missing_in_aws(app):
    aws = boto3.client("secretsmanager")
    names = [found["Name"] for found in aws.list_secrets()["SecretList"]]
    secret = next(name for name in names if name.endswith("secret-key"))
    aws.delete_secret(SecretId=secret)
    found = check(app, "secrets-held")
    assert found["status"] == "failed"
    assert f"{secret} is scheduled for deletion" in found["detail"]
    aws.restore_secret(SecretId=secret)
    aws.delete_secret(SecretId=secret, ForceDeleteWithoutRecovery=True)
    found = check(app, "secrets-held")
    assert found["status"] == "failed"
    assert f"{secret} is not in AWS" in found["detail"]


def test_never_certifies_a_file_that_it_could_not_parse(app):
    code = "from shop.aws_secrets import get_secret\nX = get_secret('old-key')\n<<<<<<< HEAD\n"
    (app / "shop/mail.py").write_text(code)
    append(app / "shield.toml", UNUSED)
    found = check(app, "code-migrated", "--only", "code")
    assert found["status"] == "unknown"
    assert "not checked: shop/mail.py: " in found["detail"]
    found = check(app, "secrets-used", "--only", "code")
    assert found["status"] == "unknown"
    assert "shop/mail.py" in found["detail"]
    assert "remove" not in found["hint"]
    plan = run("plan", "--only", "code", cwd=app)
    assert "shop/mail.py" in plan.out
    manifest = app / "shield.toml"
    manifest.write_text(manifest.read_text().replace(UNUSED, ""))
    assert "shop/mail.py was not scanned: " in run("apply", "--only", "code", cwd=app).err


@pytest.mark.parametrize(
    ("manifest", "code", "status", "detail"),
    [
        pytest.param(UNUSED, "", "failed", "no code reads old-key", id="unused"),
        pytest.param(UNUSED + "external = true\n", "", "ok", "", id="external"),
        pytest.param(UNUSED, "\nX = get_secret('old-key')\n", "ok", "", id="by its name"),
        pytest.param(UNUSED, "\nX = get_secret('other', env='OLD_KEY')\n", "ok", "", id="by its variable"),
        pytest.param(UNUSED, "\nX = get_secret('old-key:field')\n", "ok", "", id="with a field"),
        pytest.param(UNUSED, "\nimport os\nX = os.environ['OLD_KEY']\n", "ok", "", id="an environment read"),
        pytest.param(UNUSED, SERVED, "ok", "", id="a field of the settings source"),
        pytest.param(UNUSED, "\nimport sys\nX = get_secret(sys.argv[1])\n", "unknown", "the name is computed: shop/settings.py:", id="a computed name"),
    ],
)  # fmt: skip
def test_secrets_that_no_code_reads(app, manifest, code, status, detail):
    append(app / "shield.toml", manifest)
    append(app / SETTINGS, code)
    found = check(app, "secrets-used", "--only", "code")
    assert (found["status"], detail in found["detail"]) == (status, True)
    assert bool(found["hint"]) == (status != "ok")


def test_the_hint_for_an_unused_secret_works(app):
    before = (app / "shield.toml").read_text()
    append(app / "shield.toml", UNUSED)
    assert "remove the secret" in check(app, "secrets-used", "--only", "code")["hint"]
    (app / "shield.toml").write_text(before)
    assert check(app, "secrets-used", "--only", "code")["status"] == "ok"


@pytest.mark.parametrize(
    ("code", "status", "detail"),
    [
        pytest.param("\nX = get_secret('mail-api-kye')\n", "failed", 'reads mail-api-kye: did you mean "mail-api-key"?', id="a wrong name"),
        pytest.param("\nX = get_secret('mail-api-kye', None)\n", "failed", "reads mail-api-kye: did you", id="a wrong optional name"),
        pytest.param("\nX = get_secret('new-key', None)\n", "unknown", "neither shield.toml nor AWS has the secret: shop/settings.py:", id="an optional secret"),
        pytest.param("\nX = get_secret('mail-api-key', None)\n", "ok", "", id="an optional secret that AWS has"),
        pytest.param("\nX = get_secret('new-key:field')\n", "failed", "reads new-key", id="a field"),
        pytest.param("\nfor name in ('a-key', 'b-key'):\n    get_secret(name)\n", "failed", "reads a-key or b-key", id="several wrong names"),
        pytest.param("\nfor name in ('django-secret-key', 'b-key'):\n    get_secret(name)\n", "unknown", "reads b-key", id="one of several"),
        pytest.param("\nimport sys\nX = get_secret(sys.argv[1])\n", "unknown", "reads a computed name", id="a computed name"),
    ],
)  # fmt: skip
def test_secrets_that_aws_does_not_hold(app, code, status, detail):
    append(app / SETTINGS, code)
    found = check(app, "secrets-held")
    assert (found["status"], detail in found["detail"]) == (status, True)


def test_the_hint_for_a_missing_secret_works(app):
    append(app / SETTINGS, "\nX = get_secret('new-key')\n")
    assert "env = " in check(app, "secrets-held")["hint"]
    append(app / "shield.toml", '\n[[secret]]\nname = "new-key"\nenv = "NEW_KEY"\n')
    append(app / ".env", "\nNEW_KEY=secret-value-7f3a\n")
    options = ("--env-file", ".env", "--yes", "--no-proof", "--allow-dirty")
    assert run("apply", *options, cwd=app).code == 0
    assert check(app, "secrets-held")["status"] == "ok"
    assert check(app, "secrets-used")["status"] == "ok"


def test_the_hint_for_an_ignored_variable_works(app):
    manifest = app / "shield.toml"
    before = manifest.read_text()
    head, *secrets = before.split("[[secret]]")
    kept = [secret for secret in secrets if "MAIL_API_KEY" not in secret]
    head = head.replace("[app]\n", '[app]\nignore = ["MAIL_API_KEY"]\n')
    manifest.write_text("[[secret]]".join([head, *kept]))
    options = ("--yes", "--no-proof", "--allow-dirty")
    assert run("apply", *options, cwd=app).code == 4  # the code would lose its variable
    found = check(app, "secrets-held")
    assert found["detail"] == "get_secret() reads MAIL_API_KEY, which shield.toml ignores"
    assert "read the variable without get_secret()" in found["hint"]
    code = (app / SETTINGS).read_text()
    line = next(line for line in code.splitlines() if line.startswith("MAIL_API_KEY"))
    previous = 'MAIL_API_KEY = os.environ.get("MAIL_API_KEY", "")'
    (app / SETTINGS).write_text(code.replace(line, previous))
    assert run("apply", *options, cwd=app).code == 0
    assert check(app, "secrets-held")["status"] == "ok"
    assert check(app, "code-migrated")["status"] == "ok"
    assert "no new secrets" in run("draft", cwd=app).err


def test_secrets_in_aws_are_checked_only_with_aws_and_code(app):
    for only in ("code", "aws"):
        checks = json.loads(run("verify", "--json", "--only", only, cwd=app).out)["checks"]
        assert "secrets-held" not in [found["id"] for found in checks]


@pytest.mark.parametrize(
    ("code", "suggestion"),
    [
        pytest.param("get_secret('sentry-dns', None)", "sentry-dsn", id="swapped letters"),
        pytest.param("get_secret('mail-api-ky')", "mail-api-key", id="a missing letter"),
        pytest.param("get_secret('database-credential:password')", "database-credentials", id="field"),
        pytest.param("get_secret('mail-api-key')", "", id="listed"),
        pytest.param("get_secret('staging/mail-api-key')", "", id="with a prefix"),
        pytest.param("get_secret('MAIL_API_KEY')", "", id="the variable"),
        pytest.param("get_secret('maps-api-key', None)", "", id="another name"),
        pytest.param("get_secret('mail-api-key-2', None)", "", id="another number"),
    ],
)  # fmt: skip
def test_names_that_are_similar_to_one_of_shield_toml(app, code, suggestion):
    append(app / SETTINGS, f"\nX = {code}\n")
    line = len((app / SETTINGS).read_text().splitlines())
    name = code.split("'")[1].partition(":")[0]
    said = (
        f'{SETTINGS}:{line} reads {name}, which is not in shield.toml: did you mean "{suggestion}"?'
    )
    found = json.loads(run("verify", "--only", "code", "--json", cwd=app).out)["checks"]
    details = [check["detail"] for check in found if check["id"] == "names-listed"]
    assert details == ([said] if suggestion else [])
    for command in (["plan"], ["apply", "--yes", "--no-proof"]):
        text = run(*command, "--only", "code", cwd=app).text
        assert (" ".join(said.split()) in " ".join(text.split())) is bool(suggestion)
