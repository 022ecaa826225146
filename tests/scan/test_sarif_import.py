from __future__ import annotations

import json

import pytest
from scaling import assert_linear
from shield_helpers import make_app, shield

from shield_ai.model.errors import ShieldError
from shield_ai.model.skip import SkipId
from shield_ai.scan.sarif_import import (
    Location,
    import_secrets,
    read_locations,
    relative_to_app,
)

CODE = b"""\
import os
HOOK = "https://hooks.example.com/abc"
ANSWER: str = os.environ.get("ANSWER")
other = compute()
"""


def sarif(*found: tuple[str, int]) -> str:
    results = [
        {
            "ruleId": "generic",
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": uri},
                        "region": {"startLine": line},
                    }
                }
            ],
        }
        for uri, line in found
    ]
    return json.dumps({"version": "2.1.0", "runs": [{"results": results}, {"results": None}]})


def test_locations_are_unique(tmp_path) -> None:
    (tmp_path / "a.sarif").write_text(sarif(("a%20b.py", 2), ("a%20b.py", 2), ("./c.py", 1)))
    assert read_locations(tmp_path / "a.sarif") == [
        Location("a b.py", 2, "generic"),
        Location("c.py", 1, "generic"),
    ]


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"version": "2.0.0", "runs": []}', '{"version": "2.1.0", "runs": 1}']
)
def test_rejects_invalid_sarif(tmp_path, text: str) -> None:
    (tmp_path / "a").write_text(text)
    with pytest.raises(ShieldError):
        read_locations(tmp_path / "a")


def test_accepts_windows_paths_and_byte_order_mark(tmp_path) -> None:
    (tmp_path / "a").write_text(sarif((r"shop\a.py", 2)), encoding="utf-8-sig")
    assert read_locations(tmp_path / "a") == [Location("shop/a.py", 2, "generic")]


def test_deeply_nested_file_is_rejected(tmp_path) -> None:
    (tmp_path / "a").write_text(
        '{"version": "2.1.0", "runs": ' + "[" * 100_000 + "]" * 100_000 + "}"
    )
    with pytest.raises(ShieldError, match="nested too deeply"):
        read_locations(tmp_path / "a")


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ("a.py", "a.py"),
        ("shop/a.py", "a.py"),
        ("src/shop/a.py", "a.py"),
        ("other/a.py", "other/a.py"),
        ("b.py", "b.py"),
        ("file://{root}/a.py", "a.py"),
        ("file://{root}/b%20c/a.py", "b c/a.py"),
        ("file:///etc/a.py", "/etc/a.py"),
    ],
)
def test_paths_of_a_scanner_that_ran_above_the_app(tmp_path, given: str, path: str) -> None:
    root = tmp_path / "src/shop"
    root.mkdir(parents=True)
    (root / "a.py").touch()
    (tmp_path / "a.sarif").write_text(sarif((given.format(root=root), 1)))
    (location,) = relative_to_app(read_locations(tmp_path / "a.sarif"), root)
    assert location.path == path


def test_fixable_finding_is_not_skipped(tmp_path) -> None:
    make_app(tmp_path)
    (tmp_path / "shop/settings.py").write_text(
        'from os import environ as e\nDATABASES = {"default": {"PASSWORD": e["DB_PASSWORD"]}}\n'
    )
    (tmp_path / "a.sarif").write_text(sarif(("shop/settings.py", 2)))
    done = shield("draft", "--from-sarif", "a.sarif", cwd=tmp_path)
    assert (done.code, "skipped:" in done.err) == (0, False), done.text


@pytest.mark.parametrize(
    "runs", [[None], [{}], [{"results": [None, {}, {"locations": [None, {}]}]}]]
)
def test_results_without_location_are_ignored(tmp_path, runs) -> None:
    (tmp_path / "a").write_text(json.dumps({"version": "2.1.0", "runs": runs}))
    assert read_locations(tmp_path / "a") == []


def test_imports_variables_and_explains_skipped_locations() -> None:
    found = [
        Location("a.py", 2, "x"),
        Location("a.py", 3, "x"),
        Location("a.py", 4, "x"),
        Location("b.yml", 1, "x"),
        Location("c.py", 1, "x"),
    ]
    named, left = import_secrets(found, {"a.py": CODE}.get)
    assert [(secret.name, secret.env) for secret in named] == [
        ("hook", "HOOK"),
        ("answer", "ANSWER"),
    ]
    assert [skip.path for skip in left] == ["a.py", "b.yml", "c.py"]


@pytest.mark.parametrize(
    "code",
    [
        pytest.param('contraseña = "x"', id="assignment"),
        pytest.param('os.environ["CONTRASEÑA"]', id="read"),
    ],
)
def test_a_name_that_no_variable_can_have_is_skipped(code) -> None:
    """shield.toml would be invalid with it."""
    secrets, (skip,) = import_secrets([Location("a.py", 1, "x")], {"a.py": code.encode()}.get)
    assert secrets == []
    assert skip.id == SkipId.NO_VARIABLE


def test_a_file_with_many_locations_takes_linear_time() -> None:
    def import_lines(count: int) -> None:
        code = b'v = "1"\n' * count
        found = [Location("a.py", line, "x") for line in range(1, count + 1)]
        assert len(import_secrets(found, {"a.py": code}.get)[1]) == 0

    assert_linear(import_lines, 500)


def test_draft_imports_sarif(tmp_path) -> None:
    make_app(tmp_path)
    settings = tmp_path / "shop/settings.py"
    settings.write_text(settings.read_text() + 'PASSEPARTOUT = os.environ["PASSEPARTOUT"]\n')
    line = len(settings.read_text().splitlines())
    (tmp_path / "found.sarif").write_text(
        sarif(("shop/settings.py", line), ("shop/settings.py", 3), ("x.tf", 1))
    )
    done = shield("draft", "--from-sarif", "found.sarif", cwd=tmp_path)
    assert done.code == 0, done.text
    manifest = (tmp_path / "shield.toml").read_text()
    assert manifest.count('env = "PASSEPARTOUT"') == manifest.count('env = "SECRET_KEY"') == 1
    assert "skipped: x.tf:1: not a Python file" in done.err
    assert "PASSEPARTOUT" in shield("scan", cwd=tmp_path).out  # and from now on it is one
    (tmp_path / "shield.toml").write_text('[app]\nname = "shop"\nignore = ["PASSEPARTOUT"]\n')
    done = shield("draft", "--from-sarif", "found.sarif", cwd=tmp_path)
    assert done.code == 0, done.text
    assert 'env = "PASSEPARTOUT"' not in (tmp_path / "shield.toml").read_text()
