from __future__ import annotations

import pytest
from scaling import assert_linear

from shield_ai.reports.masking.dependency_files import harmless_lines
from shield_ai.reports.masking.mask import mask, show


@pytest.mark.parametrize(
    ("path", "line", "is_shown"),
    [
        pytest.param("requirements.txt", "boto3>=1.26,<2", True, id="requirement"),
        pytest.param("requirements/base.in", "psycopg[binary]~=3.1", True, id="extra"),
        pytest.param("pyproject.toml", '    "youtube-transcript-api==0.6.2",', True, id="list"),
        pytest.param("pyproject.toml", 'django = "^4.2"', True, id="Poetry"),
        pytest.param("pyproject.toml", "[tool.poetry.dependencies]", True, id="table"),
        pytest.param("pyproject.toml", "dependencies = [", True, id="start"),
        pytest.param("pyproject.toml", "]", True, id="end"),
        pytest.param("pyproject.toml", '    "web/gunicorn_config.py"', True, id="file"),
        pytest.param("pyproject.toml", '    "x7Kq9swordfishZ2.py"', False, id="token in a list"),
        pytest.param("pyproject.toml", 'dependencies = ["django", "boto3>=1.26"]', True, id="line"),
        pytest.param("pyproject.toml", 'dependencies = ["x7Kq9swordfishZ2"]', False, id="token"),
        pytest.param("pyproject.toml", 'keywords = ["swordfish"]', False, id="another list"),
        pytest.param("pyproject.toml", 'dependencies = ["a @ https://u:pw@h"]', False, id="URL"),
        pytest.param("pyproject.toml", 'token = "swordfish"', False, id="value"),
        pytest.param("pyproject.toml", 'token = "1.2"', False, id="number"),
        pytest.param("pyproject.toml", '    "swordfish",', False, id="word"),
        pytest.param(".coveragerc", "omit = shop/*, */tests/*, manage.py", True, id="patterns"),
        pytest.param(".coveragerc", "    shop/_shield_runtime/*", True, id="pattern in a list"),
        pytest.param(".coveragerc", "    x7Kq9swordfishZ2/*", False, id="token in a list of INI"),
        pytest.param("pyproject.toml", 'omit = ["shop/*", "*/tests/*"]', True, id="list of TOML"),
        pytest.param("pyproject.toml", 'omit = ["x7Kq9swordfishZ2"]', False, id="no pattern"),
        pytest.param("poetry.lock", f'content-hash = "{"0a" * 32}"', True, id="checksum"),
        pytest.param("requirements.txt", "swordfish", False, id="name"),
        pytest.param("requirements.txt", "a==1.0 # swordfish", False, id="comment"),
        pytest.param("requirements.txt", "a @ https://u:pw@host/a.whl", False, id="link"),
        pytest.param("notes.txt", "boto3>=1.26", False, id="another file"),
    ],
)
def test_lines_that_are_shown(path, line, is_shown):
    shown = show(mask(path, line.encode()))
    assert (shown == line) is is_shown
    assert not any(value in shown for value in ("swordfish", "pw", '1.2"'))


@pytest.mark.parametrize(
    "part", [b"a", b" ", b"a-", b"a==1,", b"[", b'"', b'dependencies = ["a", "a",']
)
def test_time_is_linear(part):
    assert_linear(lambda size: list(harmless_lines(part * size)), 20_000)
