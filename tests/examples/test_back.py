"""Back on environment variables in seconds: the switch and the rollback, with the app running and AWS gone."""

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

SOON = 30.0  # seconds, on a machine that is busy with other tests; the plan allows 300
GONE = "http://127.0.0.1:9"  # nobody listens on the discard port


@pytest.fixture
def moved(shop: Shop, aws: LocalAws, tmp_path: Path) -> Iterator[Path]:
    """The shop, its secrets in AWS, and its .env put aside."""
    app = tmp_path / "storefront"
    shutil.copytree(shop.folder, app)
    done = shield("apply", "--env-file", ".env", "--yes", "--no-proof", "--allow-missing", cwd=app)
    assert done.code == 0, done.text
    (app / ".env").rename(tmp_path / "env-put-aside")
    return app


def environment(aws: LocalAws, **more: str) -> Mapping[str, str]:
    plain = {"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "storefront.settings.production"}
    return {**aws.environment(plain), "USE_AWS_SECRETS": "true", "DJANGO_ENV": "production", **more}


def test_the_switch_and_the_rollback(
    moved: Path, aws: LocalAws, tmp_path: Path, record_property
) -> None:
    log = tmp_path / "app.log"
    with WebApp.start(moved, environment(aws), log) as app:
        assert app.health()["status"] == "ok"

    began = time.monotonic()
    (tmp_path / "env-put-aside").rename(moved / ".env")
    with WebApp.start(
        moved, environment(aws, USE_AWS_SECRETS="false", AWS_ENDPOINT_URL=GONE), log
    ) as app:
        assert app.health()["status"] == "ok"
        switched = time.monotonic() - began

    began = time.monotonic()
    assert (
        shield(
            "rollback", "--only", "code", "--yes", cwd=moved, env={"AWS_ENDPOINT_URL": GONE}
        ).code
        == 0
    )
    with WebApp.start(moved, environment(aws, AWS_ENDPOINT_URL=GONE), log) as app:
        assert app.health()["status"] == "ok"
        rolled_back = time.monotonic() - began
    assert "get_secret" not in (moved / "storefront/settings/base.py").read_text()

    record_property("seconds to switch", switched)
    record_property("seconds to roll back", rolled_back)
    # what the docs quote
    print(f"\nswitch {switched:.1f} s, rollback {rolled_back:.1f} s")
    assert max(switched, rolled_back) < SOON
