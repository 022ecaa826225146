from __future__ import annotations

import pytest

HEAD = "import docker, environ\nfrom lib import Base, Settings\nfrom dataclasses import dataclass\n"
HEAD += "from shop.own import Own\n# token\n"
OWN = "class Own:\n    @classmethod\n    def from_env(cls):\n        return cls()\n"
UNKNOWN = "{}() reads variables that are not known: keep set those of secrets that it needs"
FIELDS = "{}() reads the variables of its fields {}: keep set those of secrets that it needs"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param(
            "x = Settings.from_env()", UNKNOWN.format("Settings.from_env"), id="class of a library"
        ),
        pytest.param(
            "def f():\n    return Settings.from_environ()",
            UNKNOWN.format("Settings.from_environ"),
            id="in a function",
        ),
        pytest.param(
            "class A(Base):\n    password: str\n    api_key = ''\n    host: str\nx = A.from_env()",
            FIELDS.format("A.from_env", "password, api_key"),
            id="subclass",
        ),
        pytest.param(
            "class A(Base):\n    host: str\nx = A.from_env()",
            UNKNOWN.format("A.from_env"),
            id="subclass without such fields",
        ),
        pytest.param(
            "@environ.config(prefix='A')\nclass A:\n    db_password = environ.var()\n"
            "x = A.from_environ()",
            FIELDS.format("A.from_environ", "db_password"),
            id="decorated",
        ),
        pytest.param(
            "@dataclass\nclass A(Own):\n    password: str\nx = A.from_env()",
            "",
            id="class of the app",
        ),
        pytest.param(
            "class A(Base):\n    def from_env(cls):\n        pass\nx = A.from_env()",
            "",
            id="method of the app",
        ),
        pytest.param("x = Own.from_env()", "", id="imported class of the app"),
        pytest.param("x = docker.from_env()", "", id="docker"),
        pytest.param("x = Settings.from_file()", "", id="another method"),
    ],
)
def test_lists_the_variables_that_a_class_of_a_library_reads(scanned, text, reason):
    files = {"shop/__init__.py": "", "shop/own.py": OWN, "shop/config.py": f"{HEAD}{text}\n"}
    assert [skip.reason for skip in scanned(files).unresolved] == ([reason] if reason else [])
    files = {"shop/__init__.py": "", "shop/own.py": OWN, "shop/api.py": f"{HEAD}{text}\n"}
    assert [skip.reason for skip in scanned(files).skipped] == ([reason] if reason else [])
