from __future__ import annotations

import json
import re
import subprocess
import sys

import msgspec
import pytest
from rewrite_helpers import map_file
from vendored_runtime import module_text

from shield_ai.flow.draft.manifest_draft import draft_manifest_from_sites
from shield_ai.model.manifest import Functions, Rotation
from shield_ai.project.python_source import apply_edits
from shield_ai.rewrite.project.runtime_source import runtime_files
from shield_ai.rewrite.python.fixers.db_backend import rotating_databases
from shield_ai.rewrite.python.pipeline import rewrite_python
from shield_ai.scan.python.app_scan import scan_files

PATH = "shop/settings.py"
SETTINGS = """\
import os

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "shop",
        "USER": os.environ["DB_USER"],
        "PASSWORD": os.environ["DB_PASSWORD"],
    }
}
"""
ROTATION = Rotation(every="30 days", strategy="single-user")


def scanned(text, files=()):
    raws = {"shop/__init__.py": b"", PATH: text.encode(), **dict(files)}
    return scan_files("shop", list(raws), raws.get), raws


def manifest_of(text, rotate=ROTATION, runtime="shop/utils/secrets.py", **changes):
    scan, _ = scanned(text)
    made = draft_manifest_from_sites(scan.sites, None, scan.facts)
    secrets = tuple(msgspec.structs.replace(secret, rotate=rotate) for secret in made.secret)
    app = msgspec.structs.replace(made.app, runtime=runtime)
    return msgspec.structs.replace(made, app=app, secret=secrets, **changes)


def coded(text, manifest, earlier=None):
    """Return what becomes of the settings, the backends, and why an engine stays.

    Args:
        text: The settings, rewritten before or not.
        manifest: shield.toml.
        earlier: shield.toml at the time of the earlier rewrite.
    """
    files = map_file(earlier or manifest) if "get_secret(" in text else {}
    scan, raws = scanned(text, files)
    done = rewrite_python(
        manifest, scan.sites, scan.call_sites, raws.get, scan.facts.accessor_import(manifest)
    )
    after = text
    for change in done.files:
        if change.path == PATH:
            after = apply_edits(raws[change.path], change.edits).decode()
    compile(after, PATH, "exec")
    return after, sorted(done.engines), [skip.reason for skip in done.skipped]


@pytest.mark.parametrize(
    ("runtime", "engine"),
    [
        pytest.param(
            "shop/utils/secrets.py", "shop.utils._shield_runtime.django.postgresql", id="a copy"
        ),
        pytest.param("package", "shield_runtime.django.postgresql", id="the package"),
    ],
)
def test_replaces_engine_once(runtime, engine):
    manifest = manifest_of(SETTINGS, runtime=runtime)
    after, engines, skipped = coded(SETTINGS, manifest)
    assert (
        f'        "ENGINE": "{engine}",\n        "SECRET": "database-credentials",\n        "NAME"'
        in after
    )
    assert (engines, skipped) == (["postgresql"], [])
    assert coded(after, manifest)[0] == after


def test_replaces_engine_of_migrated_settings():
    manifest = manifest_of(SETTINGS)
    moved, _, _ = coded(
        SETTINGS, msgspec.structs.replace(manifest, secret=manifest_of(SETTINGS, None).secret)
    )
    assert "django.db.backends" in moved
    after = coded(moved, manifest)[0]
    assert after == moved.replace(
        '"django.db.backends.postgresql"',
        '"shop.utils._shield_runtime.django.postgresql",\n        "SECRET": "database-credentials"',
    )


def test_replaces_engine_of_a_password_in_a_name():
    text = SETTINGS.replace('os.environ["DB_PASSWORD"]', "PASSWORD").replace(
        "DATABASES", 'PASSWORD = os.environ["DB_PASSWORD"]\nDATABASES'
    )
    manifest = manifest_of(text)
    after, engines, skipped = coded(text, manifest)
    assert ('"SECRET": "database-credentials"' in after, engines, skipped) == (
        True,
        ["postgresql"],
        [],
    )
    assert coded(after, manifest)[0] == after
    other = text.replace("DATABASES", 'if SMALL:\n    PASSWORD = "x"\nDATABASES')
    assert coded(other, manifest)[1:] == ([], [NO_DICT])


def test_does_not_replace_engine_without_rotation():
    other = SETTINGS.replace("DB_", "PG_").replace("DATABASES", "OTHERS").replace("import os\n", "")
    manifest = manifest_of(SETTINGS + other)
    first, second = manifest.secret
    manifest = msgspec.structs.replace(
        manifest, secret=(first, msgspec.structs.replace(second, rotate=None))
    )
    after, _, skipped = coded(SETTINGS + other, manifest)
    assert (after.count('"SECRET"'), after.count("django.db.backends"), skipped) == (1, 1, [])


def test_updates_names_from_shield_toml():
    manifest = manifest_of(SETTINGS)
    after, _, _ = coded(SETTINGS, manifest)
    [old] = manifest.secret
    fields = {"user": "DB_USER", "pass": "DB_PASSWORD"}
    new = msgspec.structs.replace(
        manifest, secret=(msgspec.structs.replace(old, name="db", fields=fields),)
    )
    renamed, _, _ = coded(after, new, manifest)
    assert '"SECRET": "db"' in renamed
    assert '"SECRET_FIELDS": {"USER": "user", "PASSWORD": "pass"}' in renamed
    assert coded(renamed, new)[0] == renamed
    back, _, _ = coded(renamed, manifest, new)
    assert '"SECRET_FIELDS": {"USER": "username", "PASSWORD": "password"}' in back


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("{'ENGINE': 'django.db.backends.mysql', 'NAME': 'x',", "    'ENGINE': 'shop.utils._shield_runtime.django.mysql', 'SECRET': 'database-credentials',\r\n    'NAME': 'x',", id="on one line"),
        pytest.param("{\n\t'ENGINE' : 'django.db.backends.postgresql_psycopg2' ,\n\t'NAME': 'x',", "{\n\t'ENGINE' : 'shop.utils._shield_runtime.django.postgresql',\n\t'SECRET': 'database-credentials' ,\n\t'NAME': 'x',", id="tabs"),
        pytest.param("{\n  'ENGINE': 'django.db.backends.mysql',  # ours\n  'NAME': 'x',", "{\n  'SECRET': 'database-credentials',\n  'ENGINE': 'shop.utils._shield_runtime.django.mysql',  # ours\n  'NAME': 'x',", id="a comment"),
        pytest.param("{\r\n  'ENGINE': 'django.db.backends.mysql',\r\n  'NAME': 'x',", "{\r\n  'ENGINE': 'shop.utils._shield_runtime.django.mysql',\r\n  'SECRET': 'database-credentials',\r\n  'NAME': 'x',", id="CRLF"),
        pytest.param("{'ENGINE': ('django.db.backends.mysql'), 'NAME': 'x',", "    'SECRET': 'database-credentials', 'ENGINE': ('shop.utils._shield_runtime.django.mysql'),\r\n    'NAME': 'x',", id="in parentheses on one line"),
        pytest.param("{\n  'ENGINE': ('django.db.backends.mysql'),\n  'NAME': 'x',", "{\n  'SECRET': 'database-credentials',\n  'ENGINE': ('shop.utils._shield_runtime.django.mysql'),\n  'NAME': 'x',", id="in parentheses"),
        pytest.param("{\n  'ENGINE': (\n    'django.db.backends.mysql'\n  ),\n  'NAME': 'x',", "{\n  'SECRET': 'database-credentials',\n  'ENGINE': (\n    'shop.utils._shield_runtime.django.mysql'\n  ),\n  'NAME': 'x',", id="in parentheses on three lines"),
    ],
)  # fmt: skip
def test_keeps_surrounding_text(before, after):
    text = f"import os\r\nD = {before} 'USER': os.environ['DB_USER'], 'PASSWORD': os.environ['DB_PASSWORD']}}\r\n"
    assert after in coded(text, manifest_of(text))[0]


RESTART = "the app reads a rotated password only after a restart"
NO_DICT = "code that reads a login once must restart after a rotation; shield does not edit it"
URL = "import os, dj_database_url\nDATABASES = {'default': dj_database_url.config()}\n"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param(SETTINGS.replace('"django.db.backends.postgresql"', 'os.getenv("ENGINE")'), "ENGINE is computed", id="computed"),
        pytest.param(SETTINGS.replace('        "ENGINE": "django.db.backends.postgresql",\n', ""), "ENGINE is not set in the same dict", id="elsewhere"),
        pytest.param(SETTINGS.replace("django.db.backends.postgresql", "django.contrib.gis.db.backends.postgis"), "shield has no backend for django.contrib.gis.db.backends.postgis", id="PostGIS"),
        pytest.param(SETTINGS.replace('"django.db.backends.postgresql"', '("django.db.backends."\n"postgresql")'), "ENGINE is not a simple string literal", id="in two parts"),
        pytest.param(SETTINGS.replace('"ENGINE"', '("ENGINE")'), "ENGINE is not a simple string literal", id="a key in parentheses"),
        pytest.param("import os\nD = dict(ENGINE='x', USER=os.environ['DB_USER'], PASSWORD=os.environ['DB_PASSWORD'])\n", NO_DICT, id="not a dict"),
        pytest.param(URL, "its settings come from a URL", id="a URL"),
    ],
)  # fmt: skip
def test_reports_why_engine_is_not_replaced(text, why):
    after, engines, skipped = coded(text, manifest_of(text))
    assert (engines, skipped) == (
        [],
        [why if why == NO_DICT else f"{RESTART}: {why}"],
    )
    assert "SECRET" not in after


@pytest.mark.parametrize(
    "backend",
    [
        pytest.param("shop.utils._shield_runtime.django.postgresql", id="copied"),
        pytest.param("shop.utils.secrets_postgresql", id="former"),
    ],
)
def test_a_url_with_the_backend_needs_no_restart(backend):
    manifest = manifest_of(URL)
    name = manifest.secret[0].name
    text = f'{URL}\nDATABASES["default"] |= {{"ENGINE": "{backend}", "SECRET": "{name}"}}\n'
    _, engines, skipped = coded(text, manifest)
    assert (engines, skipped) == (["postgresql"], [])


@pytest.mark.parametrize(
    ("rotate", "function", "rotates"),
    [
        pytest.param(Rotation(every="30 days"), None, False, id="proposed by a draft"),
        pytest.param(Rotation(every="30 days"), Functions(), True, id="by AWS"),
        pytest.param(
            Rotation(every="30 days", admin="database-admin"),
            None,
            True,
            id="configured by the user",
        ),
        pytest.param("manual", Functions(), False, id="manual"),
        pytest.param(None, Functions(), False, id="no rotation"),
    ],
)
def test_rotating_databases(rotate, function, rotates):
    manifest = manifest_of(SETTINGS, rotate, rotation=function)
    assert bool(rotating_databases(manifest)) == rotates
    assert ("SECRET" in coded(SETTINGS, manifest)[0]) == rotates


@pytest.mark.parametrize("engine", ["postgresql", "mysql"])
def test_copied_backend_reads_current_password(tmp_path, engine):
    files = {"shop/secrets.py": module_text(in_package=True)}
    files |= {f"shop/_shield_runtime/{name}": text for name, text in runtime_files().items()}
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
        assert not re.search(r"^(?:from|import) shield_", text, re.MULTILINE)
    child = f"""
import json, os, sys
sys.path.insert(0, {str(tmp_path)!r})
if {engine!r} == "mysql":
    import pymysql
    pymysql.install_as_MySQLdb()
from django.conf import settings
database = {{"ENGINE": "shop._shield_runtime.django.{engine}", "SECRET": "db", "NAME": "x", "USER": "old", "PASSWORD": "old"}}
settings.configure(DATABASES={{"default": database}})
from django.db import connection
params = connection.get_connection_params()
print([params.get("password", params.get("passwd")), params["user"], bool({{"shield_ai", "shield_runtime"}} & set(sys.modules))])
"""
    environment = {"DB": json.dumps({"username": "now", "password": "new"}), "PATH": ""}
    done = subprocess.run(
        [sys.executable, "-c", child], env=environment, capture_output=True, text=True, check=False
    )
    assert done.stdout == "['new', 'now', False]\n", done.stderr
