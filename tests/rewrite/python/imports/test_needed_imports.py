from __future__ import annotations

import pytest
from rewrite_helpers import check, rewritten

CALLS = 'X = os.environ["API_KEY"]\nY = "API_KEY" in os.environ\n'
MODULES = {"shop/views.py": b"", "shop/web.py": b"", "shop/utils/data.py": b""}
IMPORT = "from shop.aws_secrets import get_secret"


@pytest.mark.parametrize(
    ("config", "before", "after"),
    [
        pytest.param(
            '[lint.isort]\nknown-first-party = ["lib", "zoo"]',
            "import environ\n\nfrom lib import a\nfrom zoo import b\n",
            f"import environ\n\nfrom lib import a\n{IMPORT}, has_secret\nfrom zoo import b\n\nX",
            id="first-party packages",
        ),
        pytest.param(
            "[lint.isort]\nforce-single-line = true",
            "import environ\n",
            f"import environ\n\n{IMPORT}\n{IMPORT.replace('get', 'has')}\n\nX",
            id="single lines",
        ),
        pytest.param(
            '[lint.isort]\nknown-local-folder = ["shop"]',
            "from . import a\n",
            f"from . import a\n{IMPORT}, has_secret\n\nX",
            id="local folder",
        ),
        pytest.param(
            '[lint.isort]\nsection-order = ["third-party", "first-party", "platform"]\n'
            'sections = {platform = ["corp"]}',
            "import environ\n\nfrom corp import a\n",
            f"import environ\n\n{IMPORT}, has_secret\n\nfrom corp import a\n\nX",
            id="later section",
        ),
    ],
)
def test_follows_the_configuration_of_isort(config, before, after):
    text = f"import os\n{before}\n{CALLS}".encode()
    result = rewritten(text, {"ruff.toml": config.encode()})[0].decode()
    assert result.startswith(after)


@pytest.mark.parametrize("comment", ["# noqa", "# noqa: F403, I001", "#noqa:I", "# isort:skip"])
def test_stays_below_an_import_that_linters_ignore(comment):
    before = f"from shop.views import *  {comment}\nfrom shop.web import X\nimport os\n\n"
    after = rewritten(f"{before}{CALLS}".encode(), MODULES)[0].decode()
    assert after.startswith(f"from shop.views import *  {comment}\n{IMPORT}, has_secret\n")


@pytest.mark.parametrize(
    ("below", "after"),
    [
        pytest.param("from .web import X\n", f"\n{IMPORT}, has_secret\n\nfrom .web import X\n", id="relative"),
        pytest.param(
            "import environ\n\nfrom .web import X\n",
            f"import environ\n\n{IMPORT}, has_secret\n\nfrom .web import X\n",
            id="others",
        ),
    ],
)  # fmt: skip
def test_is_sorted_below_a_relative_import_that_isort_skips(below, after):
    star = "from .views import *  # isort:skip\nimport os\n"
    text = f"{star}{below}\n{CALLS}\nZ = os.name\n".encode()
    assert rewritten(text, MODULES)[0].decode().startswith(f"{star}{after}")


@pytest.mark.parametrize(
    ("comment", "is_sorted"),
    [
        pytest.param("# noqa", True, id="ruff reports the first import of the block"),
        pytest.param("# isort: skip", False, id="isort keeps the line"),
    ],
)
def test_a_comment_below_the_first_import_is_not_about_the_order(comment, is_sorted):
    star = f"from shop.views import *  {comment}\n"
    after = rewritten(f"import json\nimport os\n\n{star}\n{CALLS}".encode(), MODULES)[0].decode()
    lines = [f"{IMPORT}, has_secret\n", star] if is_sorted else [star, f"{IMPORT}, has_secret\n"]
    assert "".join(lines) in after


@pytest.mark.parametrize("comment", ["# noqa: F403", "# noqa : F403,E402", "# type: ignore"])
def test_is_sorted_above_an_import_with_another_comment(comment):
    before = f"from shop.views import *  {comment}\nimport os\n\n"
    after = rewritten(f"{before}{CALLS}".encode(), MODULES)[0].decode()
    assert after.startswith(f"{IMPORT}, has_secret\nfrom shop.views import *  {comment}\n")


def test_each_import_of_a_settings_class_has_its_place():
    before = (
        "from pydantic_settings import BaseSettings, PydanticBaseSettingsSource\n\n"
        "from shop.utils.data import X\nfrom shop.web import Y\n\n\n"
        "class Settings(BaseSettings):\n    api_key: str\n"
    )
    after = rewritten(before.encode(), MODULES)[0].decode()
    imports = [line for line in after.splitlines() if line.startswith("from shop.")]
    assert imports == [
        "from shop._shield_runtime.pydantic import SecretsManagerSource",
        "from shop.aws_secrets import client",
        "from shop.utils.data import X",
        "from shop.web import Y",
    ]


@pytest.mark.parametrize(
    ("config", "before", "after"),
    [
        pytest.param("smarkets", "import zoo\nfrom lib import a\nfrom zoo import b\n", "import zoo\nfrom lib import a\n+\nfrom zoo import b\n", id="smarkets"),
        pytest.param("smarkets", "import zoo\nfrom zoo import b\n", "import zoo\n+\nfrom zoo import b\n", id="first from"),
        pytest.param("smarkets", "from zoo import b\nfrom datetime import date\n", "from zoo import b\nfrom datetime import date\n+\n", id="not sorted"),
        pytest.param("pep8", "import zoo\n\nfrom . import b\n", "import zoo\n+\n\nfrom . import b\n", id="above relative imports"),
        pytest.param("google", "from lib import a\nimport mod\nimport zoo\n", "from lib import a\nimport mod\n+\nimport zoo\n", id="google"),
        pytest.param("smarkets\napplication-import-names = zoo", "import lib\n\nfrom zoo import b\n", "import lib\n+\n\nfrom zoo import b\n", id="another application"),
        pytest.param("smarkets\napplication-import-names = shop", "import lib\nfrom zoo import b\n", "import lib\nfrom zoo import b\n\n+\n", id="application"),
        pytest.param("smarkets", "from os import path\n", "from os import path\n\n+\n", id="no third-party import"),
        pytest.param("cryptography", "from zoo import b\n", "from zoo import b\n\n+\n", id="another style"),
    ],
)  # fmt: skip
def test_follows_flake8_import_order(config, before, after):
    text = f"import os\n\n{before}\n{CALLS}".encode()
    files = {"setup.cfg": f"[flake8]\nimport-order-style = {config}\n".encode()}
    expected = after.replace("+", f"{IMPORT}, has_secret")
    assert rewritten(text, files)[0].decode().startswith(f"{expected.lstrip()}\nX = ")


def test_a_module_of_another_distribution_is_not_the_apps():
    """`shop.sdk` is not in the app, so formatters sort it among third-party imports."""
    before = "import os\n\nimport typer\nfrom shop.sdk import Client\n\nX = os.environ['API_KEY']\n"
    after = "import typer\nfrom shop.sdk import Client\n\nfrom shop.aws_secrets import get_secret\n\nX = get_secret('api-key')\n"
    check(before, after)
    own = {"shop/sdk.py": b""}
    after = "import typer\nfrom shop.aws_secrets import get_secret\nfrom shop.sdk import Client\n\nX = get_secret('api-key')\n"
    check(before, after, own)


def test_sorts_imports_regardless_of_case():
    """Like isort and ruff: `shop` comes before `Shop`, and both come before `Store`."""
    own = "from shop.models import Cart\nfrom Store.models import Shelf\n"
    before = f"import os\n\n{own}\nX = os.environ['API_KEY']\n"
    result = rewritten(
        before.encode(), {"ruff.toml": b'[lint.isort]\nknown-first-party = ["Store"]'}
    )
    imports = own.replace("Cart\n", "Cart\nfrom shop.aws_secrets import get_secret\n")
    assert imports in result[0].decode()


HEADINGS = """[lint.isort.import-heading]
standard-library = "Standard library"
third-party = "Others"
first-party = "Ours"
local-folder = "Local"
"""


@pytest.mark.parametrize(
    ("config", "before", "after"),
    [
        pytest.param(
            HEADINGS,
            "# Standard library\nimport os\n",
            f"# Ours\n{IMPORT}\n",
            id="instead of the only import",
        ),
        pytest.param(
            HEADINGS,
            "# Standard library\nimport os\n\n# Others\nimport environ\n",
            f"# Others\nimport environ\n\n# Ours\n{IMPORT}\n",
            id="a new group",
        ),
        pytest.param(
            HEADINGS,
            "# Standard library\nimport os\nimport sys\n\n# Ours\nfrom shop import a\n",
            f"# Standard library\nimport sys\n\n# Ours\nfrom shop import a\n{IMPORT}\n",
            id="an existing group",
        ),
        pytest.param(
            "",
            "# Standard library\nimport os\n\n# Others\nimport environ\n\n# Local\nfrom . import a\n",
            f"# Others\nimport environ\n\n{IMPORT}\n\n# Local\nfrom . import a\n",
            id="above a comment",
        ),
        pytest.param(
            HEADINGS,
            "# Standard library\nimport os\n\n# Local\nfrom . import a\n",
            f"# Ours\n{IMPORT}\n\n# Local\nfrom . import a\n",
            id="above relative imports",
        ),
    ],
)
def test_keeps_the_headings_of_groups(config, before, after):
    text = f'{before}\nX = os.environ["API_KEY"]\n'.encode()
    result = rewritten(text, {"ruff.toml": config.encode()})[0].decode()
    assert result == f'{after}\nX = get_secret("api-key")\n'


PATH = "sys.path.insert(0, str(Path(__file__).parent.parent))\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(f"{PATH}\nfrom shop.views import a\n", f"{PATH}\n{IMPORT}\nfrom shop.views import a\n", id="a call"),
        pytest.param(f"if True:\n    {PATH}\nimport tools\n", f"if True:\n    {PATH}\nimport tools\n\n{IMPORT}\n", id="another package of the app"),
        pytest.param("sys.path += ['..']\nimport django\n\ndjango.setup()\nfrom shop.views import a\n", f"sys.path += ['..']\nimport django\n\n{IMPORT}\n\ndjango.setup()\n", id="a library below it"),
        pytest.param(f"from shop.views import a\n\n{PATH}", f"{IMPORT}\nfrom shop.views import a\n\n{PATH}", id="imported above it"),
        pytest.param(f"{PATH}\nimport environ\n", f"\n{IMPORT}\n\n{PATH}", id="not imported"),
        pytest.param(f"def f():\n    {PATH}\nfrom shop.views import a\n", f"\n{IMPORT}\n\ndef f():\n    {PATH}", id="in a function"),
    ],
)  # fmt: skip
def test_stays_below_a_change_of_the_path_of_imports(before, after):
    head = "import os\nimport sys\nfrom pathlib import Path\n\n"
    text = f'{head}{before}\nX = os.environ["API_KEY"]\n'
    result = rewritten(text.encode(), {**MODULES, "tools.py": b""})[0].decode()
    assert after in result
    assert result.count(IMPORT) == 1
