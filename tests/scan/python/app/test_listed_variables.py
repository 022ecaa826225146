from __future__ import annotations

import pytest

from shield_ai.model.skip import SkipId

ENV = "SHOP_API_TOKEN=\nSHOP_SECRET=x\nDEBUG=1\n"
LISTED = """import os
REQUIRED = ("SHOP_API_TOKEN", "DEBUG")
def values(names=REQUIRED, environ=None):
    env = os.environ if environ is None else environ
    return {name: env[name] for name in names}
"""
READ = "import os\nTOKEN = os.environ['SHOP_API_TOKEN']\n"
FOUND = [("shop/startup.py", 2, "SHOP_API_TOKEN")]


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        pytest.param({}, FOUND, id="listed"),
        pytest.param({"shop/settings.py": READ}, [], id="read"),
        pytest.param({"scripts/shot.py": READ}, FOUND, id="read in a script"),
        pytest.param({".env.example": "", ".env": ENV}, FOUND, id="in .env"),
        pytest.param({".env.example": "DEBUG=1\n"}, [], id="not in a .env file"),
        pytest.param(
            {"shop/startup.py": "HIDDEN = ('SHOP_API_TOKEN',)\n"}, [], id="no environment"
        ),
    ],
)
def test_reports_secrets_that_the_code_only_lists(scanned, files, expected):
    files = {
        "shop/__init__.py": "",
        "shop/settings.py": "import os\nKEY = os.environ['MAIL_KEY']\n",
        "shop/startup.py": LISTED,
        ".env.example": ENV,
        **files,
    }
    found = scanned(files)
    case = SkipId.COMPUTED_NAME
    for entries in (found.skipped, found.unresolved):
        shown = [(s.path, s.line, s.name) for s in entries if s.id is case and s.name]
        assert shown == expected
