from __future__ import annotations

import pytest

from shield_ai.model.skip import SkipId

SETTINGS = "import os\nDB_PASSWORD = os.environ['DB_PASSWORD']\n"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        pytest.param("import aws_cdk\nfrom shop.settings import settings\n", 2, id="CDK"),
        pytest.param(
            "from settings import settings\nfrom aws_cdk import App\n", 1, id="on the path"
        ),
        pytest.param("import pulumi\nimport shop.settings\n", 2, id="Pulumi"),
        pytest.param("import aws_cdk\nfrom shop import models, settings\n", 2, id="from a package"),
        pytest.param(
            "import aws_cdk\nfrom shop import (\n  settings,\n)\n", 2, id="in parentheses"
        ),
        pytest.param("import aws_cdk\nfrom ..shop import settings\n", 2, id="relative"),
        pytest.param("import aws_cdk\nimport os, shop.settings as s\n", 2, id="second module"),
        pytest.param("import aws_cdk\nfrom shop import models\n", 0, id="another member"),
        pytest.param("import aws_cdk\nif x:\n  import shop.settings\n", 0, id="in a condition"),
        pytest.param("from shop.settings import settings\n", 0, id="other code"),
        pytest.param("import aws_cdk\nfrom shop.other import settings\n", 0, id="another module"),
        pytest.param("# import aws_cdk\nfrom shop.settings import settings\n", 0, id="comment"),
    ],
)
def test_infrastructure_code_with_settings(scanned, text, line):
    files = {"shop/__init__.py": "", "shop/settings.py": SETTINGS, "cdk/app.py": text}
    found = [skip for skip in scanned(files).skipped if skip.id is SkipId.IN_INFRASTRUCTURE]
    assert [(skip.path, skip.line) for skip in found] == ([("cdk/app.py", line)] if line else [])


def test_infrastructure_code_with_a_package_of_settings(scanned):
    files = {"config/__init__.py": SETTINGS, "cdk/app.py": "import aws_cdk\nimport config\n"}
    found = [skip for skip in scanned(files).skipped if skip.id is SkipId.IN_INFRASTRUCTURE]
    assert [(skip.line, skip.name) for skip in found] == [(2, "config")]
