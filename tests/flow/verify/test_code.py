from __future__ import annotations

import json
import py_compile
import re
import shutil
from importlib import metadata
from importlib.util import cache_from_source

import boto3
import pytest
from shield_helpers import make_app, run

from shield_ai.rewrite.project.stamp import stamp


@pytest.fixture
def app(tmp_path, aws):
    make_app(tmp_path)
    assert run("apply", "--env-file", ".env", "--yes", "--no-proof", cwd=tmp_path).code == 0
    return tmp_path


def failed(app):
    done = run("verify", "--run-settings", "--json", cwd=app)
    checks = json.loads(done.out)["checks"]
    found = {check["name"]: check for check in checks if check["status"] not in {"ok", "absent"}}
    assert done.code == bool(found)
    assert all(check["detail"] and check["hint"] for check in found.values())
    return found


def append(path, text):
    path.write_text(path.read_text() + text)


def widen(path):
    path.write_text(path.read_text().replace("mail-api-key-??????", "mail-api-key*"))


def rename(path):
    path.write_text(path.read_text().replace('"SECRET_KEY"', '"OTHER_KEY"'))


def client():
    return boto3.client("secretsmanager")


def delete(app):
    client().delete_secret(SecretId="django-secret-key")


def destroy(app):
    client().delete_secret(SecretId="django-secret-key", ForceDeleteWithoutRecovery=True)


def forge(app):
    """Edit a file of the copy, and recompute the checksum in its first line."""
    path = app / "shop/_shield_runtime/cache.py"
    body = path.read_text().partition("\n")[2] + "import this\n"
    path.write_text(stamp("runtime", "py", body, metadata.version("shield-ai")))


def test_a_copy_of_another_version_is_not_certified(app):
    path = app / "shop/_shield_runtime/cache.py"
    path.write_text(stamp("runtime", "py", "import this\n", "0.0.1"))
    checks = json.loads(run("verify", "--json", "--only", "code", cwd=app).out)["checks"]
    (found,) = [check for check in checks if check["id"] == "runtime-unmodified"]
    assert found["status"] == "unknown"
    assert "cache.py is from another version" in found["detail"]


def test_a_module_of_a_former_version_is_part_of_the_copy(app):
    path = app / "shop/_shield_runtime/environ.py"
    path.write_text(stamp("runtime", "py", "import this\n", "0.0.1"))
    applied = run("apply", "--only", "code", "--yes", "--no-proof", cwd=app)
    assert applied.code == 0, applied.text
    assert "import this" not in path.read_text()
    checks = json.loads(run("verify", "--json", "--only", "code", cwd=app).out)["checks"]
    assert next(c for c in checks if c["id"] == "runtime-unmodified")["status"] == "ok"


def test_comments_and_attributes_are_no_edits(app):
    for place in ("aws_secrets.py", "_shield_runtime/cache.py"):
        path = app / "shop" / place
        path.write_text("# SPDX-License-Identifier: MIT\n" + path.read_text())
    assert (app / "shop/_shield_runtime/.gitattributes").exists()
    checks = json.loads(run("verify", "--json", "--only", "code", cwd=app).out)["checks"]
    states = {check["id"]: check["status"] for check in checks}
    assert states["runtime-unmodified"] == states["map-current"] == "ok"


def lose_a_field(app):
    client().put_secret_value(SecretId="database-credentials", SecretString='{"username": "x"}')


def lose_the_password(app):
    value = '{"username": "x", "password": null, "database": "d"}'
    client().put_secret_value(SecretId="database-credentials", SecretString=value)


def lose_the_document(app):
    client().put_secret_value(SecretId="database-credentials", SecretString="[1]")


def commit_bytecode(folder, module="cache.py"):
    other = folder.parent / module
    other.write_text("import this\n")
    mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
    bytecode = cache_from_source(str(folder / module))
    py_compile.compile(str(other), cfile=bytecode, invalidation_mode=mode)
    other.unlink()


MAP_CALL = """
from shop._shield_runtime import SecretsManagerClient
SecretsManagerClient({"a": "A"}) if 0 else print("other code")
"""


def hide_a_read(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("""\
from shop._shield_runtime import SecretNotFoundError
import os
X_TOKEN = os.environ["X_TOKEN"]
""")


def add_package(module):
    module.with_suffix("").mkdir()
    (module.with_suffix("") / "__init__.py").write_text("import this\n")


@pytest.mark.parametrize(
    ("harm", "name", "detail"),
    [
        pytest.param(str, "", "", id="nothing"),
        pytest.param(lambda app: append(app / "shop/settings.py", "\nX_TOKEN = os.environ['X_TOKEN']\n"), "every secret that can be moved", "X_TOKEN", id="a new read"),
        pytest.param(lambda app: hide_a_read(app / "shop/hidden.py"), "every secret that can be moved", "X_TOKEN", id="a read beside an import of the copy"),
        pytest.param(lambda app: hide_a_read(app / "shop/other/_shield_runtime/x.py"), "the vendored runtime", "other/_shield_runtime/x.py is not part of the runtime", id="another copy"),
        pytest.param(lambda app: append(app / "requirements.txt", "flask\n"), "", "", id="an edited file"),
        pytest.param(lambda app: append(app / "shop/aws_secrets.py", "\n# a comment\n"), "", "", id="a comment in the map file"),
        pytest.param(lambda app: append(app / "shop/aws_secrets.py", "\ndef get_secret(name): ...\n"), "the changes of apply", "shop/aws_secrets.py", id="other code in the map file"),
        pytest.param(lambda app: append(app / "shop/settings.py", MAP_CALL), "", "", id="a map in another file"),
        pytest.param(lambda app: rename(app / "shop/aws_secrets.py"), "the map of secrets", "the mapping in shop/aws_secrets.py differs from shield.toml", id="another mapping"),
        pytest.param(lambda app: append(app / "shop/_shield_runtime/cache.py", "x"), "the vendored runtime", "cache.py was edited", id="edited file of the copy"),
        pytest.param(lambda app: append(app / "shop/settings.py", "\nINSTALLED_APPS += ['shop._shield_runtime.django']\n"), "the vendored runtime", "django/__init__.py is missing", id="no part for Django"),
        pytest.param(forge, "the vendored runtime", "cache.py was edited", id="a forged checksum"),
        pytest.param(lambda app: (app / "shop/_shield_runtime/extra.py").write_text("x = 1\n"), "the vendored runtime", "extra.py is not part of the runtime", id="another file in the copy"),
        pytest.param(lambda app: commit_bytecode(app / "shop/_shield_runtime"), "the vendored runtime", ".pyc is not part of the runtime", id="bytecode that replaces the source"),
        pytest.param(lambda app: (app / "shop/_shield_runtime/extra").symlink_to(app), "the vendored runtime", "extra is not part of the runtime", id="a linked folder in the copy"),
        pytest.param(lambda app: add_package(app / "shop/aws_secrets.py"), "the vendored runtime", "shop/aws_secrets/__init__.py takes precedence over shop/aws_secrets.py", id="a package beside the map file"),
        pytest.param(lambda app: (app / "shop/aws_secrets.cpython-313-darwin.so").touch(), "the vendored runtime", "secrets.cpython-313-darwin.so takes precedence over", id="an extension module beside the map file"),
        pytest.param(lambda app: commit_bytecode(app / "shop", "aws_secrets.py"), "the vendored runtime", ".pyc takes precedence over", id="bytecode that replaces the map file"),
        pytest.param(lambda app: (app / "shop/aws_secrets").mkdir(), "", "", id="a folder without __init__.py"),
        pytest.param(lambda app: (app / "shop/aws_secrets.py").unlink(), "the map of secrets", "is missing", id="no map file"),
        pytest.param(lambda app: append(app / "aws/iam-policy-secrets-manager.json", "x"), "the IAM policy", "missing", id="a broken policy"),
        pytest.param(lambda app: (app / "aws/iam-policy-secrets-manager.json").write_text("{}"), "the IAM policy", "differs from the expected policy", id="another policy"),
        pytest.param(lambda app: widen(app / "aws/iam-policy-secrets-manager.json"), "the IAM policy", "mail-api-key* is not the exact name of one of the app's secrets", id="a policy with a star"),
        pytest.param(delete, "django-secret-key can be read", "scheduled for deletion", id="a secret in deletion"),
        pytest.param(destroy, "django-secret-key can be read", "is not in AWS", id="no secret"),
        pytest.param(lose_a_field, "database-credentials can be read", "missing fields: database, password", id="a field is gone"),
        pytest.param(lose_the_password, "database-credentials can be read", "missing fields: password", id="a field is null"),
        pytest.param(lose_the_document, "database-credentials can be read", "is not a JSON object with the fields database, username, password", id="no document"),
    ],
)  # fmt: skip
def test_reports_problems(app, harm, name, detail):
    harm(app)
    found = failed(app)
    assert bool(found) == bool(name)
    if name:
        (check,) = [check for title, check in found.items() if title.startswith(name)]
        assert detail in check["detail"]


def test_prints_the_checks_as_text(app):
    done = run("verify", cwd=app)
    assert done.code == 0
    lines = done.out.splitlines()
    at = lines.index("  absent   sentry-dsn: optional, not in AWS")
    assert lines[at + 1].strip() == "the app's default is used"
    assert re.fullmatch(r"\d+ of 15 checks passed", lines[-1])
    delete(app)
    done = run("verify", cwd=app)
    assert done.code == 1
    assert "hint: run shield apply" in done.out


def states(app):
    found = json.loads(run("verify", "--only", "code", "--json", cwd=app).out)["checks"]
    return {check["id"]: (check["status"], check["detail"]) for check in found}


@pytest.mark.parametrize("rolled_back", [False, True])
def test_nothing_is_applied(tmp_path, rolled_back):
    make_app(tmp_path)
    assert run("draft", cwd=tmp_path).code == 0
    if rolled_back:
        assert run("apply", "--only", "code", "--yes", "--no-proof", cwd=tmp_path).code == 0
        assert run("rollback", "--yes", cwd=tmp_path).code == 0
    found = states(tmp_path)
    assert found["files-unchanged"] == ("unknown", "no change of a file is recorded in the journal")
    copy = ("unknown", "not applied yet: the app has no copy of the runtime")
    assert found["runtime-unmodified"] == copy
    detail = "not applied yet: the code only reads environment variables"
    assert found["secrets-used"] == ("unknown", detail)
    assert [name for name, (status, _) in found.items() if status == "failed"] == ["code-migrated"]


def test_a_deleted_copy_that_the_code_imports_is_a_failure(app):
    shutil.rmtree(app / "shop/_shield_runtime")
    (app / "shop/aws_secrets.py").unlink()
    found = states(app)
    assert found["runtime-unmodified"][0] == found["map-current"][0] == "failed"


def test_a_secret_taken_out_of_shield_toml_can_be_ignored(tmp_path):
    make_app(tmp_path)
    run("draft", cwd=tmp_path)
    manifest = tmp_path / "shield.toml"
    *kept, sentry = manifest.read_text().split("[[secret]]")
    assert "SENTRY_DSN" in sentry
    manifest.write_text("[[secret]]".join(kept))
    applied = run("apply", "--only", "code", "--yes", "--no-proof", cwd=tmp_path)
    assert applied.code == 0, applied.text
    verified = run("verify", "--only", "code", cwd=tmp_path)
    assert verified.code == 1
    assert (
        "hint: run shield draft to add SENTRY_DSN to shield.toml, then shield apply" in verified.out
    )
    assert "add it to ignore under [app]" in verified.out
    manifest.write_text(manifest.read_text().replace("[app]\n", '[app]\nignore = ["SENTRY_DSN"]\n'))
    assert "no new secrets" in run("draft", cwd=tmp_path).err
    verified = run("verify", "--only", "code", cwd=tmp_path)
    assert verified.code == 0, verified.text
    assert "ignored in shield.toml: SENTRY_DSN" in verified.out
    planned = run("plan", "--only", "code", cwd=tmp_path)
    assert planned.code == 0, planned.text
    assert "SENTRY_DSN\n      ignored in shield.toml" in planned.out
    scanned = run("scan", cwd=tmp_path)
    assert "not fixable: ignored in shield.toml" in scanned.out


def test_the_hint_for_a_removed_entry_is_not_refused(app):
    path = app / "shield.toml"
    start, *entries = path.read_text().split("[[secret]]")
    kept = [entry for entry in entries if "mail-api-key" not in entry]
    path.write_text("[[secret]]".join([start, *kept]))
    (check,) = [check for title, check in failed(app).items() if title.startswith("the map")]
    assert check["hint"].startswith("restore the entry of MAIL_API_KEY in shield.toml")


SETTINGS = """\
import os

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "USER": os.environ["DB_USER"],
        "PASSWORD": os.environ["DB_PASSWORD"],
        "HOST": os.environ["DB_HOST"],
    }
}
"""
COMPOSE = "services: {web: {image: shop, environment: {DB_HOST: db.internal}}}\n"


def test_the_hint_names_only_variables_that_draft_adds(tmp_path):
    (tmp_path / "manage.py").touch()
    (tmp_path / "settings.py").write_text(SETTINGS)
    (tmp_path / "compose.prod.yaml").write_text(COMPOSE)
    assert run("draft", cwd=tmp_path).code == 0
    assert "hint: run shield apply" in run("verify", "--only", "code", cwd=tmp_path).out
    append(tmp_path / "settings.py", 'MAIL_API_KEY = os.environ["MAIL_API_KEY"]\n')
    out = run("verify", "--only", "code", cwd=tmp_path).out
    assert "hint: run shield draft to add MAIL_API_KEY to shield.toml" in out
