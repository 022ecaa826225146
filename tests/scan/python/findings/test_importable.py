from __future__ import annotations

import pytest
from shield_helpers import reason_of

from shield_ai.project.layout import AppFacts
from shield_ai.project.python_source import Source
from shield_ai.scan.python.findings.importable import explain_not_importable

SCRIPT = b"import os\nif __name__ == '__main__':\n    print(os.environ['API_KEY'])\n"
SEPARATE = "a script beside the app, which is not rewritten"
KNOWN = {
    "shop/__init__.py",
    "shop/settings.py",
    "shop/mail.py",
    "shop/tool.py",
    "other/a.py",
    "tasks/__init__.py",
    "tasks/jobs/load.py",
    "back/b.py",
    "run.py",
}


@pytest.mark.parametrize(
    ("path", "raw", "runs", "why"),
    [
        pytest.param("shop/mail.py", b"", "", "", id="beside the settings"),
        pytest.param("shop/celery.py", SCRIPT, "", "", id="module that Celery imports"),
        pytest.param(
            "other/a.py",
            b"",
            "",
            "outside the packages that can import the runtime",
            id="in another folder",
        ),
        pytest.param("run.py", b"", "", "", id="at the root"),
        pytest.param(
            "tasks/management/commands/load.py",
            b"import os\n",
            "",
            "",
            id="a management command without __init__.py",
        ),
        pytest.param(
            "other/management/commands/load.py",
            b"import os\n",
            "",
            "outside the packages that can import the runtime",
            id="a management command outside a package",
        ),
        pytest.param(
            "other/management/commands/load.py",
            b"from tasks.models import Task\n",
            "",
            "",
            id="a management command of an app without __init__.py",
        ),
        pytest.param(
            "tasks/jobs/load.py",
            b"from shop.mail import send\n",
            "",
            "",
            id="in a folder without __init__.py, with an import of the app",
        ),
        pytest.param(
            "tasks/jobs/load.py",
            b"from tasks.jobs.base import Job\n",
            "",
            "",
            id="in a folder without __init__.py, with an import of its package",
        ),
        pytest.param(
            "tasks/jobs/load.py",
            b"import os\n",
            "",
            "outside the packages that can import the runtime",
            id="in a folder without __init__.py",
        ),
        pytest.param(
            "other/a.py",
            b"from tasks.models import Task\n",
            "",
            "",
            id="in no package, with an import from the root",
        ),
        pytest.param(
            "other/a.py",
            b"from other.operators import Operator\n",
            "",
            "outside the packages that can import the runtime",
            id="with an import of a library named as its folder",
        ),
        pytest.param(
            "back/c.py",
            b"from b import connect\n",
            "",
            "outside the packages that can import the runtime",
            id="with an import of the module beside it",
        ),
        pytest.param(
            "other/browser-test/a.py",
            b"from shop.mail import send\n",
            "",
            "outside the packages that can import the runtime",
            id="in a folder that is not imported",
        ),
        pytest.param(
            "other/a.py",
            b"import shop\n" + SCRIPT,
            "",
            "outside the packages that can import the runtime",
            id="a script outside the packages",
        ),
        pytest.param(
            "other/a.py",
            b"import sys\nsys.path.append('..')\nimport shop\n",
            "",
            "outside the packages that can import the runtime",
            id="with a changed sys.path",
        ),
        pytest.param(
            "shop/migrations/env.py",
            b"import os\n",
            "",
            "run as a script, so it cannot import the runtime",
            id="the environment of Alembic",
        ),
        pytest.param(
            "shop/migrations/env.py",
            b"from shop.db import Base\n",
            "",
            "",
            id="the environment of Alembic with an import of the app",
        ),
        pytest.param(
            "shop/tool.py",
            SCRIPT,
            "",
            "run as a script, so it cannot import the runtime",
            id="a script in a package",
        ),
        pytest.param(
            "shop/tool.py",
            b"import shop\n" + SCRIPT,
            "",
            "",
            id="a script that imports the package itself",
        ),
        pytest.param("run.py", SCRIPT, "", "", id="a script at the root"),
        pytest.param("fabfile.py", b"import os\n", "", SEPARATE, id="tasks of Fabric"),
        pytest.param("locustfile.py", b"import os\n", "", SEPARATE, id="users of Locust"),
        pytest.param("tasks.py", b"from invoke import task\n", "", SEPARATE, id="tasks of invoke"),
        pytest.param("tasks.py", b"from celery import shared_task\n", "", "", id="other tasks"),
        pytest.param("api-client.py", b"import os\n", "", SEPARATE, id="not a module"),
        pytest.param("send-mail.py", b"import shop\n", "", "", id="not a module, but of the app"),
        pytest.param(
            "run.py",
            b"",
            "shop/__init__.py",
            "importing the runtime here would run shop/__init__.py, which this file does not import",
            id="a package with side effects",
        ),
        pytest.param(
            "run.py",
            b"import shop.mail\n",
            "shop/__init__.py",
            "",
            id="a package that the file imports",
        ),
        pytest.param("shop/mail.py", b"", "shop/__init__.py", "", id="in that package"),
        pytest.param(
            "shop/mail.py",
            b"from shop import tool\n",
            "shop/web/__init__.py",
            "importing the runtime here would run shop/web/__init__.py, which this file does not"
            " import",
            id="beside an inner package with side effects",
        ),
        pytest.param(
            "shop/mail.py",
            b"from shop import web\n",
            "shop/web/__init__.py",
            "",
            id="an inner package that the file imports",
        ),
    ],
)
def test_explains_why_a_file_cannot_import_the_runtime(
    path: str, raw: bytes, runs: str, why: str
) -> None:
    facts = AppFacts(
        name="shop",
        settings=("shop/settings.py",),
        runtime="shop/aws_secrets.py",
        runtime_init=runs,
    )
    found = explain_not_importable(Source.from_bytes(path, raw), facts, KNOWN)
    assert (found.text if found else "") == why


def test_names_the_folder_of_another_app() -> None:
    facts = AppFacts(
        name="a", settings=("back/b.py",), roots=("back", ""), runtime="shop/aws_secrets.py"
    )
    reason = explain_not_importable(Source.from_bytes("back/b.py", b""), facts, KNOWN)
    assert reason
    assert reason.text == "belongs to another app: run shield in back"


def test_settings_beside_the_package_of_another_framework_belong_to_the_app(scanned):
    files = {
        "shop/__init__.py": "",
        "shop/settings.py": "import os\nA = os.environ['A_TOKEN']\nC = os.environ['C_TOKEN']\n",
        "configs/production.py": "import os\nB = os.environ['B_TOKEN']\n",
    }
    reasons = {f.path: reason_of(site) for f, site in scanned(files).sites}
    assert reasons == {"shop/settings.py": "", "configs/production.py": ""}


def test_settings_of_another_service_are_outside(scanned):
    read = "import os\nA = os.environ['A_TOKEN']\n"
    files = {
        "manage.py": "DJANGO_SETTINGS_MODULE = 'shop.settings'\n",
        "shop/__init__.py": "",
        "shop/settings.py": read,
        "airflow/webserver_config.py": read,
        "airflow/dags/__init__.py": "",
        "airflow/dags/load.py": read,
        "lib/config.py": f"from shop import models\n{read}",
    }
    reasons = {f.path: reason_of(site) for f, site in scanned(files).sites}
    outside = (
        "outside the packages that can import the runtime; keep the variable A_TOKEN set for it"
    )
    assert reasons == {
        "shop/settings.py": "",
        "airflow/webserver_config.py": outside,
        "airflow/dags/load.py": outside,
        "lib/config.py": "",
    }


@pytest.mark.parametrize(
    ("head", "reason"),
    [
        ("", "run as a script, so it cannot import the runtime"),
        ("import shop.models\n", ""),
        ("from . import models\n", ""),
        ("import sys\nsys.path.insert(0, '.')\n", ""),
    ],
)
def test_a_script_in_a_subfolder_must_be_able_to_import_the_app(scanned, head, reason):
    text = f"{head}import os\nKEY = os.environ['MAIL_TOKEN']\nif __name__ == '__main__':\n    print()\n"
    files = {
        "settings.py": "import os\nA = os.environ['A_TOKEN']\n",
        "shop/__init__.py": "",
        "shop/ask.py": text,
    }
    assert [reason_of(site) for f, site in scanned(files).sites if f.path == "shop/ask.py"] == [
        reason
    ]


def test_settings_outside_the_app_name_its_folder(scanned):
    read = "import os\nA = os.environ['A_TOKEN']\n"
    inner = {
        "back/manage.py": "DJANGO_SETTINGS_MODULE = 'shop.settings'\n",
        "back/shop/settings.py": read,
    }
    reasons = {f.path: reason_of(site) for f, site in scanned({**inner, "config.py": read}).sites}
    assert reasons["back/shop/settings.py"] == ""
    assert reasons["config.py"].startswith("outside the app in back, which has the most secrets")


@pytest.mark.parametrize(
    ("init", "head", "reason"),
    [
        pytest.param(
            "from app.web import site\n",
            "",
            "importing the runtime here would run app/__init__.py, which this file does not import",
            id="package with side effects",
        ),
        pytest.param(
            "from app.web import site\n", "import app\n", "", id="package that the file imports"
        ),
        pytest.param(
            "from app.web import site\n",
            "from app.web import site\n",
            "",
            id="module that the file imports",
        ),
        pytest.param('"""The app."""\n__version__ = "1.0"\n', "", "", id="nothing to run"),
    ],
)
def test_a_file_outside_the_package_does_not_run_it_to_import_the_runtime(
    scanned, init, head, reason
):
    files = {
        "app/__init__.py": init,
        "app/settings.py": "import os\nA = os.environ['A_TOKEN']\n",
        "job.py": f"{head}import os\nKEY = os.environ['MAIL_TOKEN']\n",
    }
    reasons = {f.path: reason_of(site) for f, site in scanned(files).sites}
    assert reasons["app/settings.py"] == ""
    assert reasons["job.py"] == reason


def test_modules_loaded_by_django_can_import_the_settings_package(scanned):
    read = "import os\nA = os.environ['A_TOKEN']\n"
    files = {
        "manage.py": "DJANGO_SETTINGS_MODULE = 'shop.settings'\n",
        "shop/__init__.py": "from .celery import app\n",
        "shop/settings.py": read,
        "carts/__init__.py": "",
        "carts/models.py": read,
        "carts/run.py": f"from carts import models\n{read}if __name__ == '__main__':\n    print(A)\n",
        "ask.py": read,
    }
    reasons = {f.path: bool(site.reason) for f, site in scanned(files).sites}
    assert reasons == {
        "shop/settings.py": False,
        "carts/models.py": False,
        "carts/run.py": True,
        "ask.py": True,
    }


@pytest.mark.parametrize(
    ("files", "is_moved"),
    [
        pytest.param({}, False, id="instance folder"),
        pytest.param({"instance/__init__.py": ""}, True, id="package"),
    ],
)
def test_the_instance_folder_of_flask(scanned, files, is_moved):
    read = "import os\nA = os.environ['A_TOKEN']\n"
    app = "app = Flask(__name__, instance_relative_config=True)\n"
    found = scanned({"shop/__init__.py": app, "instance/settings.py": read, **files})
    expected = "" if is_moved else "Flask loads it by path: the runtime may not be importable"
    assert [reason_of(site) for _, site in found.sites] == [expected]


RUNS_CODE = "importing the runtime here would run app/__init__.py, which this file does not import"


@pytest.mark.parametrize(
    ("call", "files", "reason"),
    [
        pytest.param(
            "from_envvar('SHOP_CONF')",
            {"docker-compose.yml": "SHOP_CONF: /srv/conf/prod.py\n"},
            "",
            id="variable in a Compose file",
        ),
        pytest.param(
            "from_envvar('SHOP_CONF')",
            {"Dockerfile": "ENV SHOP_CONF ../conf/prod.py\n"},
            "",
            id="ENV",
        ),
        pytest.param("from_pyfile('../conf/prod.py')", {}, "", id="path in the code"),
        pytest.param(
            "from_envvar('SHOP_CONF')",
            {"run.sh": "OTHER_CONF=conf/prod.py\n"},
            "not known whether from_envvar() in app/__init__.py loads this file",
            id="another variable",
        ),
        pytest.param(
            "from_pyfile(path)",
            {},
            "not known whether from_pyfile() in app/__init__.py loads this file",
            id="computed path",
        ),
        pytest.param("from_mapping()", {}, RUNS_CODE, id="no loader"),
    ],
)
def test_settings_that_the_package_loads_by_path_can_import_the_runtime(
    scanned, call, files, reason
):
    found = scanned(
        {
            "app/__init__.py": f"def create_app(path):\n    app.config.{call}\n",
            "app/settings.py": "import os\nA = os.environ['A_TOKEN']\nB = os.environ['B_TOKEN']\n",
            "conf/prod.py": "import os\nKEY = os.environ['MAIL_TOKEN']\n",
            **files,
        }
    )
    reasons = {finding.path: reason_of(site) for finding, site in found.sites}
    assert reasons == {"app/settings.py": "", "conf/prod.py": reason}
