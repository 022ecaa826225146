from __future__ import annotations

import pytest

from shield_ai.flow.app_context import AppContext
from shield_ai.flow.plan.app_hosting import find_hosting
from shield_ai.model.hosting import Hosting

CODE = """\
import os

DATABASE_URL = os.environ["DATABASE_URL"]
MAIL_PASSWORD = os.environ["MAIL_PASSWORD"]
"""
KEYS = 'AWS_SECRET_ACCESS_KEY = os.environ["AWS_SECRET_ACCESS_KEY"]\n'


@pytest.mark.parametrize(
    ("files", "hosting"),
    [
        pytest.param({}, Hosting(has_role=False), id="unknown"),
        pytest.param({"copilot/api/manifest.yml": ""}, Hosting(), id="AWS"),
        pytest.param(
            {"app.json": '{"addons": ["heroku-postgresql"]}'},
            Hosting(has_role=False, platform="Heroku", set_by_platform=("DATABASE_URL",)),
            id="Heroku",
        ),
        pytest.param(
            {"Procfile": "web: x\n", "runtime.txt": "python-3.12\n"},
            Hosting(has_role=False, set_by_platform=("DATABASE_URL",)),
            id="similar platform",
        ),
        pytest.param(
            {"shop/settings.py": CODE + KEYS},
            Hosting(has_role=False, uses_access_keys=True),
            id="access keys",
        ),
        pytest.param(
            {"shop/settings.py": CODE + 'S3 = os.environ.get("AWS_ENDPOINT_URL")\n'},
            Hosting(has_role=False, reads_endpoint=True),
            id="endpoint",
        ),
    ],
)
def test_finds_what_the_environment_provides(tmp_path, files, hosting):
    for path, text in {"manage.py": "", "shop/settings.py": CODE, **files}.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    assert find_hosting(AppContext(tmp_path)) == hosting
