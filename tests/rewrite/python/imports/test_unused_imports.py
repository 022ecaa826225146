from __future__ import annotations

import pytest
from rewrite_helpers import check, rewritten

from shield_ai.rewrite.python.imports.importers import Importers

IMPORT = "from shop.aws_secrets import get_secret\n"
READ = 'X = os.environ["API_KEY"]\n'
CALL = 'X = get_secret("api-key")\n'


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(f"import os\n\n{READ}", f"{IMPORT}\n{CALL}", id="only import"),
        pytest.param(
            f'"""Doc of os.environ."""\n\nimport os\n\n{READ}',
            f'"""Doc of os.environ."""\n\n{IMPORT}\n{CALL}',
            id="below a docstring",
        ),
        pytest.param(
            f"from __future__ import annotations\n\nimport os\n\n{READ}",
            f"from __future__ import annotations\n\n{IMPORT}\n{CALL}",
            id="below a future import",
        ),
        pytest.param(
            f"import os\nimport sys\n\n{READ}", f"import sys\n\n{IMPORT}\n{CALL}", id="first"
        ),
        pytest.param(
            f"import abc\nimport os\n\n{READ}", f"import abc\n\n{IMPORT}\n{CALL}", id="last"
        ),
        pytest.param(
            f"import os\n\nimport environ\n\n{READ}",
            f"import environ\n\n{IMPORT}\n{CALL}",
            id="group",
        ),
        pytest.param(
            f"import abc\n\nimport os\n\nimport environ\n\n\n{READ}",
            f"import abc\n\nimport environ\n\n{IMPORT}\n\n{CALL}",
            id="group in the middle",
        ),
        pytest.param(
            f"# about abc\nimport abc  # abc\nimport os  # os\n# about sys\nimport sys\n\n{READ}",
            f"# about abc\nimport abc  # abc\n# about sys\nimport sys\n\n{IMPORT}\n{CALL}",
            id="comments of other imports",
        ),
        pytest.param(
            f"import os, sys\n\n{READ}", f"import sys\n\n{IMPORT}\n{CALL}", id="first name"
        ),
        pytest.param(
            f"import abc, os\n\n{READ}", f"import abc\n\n{IMPORT}\n{CALL}", id="last name"
        ),
        pytest.param(
            f"from os import (\n    environ,\n    path,\n)\n\n{READ.replace('os.', '')}",
            f"from os import (\n    path,\n)\n\n{IMPORT}\n{CALL}",
            id="name on a line",
        ),
        pytest.param(
            f"import os\nfrom shop.aws_secrets import get_secret\n\nY = get_secret('y-key')\n{READ}",
            f"{IMPORT}\nY = get_secret('y-key')\n{CALL}",
            id="runtime is imported",
        ),
    ],
)
def test_removes_unused_import(before, after):
    check(before, after)


@pytest.mark.parametrize(
    ("text", "files"),
    [
        pytest.param(f"import os\n\n{READ}Y = os.path\n", {}, id="used"),
        pytest.param(f"import os\n\n{READ}__all__ = ['X', 'os']\n", {}, id="exported"),
        pytest.param(f"import os\n\n{READ}Y = eval('os.sep')\n", {}, id="in a string"),
        pytest.param(f"import os\n\n{READ}Y = 1  # type: os.PathLike\n", {}, id="type comment"),
        pytest.param(f"import os; Y = 1\n\n{READ}", {}, id="shares a line"),
        pytest.param(f"if 1:\n    import os\n\n{READ}", {}, id="in a block"),
        pytest.param(
            f"import os\n\n{READ}",
            {"shop/local.py": b"from .settings import *\nY = os.sep\n"},
            id="star",
        ),
        pytest.param(
            f"import os\n\n{READ}",
            {
                "shop/local.py": b"from .settings import *\nY = 1\n",
                "shop/test.py": b"from .local import *\nY = os.sep\n",
            },
            id="star of a star",
        ),
        pytest.param(
            f"import os\n\n{READ}",
            {"shop/local.py": b"from shop.settings import (\n    X,\n    os,\n)\n"},
            id="imported by name",
        ),
    ],
)
def test_keeps_import_that_may_be_used(text, files):
    after, _ = rewritten(text, files)
    assert b"import os" in after
    assert CALL.encode() in after


@pytest.mark.parametrize(
    "text",
    [
        "patch('shop.settings.os.getenv')",
        "MODULE = 'shop.settings'\npatch(f'{MODULE}.os.environ.get')",
        "MODULE = 'shop.settings'\npatch(MODULE + '.os.getenv')",
        "from shop import settings\npatch.object(settings.os, 'getenv')",
        "from shop import settings as module\nmonkeypatch.setattr(module.os, 'environ', {})",
        "from shop import settings\nmonkeypatch.setattr(settings, 'os', fake)",
        'from shop import settings\npatch.object(\n    settings, "os"\n)',
    ],
)
def test_keeps_import_that_a_test_patches(text):
    after, _ = rewritten(f"import os\n\n{READ}", {"tests/test_it.py": text.encode()})
    assert after.startswith(b"import os  # noqa: F401\n")
    assert CALL.encode() in after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("import os", "import os  # noqa: F401", id="no comment"),
        pytest.param("import os  # os", "import os  # os  # noqa: F401", id="other comment"),
        pytest.param("import os  # NOQA", "import os  # NOQA", id="same comment"),
        pytest.param("import abc, os", "import abc, os  # noqa: F401", id="several names"),
        pytest.param(
            "from os import (\n    environ,\n    getenv,\n)",
            "from os import (  # noqa: F401\n    environ,\n)",
            id="several lines",
        ),
        pytest.param(
            "from os \\\n  import environ", "from os \\\n  import environ", id="backslash"
        ),
    ],
)
def test_disables_the_lint_rule_for_a_kept_import(before, after):
    files = {"tests/test_it.py": b"patch('shop.settings.environ', {})\nsettings.os.environ = {}\n"}
    reads = READ.replace("os.", "") if "environ" in before else READ
    reads += "Y = getenv('API_KEY')\n" if "getenv" in before else ""
    result, _ = rewritten(f"{before}\n\n{reads}", files)
    assert result.startswith(f"{after}\n".encode())


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("from shop import settings\nos.environ['X'] = '1'\n", id="environment"),
        pytest.param("from shop import views\npatch('shop.views.os.environ')\n", id="other module"),
        pytest.param(
            "patch('a.file_utils.os.path.isfile')\nX = 'the settings'\n", id="other string names it"
        ),
        pytest.param("X = settings_of()\npatch('shop.views.os.environ')\n", id="longer name"),
        pytest.param(
            "from shop import views\nviews.run(settings=1)\nsetattr(views, 'os', None)\n",
            id="argument with its name",
        ),
        pytest.param(
            'from shop import views\n"""With settings."""\npatch.object(views.os, "link")\n',
            id="docstring with its name",
        ),
        pytest.param("from shop import settings\nX = 'macos', 'os'\n", id="other string"),
    ],
)
def test_removes_import_that_no_test_patches(text):
    after, _ = rewritten(f"import os\n\n{READ}", {"tests/test_it.py": text.encode()})
    assert b"import os" not in after


@pytest.mark.parametrize(
    ("text", "is_kept"),
    [
        pytest.param(
            "from settings import views\nsetattr(views, 'os', None)\n", False, id="package"
        ),
        pytest.param(
            "from shop import settings\nsetattr(settings, 'os', None)\n", True, id="module"
        ),
        pytest.param(
            "from . import (\n  a,\n  settings,\n)\nsetattr(settings, 'os', 1)\n",
            True,
            id="relative",
        ),
        pytest.param("patch('shop.settings.os.getenv')\n", True, id="text"),
    ],
)
def test_a_package_with_the_same_name_is_another_module(text, is_kept):
    files = {"settings/views.py": b"import os\n", "tests/test_it.py": text.encode()}
    after, _ = rewritten(f"import os\n\n{READ}", files)
    assert (b"import os" in after) is is_kept


@pytest.mark.parametrize(
    "text", ["from .settings import *\nY = 1\n", "import os\nfrom .settings import *\nY = os.sep\n"]
)
def test_star_import_without_use(text):
    after, _ = rewritten(f"import os\n\n{READ}", {"shop/local.py": text.encode()})
    assert b"import os" not in after


@pytest.mark.parametrize(
    ("text", "is_kept"),
    [
        pytest.param("from .settings import *\nY = 1\n", True, id="star"),
        pytest.param("import os\nfrom .settings import *\nY = os.sep\n", False, id="own import"),
        pytest.param("from .settings import X\nY = 1\n", False, id="name"),
    ],
)
def test_keeps_import_of_settings_that_other_settings_extend(text, is_kept):
    """Local settings outside the repository may extend these in turn, and use os."""
    after, _ = rewritten(f"import os\n\n{READ}", {"shop/production_settings.py": text.encode()})
    assert after.startswith(b"import os  # noqa: F401\n") == is_kept
    assert (b"import os" in after) == is_kept


def test_removes_import_if_the_module_that_others_extend_imports_it_itself():
    files = {
        "shop/base.py": b"import os\nfrom .settings import *\nY = os.sep\n",
        "shop/settings/production.py": b"from ..base import *\nZ = os.sep\n",
    }
    after, _ = rewritten(f"import os\n\n{READ}", files)
    assert b"import os" not in after


@pytest.mark.parametrize(
    ("line", "extending"),
    [
        ("from os import environ", "import environ\nfrom .settings import *\nY = environ['Y']\n"),
        ("import os", "from os import environ\nfrom .settings import *\nY = os.sep\n"),
        ("import os", "import os as system\nfrom .settings import *\nY = os.sep\n"),
    ],
)
def test_keeps_import_if_the_extending_module_imports_something_else(line, extending):
    read = READ if line == "import os" else READ.replace("os.environ", "environ")
    after, _ = rewritten(f"{line}\n\n{read}", {"shop/base.py": extending.encode()})
    assert line.encode() in after


@pytest.mark.parametrize("use", [b"", b"X = os.sep\n"])
def test_modules_with_star_imports_of_each_other_take_quadratic_time(use):
    count = 12
    names = [f"module{number}" for number in range(count)]
    files = {
        f"shop/{name}.py": "".join(f"from .{other} import *\n" for other in names).encode()
        for name in names
    }
    files["shop/last.py"] = b"from .module9 import *\n" + use
    reads = []

    def read(path):
        reads.append(path)
        assert len(reads) <= (count + 1) ** 2
        return files[path]

    assert bool(Importers(files, read).may_use("shop/module0.py", {"os"})) is bool(use)


def test_keeps_import_that_was_unused_before():
    after, _ = rewritten("import os\n\nAPI_KEY = 'k3y-of-a-test'\n")
    assert after.startswith(b"import os\n")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            f"def f():\n    import os\n\n    {READ}",
            f"{IMPORT}\ndef f():\n    {CALL}",
            id="first statement",
        ),
        pytest.param(
            f"def f():\n    import json\n    import os\n\n    {READ}    return json.dumps(X)\n",
            f"{IMPORT}\ndef f():\n    import json\n\n    {CALL}    return json.dumps(X)\n",
            id="below another import",
        ),
        pytest.param(
            f"def f():\n    import os\n\n    {READ}    return os.getcwd()\n",
            f"{IMPORT}\ndef f():\n    import os\n\n    {CALL}    return os.getcwd()\n",
            id="still used",
        ),
        pytest.param(
            f"def f():\n    import os\n\n    {READ}    def g():\n        return os.getcwd()\n",
            f"{IMPORT}\ndef f():\n    import os\n\n    {CALL}    def g():\n        return os.getcwd()\n",
            id="used in an inner function",
        ),
        pytest.param(
            f"import os\n\n\ndef f():\n    import os\n\n    {READ}\n\nY = os.name\n",
            f"import os\n\n{IMPORT}\n\ndef f():\n    {CALL}\n\nY = os.name\n",
            id="the module imports it too",
        ),
    ],
)
def test_removes_an_import_in_a_function(before, after):
    check(before, after)
