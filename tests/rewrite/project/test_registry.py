from __future__ import annotations

import pytest
from fixer_helpers import is_subsequence, manifest, run

from shield_ai.rewrite.project.registry import rewrite_project
from shield_ai.rewrite.project.runtime_copy import copies


def start(encode=bytes):
    return {
        "shop/__init__.py": b"",
        "shop/settings.py": b"",
        "requirements.txt": encode(b"django\n"),
        ".env.example": encode(b"DEBUG=1\n"),
        ".gitignore": encode(b".env\n"),
        "SECURITY_UPDATES.md": encode(b"# Updates\n"),
    }


@pytest.mark.parametrize(
    "encode",
    [
        pytest.param(bytes, id="plain"),
        pytest.param(lambda raw: raw.replace(b"\n", b"\r\n"), id="crlf"),
        pytest.param(lambda raw: b"\xef\xbb\xbf" + raw, id="bom"),
        pytest.param(lambda raw: raw.rstrip(b"\n"), id="no final newline"),
    ],
)
def test_creates_all_files_once_and_keeps_existing_bytes(encode):
    before = start(encode)
    files = dict(before)
    changes, skipped = rewrite_project(files.get, manifest(), has_folder=lambda _: False)
    assert not run((changes, skipped), files)
    assert sorted(change.path for change in changes) == sorted({
        "shop/utils/__init__.py", *copies("shop/utils/secrets.py"), "requirements.txt", ".env.example", ".gitignore", ".gitattributes",
        "tests/__init__.py", "tests/test_secrets.py", "docs/AWS_SECRETS_MANAGER.md", "SECURITY_UPDATES.md",
    })  # fmt: skip
    assert all(edit.start == edit.end for change in changes for edit in change.edits)
    for path, raw in before.items():
        assert is_subsequence(raw, files[path])
    assert rewrite_project(files.get, manifest(), has_folder=lambda _: True) == ([], [])


def test_module_name_determines_folder_of_tests():
    made = manifest(runtime="apps/shop/utils/secrets.py")
    changes, _ = rewrite_project(
        {}.get, made, has_folder=lambda _: False, module="shop.utils.secrets"
    )
    (tests,) = [change for change in changes if change.path.endswith("test_secrets.py")]
    assert tests.path == "apps/tests/test_secrets.py"
    assert "from shop.utils.secrets import (" in tests.edits[0].replacement


def test_is_deterministic():
    assert rewrite_project(start().get, manifest()) == rewrite_project(start().get, manifest())
