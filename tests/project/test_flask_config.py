from __future__ import annotations

import pytest

from shield_ai.project.flask_config import find_settings_loads

FROM_ENVVAR = {"app/__init__.py": "app.config.from_envvar('APP_SETTINGS')"}


@pytest.mark.parametrize(
    ("files", "is_loaded"),
    [
        pytest.param(
            {"app/__init__.py": "app.config.from_pyfile('../config.py')"}, True, id="above"
        ),
        pytest.param(
            {"app/core/factory.py": "app.config.from_pyfile('../config.py')"},
            True,
            id="Flask('app') in a subfolder",
        ),
        pytest.param(
            {"app/__init__.py": "app.config.from_pyfile('config.py')", "app/config.py": ""},
            False,
            id="file in the package",
        ),
        pytest.param(
            {
                "app/__init__.py": "# formerly: app.config.from_pyfile('../config.py')\n"
                "app.config.from_envvar('X')"
            },
            False,
            id="comment",
        ),
        pytest.param(FROM_ENVVAR | {".env": "APP_SETTINGS=/srv/config.py\n"}, True, id="absolute"),
        pytest.param(FROM_ENVVAR | {".env": "APP_SETTINGS=/srv/config.py.bak\n"}, False, id="bak"),
    ],
)
def test_loaded_files(files, is_loaded):
    """Flask resolves a relative path in the folder of the app's package."""
    contents = {path: text.encode() for path, text in (files | {"config.py": ""}).items()}
    found = find_settings_loads("app", ["config.py"], list(contents), contents.get)
    assert found.function
    assert found.loaded == ({"config.py"} if is_loaded else set())
