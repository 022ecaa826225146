from __future__ import annotations

import os

import pytest

from shield_ai.flow.apply.configuration_class import configuration_variable

DEFAULT = "import os\nos.environ.setdefault('DJANGO_CONFIGURATION', '{}')\n"
ASSIGNED = 'import os\nos.environ["DJANGO_CONFIGURATION"] = "{}"\n'
COMMENT = "# os.environ.setdefault('DJANGO_CONFIGURATION', '{}')\n"


@pytest.mark.parametrize(
    ("files", "development", "production"),
    [
        pytest.param({"api/manage.py": DEFAULT}, "api/manage.py", "api/manage.py", id="manage"),
        pytest.param({"manage.py": ASSIGNED}, "", "", id="another folder"),
        pytest.param({"api/manage.py": COMMENT}, "", "", id="comment"),
        pytest.param(
            {"api/manage.py": DEFAULT, "api/shop/wsgi.py": ASSIGNED},
            "api/manage.py",
            "api/shop/wsgi.py",
            id="both",
        ),
        pytest.param({}, "", "", id="none"),
    ],
)
def test_finds_the_class_in_the_start_files(tmp_path, files, development, production):
    (tmp_path / "api/shop").mkdir(parents=True)
    for path, line in files.items():
        (tmp_path / path).write_text(line.format(f"Class{sorted(files).index(path)}"))
    names = {path: f"Class{index}" for index, path in enumerate(sorted(files))}
    modules = [("shop.settings.base", "api")]
    for path, is_production in ((development, False), (production, True)):
        expected = {"DJANGO_CONFIGURATION": names[path]} if path else {}
        found = configuration_variable(tmp_path, modules, production=is_production)
        assert found == expected


@pytest.mark.timeout(10)
def test_a_named_pipe_is_not_read(tmp_path):
    os.mkfifo(tmp_path / "manage.py")
    assert configuration_variable(tmp_path, [("settings", "")], production=False) == {}
