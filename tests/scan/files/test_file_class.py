from __future__ import annotations

import pytest

from shield_ai.scan.files.file_class import (
    graded,
    translated,
    unquoted,
    worth_reading,
)


@pytest.mark.parametrize(
    "path",
    [
        "tests/a.py",
        "a/test_b.py",
        "docs/a.md",
        "README.rst",
        ".env.example",
        "examples/a.yml",
        "a.spec.ts",
        "conftest.py",
    ],
)
def test_is_for_show(path: str) -> None:
    assert graded(path)


@pytest.mark.parametrize(
    "path", ["shop/settings.py", "latest/a.py", "contest.py", "config/prod.yml", ".env"]
)
def test_is_in_use(path: str) -> None:
    assert not graded(path)


@pytest.mark.parametrize(
    "path",
    [
        ".env",
        "a/.env.prod",
        "Dockerfile",
        "Procfile",
        "a.tfvars",
        ".github/workflows/ci.yml",
        "x.conf",
        ".bashrc",
        "a.ldif",
        "main.cf",
        "db.properties.oracle",
    ],
)
def test_values_may_be_bare(path: str) -> None:
    assert unquoted(path)
    assert worth_reading(path)


@pytest.mark.parametrize(
    "path", ["app/locale/de.yml", "src/i18n/messages.json", "lang/pt_BR.json", "strings-fr.xml"]
)
def test_texts_for_people(path: str) -> None:
    assert translated(path)


@pytest.mark.parametrize("path", ["db.properties", "ci.yml", "config/as.yml", "src/local/a.json"])
def test_no_texts_for_people(path: str) -> None:
    assert not translated(path)


def test_code_has_quotes() -> None:
    assert not any(map(unquoted, ["a.py", "b.js", "c/d.go", "e.java", "f.json"]))


@pytest.mark.parametrize(
    "path", ["a.png", "b.tar.gz", "poetry.lock", "c.min.js", "d.pyc", "locale/de.po"]
)
def test_nobody_wrote_it(path: str) -> None:
    assert not worth_reading(path)
