from __future__ import annotations

import subprocess
import sys

import pytest
from shield_helpers import shield

from shield_ai.model.manifest import App, Manifest, Secret
from shield_ai.rewrite.project.tested_settings import find_tested_classes

HEAD = (
    "from pydantic import PositiveInt, SecretStr\nfrom pydantic_settings import BaseSettings\n\n\n"
)
CLASS = "class Settings(BaseSettings):\n"


@pytest.mark.parametrize(
    ("code", "found"),
    [
        pytest.param(f"{CLASS}    other: int\n    b_key: PostgresDsn\n    a_key: str\n", {"Settings": "b-key"}, id="first"),
        pytest.param(
            f"{CLASS}    a_key: str\n{CLASS.replace('(', 'B(')}    b_key: str\n", {"Settings": "a-key", "SettingsB": "b-key"}, id="several"
        ),
        pytest.param("class Settings(Base):\n    a_key: str\n", {"Settings": "a-key"}, id="another base"),
        pytest.param("class Settings(BaseModel):\n    a_key: str\n", {}, id="no settings"),
        pytest.param("class Payload(TypedDict, total=False):\n    a_key: str\n", {}, id="dictionary"),
        pytest.param("class Row(typing.NamedTuple):\n    a_key: str\n", {}, id="tuple"),
        pytest.param("class Page(RootModel[str]):\n    a_key: str\n", {}, id="generic model"),
        pytest.param(
            "class Model(BaseModel):\n    pass\nclass Payload(Model):\n    a_key: str\n", {}, id="derived model"
        ),
        pytest.param(f"{CLASS}    other: str\n", {}, id="not a secret"),
        pytest.param(f"{CLASS}    c_key: str\n", {}, id="not from AWS"),
        pytest.param("class Settings(", {}, id="invalid"),
    ],
)  # fmt: skip
def test_finds_all_classes_with_secrets(code, found):
    files = {"app/config.py": (HEAD + code).encode()}
    secrets = tuple(Secret(name=f"{name}-key", env=f"{name.upper()}_KEY") for name in "abc")
    manifest = Manifest(app=App(name="shop"), secret=secrets)
    fields = [("app/config.py", "A_KEY"), ("app/config.py", "B_KEY")]
    classes = find_tested_classes(files.get, fields, manifest, "")
    assert classes == [(f"app.config:{name}", secret) for name, secret in found.items()]


@pytest.mark.parametrize("library", ["pytest", "unittest"])
def test_the_generated_test_needs_the_settings_source(tmp_path, library):
    for folder in ("app", "tests"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "__init__.py").write_text("")
    # Two secrets that must differ, and a fixture with the name of pytest-django's.
    fields = (
        "    app_url: str\n    a_key: SecretStr\n    c_key: SecretStr\n\n\nsettings = Settings()\n"
    )
    fields += "assert settings.a_key != settings.c_key\n"
    fixture = "import pytest\n@pytest.fixture(autouse=True)\ndef settings(): return 1\n"
    check = "@pytest.fixture(autouse=True)\ndef check(settings): assert settings == 1\n"
    (tmp_path / "tests" / "conftest.py").write_text(fixture + check)
    (tmp_path / "app" / "other.py").write_text(f"{HEAD}{CLASS}    b_key: PositiveInt\n")
    (tmp_path / "app" / "config.py").write_text(f"{HEAD}{CLASS}{fields}")
    first = "def test_a(): pass" if library == "pytest" else "class A(unittest.TestCase): pass"
    (tmp_path / "tests" / "test_a.py").write_text(f"import {library}\n{first}\n")
    shield("apply", "--only", "code", "--yes", "--no-proof", cwd=tmp_path)

    def failed():
        argv = [sys.executable, "-m", library, "tests/test_aws_secrets.py"]
        argv[3:] = ["-q", "-p", "no:cacheprovider", argv[3]] if library == "pytest" else argv[3:]
        return subprocess.run(argv, cwd=tmp_path, capture_output=True, check=False).returncode

    assert not failed()
    for name in ("config", "other"):
        path = tmp_path / "app" / f"{name}.py"
        text = path.read_text()
        path.write_text(text.replace("def settings_customise_sources", "def unused"))
        assert failed()
        path.write_text(text)
    assert not failed()
