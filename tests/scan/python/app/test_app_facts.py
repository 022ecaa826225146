from __future__ import annotations

import pytest
from scaling import assert_linear
from shield_helpers import reason_of

from shield_ai.scan.python.app.app_facts import AppFiles, collect_facts

SETTINGS = b"import os\nSECRET_KEY = os.environ['SECRET_KEY']\n"


@pytest.mark.parametrize(
    ("line", "accessor"),
    [
        pytest.param("x = 1", "get_secret", id="unused"),
        pytest.param("from shop.aws_secrets import get_secret", "get_secret", id="copy"),
        pytest.param(
            "from shop.secrets import (\n    get_secret,\n    has_secret,\n)",
            "get_secret",
            id="copy, in parentheses",
        ),
        pytest.param("from shield_runtime import get_secret", "get_secret", id="package"),
        pytest.param("from shield_ai import get_secret", "get_secret", id="former package"),
        pytest.param("from corp.vault import get_secret", "aws_get_secret", id="import"),
        pytest.param(
            "from corp.vault import (\n    connect,  # a comment\n    get_secret,\n)",
            "aws_get_secret",
            id="import in parentheses",
        ),
        pytest.param("from corp import read as get_secret", "aws_get_secret", id="alias"),
        pytest.param("from corp import get_secret as read", "get_secret", id="other alias"),
        pytest.param("def get_secret(name): ...", "aws_get_secret", id="function"),
        pytest.param(
            "class A:\n    def get_secret(\n        self, name\n    ): ...",
            "get_secret",
            id="long method",
        ),
        pytest.param(
            "class Vault:\n    def get_secret(self, name): ...", "get_secret", id="method"
        ),
        pytest.param("get_secret = aws_get_secret = 1", "aws_get_secret", id="variable"),
    ],
)
def test_chooses_an_unused_name_for_the_accessor(line: str, accessor: str) -> None:
    files = {"shop/settings.py": SETTINGS, "shop/vault.py": line.encode()}
    facts = collect_facts("shop", AppFiles(set(files), files.get, {}))
    assert facts.accessor == accessor


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("\n", id="empty lines"),
        pytest.param("from a import (\n", id="open imports"),
        pytest.param("import ", id="one line"),
    ],
)
def test_searching_the_accessor_takes_linear_time(text: str) -> None:
    def collect(size: int) -> None:
        files = {"a.py": b"get_secret()\nfrom " + text.encode() * size}
        collect_facts("shop", AppFiles(set(files), files.get, {}))

    assert_linear(collect, 6000)


def test_the_runtime_is_importable_from_imported_modules(scanned):
    read = "import os\nclass Config:\n    SECRET_KEY = os.environ['SECRET_KEY']\n"
    files = {
        "app/__init__.py": "from config import Config\n",
        "app/settings.py": f"{read}    A_TOKEN = B_KEY = ''\n",
    }
    assert scanned(files).facts.runtime == "app/aws_secrets.py"
    assert scanned({**files, "config.py": read}).facts.runtime == "aws_secrets.py"
    server = "# Options in the env var GUNICORN_CMD_ARGS win.\nworkers = 2\n"
    assert scanned({**files, "config.py": server}).facts.runtime == "app/aws_secrets.py"


def test_the_runtime_goes_into_the_package_that_reads_variables(scanned):
    files = {
        "cli/__init__.py": "",
        "cli/settings.py": "PASSWORD_HELP = TOKEN_HELP = KEY_HELP = DATABASE_HELP = ''\n",
        "shop/__init__.py": "",
        "shop/settings.py": "import os\nA = os.environ['A_TOKEN']\n",
    }
    assert scanned(files).facts.runtime == "shop/aws_secrets.py"


@pytest.mark.parametrize(
    ("extra", "package"),
    [
        pytest.param({}, "common/src/common", id="relatively only"),
        pytest.param({"a.py": b"from common.config import A\n"}, "", id="by its name"),
        pytest.param({"common/pyproject.toml": b"run = 'common.main:app'"}, "", id="entry point"),
        pytest.param({"Procfile": b"web: python -m common"}, "", id="command"),
    ],
)
def test_imports_relatively_in_a_package_that_has_no_known_name(extra, package):
    """Other packages can contain it by a link: `shop.common`."""
    files = {"common/src/common/__init__.py": b"", "common/src/common/config.py": SETTINGS, **extra}
    files["common/src/common/main.py"] = b"from .config import A\n"
    facts = collect_facts("shop", AppFiles(set(files), files.get, {}))
    assert (facts.roots, facts.relative_package) == (("common/src",), package)


@pytest.mark.parametrize(
    ("extra", "root", "package"),
    [
        pytest.param({}, "", "", id="imported from one root"),
        pytest.param({"Dockerfile": b"CMD uvicorn app.main:app"}, "src", "src/app", id="from two"),
        pytest.param({"Procfile": b"web: gunicorn src.app.main:app"}, "", "", id="from the same"),
        pytest.param({"Dockerfile": b"CMD uvicorn app.main:app", "src/app/main.py": b"from app.config import A"}, "src", "", id="from one name"),
        pytest.param(
            {"Dockerfile": b"CMD uvicorn app.main:app", "manage.py": b"DJANGO_SETTINGS_MODULE='src.app.config'"},
            "",
            "",
            id="Django",
        ),
    ],
)  # fmt: skip
def test_imports_relatively_in_a_package_that_is_run_from_another_root(
    extra: dict[str, bytes], root: str, package: str
) -> None:
    files = {"src/__init__.py": b"", "src/app/main.py": b"", "src/app/__init__.py": b"", **extra}
    files["src/app/config.py"] = SETTINGS
    facts = collect_facts("shop", AppFiles(set(files), files.get, {}))
    assert (facts.roots[0], facts.relative_package) == (root, package)
    tests = facts.test_module(facts.runtime)
    assert tests == ("src.app.aws_secrets" if package else "")


def test_locust_loads_dotenv_only_for_itself() -> None:
    files = {"shop/config.py": SETTINGS, "locustfile.py": b"load_dotenv()", ".env": b""}
    assert not collect_facts("shop", AppFiles(set(files), files.get, {})).loads_dotenv


@pytest.mark.parametrize(
    ("line", "loads", "reads"),
    [
        pytest.param("load_dotenv()", True, False, id="python-dotenv"),
        pytest.param("environ.Env.read_env(env_file=path)", True, True, id="django-environ"),
        pytest.param("from decouple import config", False, True, id="decouple"),
        pytest.param("model_config = SettingsConfigDict(env_file='.env')", False, True, id="pydantic"),
        pytest.param("model_config = {'env_file': '.env'}", False, True, id="pydantic, dict"),
        pytest.param("from starlette.config import Config", False, True, id="starlette"),
        pytest.param("from everett.manager import ConfigManager", False, True, id="everett"),
        pytest.param("import everett.manager", False, True, id="everett, module"),
        pytest.param("from prettyconf import config", False, True, id="prettyconf"),
        pytest.param("from dynaconf import Dynaconf", False, False, id="dynaconf loads it"),
        pytest.param("import os", False, False, id="none"),
    ],
)  # fmt: skip
def test_finds_how_the_app_reads_dotenv(line: str, *, loads: bool, reads: bool) -> None:
    files = {"shop/config.py": line.encode(), "web/.env.prod.sample": b"", ".env": b""}
    facts = collect_facts("shop", AppFiles(set(files), files.get, {}))
    assert (facts.loads_dotenv, facts.reads_dotenv) == (loads, reads)
    assert facts.env_examples == ("web/.env.prod.sample",)


@pytest.mark.parametrize(
    ("path", "line", "expected"),
    [
        ("shop/config.py", "from pydantic_settings import BaseSettings", True),
        ("shop/config.py", "from pydantic import BaseModel", False),
        ("shop/_shield_runtime/pydantic.py", "from pydantic_settings import BaseSettings", False),
    ],
)
def test_finds_settings_classes_of_pydantic(path, line, expected):
    files = {path: line.encode()}
    assert (
        collect_facts("shop", AppFiles(set(files), files.get, {})).has_pydantic_settings is expected
    )


def test_a_package_without_settings_gets_the_runtime(scanned):
    read = "import os\nfrom shop.x import y\nX = os.environ['API_KEY']\n"
    files = {"src/shop/main.py": read, "src/shop/x.py": "y = 1\n", "tests/test_x.py": read}
    scan = scanned(files)
    assert (scan.facts.runtime, scan.facts.roots) == ("src/shop/aws_secrets.py", ("src",))
    assert [reason_of(site) for f, site in scan.sites if f.path == "src/shop/main.py"] == [""]


def test_a_module_at_the_top_gets_the_runtime_beside_it(scanned):
    read = "import os\nX = os.environ['API_KEY']\n"
    assert scanned({"bot.py": read, "shop/main.py": read}).facts.runtime == "aws_secrets.py"


def test_the_copy_of_the_runtime_has_no_settings(scanned):
    files = {
        "config/__init__.py": "import os\nX = os.environ['API_KEY']\n",
        "config/_shield_runtime/django/checks.py": "# INSTALLED_APPS\n",
    }
    facts = scanned(files).facts
    assert facts.settings == ("config/__init__.py",)
    assert not facts.django


@pytest.mark.parametrize(
    ("files", "runtime"),
    [
        pytest.param({}, "shop/aws_secrets.py", id="missing"),
        pytest.param({"shop/settings.py": ""}, "worker/aws_secrets.py", id="exists"),
        pytest.param({"shop/__init__.py": None}, "worker/aws_secrets.py", id="no package"),
    ],
)
def test_the_runtime_is_beside_the_settings_that_users_create(scanned, files, runtime):
    start = "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', '{}.settings')\n"
    read = "import os\nSECRET_KEY = os.environ['SECRET_KEY']\n"
    app = {
        "manage.py": start.format("shop"),
        "shop/__init__.py": "",
        "shop/settings_.py": read,
        "worker/__init__.py": "",
        "worker/settings.py": read,
        "worker/wsgi.py": start.format("worker"),
    }
    app = {path: text for path, text in {**app, **files}.items() if text is not None}
    assert scanned(app).facts.runtime == runtime


def test_a_package_without_init_is_the_app_and_its_neighbors_are_not(scanned) -> None:
    """Another program of the repository can be imported under another name."""
    files = {
        "harvest/settings.py": "import os\nA = os.environ['A_TOKEN']\nB = os.environ['B_TOKEN']\n",
        "harvest/main.py": "from . import settings\n",
        "fetch/__init__.py": "",
        "fetch/settings.py": "import os\nC = os.environ['C_TOKEN']\n",
    }
    found = scanned(files)
    facts = found.facts
    assert (facts.roots, facts.relative_package) == (("",), "harvest")
    assert facts.module(facts.runtime) == "harvest.aws_secrets"
    reasons = {site.variable: reason_of(site) for _, site in found.sites}
    assert reasons["A_TOKEN"] == ""
    assert reasons["C_TOKEN"].startswith("outside the app in harvest")
