"""Measure how fast the sample shop recovers without AWS: by turning AWS off, and by a rollback."""

from __future__ import annotations

import os
import shutil
import time
from typing import TYPE_CHECKING

import pytest
from shield_helpers import shield

from shield_ai.sandbox import WebApp

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from conftest import Shop

    from shield_ai.sandbox import LocalAws

TIME_LIMIT = 30.0  # seconds; generous, because other tests run at the same time
UNREACHABLE = "http://127.0.0.1:9"  # nothing listens on the discard port


@pytest.fixture
def migrated(shop: Shop, aws: LocalAws, tmp_path: Path) -> Iterator[Path]:
    """The shop with its secrets in AWS and without its .env file."""
    app = tmp_path / "storefront"
    shutil.copytree(shop.folder, app)
    done = shield("apply", "--env-file", ".env", "--yes", "--no-proof", "--allow-missing", cwd=app)
    assert done.code == 0, done.text
    (app / ".env").rename(tmp_path / "env-backup")
    return app


def environment(aws: LocalAws, **more: str) -> Mapping[str, str]:
    plain = {"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "storefront.settings.production"}
    return {**aws.environment(plain), "USE_AWS_SECRETS": "true", "DJANGO_ENV": "production", **more}


def test_recovers_without_aws(
    migrated: Path, aws: LocalAws, tmp_path: Path, record_property
) -> None:
    log = tmp_path / "app.log"
    with WebApp.start(migrated, environment(aws), log) as app:
        assert app.health()["status"] == "ok"

    began = time.monotonic()
    (tmp_path / "env-backup").rename(migrated / ".env")
    with WebApp.start(
        migrated, environment(aws, USE_AWS_SECRETS="false", AWS_ENDPOINT_URL=UNREACHABLE), log
    ) as app:
        assert app.health()["status"] == "ok"
        switched = time.monotonic() - began

    began = time.monotonic()
    assert (
        shield(
            "rollback",
            "--only",
            "code",
            "--yes",
            cwd=migrated,
            env={"AWS_ENDPOINT_URL": UNREACHABLE},
        ).code
        == 0
    )
    with WebApp.start(migrated, environment(aws, AWS_ENDPOINT_URL=UNREACHABLE), log) as app:
        assert app.health()["status"] == "ok"
        rolled_back = time.monotonic() - began
    assert "get_secret" not in (migrated / "storefront/settings/base.py").read_text()

    record_property("seconds to switch", switched)
    record_property("seconds to roll back", rolled_back)
    # docs/guides/django.md quotes these numbers
    print(f"\nswitch {switched:.1f} s, rollback {rolled_back:.1f} s")
    assert max(switched, rolled_back) < TIME_LIMIT
