from __future__ import annotations

import pytest

from shield_ai.model.deployment import Use
from shield_ai.model.manifest import Secret
from shield_ai.scan.deployment.finder import find_deployment

ENV = "ENV SECRET_KEY=tr0ub4dor-and-3\n"
DEV = "FROM python AS dev\n" + ENV
SERVER = 'CMD ["python", "manage.py", "runserver"]\n'
PRODUCTION, DEVELOPMENT = Use.PRODUCTION, Use.DEVELOPMENT


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        pytest.param("Dockerfile", DEV, [DEVELOPMENT], id="stage for development"),
        pytest.param("Dockerfile", "FROM --platform=linux/amd64 python AS test\n" + ENV, [DEVELOPMENT], id="platform"),
        pytest.param("Dockerfile", "FROM python\n" + ENV + DEV, [PRODUCTION, DEVELOPMENT], id="stages for both"),
        pytest.param("Dockerfile", DEV + "FROM dev AS django-unittests\n" + ENV, [DEVELOPMENT, DEVELOPMENT], id="tests on development"),
        pytest.param("Dockerfile", DEV + "FROM Dev AS release\n", [PRODUCTION], id="production on development"),
        pytest.param("Dockerfile", DEV + "FROM dev AS b\nFROM b\n", [PRODUCTION], id="production on that"),
        pytest.param("Dockerfile", DEV + "FROM python\nCOPY --from=dev /app /app\n", [DEVELOPMENT], id="files of development"),
        pytest.param("Dockerfile", "FROM python AS devices\n" + ENV, [PRODUCTION], id="another name"),
        pytest.param("Dockerfile", "FROM python\n" + ENV + SERVER, [PRODUCTION], id="a command that can be replaced"),
        pytest.param("Dockerfile", "FROM python\n" + ENV + "ENV FLASK_ENV=development FLASK_DEBUG=1\n", [PRODUCTION], id="variables that can be replaced"),
        pytest.param("Dockerfile", "FROM python\n" + ENV + "ENV DEBUG=1\n" + SERVER, [DEVELOPMENT], id="both"),
        pytest.param("Dockerfile", "FROM python\n" + ENV + "ENV DEBUG 1\nENTRYPOINT gunicorn app\n", [PRODUCTION], id="a server for production"),
        pytest.param("prod/Dockerfile", DEV, [PRODUCTION], id="folder for production"),
    ],
)  # fmt: skip
def test_use_of_the_stages(tmp_path, path, text, expected):
    file = tmp_path / path
    file.parent.mkdir(exist_ok=True)
    file.write_text(text)
    found = find_deployment(tmp_path, [Secret(name="key", env="SECRET_KEY")]).variables
    assert [item.use for item in found] == expected
