from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING

import psutil
import pytest
from processes import all_gone, with_descendants

from shield_ai.model.errors import ShieldError
from shield_ai.model.hidden import Hidden
from shield_ai.sandbox import (
    WebApp,
    copy_sample,
    load_data,
    webapp,
)

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Shop

# An almost empty environment; the coverage of a subprocess needs its own.
ENV = {
    name: value
    for name, value in os.environ.items()
    if name == "PATH" or name.startswith("COVERAGE_")
}


def tree(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_copy_sample_leaves_out_bytecode_and_env(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "source"
    (source / "shop" / "__pycache__").mkdir(parents=True)
    for name in (
        "manage.py",
        ".env",
        ".env.example",
        ".gitignore",
        "shop/__pycache__/x.pyc",
        "shop/y.pyc",
    ):
        (source / name).touch()
    monkeypatch.setattr(webapp, "SAMPLES", (tmp_path / "never", source))
    assert set(tree(copy_sample(tmp_path / "copy"))) == {"manage.py", ".env.example", ".gitignore"}


def test_sample_is_found(tmp_path: Path) -> None:
    assert {"manage.py", ".env.example", "storefront/settings/base.py"} <= set(
        tree(copy_sample(tmp_path / "copy"))
    )


def test_missing_sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webapp, "SAMPLES", (tmp_path / "never",))
    with pytest.raises(ShieldError, match="the sample app is missing"):
        copy_sample(tmp_path / "copy")


def test_env_file_is_private_and_complete(shop: Shop) -> None:
    path = shop.folder / ".env"
    assert path.stat().st_mode & 0o777 == 0o600
    lines = dict(line.partition("=")[::2] for line in path.read_text().split("\n") if line)
    for name, secret in shop.secrets.items():
        assert lines[name] == secret.reveal()
    assert set(lines) - set(shop.secrets) == {
        "DATABASE_NAME",
        "DATABASE_USER",
        "DATABASE_HOST",
        "DATABASE_PORT",
    }
    assert not any(secret.reveal() in repr(shop.secrets) for secret in shop.secrets.values())


def test_runs_with_its_env_file(shop: Shop, tmp_path: Path) -> None:
    before = tree(shop.folder)
    with WebApp.start(shop.folder, ENV, tmp_path / "log") as web:
        assert web.health() == {"status": "ok", "products": 2, "reporting": 2, "signing": "ok"}
        status, page = web.request("GET", "/")
        assert (
            status,
            b"Enamel mug: $14.00" in page,
            b"Canvas tote: $18.50 (sold out)" in page,
        ) == (200, True, True)
        assert web.accepts_webhook(shop.secrets["PAYMENT_WEBHOOK_SECRET"])
        assert not web.accepts_webhook(Hidden("another"))
        assert "shield_ai.sandbox.wsgi_server" in psutil.Process(web.pid).cmdline()
        pids = with_descendants(web.supervisor_pid)
        assert web.pid in pids
    assert all_gone(pids)
    assert tree(shop.folder) == before
    log = (tmp_path / "log").read_text()
    assert not any(secret.reveal() in log for secret in shop.secrets.values())


def test_two_servers_at_once(shop: Shop, tmp_path: Path) -> None:
    for _ in range(2):
        with (
            WebApp.start(shop.folder, ENV, tmp_path / "a") as one,
            WebApp.start(shop.folder, ENV, tmp_path / "b") as two,
        ):
            assert one.url != two.url
            assert one.health() == two.health()


def test_app_does_not_start(shop: Shop, tmp_path: Path) -> None:
    copy = shutil.copytree(shop.folder, tmp_path / "copy", ignore=shutil.ignore_patterns(".env"))
    with pytest.raises(ShieldError, match="the sample app exited during startup") as error:
        WebApp.start(copy, ENV, tmp_path / "log")
    assert error.value.hint == "last log line: KeyError: 'SECRET_KEY'"


def test_not_ready_without_a_database_login(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webapp, "START_TIMEOUT", 1.0)
    with pytest.raises(ShieldError, match="the sample app was not ready after 1 s"):
        WebApp.start(shop.folder, {**ENV, "DATABASE_PASSWORD": "wrong"}, tmp_path / "log")


AILING = """
answers = iter(["200 OK"])

def application(environ, start_response):
    start_response(next(answers, "503 Service Unavailable"), [("Content-Type", "application/json")])
    return [b'{"status": "ok"}']
"""


def test_health_reports_an_error(tmp_path: Path) -> None:
    (tmp_path / "ailing.py").write_text(AILING)
    with (
        WebApp.start(tmp_path, ENV, tmp_path / "log", "ailing:application") as web,
        pytest.raises(ShieldError, match="/health answered 503"),
    ):
        web.health()


def test_load_data_fails(shop: Shop, tmp_path: Path) -> None:
    with pytest.raises(ShieldError, match=r"manage.py migrate failed") as error:
        load_data(shop.folder, {**ENV, "DATABASE_PASSWORD": "wrong"}, tmp_path / "log")
    assert "password authentication failed" in error.value.hint


@pytest.mark.parametrize(
    ("module", "package"), [("environ", "django-environ"), ("waitress", "waitress")]
)
def test_missing_packages(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str, package: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ShieldError, match=package) as error:
        WebApp.start(shop.folder, ENV, tmp_path / "log")
    assert "pip install 'shield-ai[local]'" in error.value.hint
