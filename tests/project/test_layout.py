from __future__ import annotations

import pytest

from shield_ai.model.manifest import App, Manifest
from shield_ai.project.layout import (
    AppFacts,
    find_app_packages,
    find_django_settings,
    is_example,
    is_settings,
    is_test,
    relative_module,
)


@pytest.mark.parametrize(
    "path",
    [
        "settings.py",
        "shop/settings.py",
        "shop/settings/base.py",
        "config/django/base.py",
        "shop/settings_prod.py",
        "app/core/config.py",
        "server_settings.py",
        "shop/settings/celery.py",
        "conf.py",
        "shop/configuration.example.py",
        "local_settings.sample.py",
    ],
)
def test_settings(path):
    assert is_settings(path)


@pytest.mark.parametrize(
    "path",
    [
        "shop/views.py",
        "shop/models/mail_config.py",
        "config/urls.py",
        "config/wsgi.py",
        "tests/settings.py",
        "shop/settings/test.py",
        "config/settings/ci.py",
        "config/settings/travis.py",
        "shop/settings_pytest.py",
        "shop/settings_test.py",
        "shop/pytest_settings.py",
        "config/celery.py",
        "shop/settings.old.py",
        "shop/blueprints/settings_b.py",
        "shop/views/settings.py",
        pytest.param("docs-rtd/source/conf.py", id="Sphinx"),
        pytest.param("doc/conf.py", id="Sphinx, directly in docs"),
    ],
)
def test_not_settings(path):
    assert not is_settings(path)


@pytest.mark.parametrize(
    ("path", "test"),
    [
        ("tests/test_a.py", True),
        ("shop/tests.py", True),
        ("shop/test_views.py", True),
        ("conftest.py", True),
        ("unittests/a.py", True),
        ("shop/unittest/a.py", True),
        ("integration_tests/a.py", True),
        ("shop/attests/a.py", False),
        ("shop/settings/test.py", False),
        ("shop/contest.py", False),
        ("shop/latest/x.py", False),
    ],
)
def test_is_test(path, test):
    assert is_test(path) is test


@pytest.mark.parametrize(
    ("naming", "settings", "served"),
    [
        pytest.param("manage.py", "test_desk/settings.py", ("test_desk",), id="the app itself"),
        pytest.param(
            "src/manage.py", "src/test_desk/settings/base.py", ("src/test_desk",), id="below a root"
        ),
        pytest.param("pytest.ini", "test_desk/settings.py", (), id="only the tests name it"),
        pytest.param("manage.py", "tests/settings.py", (), id="a library's tests"),
        pytest.param("manage.py", "tests/test_desk/settings.py", (), id="in a library's tests"),
    ],
)
def test_app_packages_with_names_of_tests(naming, settings, served):
    name = settings.removeprefix("src/").removesuffix(".py").replace("/", ".")
    files = {naming: f"DJANGO_SETTINGS_MODULE={name}".encode(), settings: b""}
    assert find_app_packages(files, files.get) == served
    assert is_test(settings, served) is not bool(served)
    assert is_test("test_other/a.py", served)


@pytest.mark.parametrize(
    ("naming", "text"),
    [
        ("manage.py", b"os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')"),
        ("pytest.ini", b"DJANGO_SETTINGS_MODULE = shop.settings"),
        ("pyproject.toml", b'DJANGO_SETTINGS_MODULE = "shop.settings"'),
        ("Dockerfile", b"ENV DJANGO_SETTINGS_MODULE=shop.settings"),
        ("shop/wsgi.py", b'os.environ["DJANGO_SETTINGS_MODULE"] = "shop.settings"'),
        ("docker-compose.yml", b"  DJANGO_SETTINGS_MODULE: shop.settings"),
    ],
)
def test_find_django_settings(naming, text):
    files = {naming: text, "shop/settings.py": b""}
    assert find_django_settings(files, files.get) == {"shop/settings.py": ""}


def test_settings_modules_keep_the_order_of_the_file():
    names = ["shop", "api", "admin", "base", "jobs", "mail"]
    lines = [f'"DJANGO_SETTINGS_MODULE", "{name}.settings"' for name in names]
    files = {f"{name}/settings.py": b"" for name in sorted(names)}
    found = find_django_settings(
        [*files, "manage.py"], {"manage.py": "\n".join(lines).encode()}.get
    )
    assert list(found) == [f"{name}/settings.py" for name in names]


def test_settings_module_is_relative_to_the_file():
    text = b"DJANGO_SETTINGS_MODULE='config.settings'"
    files = {
        "backend/manage.py": text,
        "backend/config/settings/__init__.py": b"",
        "config/settings.py": b"",
    }
    assert find_django_settings(files, files.get) == {
        "backend/config/settings/__init__.py": "backend"
    }


def test_settings_module_elsewhere_must_be_unique():
    files = {"Dockerfile": b"ENV DJANGO_SETTINGS_MODULE=shop.settings", "src/shop/settings.py": b""}
    assert find_django_settings(files, files.get) == {"src/shop/settings.py": "src"}


def test_accessor_import():
    app = App(name="shop", runtime="backend/shop/utils/secrets.py")
    facts = AppFacts(name="shop", roots=("backend", ""))
    assert facts.accessor_import(Manifest(app=app)) == "from shop.utils.secrets import get_secret"
    other = AppFacts(name="shop", accessor="aws_get_secret")
    package = Manifest(app=App(name="shop"))
    assert (
        other.accessor_import(package) == "from shield_runtime import get_secret as aws_get_secret"
    )


@pytest.mark.parametrize(
    ("path", "example"),
    [
        ("shop/configuration.example.py", True),
        ("local_settings.dist.py", True),
        ("shop/settings_example.py", True),
        ("shop/example_settings.py", True),
        ("shop/settings/dummy_secrets.py", True),
        ("example/settings.py", False),
        ("shop/settings/distribution.py", False),
    ],
)
def test_is_example(path, example):
    assert is_example(path) == example


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("src/app/core/config.py", "..utils.secrets"),
        ("src/app/config.py", ".utils.secrets"),
        ("src/app/utils/email.py", ".secrets"),
        ("src/app/a/b/c.py", "...utils.secrets"),
    ],
)
def test_relative_module(path, name):
    assert relative_module(path, "src/app/utils/secrets.py") == name
