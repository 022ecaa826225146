from __future__ import annotations

import msgspec
import pytest
from fixer_helpers import is_subsequence, manifest, run

from shield_ai.model.errors import SourceError
from shield_ai.rewrite.project.copy_files import needed_files
from shield_ai.rewrite.project.copy_parts import ALL
from shield_ai.rewrite.project.fixer import AppFiles, DotenvFiles, FixContext, find_project_fixers
from shield_ai.rewrite.project.pipeline import rewrite_project


def start(encode=bytes):
    return {
        "shop/__init__.py": b"",
        "shop/settings.py": b"",
        "requirements.txt": encode(b"django\n"),
        ".env.example": encode(b"DEBUG=1\n"),
        ".gitignore": encode(b".env\n"),
        "SECURITY_UPDATES.md": encode(b"# Updates\n"),
        "tests/__init__.py": b"",
    }


def app_files(files):
    dotenv_files = DotenvFiles(examples=[".env.example"])
    return AppFiles(lambda _: True, list(files), dotenv_files=dotenv_files)


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
    changes, skipped = rewrite_project(FixContext(files.get, manifest(), app_files(files)))
    assert not run((changes, skipped), files)
    assert sorted(change.path for change in changes) == sorted({
        "shop/utils/__init__.py", "shop/utils/secrets.py", *needed_files({}.get, "shop/utils/secrets.py", ALL._replace(django=False)), "requirements.txt", ".env.example", "shop/utils/_shield_runtime/.gitattributes",
        "tests/test_secrets.py", "docs/AWS_SECRETS_MANAGER.md", "SECURITY_UPDATES.md",
    })  # fmt: skip
    assert all(edit.start == edit.end for change in changes for edit in change.edits)
    for path, raw in before.items():
        assert is_subsequence(raw, files[path])
    again = rewrite_project(FixContext(files.get, manifest(), app_files(files)))
    assert again == ([], [])


@pytest.mark.parametrize(
    ("generate", "written"),
    [
        pytest.param(("tests", "docs"), [True, True], id="both"),
        pytest.param(("tests",), [True, False], id="tests"),
        pytest.param(("docs",), [False, True], id="docs"),
        pytest.param((), [False, False], id="none"),
    ],
)
def test_generates_what_shield_toml_says(generate, written):
    made = manifest()
    made = msgspec.structs.replace(made, app=msgspec.structs.replace(made.app, generate=generate))
    changes, _ = rewrite_project(FixContext(start().get, made, app_files(start())))
    paths = {change.path for change in changes}
    assert [
        path in paths for path in ("tests/test_secrets.py", "docs/AWS_SECRETS_MANAGER.md")
    ] == written


def test_adds_no_kinds_of_files_that_the_app_does_not_have():
    changes, _ = rewrite_project(FixContext({}.get, manifest(), AppFiles(lambda _: False)))
    assert {c.path for c in changes if "_shield_runtime/" not in c.path} == {
        "shop/utils/__init__.py",
        "shop/utils/secrets.py",
    }


def test_module_name_determines_the_import_in_tests():
    made = manifest(runtime="apps/shop/utils/secrets.py")
    changes, _ = rewrite_project(
        FixContext(
            {}.get, made, AppFiles(paths=["apps/tests/test_a.py"]), module="shop.utils.secrets"
        )
    )
    (tests,) = [change for change in changes if change.path.endswith("test_secrets.py")]
    assert tests.path == "apps/tests/test_secrets.py"
    assert "from shop.utils.secrets import " in tests.edits[0].replacement


def test_is_deterministic():
    context = FixContext(start().get, manifest())
    assert rewrite_project(context) == rewrite_project(context)


def test_finds_each_fixer():
    names = [fix.__module__.rpartition(".")[2] for fix in find_project_fixers()]
    assert names == sorted(names)
    assert {"coverage", "gitignore", "requirements", "runtime_copy"} <= set(names)


def test_unreadable_files_without_edits_do_not_stop_it():
    links = {"Makefile", "docs/conf.py", "tests/test_a.py", "shop/a.py", "Pipfile.lock"}

    def read(path):
        if path in links:
            raise SourceError(f"{path} is outside the app", "hint")
        return start().get(path)

    paths = [*start(), *links]
    changes, _ = rewrite_project(FixContext(read, manifest(), AppFiles(lambda _: True, paths)))
    assert "tests/test_secrets.py" in {change.path for change in changes}
