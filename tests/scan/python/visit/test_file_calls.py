from __future__ import annotations

import pytest

FROM_FILE = """import os
from pathlib import Path

def read_secret(name, default=None):
    path = Path("/run/secrets") / name
    try:
        return path.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return default

"""
OPENED = "import os\ndef load_it(name, default=None):\n    with open('/run/' + name) as f:\n        return f.read()\n"
OTHER = "import os\ndef read_secret(name, default=None):\n    return default\n"
PLAIN = "import os\ndef load_value(name, default=None):\n    return default\n"
LOG = "import os\ndef load_value(name, value):\n    open('/log').write(name)\n    return value\n"
READ = "X = {}('django_secret_key', {})\n"


@pytest.mark.parametrize(
    ("functions", "name", "is_overridden"),
    [
        pytest.param(FROM_FILE, "read_secret", True, id="file"),
        pytest.param(OPENED, "load_it", True, id="opened file"),
        pytest.param(OTHER, "read_secret", True, id="by the name"),
        pytest.param(PLAIN, "load_value", False, id="another function"),
        pytest.param(LOG, "load_value", False, id="another file"),
        pytest.param("import os\n", "validate_secret", False, id="check of a value"),
    ],
)
@pytest.mark.parametrize(
    "fallback", ["os.getenv('SECRET_KEY')", "default=os.environ['SECRET_KEY']"]
)
def test_a_read_that_is_only_a_fallback_is_not_moved(
    sites, functions, name, is_overridden, fallback
):
    [(_, variable, reason)] = sites(functions + READ.format(name, fallback))
    assert variable == "SECRET_KEY"
    expected = f"{name}() tries django_secret_key first, which can have another value"
    assert reason == (expected if is_overridden else "")


def test_another_argument_is_no_fallback(sites):
    call = "X = read_secret('db_password', token=os.environ['VAULT_TOKEN'])\n"
    assert ("read", "VAULT_TOKEN", "") in sites(OTHER + call)


CALL = "MAIL_API_KEY = read_secret('mail_api_key', 'unset')\n"


@pytest.mark.parametrize(
    ("files", "path"),
    [
        pytest.param({"shop/settings.py": FROM_FILE + CALL}, "shop/settings.py", id="same file"),
        pytest.param(
            {
                "shop/settings/base.py": FROM_FILE,
                "shop/settings/production.py": f"from .base import *\n{CALL}",
            },
            "shop/settings/production.py",
            id="star import",
        ),
        pytest.param(
            {
                "shop/util.py": FROM_FILE.replace("import os\n", ""),
                "shop/settings.py": f"from shop.util import read_secret\n{CALL}",
            },
            "shop/settings.py",
            id="import",
        ),
    ],
)
def test_a_secret_from_a_named_file_is_listed(scanned, files, path):
    found = scanned({"manage.py": "", "shop/__init__.py": "", **files})
    entries = [(skip.path, skip.name, skip.reason) for skip in found.file_reads]
    reason = "read_secret() reads it from a file: let the app read a variable first"
    assert entries == [(path, "mail_api_key", reason)]


def test_another_value_from_a_file_is_not_listed(scanned):
    text = FROM_FILE + "X = read_secret('mail_host')\n"
    assert scanned({"shop/settings.py": text}).file_reads == ()
