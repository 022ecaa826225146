from __future__ import annotations

import json

import pytest
from shield_helpers import make_app, run

DEFAULT = "the app's default is used"
NO_DEFAULT = "the code reads AZURE_ACCOUNT_KEY without a default: shop/settings.py:"


def absent_check(app, *options):
    done = run("verify", "--json", *options, cwd=app)
    return next(c for c in json.loads(done.out)["checks"] if c["subject"] == "azure-account-key")


@pytest.mark.parametrize(
    ("read", "detail"),
    [
        pytest.param('env("AZURE_ACCOUNT_KEY")', NO_DEFAULT, id="call"),
        pytest.param('os.environ["AZURE_ACCOUNT_KEY"]', NO_DEFAULT, id="subscript"),
        pytest.param('env("AZURE_ACCOUNT_KEY", default="")', DEFAULT, id="default of a call"),
        pytest.param('os.environ.get("AZURE_ACCOUNT_KEY")', DEFAULT, id="None"),
    ],
)
def test_tells_whether_the_code_has_a_default(tmp_path, aws, read, detail):
    make_app(tmp_path)
    settings = tmp_path / "shop/settings.py"
    setup = f"import environ\nenv = environ.Env()\nif env.bool('USE_AZURE', False):\n    AZURE = {read}\n"
    settings.write_text(settings.read_text() + setup)
    assert run("draft", cwd=tmp_path).code == 0
    before = absent_check(tmp_path)
    assert before["status"] == "absent"
    assert run("apply", "--env-file", ".env", "--yes", "--no-proof", cwd=tmp_path).code == 0
    assert "get_secret(" in settings.read_text().partition("AZURE = ")[2]
    for check in (before, absent_check(tmp_path)):
        assert check["detail"].startswith(detail)
        assert ("AZURE_ACCOUNT_KEY" in check["detail"]) == (detail == NO_DEFAULT)
        assert bool(check["hint"]) == (detail == NO_DEFAULT)
    assert "if it has one" in absent_check(tmp_path, "--only", "aws")["detail"]
