from __future__ import annotations

import subprocess
import sys

import msgspec
import pytest

from shield_ai.flow.draft.manifest_draft import draft_manifest_from_sites
from shield_ai.project.python_source import apply_edits
from shield_ai.rewrite.project import runtime_copy
from shield_ai.rewrite.python.imports.importers import Importers
from shield_ai.rewrite.python.pipeline import rewrite_python
from shield_ai.rewrite.python.wrap.wrap_options import WrapOptions
from shield_ai.scan.python.app_scan import scan_files

PLAIN = "import os\nDEBUG = os.environ.get('DEBUG')\n"
READS = "import os\nA = os.environ['A_TOKEN']\n"
MOVED = "from shop.utils.secrets import get_secret\nB = get_secret('b-old', lambda: os.environ['B_TOKEN'], env='B_TOKEN')\n"


def test_combines_all_edits_of_a_file():
    raws = {
        f"shop/settings/{name}.py": text.encode()
        for name, text in {"a": READS, "b": PLAIN, "c": MOVED, "d": READS + MOVED}.items()
    }
    scan = scan_files("shop", list(raws), raws.get)
    text = "import os\nA = os.environ['A_TOKEN']\nB = os.environ['B_TOKEN']\n"
    manifest = draft_manifest_from_sites(
        scan_files("shop", ["settings.py"], lambda _: text.encode()).sites, None, scan.facts
    )
    done = rewrite_python(
        manifest, scan.sites, scan.call_sites, raws.get, scan.facts.accessor_import(manifest)
    )
    after = {
        change.path[-4]: apply_edits(raws[change.path], change.edits).decode()
        for change in done.files
    }
    assert sorted(after) == ["a", "c", "d"]
    assert "A = get_secret('a-token')" in after["a"]
    assert "get_secret('b-token', " in after["c"]
    assert "get_secret('a-token')" in after["d"]
    assert "get_secret('b-token', " in after["d"]


@pytest.fixture
def app_with_two_roots(tmp_path):
    """Return the folder of a rewritten app that runs as app and is tested as src.app."""
    text = "import os\nfrom . import other\n\nA = os.environ['A_TOKEN']\n"
    raws = {
        "Dockerfile": b"CMD uvicorn app.main:app",
        "src/__init__.py": b"",
        "src/app/__init__.py": b"",
        "src/app/main.py": b"",
        "src/app/core/__init__.py": b"",
        "src/app/core/config.py": text.encode(),
        "src/app/core/other.py": b"",
    }
    scan = scan_files("shop", list(raws), raws.get)
    manifest = draft_manifest_from_sites(scan.sites, None, scan.facts)
    line = scan.facts.accessor_import(manifest)
    options = WrapOptions(relative_package=scan.facts.relative_package)
    changes = rewrite_python(manifest, scan.sites, (), raws.get, line, options).files
    changes += runtime_copy.write_copy(raws.get, manifest, line.split()[1])[0]
    for change in changes:
        after = apply_edits(raws.get(change.path, b""), change.edits, change.encoding)
        raws[change.path] = after
    for path, raw in raws.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(raw)
    return tmp_path


@pytest.mark.parametrize(
    ("folder", "module"), [("src", "app.core.config"), (".", "src.app.core.config")]
)
def test_import_resolves_from_each_root(app_with_two_roots, folder, module):
    config = (app_with_two_roots / "src/app/core/config.py").read_text()
    assert "from . import other\n" in config
    assert "from .secrets import get_secret\n" in config
    argv = [sys.executable, "-c", f"import {module} as m; print(m.A)"]
    done = subprocess.run(
        argv,
        cwd=app_with_two_roots / folder,
        env={"A_TOKEN": "value"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "value\n", done.stderr


@pytest.mark.parametrize(
    ("path", "imports", "expected"),
    [
        pytest.param("shop/env.py", "from .version import V", ".utils.secrets", id="relative"),
        pytest.param("shop/env.py", "import shop.x", "shop.utils.secrets", id="absolute"),
        pytest.param("shop/env.py", "import sys", "shop.utils.secrets", id="neither"),
        pytest.param("shop/db/env.py", "from .x import Y", "..utils.secrets", id="no full name"),
        pytest.param(
            "shop/db/env.py",
            "from shop import a\nfrom .x import Y",
            "shop.utils.secrets",
            id="mixed",
        ),
        pytest.param(
            "shop/db/env.py",
            "from shop import a\nfrom ..x import Y",
            "..utils.secrets",
            id="parent",
        ),
        pytest.param(
            "shop/env.py",
            "from .x import Y\nfrom shop.utils.secrets import get_secret",
            "shop.utils.secrets",
            id="existing import",
        ),
        pytest.param("shop/no/env.py", "from .x import Y", "shop.utils.secrets", id="no package"),
        pytest.param("other/env.py", "from .x import Y", "shop.utils.secrets", id="elsewhere"),
    ],
)
def test_imports_as_the_file_does(path, imports, expected):
    init = dict.fromkeys(("shop/__init__.py", "shop/db/__init__.py", "other/__init__.py"), b"")
    raws = {**init, path: f"import os\n\n{imports}\n\nA = os.environ['A_TOKEN']\n".encode()}
    assert f"from {expected} import get_secret" in rewritten_once(raws, path)


@pytest.mark.parametrize(
    ("imports", "expected"),
    [
        pytest.param("import sys", ".aws_secrets", id="nothing of the app"),
        pytest.param("from app.other import b", "app.aws_secrets", id="by name"),
        pytest.param("from alembic import context", "app.aws_secrets", id="file of Alembic"),
        pytest.param("from alembic import command", ".aws_secrets", id="caller of Alembic"),
    ],
)
def test_a_package_with_two_roots_is_imported_as_the_file_does(imports, expected):
    read = f"import os\n\n{imports}\n\nA = os.environ['A_TOKEN']\n".encode()
    raws = {"src/app/__init__.py": b"", "src/app/config.py": read}
    scan = scan_files("shop", list(raws), raws.get)
    manifest = draft_manifest_from_sites(scan.sites, None, scan.facts)
    manifest = msgspec.structs.replace(
        manifest, app=msgspec.structs.replace(manifest.app, runtime="src/app/aws_secrets.py")
    )
    line = "from app.aws_secrets import get_secret"
    options = WrapOptions(relative_package="src/app")
    [change] = rewrite_python(manifest, scan.sites, (), raws.get, line, options).files
    after = apply_edits(raws[change.path], change.edits, change.encoding)
    assert f"from {expected} import get_secret".encode() in after


def test_files_of_a_folder_import_alike():
    init = dict.fromkeys(("shop/__init__.py", "shop/settings/__init__.py"), b"")
    read = "A = os.environ['A_TOKEN']\n"
    raws = {
        **init,
        "shop/settings/base.py": f"import os\n\n{read}".encode(),
        "shop/settings/live.py": f"import os\n\nfrom .base import *\n\n{read}".encode(),
    }
    assert "from shop.utils.secrets import" in rewritten_once(raws, "shop/settings/live.py")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        pytest.param("shop/db/env.py", "shop.utils.secrets", id="parent"),
        pytest.param("shop/env.py", ".utils.secrets", id="same package"),
    ],
)
def test_never_imports_a_parent_relatively_where_ruff_reports_it(path, expected):
    init = dict.fromkeys(("shop/__init__.py", "shop/db/__init__.py"), b"")
    text = b"import os\n\nfrom .x import Y\n\nA = os.environ['A_TOKEN']\n"
    raws = {**init, path: text, "ruff.toml": b"lint.select = ['TID']\n"}
    assert f"from {expected} import get_secret" in rewritten_once(raws, path)


def test_template_of_a_project_is_imported_relatively():
    path = "project_name/settings.py"
    raws = {
        "project_name/__init__.py": b"",
        path: READS.encode() + b"B = '{{ project_name }}.urls'\n",
    }
    assert "from .utils.secrets import get_secret\n" in rewritten_once(raws, path)
    raws[path] = READS.encode()
    assert "from project_name.utils.secrets import get_secret\n" in rewritten_once(raws, path)


def rewritten_once(raws, path):
    """Rewrite an app, check that another rewrite changes nothing, and return a file's text."""
    runtime = path.partition("/")[0].replace("other", "shop") + "/utils/secrets.py"
    for _ in range(3):  # the first time, the copy of the runtime does not exist yet
        scan = scan_files("shop", list(raws), raws.get)
        found = scan_files("shop", ["settings.py"], lambda _: READS.encode())
        manifest = draft_manifest_from_sites(found.sites, None, scan.facts)
        app = msgspec.structs.replace(manifest.app, runtime=runtime)
        manifest = msgspec.structs.replace(manifest, app=app)
        line = scan.facts.accessor_import(manifest)
        options = WrapOptions(importers=Importers(list(raws), raws.get))
        changes = rewrite_python(
            manifest, scan.sites, scan.call_sites, raws.get, line, options
        ).files
        changes += runtime_copy.write_copy(raws.get, manifest, line.split()[1])[0]
        raws = dict(raws)
        for change in changes:
            raws[change.path] = apply_edits(raws.get(change.path, b""), change.edits)
    assert not changes
    return raws[path].decode()
