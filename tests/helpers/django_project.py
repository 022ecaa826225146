"""Create a small Django project and run its manage.py."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

MANAGE = """\
import os, sys
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
from django.core.management import execute_from_command_line
execute_from_command_line(sys.argv)
"""
SETTINGS = """\
import os
from pathlib import Path
from {runtime} import get_secret

BASE_DIR = Path(__file__).resolve().parent.parent
SECRET_KEY = get_secret("django-secret-key", lambda: os.environ["SECRET_KEY"], env="SECRET_KEY")
INSTALLED_APPS = ["shield_runtime.django"]
ROOT_URLCONF = "shop.urls"
ALLOWED_HOSTS = ["*"]
USE_TZ = True
"""
URLS = """\
from django.urls import path
from shield_runtime.django import health
urlpatterns = [path("health/secrets", health.view)]
"""


def create_project(
    root: Path, *, runtime: str = "shield_runtime", extra_settings: str = ""
) -> Path:
    (root / "shop").mkdir()
    (root / "shop/__init__.py").touch()
    (root / "shop/settings.py").write_text(SETTINGS.format(runtime=runtime) + extra_settings)
    (root / "shop/urls.py").write_text(URLS)
    (root / "manage.py").write_text(MANAGE)
    return root


def run_manage(root: Path, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    environment = {
        "SECRET_KEY": secrets.token_hex(32),
        "PYTHONDONTWRITEBYTECODE": "1",
        **os.environ,
        **env,
    }
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
