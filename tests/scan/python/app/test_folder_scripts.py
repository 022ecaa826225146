from __future__ import annotations

import pytest

from shield_ai.model.skip import SkipId

APP = {
    "config/__init__.py": "",
    "config/settings.py": "import os\nDB_PASSWORD = os.environ['DB_PASSWORD']\n",
    "manage.py": "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'config.settings')\n",
    "jobs/__init__.py": "",
    "jobs/helper.py": "def run():\n    pass\n",
    "jobs/tools/__init__.py": "",
    "jobs/tools/web.py": "def get():\n    pass\n",
    "jobs/celery.py": "from celery import Celery\napp = Celery()\n",
    "shop/__init__.py": "",
    "shop/mail.py": "def send():\n    pass\n",
}
MAIN = "if __name__ == '__main__':\n    print()\n"


@pytest.mark.parametrize(
    ("imports", "others", "is_script"),
    [
        pytest.param("from helper import run\n", {}, True, id="sibling"),
        pytest.param("import helper\nhelper.run()\n", {}, True, id="import of the module"),
        pytest.param("from tools.web import get\n", {}, True, id="package beside the file"),
        pytest.param(
            "try:\n    import helper\nexcept ImportError:\n    pass\n", {}, True, id="try"
        ),
        pytest.param("from jobs.helper import run\n", {}, False, id="full name"),
        pytest.param("from .helper import run\n", {}, False, id="relative"),
        pytest.param("from celery import Celery\n", {}, False, id="library of the same name"),
        pytest.param(
            "import logging\n", {"jobs/logging.py": ""}, False, id="standard library's name"
        ),
        pytest.param(
            "from helper import run\n", {"shop/a.py": "import jobs.export\n"}, False, id="imported"
        ),
        pytest.param(
            "from helper import run\n",
            {"shop/a.py": "from jobs import load, export\n"},
            False,
            id="imported from its package",
        ),
        pytest.param(
            "from helper import run\n", {"helper.py": "def run(): pass\n"}, False, id="in the root"
        ),
        pytest.param(
            "from shop.mail import send\n" + MAIN,
            {"jobs/config.py": "token = 1\n"},
            True,
            id="module beside it hides the map file's package",
        ),
        pytest.param(
            "from config import tokens\n",
            {},
            True,
            id="ignored module hides the map file's package",
        ),
        pytest.param("from config import settings\n", {}, False, id="the package itself"),
        pytest.param(
            "from config import settings\n",
            {"config/__init__.py": "from config import env\n", "config/env.py": ""},
            False,
            id="package that imports itself",
        ),
        pytest.param(
            "from helper import run\nfrom shop.api import send\n",
            {"shop/api.py": "import os\nKEY = os.environ['SHOP_API_KEY']\n"},
            False,
            id="imports a module that will import the runtime",
        ),
        pytest.param(
            "from shop.api import send\n" + MAIN,
            {"shop/api.py": "import os\nKEY = os.environ['SHOP_API_KEY']\n", "jobs/config.py": ""},
            True,
            id="imports a module that can't import the runtime there",
        ),
    ],
)
def test_script_in_its_own_folder(scanned, imports, others, is_script):
    export = f"import os\n{imports}KEY = os.environ['EXPORT_API_KEY']\n"
    sites = scanned({**APP, **others, "jobs/export.py": export}).sites
    reasons = [site.reason for finding, site in sites if finding.path == "jobs/export.py"]
    assert [reason.id if reason else None for reason in reasons] == [
        SkipId.SCRIPT if is_script else None
    ]


@pytest.mark.parametrize(
    ("files", "main", "reason"),
    [
        pytest.param({"jobs/celery.py": "import shop.tools.api\n"}, "", None, id="imported"),
        pytest.param(
            {"jobs/celery.py": "from shop.tools.api import KEY\n"},
            "",
            None,
            id="its name is imported",
        ),
        pytest.param({}, "", SkipId.OUTSIDE_PACKAGES, id="not imported"),
        pytest.param(
            {"jobs/celery.py": "import shop.tools.api\n"}, MAIN, SkipId.SCRIPT, id="also a script"
        ),
        pytest.param(
            {"shop/__init__.py": None, "jobs/celery.py": "import shop.tools.api\n"},
            "",
            SkipId.OUTSIDE_PACKAGES,
            id="not in a package",
        ),
    ],
)
def test_folder_without_init_in_a_package(scanned, files, main, reason):
    app = {**APP, **files, "shop/tools/api.py": f"import os\nKEY = os.environ['API_KEY']\n{main}"}
    found = scanned({path: text for path, text in app.items() if text is not None}).sites
    reasons = [site.reason for finding, site in found if finding.path == "shop/tools/api.py"]
    assert [found.id if found else None for found in reasons] == [reason]
