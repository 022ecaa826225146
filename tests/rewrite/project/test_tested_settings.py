from __future__ import annotations

import subprocess
import sys

import pytest
from shield_helpers import shield

from shield_ai.rewrite.project.tested_settings import find_tested_field

HEAD = "from pydantic import Field, SecretStr\nfrom pydantic_settings import BaseSettings\n\n\n"
CLASS = "class Settings(BaseSettings):\n"


@pytest.mark.parametrize(
    ("code", "name"),
    [
        pytest.param(f"{CLASS}    a_key: str = ''\n    b_key: SecretStr\n", "b_key", id="required"),
        pytest.param(f"{CLASS}    a_key: str | None = None\n", "a_key", id="optional"),
        pytest.param(
            f"{CLASS}    a_key: str = Field('', description='x')\n    b_key: str = Field(...)\n",
            "b_key",
            id="Field",
        ),
        pytest.param(f"{CLASS}    a_key: str = Field(min_length=20)\n", "", id="constraint"),
        pytest.param(f"{CLASS}    a_key: PostgresDsn\n", "", id="another type"),
        pytest.param(f"{CLASS}    other: str\n", "", id="not a secret"),
        pytest.param("class Settings(Base):\n    a_key: str\n", "", id="another base"),
        pytest.param(
            f"{CLASS}    a_key: str\n    @field_validator('a_key')\n    def f(cls, v): pass\n",
            "",
            id="validator",
        ),
        pytest.param("class Settings(", "", id="invalid"),
    ],
)
def test_chooses_a_field_that_accepts_any_text(code, name):
    files = {"app/config.py": (HEAD + code).encode()}
    found = find_tested_field(files.get, list(files), ["A_KEY", "B_KEY"], "")
    assert (found.name if found else "") == name
    assert not found or (found.module, found.settings) == ("app.config", "Settings")


@pytest.mark.parametrize("library", ["pytest", "unittest"])
def test_the_generated_test_needs_the_settings_source(tmp_path, library):
    for folder in ("app", "tests"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "__init__.py").write_text("")
    fields = "    app_url: str\n    a_key: SecretStr\n\n\nsettings = Settings()\n"
    (tmp_path / "app" / "config.py").write_text(f"{HEAD}{CLASS}{fields}")
    first = "def test_a(): pass" if library == "pytest" else "class A(unittest.TestCase): pass"
    (tmp_path / "tests" / "test_a.py").write_text(f"import {library}\n{first}\n")
    shield("apply", "--only", "code", "--yes", "--no-proof", cwd=tmp_path)

    def failed():
        argv = [sys.executable, "-m", library, "tests/test_aws_secrets.py"]
        argv[3:] = ["-q", "-p", "no:cacheprovider", argv[3]] if library == "pytest" else argv[3:]
        return subprocess.run(argv, cwd=tmp_path, capture_output=True, check=False).returncode

    assert not failed()
    path = tmp_path / "app" / "config.py"
    edited = path.read_text().replace("def settings_customise_sources", "def unused")
    assert edited != path.read_text()
    path.write_text(edited)
    assert failed()
